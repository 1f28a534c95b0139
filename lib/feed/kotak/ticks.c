#include "lib/feed/kotak/ticks.h"

#include <string.h>

#include "lib/base/obj.h"

#define AHEAD_MAX (5 * NANOS_SECOND)
#define OLD_FIRST (60 * NANOS_SECOND)  /* a connection's first packet with an older trade is a memory until something moves */
#define BACK_MAX 10                    /* so many volumes in a row below the one we believed: that one was wrong */
#define INDEX_MOVE_MAX 20              /* per cent from the previous close: the market-wide breaker ends the day there */

const char *tick_verdict_name(enum tick_verdict v)
{
	static const char *const names[TICK_VERDICTS] = {
		"news", "a repeat", "no price", "outside the price band", "not on the tick", "bid above ask", "older than the one before", "from the future",
	};

	assert(v < TICK_VERDICTS);
	return names[v];
}

void tick_reconnected(struct tick_seen *s)
{
	s->connected = false;
	s->back = 0;
}

static nanos_t traded_at(const struct sfeed_packet *p)
{
	return p->trade_time * NANOS_SECOND;
}

/* A last price of an earlier day is history: there is no last price yet. */
static price_t last_today(const struct sfeed_packet *p, struct tick_now t)
{
	return traded_at(p) >= t.midnight ? p->last : 0;
}

static price_t best(const struct depth_level *side, uint8_t n)
{
	return n > 0 ? side[0].price : 0;
}

static bool within(price_t price, price_t low, price_t high)
{
	return price == 0 || ((low == 0 || price >= low) && (high == 0 || price <= high));
}

/* The packet's own band moves with the exchange's during the day; the master's is the morning's. */
static void band_of(const struct sfeed_packet *p, const struct instrument *i, price_t *low, price_t *high)
{
	*low = *high = 0;
	if (i->kind == INSTRUMENT_INDEX && p->close > 0) {
		*low = p->close - p->close / 100 * INDEX_MOVE_MAX;
		*high = p->close + p->close / 100 * INDEX_MOVE_MAX;
	} else if (i->kind != INSTRUMENT_INDEX) {
		*low = p->circuit_low > 0 ? p->circuit_low : i->band_low;
		*high = p->circuit_high > 0 ? p->circuit_high : i->band_high;
	}
}

static enum tick_verdict judge_prices(const struct sfeed_packet *p, const struct instrument *i, struct tick_now t)
{
	price_t last = last_today(p, t), bid = best(p->bid, p->n_bid), ask = best(p->ask, p->n_ask), low, high;

	if (last == 0 && bid == 0 && ask == 0)
		return TICK_EMPTY;
	band_of(p, i, &low, &high);
	if (!within(last, low, high) || !within(bid, low, high) || !within(ask, low, high))
		return TICK_BAND;
	if (i->kind != INSTRUMENT_INDEX && (last % i->tick != 0 || bid % i->tick != 0 || ask % i->tick != 0))
		return TICK_OFF_TICK;
	return bid != 0 && ask != 0 && bid > ask ? TICK_CROSSED : TICK_NEWS;
}

static bool same_levels(const struct depth_level *a, const struct depth_level *b, uint8_t n)
{
	return n == 0 || memcmp(a, b, n * sizeof(*a)) == 0;
}

static bool same(const struct sfeed_packet *a, const struct sfeed_packet *b)
{
	return a->trade_time == b->trade_time && a->last == b->last && a->volume == b->volume && a->oi == b->oi && a->last_qty == b->last_qty &&
	       a->total_buy == b->total_buy && a->total_sell == b->total_sell && a->n_bid == b->n_bid && a->n_ask == b->n_ask &&
	       same_levels(a->bid, b->bid, a->n_bid) && same_levels(a->ask, b->ask, a->n_ask);
}

/* Time never goes back. A volume may: one wild packet must not shut out all that come after it. */
static enum tick_verdict judge_order(struct tick_seen *s, const struct sfeed_packet *p)
{
	if (s->any && p->trade_time < s->last.trade_time)
		return TICK_BACK;
	if (s->any && p->volume < s->last.volume && ++s->back < BACK_MAX)
		return TICK_BACK;
	s->back = 0;
	return TICK_NEWS;
}

enum tick_verdict tick_judge(struct tick_seen *s, const struct sfeed_packet *p, const struct instrument *i, struct tick_now t)
{
	enum tick_verdict v;

	if (p->trade_time > (t.now + AHEAD_MAX) / NANOS_SECOND)
		return TICK_AHEAD;
	if ((v = judge_prices(p, i, t)) != TICK_NEWS)
		return v;
	bool first = !s->connected;
	if (s->any && same(p, &s->last)) {
		s->back = 0;
		s->connected = true;
		return TICK_REPEAT;
	}
	if ((v = judge_order(s, p)) != TICK_NEWS)
		return v;
	s->last = *p;
	s->last.name = NULL; /* pointed into the frame */
	s->any = s->connected = true;
	return first && t.now - traded_at(p) > OLD_FIRST ? TICK_REPEAT : TICK_NEWS;
}

void tick_event(const struct sfeed_packet *p, const struct instrument *i, struct tick_now t, struct event *ret)
{
	ret->head = (struct record){ .stamp = t.now, .kind = EVENT_TICK, .instrument = i->id };
	ret->tick = (struct event_tick){ .last = last_today(p, t), .bid = best(p->bid, p->n_bid), .ask = best(p->ask, p->n_ask), .volume = p->volume, .oi = p->oi };
	if (p->n_bid > 0 && ret->tick.bid != 0)
		ret->tick.bid_qty = p->bid[0].qty;
	if (p->n_ask > 0 && ret->tick.ask != 0)
		ret->tick.ask_qty = p->ask[0].qty;
	if (ret->tick.last != 0) {
		ret->tick.last_qty = p->last_qty;
		ret->tick.exchange_stamp = traded_at(p);
	}
}

bool tick_depth(const struct sfeed_packet *p, const struct instrument *i, nanos_t now, struct event *ret)
{
	if (p->n_bid < 2 && p->n_ask < 2)
		return false;
	event_init(ret, EVENT_DEPTH, now, i->id);
	memcpy(ret->depth.bid, p->bid, p->n_bid * sizeof(p->bid[0]));
	memcpy(ret->depth.ask, p->ask, p->n_ask * sizeof(p->ask[0]));
	return true;
}
