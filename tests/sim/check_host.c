/* A process begins on what another left: what the journal says is read anew. After a crash of its own that is all that had been told durable. A lost host's copy lags behind: what that host did
 * since is known to the broker alone, and to these checks. Then no order of it is anybody's but "somebody else's": its trades are in no book, and it is not in the journal ("beyond"); it
 * counts by the ledger, and what an engine may do beside it is checked here. */
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "tests/sim/check_priv.h"

#define UNSEEN (5 * NANOS_SECOND + 500 * NANOS_MS) /* what came to be later may have been in no book that was read */

/* -- what only the lost hosts knew ------------------------------------------------------------------------------------------------------------ */

const struct chain *check_beyond(const struct check *c, const char *tag)
{
	return story_find(&c->story, tag) ? NULL : story_find(&c->beyond, tag);
}

static bool order_beyond(const struct check *c, const struct sim_order *o)
{
	return o->actor == SIM_OURS && check_beyond(c, o->tag) != NULL;
}

static uint64_t beyond_orders(const struct check *c)
{
	const struct sim_order *o;
	size_t n = sim_broker_orders(sim_world->broker, &o);
	uint64_t sum = 0;

	for (size_t i = 0; i < n && i < c->orders_seen; i++)
		sum += order_beyond(c, &o[i]);
	return sum;
}

bool check_beyond_order(struct check *c, const struct sim_order *o)
{
	struct chain *k = check_beyond(c, o->tag) ? story_find(&c->beyond, o->tag) : NULL;

	if (!k)
		return false;
	c->unknown++;
	k->accepted++;
	c->doubled += k->accepted > k->places + k->lost_places;
	check_that(c, 3, k->accepted <= k->places + k->lost_places, "%s of a lost host's is at the broker %u times for %u decisions", k->tag, k->accepted,
	           k->places + k->lost_places);
	return true;
}

/* Some of what was traded belongs to nobody's book now, or to one again. */
static void fold_again(struct check *c)
{
	const struct sim_trade *t;

	sim_broker_trades(sim_world->broker, &t);
	c->n_held = 0;
	for (size_t i = 0; i < c->n_account; i++)
		c->account[i].beyond = 0;
	for (size_t i = 0; i < c->trades_seen; i++)
		if (t[i].actor == SIM_OURS)
			check_fold_trade(c, &t[i]);
	c->unknown = beyond_orders(c);
}

void check_beyond_trade(struct check *c, const struct sim_trade *t)
{
	struct check_account *a = check_account_of(c, t);

	a->beyond += t->sell ? -t->qty : t->qty;
	a->beyond_at = t->at;
}

/* -- a restart ------------------------------------------------------------------------------------------------------------------------------------ */

/* The journals of lost hosts, each as far as the copy went that the next one began with, then the one that is there. */
bool check_read_story(const struct check *c, struct story *s, const char *journal_dir)
{
	for (size_t i = 0; i < c->hosts; i++)
		if (!story_read(s, c->host[i].journal_dir, c->host[i].last))
			return false;
	return story_read(s, journal_dir, UINT64_MAX);
}

static uint32_t more(uint32_t a, uint32_t b)
{
	return a > b ? a - b : 0;
}

/* Of one that the journal knows; what a lost host decided of it besides is remembered. */
static void carry(struct check *c, const struct chain *from, struct chain *to)
{
	to->left = from->left;
	to->left_at = from->left_at;
	to->accepted = from->accepted;
	to->lost_places = c->host_lost ? more(from->places + from->lost_places, to->places) : from->lost_places;
	to->lost_absents = c->host_lost ? more(from->absents + from->lost_absents, to->absents) : from->lost_absents;
	if (c->host_lost && (to->lost_places > 0 || to->prices < from->prices))
		story_keep(&c->beyond, from);
}

/* What is gone with the crash had not left: its requests would have waited for the disk. */
static void carry_over(struct check *c, const struct story *before)
{
	for (size_t i = 0; i < before->n; i++) {
		const struct chain *from = &before->chain[i];
		struct chain *to = story_find(&c->story, from->tag);

		check_that(c, 1, to || from->left == 0 || c->host_lost, "%s had left, and the journal has lost it", from->tag);
		if (to)
			carry(c, from, to);
		else if (from->left > 0)
			story_keep(&c->beyond, from);
	}
}

void check_restart(struct check *c, const char *journal_dir, uint64_t durable)
{
	struct story before = c->story;

	story_init(&c->story);
	check_that(c, 17, check_read_story(c, &c->story, journal_dir), "the journal cannot be read after a crash");
	check_that(c, 17, c->story.last_seq >= durable, "%llu was durable, %llu is there", (unsigned long long)durable, (unsigned long long)c->story.last_seq);
	carry_over(c, &before);
	if (c->host_lost)
		fold_again(c);
	story_done(&before);
}

void check_host_lost(struct check *c, const char *kept, uint64_t last)
{
	assert(c->hosts < CHECK_HOSTS);
	for (size_t i = 0; i < c->hosts; i++) /* a copy may end before the one before it did */
		c->host[i].last = c->host[i].last < last ? c->host[i].last : last;
	snprintf(c->host[c->hosts].journal_dir, sizeof(c->host[0].journal_dir), "%s", kept);
	c->host[c->hosts++].last = last;
	c->host_lost = true;
}

void check_begun(struct check *c)
{
	c->host_lost = false;
	check_clock_begun(c);
}

/* The event that a journal ends with is decided upon once more, and nothing of that is sent before the books were read: it may be at the broker. */
bool check_repeats(const struct check *c)
{
	return c->node->epoch == 0;
}

bool check_decided_again(const struct check *c, const struct order_request *r)
{
	const struct chain *k = story_find(&c->story, r->tag);

	return c->host_lost && check_repeats(c) && (k ? k->lost_places > 0 : story_find(&c->beyond, r->tag) != NULL);
}

