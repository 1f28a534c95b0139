#include "tests/neosim/feed.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/base/stamp.h"
#include "tests/neosim/sim.h"

#define FOR_EVER UINT64_MAX

/* -- faults ------------------------------------------------------------------------------------------------------- */

enum feed_which { ORDERS = 1, MARKET = 2, BOTH = 3 };

/* Those that last; drop, reset and resume are done at once. */
static const struct { const char *text; enum feed_which which; } kinds[FEED_FAULTS] = {
	[FEED_MUTE] = {"mute", BOTH}, [FEED_NO_ACK] = {"no_ack", BOTH}, [FEED_NK] = {"nk", ORDERS}, [FEED_1120] = {"1120", MARKET},
	[FEED_FALLBACK] = {"fallback", MARKET}, [FEED_DUPLICATE] = {"duplicate", BOTH}, [FEED_REORDER] = {"reorder", BOTH}, [FEED_LOSE] = {"lose", BOTH},
	[FEED_EARLY] = {"early", ORDERS}, [FEED_STALE] = {"stale", MARKET}, [FEED_CUT] = {"cut", MARKET}, [FEED_LIE] = {"lie", MARKET},
	[FEED_FRAGMENT] = {"fragment", BOTH}, [FEED_UNKNOWN_TYPE] = {"unknown_type", BOTH}, [FEED_STRINGS] = {"strings", ORDERS},
	[FEED_NO_DIVIDER] = {"no_divider", MARKET}, [FEED_REFUSE] = {"refuse", BOTH},
};

bool feed_struck(struct sim *s, struct feed *f, enum feed_fault k)
{
	struct feed_state *x = &f->faults[k];

	if (x->until && sim_time(s) >= x->until)
		*x = (struct feed_state){0};
	if (x->left == 0)
		return false;
	if (x->left != FOR_EVER)
		x->left--;
	return true;
}

void feed_clear_faults(struct feed *f)
{
	memset(f->faults, 0, sizeof(f->faults));
}

static void end_all(struct feed *f, bool reset)
{
	struct feed_conn *c, *next;

	for (c = f->conns; c; c = next) {
		next = c->next; /* closed() takes c out of the list */
		if (reset)
			net_reset(c->conn);
		else
			net_ws_close(c->conn, 1001);
	}
}

static uint64_t number(const cJSON *what, const char *name, uint64_t absent)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(what, name);

	return cJSON_IsNumber(v) && v->valuedouble >= 0 && v->valuedouble < 9e9 ? (uint64_t)v->valuedouble : absent;
}

/* What lasts by time strikes for ever meanwhile; what is counted strikes once unless told otherwise. */
static void arm(struct sim *s, struct feed *f, enum feed_fault k, const cJSON *what)
{
	static const unsigned lasting = 1u << FEED_MUTE | 1u << FEED_DUPLICATE | 1u << FEED_REORDER | 1u << FEED_EARLY | 1u << FEED_STALE | 1u << FEED_FRAGMENT |
	                                1u << FEED_STRINGS | 1u << FEED_REFUSE;
	uint64_t seconds = number(what, "seconds", 0);
	uint64_t times = number(what, "times", seconds || (lasting >> k & 1) ? 0 : 1);

	f->faults[k] = (struct feed_state){.left = times ? times : FOR_EVER, .until = seconds ? sim_time(s) + (int64_t)seconds * NANOS_SECOND : 0};
}

const char *feed_fault(struct sim *s, const cJSON *what)
{
	const char *which = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(what, "feed"));
	const char *kind = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(what, "kind"));
	bool orders = which && strcmp(which, "orders") == 0;
	struct feed *f = orders ? &s->order_feed.feed : &s->market_feed.feed;
	size_t k;

	if (!orders && (!which || strcmp(which, "market") != 0))
		return "feed is orders or market";
	if (!kind)
		return "kind is missing";
	if (strcmp(kind, "resume") == 0) {
		feed_clear_faults(f);
		return NULL;
	}
	if (strcmp(kind, "drop") == 0 || strcmp(kind, "reset") == 0) {
		end_all(f, kind[0] == 'r');
		return NULL;
	}
	for (k = 0; k < FEED_FAULTS; k++)
		if (strcmp(kinds[k].text, kind) == 0 && (kinds[k].which & (orders ? ORDERS : MARKET))) {
			arm(s, f, (enum feed_fault)k, what);
			return NULL;
		}
	return "this feed has no such kind";
}

/* -- sending ------------------------------------------------------------------------------------------------------ */

