/* The demo market as a feed: sessions, one index tick each 250 ms, each contract near the money once a second, five levels for
 * the six nearest. Seed and start are the whole input; no clock is read. Events begin at `from`: nothing before it exists. */
#include "lib/feed/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/feed/demo_calendar.h"
#include "lib/feed/demo_chain.h"
#include "lib/feed/demo_market.h"
#include "lib/feed/error.h"

#define INDEX_ID 0
#define INDEX_TICK 500          /* 0.05 rupee */
#define GROUPS 4                /* a contract is quoted in one step of four */

enum phase {
	PHASE_INDEX_DEFINITION,
	PHASE_BEGIN,     /* a session begins */
	PHASE_INDEX,     /* a step begins: the index moves */
	PHASE_DEFINE,    /* the contract at hand is defined if it is new */
	PHASE_QUOTE,
	PHASE_DEPTH,
	PHASE_END,       /* the session is over */
	PHASE_COUNT,
};

/* All that moves; plain data, saved as it is. */
struct state {
	uint32_t phase;        /* enum phase */
	uint32_t instruments;  /* ids given */
	uint32_t money;        /* chain slot at the money in this step */
	uint32_t quoted;       /* contract of this step, 0 .. DEMO_QUOTED */
	uint64_t steps;
	uint64_t events;
	nanos_t now;           /* of the step */
	nanos_t seek;          /* prices before it are passed over in silence */
	struct demo_session session;
	struct demo_market market;
	struct event_depth depth; /* of the contract at hand */
	struct demo_chain chain;
};

#define DEMO_SAVED_MAGIC 0x44454d4fu
#define SAVED_VERSION 1u
struct saved { uint32_t magic, version; uint64_t seed; nanos_t from; struct state state; };

struct demo {
	struct feed feed;
	uint64_t seed;
	nanos_t from;
	const struct market_tables *tables;
	struct state at;
};

static struct demo *demo_of(struct feed *f)
{
	CHECK_OBJ(f, FEED_MAGIC);
	return (struct demo *)(void *)f; /* feed is the first member */
}

static const struct demo *demo_of_const(const struct feed *f)
{
	CHECK_OBJ(f, FEED_MAGIC);
	return (const struct demo *)(const void *)f;
}

static void start(struct demo *d)
{
	memset(&d->at, 0, sizeof(d->at));
	d->at.seek = INT64_MIN;
	d->at.now = d->from;
	demo_market_init(&d->at.market, d->seed);
	demo_session_first(&d->tables->calendar, d->from, &d->at.session);
}

/* -- phases: each gives an event (true) or moves on (false) ------------------------------------------------------------ */

static bool step_definition(struct demo *d, struct event *e)
{
	event_init(e, EVENT_INSTRUMENT, d->at.now, INDEX_ID);
	memcpy(e->instrument.symbol, "NIFTY", sizeof("NIFTY"));
	memcpy(e->instrument.underlying, "NIFTY", sizeof("NIFTY"));
	e->instrument.kind = INSTRUMENT_INDEX;
	e->instrument.tick = INDEX_TICK;
	e->instrument.lot = 1;
	d->at.instruments = INDEX_ID + 1;
	d->at.phase = PHASE_BEGIN;
	return true;
}

static void give_session(struct demo *d, struct event *e, enum session_edge edge)
{
	const struct demo_session *s = &d->at.session;

	event_init(e, EVENT_SESSION, d->at.now, INSTRUMENT_NONE);
	e->session = (struct event_session){ s->date, (uint16_t)edge, (uint16_t)s->flags, s->open, s->close };
}

static bool step_begin(struct demo *d, struct event *e)
{
	nanos_t expires;
	date_t expiry = demo_expiry(&d->tables->calendar, &d->at.session, &expires);

	if (expiry != d->at.chain.expiry)
		demo_chain_begin(&d->at.chain, &d->tables->contracts, expiry, expires, d->at.session.date, d->at.market.price);
	demo_chain_day(&d->at.chain);
	give_session(d, e, SESSION_BEGIN);
	d->at.phase = PHASE_INDEX;
	return true;
}