void check_take_again(struct check *c, const struct order_request *r)
{
	struct chain *k = story_find(&c->story, r->tag);
	const struct chain *lost = story_find(&c->beyond, r->tag);

	assert(k);
	if (k->places > 1) { /* that one was known, without this decision */
		k->lost_places--;
		return;
	}
	if (lost)
		carry(c, lost, k);
	fold_again(c);
}

/* -- beside them ------------------------------------------------------------------------------------------------------------------------------------- */

static bool visible(const struct sim_order *o)
{
	return o->status < SIM_FILLED && !o->hidden;
}

/* An exit leaves: no order that closes the same may be at work, or both would. */
void check_beside(struct check *c, const struct chain *k)
{
	const struct sim_order *o;
	size_t n = c->beyond.n > 0 ? sim_broker_orders(sim_world->broker, &o) : 0;

	for (size_t i = 0; i < n; i++)
		if (order_beyond(c, &o[i]) && visible(&o[i]) && o[i].sell == (k->side == SIDE_SELL) && check_same_symbol(c->story.symbol[k->instrument], o[i].symbol))
			check_that(c, 11, o[i].accepted >= sim_world->now - UNSEEN || check_books_lied(), "exit %s leaves, and %s of a lost host's works there", k->tag, o[i].tag);
}

/* With what lost hosts traded our own trades never turn the account round, unless they traded when nobody could have seen it. */
void check_turned(struct check *c, const struct sim_trade *t, const struct chain *k)
{
	const struct check_account *a = check_account_of(c, t);
	int64_t change = t->sell ? -t->qty : t->qty, after = a->beyond;

	if (a->beyond_at == 0 || k->purpose == PURPOSE_ENTRY || check_adopted(c, k->strategy))
		return;
	for (size_t i = 0; i < c->n_held; i++)
		after += !check_adopted(c, c->held[i].strategy) && strcmp(c->held[i].symbol, t->symbol) == 0 && c->held[i].product == k->product ? c->held[i].net : 0;
	check_that(c, 11, (t->sell ? after >= 0 : after <= 0) || a->beyond_at >= k->left_at - UNSEEN || check_may_flip(c),
	           "exit %s took what we and lost hosts hold from %lld to %lld of %s", k->tag, (long long)(after - change), (long long)after, t->symbol);
}

static int64_t account_net(const struct check *c, const char *symbol)
{
	int64_t net = 0;

	for (size_t i = 0; i < c->n_account; i++)
		net += strcmp(c->account[i].symbol, symbol) == 0 ? c->account[i].net : 0;
	return net;
}

static int64_t held_net(const struct check *c, const char *symbol)
{
	int64_t net = 0;

	for (size_t i = 0; i < c->n_held; i++)
		net += strcmp(c->held[i].symbol, symbol) == 0 ? c->held[i].net : 0;
	return net;
}

/* An entry leaves: what they left in its underlying was told, or taken over, or it is nothing by now: the account holds what our orders have traded, though the engine may not have heard
 * of all of that yet. A trade of a moment ago may not be told. Where people trade as well, or what others
 * hold is taken over, their rules hold (check_gate.c, check_adopt.c). */
void check_told(struct check *c, const struct chain *k)
{
	const struct core *core = c->node->core;

	for (size_t i = 0; i < c->n_account && !c->node->o->adopt; i++) {
		const struct check_account *a = &c->account[i];
		uint32_t at = a->beyond_at > 0 ? core_find_instrument(core, a->symbol) : INSTRUMENT_NONE;
		int64_t net = account_net(c, a->symbol);

		if (at == INSTRUMENT_NONE || a->people || a->beyond_at >= sim_world->now - UNSEEN || strcmp(core->instrument[at].underlying, core->instrument[k->instrument].underlying) != 0)
			continue;
		check_that(c, 22, net == held_net(c, a->symbol) || net == check_own_net(core, a->symbol) || core_find_foreign(core, a->symbol) != UINT32_MAX || check_may_flip(c),
		           "entry %s leaves, the account holds %lld of %s, our books %lld, and what a lost host did is not told", k->tag, (long long)net, a->symbol,
		           (long long)check_own_net(core, a->symbol));
	}
}

int64_t check_beyond_net(const struct check *c, const char *symbol, const char *product)
{
	int64_t net = 0;

	for (size_t i = 0; i < c->n_account; i++)
		if (strcmp(c->account[i].symbol, symbol) == 0 && strcmp(c->account[i].product, product) == 0)
			net += c->account[i].beyond;
	return net;
}

/* It closes what the account holds and no book of ours does: it may be all that protects it. */
static bool protects(const struct check *c, const struct sim_order *o)
{
	const struct sim_position *p;
	size_t n = sim_broker_positions(sim_world->broker, &p);
	int64_t net = 0, own = check_own_net(c->node->core, o->symbol);

	for (size_t i = 0; i < n; i++)
		net += strcmp(p[i].symbol, o->symbol) == 0 ? p[i].net : 0;
	return o->sell ? net > 0 && own <= 0 : net < 0 && own >= 0;
}

/* What a lost host left at work, and what the engine must have cancelled by now. */
bool check_left_at_work(const struct check *c, char *why, size_t size)
{
	const struct sim_order *o;
	size_t n = c->beyond.n > 0 && c->node->up ? sim_broker_orders(sim_world->broker, &o) : 0;

	for (size_t i = 0; i < n; i++)
		if (order_beyond(c, &o[i]) && visible(&o[i]) && !protects(c, &o[i])) {
			snprintf(why, size, "order %s of a lost host's still works", o[i].tag);
			return true;
		}
	return false;
}