static void put(struct sim *s, struct feed_conn *c, bool text, const void *bytes, size_t len)
{
	s->stats.frames_out++;
	if (feed_struck(s, c->feed, FEED_FRAGMENT))
		net_ws_fragments(c->conn, !text, bytes, len, 7);
	else if (text)
		net_ws_text(c->conn, bytes, len);
	else
		net_ws_binary(c->conn, bytes, len);
}

void feed_say(struct sim *s, struct feed_conn *c, const char *text)
{
	put(s, c, true, text, strlen(text));
}

static void put_swapped(struct sim *s, struct feed_conn *c)
{
	struct buf b = c->swapped;

	c->swapped = (struct buf){0};
	if (b.len)
		put(s, c, c->swapped_text, b.data, b.len);
	buf_done(&b);
}

void feed_send(struct sim *s, struct feed_conn *c, bool text, const void *bytes, size_t len)
{
	if (feed_struck(s, c->feed, FEED_MUTE) || feed_struck(s, c->feed, FEED_LOSE))
		return;
	if (c->swapped.len == 0 && feed_struck(s, c->feed, FEED_REORDER)) {
		buf_put(&c->swapped, bytes, len);
		c->swapped_text = text;
		return;
	}
	put(s, c, text, bytes, len);
	if (feed_struck(s, c->feed, FEED_DUPLICATE))
		put(s, c, text, bytes, len);
	put_swapped(s, c);
}

/* -- connections -------------------------------------------------------------------------------------------------- */

static struct feed *feed_at(struct sim *s, const char *path)
{
	if (strcmp(path, "/realtime") == 0)
		return &s->order_feed.feed;
	return strcmp(path, "/feed") == 0 || strcmp(path, "/apifeed") == 0 ? &s->market_feed.feed : NULL;
}

static bool opened(void *ctx, struct net_conn *conn, const struct net_request *r)
{
	struct sim *s = ctx;
	struct feed *f = feed_at(s, r->path);
	struct feed_conn *c;

	CHECK_OBJ(s, SIM_MAGIC);
	if (!f || (f->orders && *r->query)) /* the old ?sId= form is answered as if it were a page */
		return false;
	if (feed_struck(s, f, FEED_REFUSE)) {
		net_reset(conn);
		return false;
	}
	capture_add(&s->capture, r, sim_time(s));
	c = calloc(1, sizeof(*c));
	assert(c);
	*c = (struct feed_conn){.magic = FEED_CONN_MAGIC, .feed = f, .conn = conn, .number = r->connection, .next = f->conns};
	f->conns = c;
	f->opened++;
	net_set_data(conn, c);
	if (!f->orders)
		market_feed_opened(s, c);
	return true;
}

static void text(void *ctx, struct net_conn *conn, const char *bytes, size_t len)
{
	struct sim *s = ctx;
	struct feed_conn *c = net_data(conn);

	CHECK_OBJ(s, SIM_MAGIC);
	CHECK_OBJ(c, FEED_CONN_MAGIC);
	s->stats.frames_in++;
	capture_frame(&s->capture, c->feed->orders ? "/realtime" : "/feed", c->number, bytes, len, sim_time(s));
	if (c->feed->orders)
		order_feed_text(s, c, bytes, len);
	else
		market_feed_text(s, c, bytes, len);
}

static void closed(void *ctx, struct net_conn *conn)
{
	struct sim *s = ctx;
	struct feed_conn *c = net_data(conn), **at;

	CHECK_OBJ(s, SIM_MAGIC);
	if (!c) /* refused */
		return;
	CHECK_OBJ(c, FEED_CONN_MAGIC);
	for (at = &c->feed->conns; *at != c; at = &(*at)->next)
		;
	*at = c->next;
	buf_done(&c->swapped);
	free(c->subs);
	c->magic = 0;
	free(c);
}

struct net_ws_events feed_events(struct sim *s)
{
	return (struct net_ws_events){opened, text, closed, s};
}

size_t feed_connections(const struct feed *f)
{
	const struct feed_conn *c;
	size_t n = 0;

	for (c = f->conns; c; c = c->next)
		n++;
	return n;
}

static void drop_ended(struct sim *s, struct feed *f)
{
	struct feed_conn *c, *next;

	for (c = f->conns; c; c = next) {
		next = c->next;
		if (c->session && !session_good(c->session, sim_time(s)))
			net_ws_close(c->conn, 1008);
	}
}

void feed_drop_sessions(struct sim *s)
{
	drop_ended(s, &s->order_feed.feed);
	drop_ended(s, &s->market_feed.feed);
}