static bool step_index(struct demo *d, struct event *e)
{
	const struct demo_session *s = &d->at.session;

	if (d->at.now >= s->close) {
		d->at.now = s->close;
		d->at.phase = PHASE_END;
		return false;
	}
	demo_market_step(&d->at.market, d->at.now - s->open, s->close - d->at.now);
	d->at.money = demo_chain_money(&d->at.chain, d->at.market.price);
	d->at.quoted = (uint32_t)(d->at.steps % GROUPS);
	d->at.phase = PHASE_DEFINE;
	event_init(e, EVENT_TICK, d->at.now, INDEX_ID);
	e->tick.last = price_nearest(d->at.market.price, INDEX_TICK);
	e->tick.exchange_stamp = d->at.now;
	return true;
}

/* The contract at hand: calls are even, puts odd, strikes from low to high. */
static uint32_t slot_at_hand(const struct demo *d)
{
	return d->at.money - DEMO_REACH + d->at.quoted / 2;
}

static bool call_at_hand(const struct demo *d)
{
	return d->at.quoted % 2 == 0;
}

static uint32_t away_at_hand(const struct demo *d)
{
	uint32_t strike = d->at.quoted / 2;

	return strike > DEMO_REACH ? strike - DEMO_REACH : DEMO_REACH - strike;
}

static void step_done(struct demo *d)
{
	d->at.steps++;
	d->at.now += DEMO_STEP;
	d->at.phase = PHASE_INDEX;
}

static bool step_define(struct demo *d, struct event *e)
{
	if (d->at.quoted >= DEMO_QUOTED) {
		step_done(d);
		return false;
	}
	struct demo_contract *k = &d->at.chain.contract[slot_at_hand(d)][!call_at_hand(d)];
	d->at.phase = PHASE_QUOTE;
	if (k->id != INSTRUMENT_NONE)
		return false;
	k->id = d->at.instruments++;
	event_init(e, EVENT_INSTRUMENT, d->at.now, k->id);
	demo_chain_instrument(&d->at.chain, slot_at_hand(d), call_at_hand(d), &e->instrument);
	e->instrument.underlying_id = INDEX_ID;
	return true;
}

static void next_contract(struct demo *d)
{
	d->at.quoted += GROUPS;
	d->at.phase = PHASE_DEFINE;
}

static bool step_quote(struct demo *d, struct event *e)
{
	uint32_t slot = slot_at_hand(d), away = away_at_hand(d);
	bool call = call_at_hand(d);

	event_init(e, EVENT_TICK, d->at.now, d->at.chain.contract[slot][!call].id);
	demo_chain_quote(&d->at.chain, &d->at.market, slot, call, away, d->at.now, &e->tick, &d->at.depth);
	if (away <= DEMO_DEPTH_REACH)
		d->at.phase = PHASE_DEPTH;
	else
		next_contract(d);
	return true;
}

static bool step_depth(struct demo *d, struct event *e)
{
	event_init(e, EVENT_DEPTH, d->at.now, d->at.chain.contract[slot_at_hand(d)][!call_at_hand(d)].id);
	e->depth = d->at.depth;
	next_contract(d);
	return true;
}

static bool step_end(struct demo *d, struct event *e)
{
	struct demo_session next;

	give_session(d, e, SESSION_END);
	demo_session_next(&d->tables->calendar, &d->at.session, &next);
	d->at.session = next;
	d->at.now = next.open;
	demo_market_night(&d->at.market);
	d->at.phase = PHASE_BEGIN;
	return true;
}

static bool (*const steps[PHASE_COUNT])(struct demo *d, struct event *e) = {
	[PHASE_INDEX_DEFINITION] = step_definition,
	[PHASE_BEGIN] = step_begin,
	[PHASE_INDEX] = step_index,
	[PHASE_DEFINE] = step_define,
	[PHASE_QUOTE] = step_quote,
	[PHASE_DEPTH] = step_depth,
	[PHASE_END] = step_end,
};

/* True for a price that a seek passes over. Ends the seek at the first event past it. */
static bool passed_over(struct demo *d, const struct event *e)
{
	if (d->at.seek == INT64_MIN)
		return false;
	if (e->head.stamp >= d->at.seek) {
		d->at.seek = INT64_MIN;
		return false;
	}
	return e->head.kind == EVENT_TICK || e->head.kind == EVENT_DEPTH;
}

/* -- the feed -------------------------------------------------------------------------------------------------------- */

static int demo_next(struct feed *f, struct event *ret)
{
	struct demo *d = demo_of(f);

	while (!steps[d->at.phase](d, ret) || passed_over(d, ret))
		;
	d->at.events++;
	return 1; /* the demo has no end */
}

