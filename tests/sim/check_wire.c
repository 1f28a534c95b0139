/* At the wire: what may leave the process, when, and how often. */
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "tests/sim/check_priv.h"

#define RATE 8         /* of one process */
#define RATE_ENTRIES 4 /* of them entries */
#define RATE_EXCHANGE 10
#define REQUESTS_OPEN_MOST 128

/* The value of "KEY":"..." in a percent-encoded form body. */
static bool body_text(const char *body, size_t len, const char *key, char *ret, size_t size)
{
	char text[2048], wanted[24];
	size_t n = 0;

	for (size_t i = 0; i < len && n < sizeof(text) - 1; i++) {
		unsigned hex;

		text[n++] = body[i] == '%' && i + 2 < len && sscanf(body + i + 1, "%2x", &hex) == 1 ? (i += 2, (char)hex) : body[i];
	}
	text[n] = '\0';
	snprintf(wanted, sizeof(wanted), "\"%s\":\"", key);
	const char *at = strstr(text, wanted);

	if (!at)
		return false;
	at += strlen(wanted);
	snprintf(ret, size, "%.*s", (int)strcspn(at, "\""), at);
	return true;
}

/* Sent within the second before now, this one included. */
static unsigned rate_now(struct check_rate *r)
{
	unsigned n = 0;

	r->sent[r->n++ % CHECK_SENT] = sim_world->now;
	for (unsigned i = 0; i < CHECK_SENT && i < r->n; i++)
		n += r->sent[i] > sim_world->now - NANOS_SECOND;
	return n;
}

/* The budget of a new process begins anew; the exchange's does not. */
static void check_rates(struct check *c, const char *url)
{
	unsigned all = rate_now(&c->all), own;

	if (c->life != c->node->life) {
		c->life = c->node->life;
		c->own.n = c->entries.n = 0;
	}
	own = rate_now(&c->own);
	check_that(c, 9, all <= RATE_EXCHANGE && own <= RATE, "%s is request %u of a second, %u of this process", url, all, own);
}

static bool open_at(const struct check *c, nanos_t at)
{
	const struct core_state *s = c->node->core->s;

	return s->day_active && at >= s->day.open && at < s->day.close;
}

/* By the engine's time; where that is wrong and could not be known to be, an exit may leave by the true one. */
static bool market_open(const struct check *c, bool entry)
{
	return open_at(c, clock_now(&c->node->clock)) || (!entry && open_at(c, sim_world->now));
}

static void leaves_place(struct check *c, const char *tag)
{
	struct chain *k = story_find(&c->story, tag);
	bool entry;

	if (!check_that(c, 1, k && k->place_seq <= c->node->durable, "%s leaves before its intent is durable", tag))
		return;
	c->placed += k->left == 0;
	k->left++;
	k->left_at = sim_world->now;
	entry = k->purpose == PURPOSE_ENTRY;
	check_explain(c, tag, "leaves");
	check_that(c, 3, k->left <= k->absents + k->lost_absents + 1 || c->hosts == 0, "%s leaves again, a lost host had sent it, and nothing proves that it is not there", tag);
	check_that(c, 3, k->left <= k->places + k->lost_places, "%s leaves %u times for %u decisions", tag, k->left, k->places + k->lost_places);
	check_that(c, 9, !entry || rate_now(&c->entries) <= RATE_ENTRIES, "entry %s is one too many in a second", tag);
	check_that(c, 10, !entry || !c->story.kill_seq || c->story.kill_seq > c->node->durable, "entry %s leaves after a kill", tag);
	if (entry) {
		check_entry(c, tag, k->instrument, "leaves");
		check_told(c, k);
	} else
		check_beside(c, k);
	check_that(c, 15, market_open(c, entry), "%s leaves outside the session", tag);
}

static void leaves_modify(struct check *c, const char *number)
{
	const struct chain *k = check_chain_of(c, number);

	if (!check_that(c, 1, k && k->modify_seq > 0 && k->modify_seq <= c->node->durable, "a modify of %s leaves before it is durable", number))
		return;
	check_that(c, 10, k->purpose != PURPOSE_ENTRY || !c->story.kill_seq || c->story.kill_seq > c->node->durable, "entry %s is modified after a kill", k->tag);
}

void check_leaves(void *check, const char *url, const char *body, size_t len)
{
	struct check *c = check_of(check);
	char text[64] = "";

	world_trace(body, len);
	c->requests++;
	check_that(c, 20, sim_world->open_requests <= REQUESTS_OPEN_MOST, "%u requests are open", sim_world->open_requests);
	if (!strstr(url, "/quick/order/"))
		return;
	check_rates(c, url);
	if (strstr(url, "/rule/ms/place") && body_text(body, len, "ig", text, sizeof(text)))
		leaves_place(c, text);
	else if (strstr(url, "/vr/modify") && body_text(body, len, "no", text, sizeof(text)))
		leaves_modify(c, text);
}