static void demo_info(const struct feed *f, struct feed_info *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->kind = "demo";
	snprintf(ret->underlying, sizeof(ret->underlying), "NIFTY");
	snprintf(ret->underlying_source, sizeof(ret->underlying_source), "the index itself");
	snprintf(ret->source, sizeof(ret->source), "demo seed %llu", (unsigned long long)demo_of_const(f)->seed);
	ret->options = true;
}

static void demo_progress(const struct feed *f, struct feed_progress *ret)
{
	const struct demo *d = demo_of_const(f);

	*ret = (struct feed_progress){ .rows = d->at.events, .events = d->at.events, .first = d->from, .now = d->at.now };
}

static int demo_save(const struct feed *f, struct buf *out)
{
	const struct demo *d = demo_of_const(f);
	struct saved head = { .magic = DEMO_SAVED_MAGIC, .version = SAVED_VERSION, .seed = d->seed, .from = d->from };

	buf_put(out, &head, offsetof(struct saved, state));
	buf_put(out, &d->at, sizeof(d->at));
	return out->failed ? ERR_NOMEM : ERR_OK;
}

/* What an index, a divisor or an assert depends on: nothing foreign is taken on trust. */
static bool state_valid(const struct state *s)
{
	const struct demo_chain *c = &s->chain;
	bool begun = s->phase > PHASE_BEGIN;

	if (s->phase >= PHASE_COUNT || s->session.open >= s->session.close || s->market.regime >= REGIME_COUNT)
		return false;
	if (s->market.price < DEMO_PRICE_LOW || s->market.price > DEMO_PRICE_HIGH || s->market.vol < DEMO_VOL_LOW ||
	    s->market.vol > DEMO_VOL_HIGH)
		return false;
	if (begun && (c->tick <= 0 || c->lot <= 0 || c->strike_low <= 0 || c->strike_low > DEMO_PRICE_HIGH))
		return false;
	if (s->phase >= PHASE_DEFINE && s->phase <= PHASE_DEPTH)
		return s->money >= DEMO_REACH && s->money < DEMO_STRIKES - DEMO_REACH && s->quoted < DEMO_QUOTED + GROUPS &&
		       (s->phase == PHASE_DEFINE || s->quoted < DEMO_QUOTED);
	return true;
}

static int demo_restore(struct feed *f, const void *bytes, size_t len)
{
	struct demo *d = demo_of(f);
	struct saved *saved;
	int err = ERR_OK;

	if (len != sizeof(*saved))
		return ERR_TRUNCATED;
	if ((saved = malloc(sizeof(*saved))) == NULL)
		return ERR_NOMEM;
	memcpy(saved, bytes, len);
	if (saved->magic != DEMO_SAVED_MAGIC)
		err = ERR_CORRUPT;
	else if (saved->version != SAVED_VERSION)
		err = ERR_VERSION;
	else if (saved->seed != d->seed)
		err = ERR_MISMATCH;
	else if (!state_valid(&saved->state))
		err = ERR_CORRUPT;
	else {
		d->at = saved->state;
		d->from = saved->from; /* a journal that was made again begins later than the demo did */
	}
	free(saved);
	return err;
}

static int demo_seek(struct feed *f, nanos_t stamp)
{
	struct demo *d = demo_of(f);

	start(d);
	d->at.seek = stamp;
	return ERR_OK;
}

static void demo_bad_rows(const struct feed *f, struct buf *out, unsigned most)
{
	(void)f, (void)most;
	buf_puts(out, "[]");
}

static void demo_close(struct feed *f)
{
	struct demo *d = demo_of(f);

	d->feed.magic = 0;
	free(d);
}

static const struct feed_ops demo_ops = {
	.name = "demo",
	.next = demo_next,
	.info = demo_info,
	.progress = demo_progress,
	.save = demo_save,
	.restore = demo_restore,
	.seek = demo_seek,
	.bad_rows = demo_bad_rows,
	.close = demo_close,
};

int feed_demo_open(uint64_t seed, nanos_t from, const struct market_tables *tables, const struct feed_hooks *hooks,
                   struct feed **ret, struct feed_error *error)
{
	struct demo *d = calloc(1, sizeof(*d));

	(void)hooks; /* ticks need no opens of bars */
	if (d == NULL)
		return feed_fail(error, ERR_NOMEM, "out of memory");
	d->feed = (struct feed){ FEED_MAGIC, &demo_ops };
	d->seed = seed;
	d->from = from;
	d->tables = tables;
	start(d);
	*ret = &d->feed;
	return ERR_OK;
}
