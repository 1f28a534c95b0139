#include "lib/broker/paper/paper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/base/prng.h"

#define PAPER_MAGIC 0x50415052u
#define PAPER_ORDERS 512
#define PAPER_VERSION 1
#define NOT_TOLD (-1)

struct resting {
	struct order_request request;
	uint32_t instrument;
	uint32_t triggered;     /* an SL whose trigger traded, or any LIMIT */
	qty_t filled;
	nanos_t placed, active; /* released at; rests from */
};

/* Flat bytes: what a checkpoint keeps. */
struct paper_state {
	uint32_t magic, version;
	struct paper_options options;
	uint64_t random, trades, refs;
	uint32_t orders, pad;
	struct resting order[PAPER_ORDERS];
};

/* How many orders rest on instruments of each remainder: most market events are of no concern and leave at once. */
#define RESTING_CLASSES 4096

struct paper { struct broker broker; const struct core *core; uint16_t resting[RESTING_CLASSES]; struct paper_state s; };

static struct paper *paper_of(struct broker *b)
{
	CHECK_OBJ(b, BROKER_MAGIC);
	struct paper *p = (struct paper *)b;

	assert(p->s.magic == PAPER_MAGIC);
	return p;
}

/* -- words to the engine --------------------------------------------------------------------------------------------------- */

/* "P000000042" */
static void put_ref(uint64_t number, char *ret)
{
	memcpy(ret, "P000000000", 10);
	for (int i = 9; i > 0 && number > 0; i--, number /= 10)
		ret[i] = (char)('0' + number % 10);
}

static void tell(struct paper *p, const struct resting *r, enum order_report kind, nanos_t now, const char *reason, bool numbered)
{
	struct event e;

	event_init(&e, EVENT_ORDER, now, r->instrument);
	e.order.order = r->request.order;
	e.order.report = kind;
	e.order.filled = r->filled;
	e.order.price = kind == REPORT_MODIFIED ? r->request.price : 0;
	memcpy(e.order.reason, reason, strnlen(reason, sizeof(e.order.reason) - 1));
	if (numbered)
		put_ref(++p->s.refs, e.order.broker_ref);
	p->broker.emit(p->broker.emit_ctx, &e);
}

static void report(struct paper *p, const struct resting *r, enum order_report kind, nanos_t now, const char *reason)
{
	tell(p, r, kind, now, reason, false);
}

static void remove_order(struct paper *p, uint32_t at)
{
	p->resting[p->s.order[at].instrument % RESTING_CLASSES]--;
	memmove(&p->s.order[at], &p->s.order[at + 1], sizeof(p->s.order[0]) * (p->s.orders - at - 1));
	p->broker.resting = --p->s.orders;
	memset(&p->s.order[p->s.orders], 0, sizeof(p->s.order[0])); /* equal histories keep equal bytes */
}

/* True when the order is done and was taken off the list. */
static bool fill(struct paper *p, uint32_t at, qty_t qty, price_t price, nanos_t now)
{
	struct resting *r = &p->s.order[at];
	struct event e;

	event_init(&e, EVENT_FILL, now, r->instrument);
	e.fill.order = r->request.order;
	e.fill.trade = ++p->s.trades;
	e.fill.side = r->request.side;
	e.fill.qty = qty;
	e.fill.price = price;
	p->broker.emit(p->broker.emit_ctx, &e);
	r->filled += qty;
	if (r->filled < r->request.qty)
		return false;
	remove_order(p, at);
	return true;
}

/* -- orders ------------------------------------------------------------------------------------------------------------------ */

static bool chance(struct paper *p, uint32_t percent)
{
	return percent > 0 && prng_below(&p->s.random, 100) < percent;
}

static const char *refuse_price(const struct order_request *r, const struct instrument *i)
{
	if (r->price <= 0 || r->price % i->tick != 0 || r->trigger < 0 || r->trigger % i->tick != 0)
		return "price is not a multiple of the tick";
	if ((i->band_low && r->price < i->band_low) || (i->band_high && r->price > i->band_high))
		return "price is outside the circuit limit";
	return NULL;
}

/* A stop's limit lies past its trigger, and the market before it. */
static const char *refuse_stop(const struct order_request *r, price_t last)
{
	bool buy = r->side == SIDE_BUY;

	if (r->type != ORDER_SL)
		return NULL;
	if (r->trigger <= 0 || (buy ? r->price < r->trigger : r->price > r->trigger))
		return "the trigger is on the wrong side of the limit";
	return last > 0 && (buy ? last >= r->trigger : last <= r->trigger) ? "the trigger is beyond the last price" : NULL;
}

/* What an exchange would refuse; NULL = accepted. */
static const char *refuse(struct paper *p, const struct order_request *r, uint32_t instrument)
{
	const struct instrument *i = &p->core->instrument[instrument];

	if (!p->core->s->day_active)
		return "market is closed";
	if (!(i->flags & INSTRUMENT_TRADABLE))
		return "instrument cannot be traded";
	if (r->qty <= 0 || r->qty % i->lot != 0)
		return "quantity is not a multiple of the lot";
	if (i->freeze && r->qty > i->freeze)
		return "quantity exceeds the freeze limit";
	if (refuse_price(r, i))
		return refuse_price(r, i);
	if (refuse_stop(r, p->core->quote[instrument].last))
		return refuse_stop(r, p->core->quote[instrument].last);
	if (p->s.orders == PAPER_ORDERS)
		return "too many open orders";
	return chance(p, p->s.options.reject_pct) ? "refused at random (paper.reject_pct)" : NULL;
}

static void paper_place(struct broker *b, const struct order_request *request, uint32_t instrument, nanos_t now)
{
	struct paper *p = paper_of(b);
	struct resting r = { .request = *request, .instrument = instrument, .placed = now, .active = now + p->s.options.latency,
	                     .triggered = request->type == ORDER_LIMIT };
	const char *why = refuse(p, request, instrument);

	if (why) {
		report(p, &r, REPORT_REJECTED, now, why);
		return;
	}
	p->s.order[p->s.orders++] = r;
	p->resting[instrument % RESTING_CLASSES]++;
	p->broker.resting = p->s.orders;
	tell(p, &r, r.triggered ? REPORT_OPEN : REPORT_TRIGGER_PENDING, now, "", true);
}

static uint32_t find(const struct paper *p, uint64_t order)
{
	uint32_t at = 0;

	while (at < p->s.orders && p->s.order[at].request.order != order)
		at++;
	return at;
}

static void paper_modify(struct broker *b, const struct order_request *r, uint32_t instrument, nanos_t now)
{
	struct paper *p = paper_of(b);
	uint32_t at = find(p, r->order);
	const struct instrument *i = &p->core->instrument[instrument];
	struct resting gone = { .request = *r, .instrument = instrument, .filled = NOT_TOLD };
	struct resting *rests = &p->s.order[at];
	const char *why = at == p->s.orders ? "order is completed" : refuse_price(r, i);

	if (!why && !rests->triggered)
		why = refuse_stop(r, p->core->quote[instrument].last);

	if (why) {
		report(p, at == p->s.orders ? &gone : rests, REPORT_MODIFY_REJECTED, now, why);
		return;
	}
	rests->request.price = r->price;
	rests->request.trigger = r->trigger;
	rests->request.type = r->type;
	report(p, rests, REPORT_MODIFIED, now, "");
	if (rests->triggered || r->type == ORDER_SL)
		return;
	rests->triggered = 1;
	report(p, rests, REPORT_OPEN, now, "");
}

static void paper_cancel(struct broker *b, const struct order_request *r, uint32_t instrument, nanos_t now)
{
	struct paper *p = paper_of(b);
	uint32_t at = find(p, r->order);
	struct resting gone = { .request = *r, .instrument = instrument, .filled = NOT_TOLD };

	report(p, at == p->s.orders ? &gone : &p->s.order[at], at == p->s.orders ? REPORT_CANCEL_REJECTED : REPORT_CANCELLED, now,
	       at == p->s.orders ? "order is completed" : "");
	if (at < p->s.orders)
		remove_order(p, at);
}

/* -- matching --------------------------------------------------------------------------------------------------------------------- */

/* The open of a bar stands for the bar's beginning, so an order placed by then meets it whatever the latency. */
static bool eligible(const struct resting *r, const struct event *e)
{
	bool open = e->head.kind == EVENT_TICK && (e->head.flags & TICK_OPEN_OF_BAR);

	return r->instrument == e->head.instrument && (r->active <= e->head.stamp || open);
}

/* Part of what is left, in whole lots, when chance says so. */
static qty_t part_of(struct paper *p, qty_t left, qty_t lot)
{
	qty_t lots = left / lot;

	if (lots < 2 || !chance(p, p->s.options.partial_pct))
		return left;
	return (qty_t)(1 + prng_below(&p->s.random, (uint64_t)lots - 1)) * lot;
}

/* Meets the opposite quote: at that quote plus slippage, never worse than the limit. */
static bool meet_quote(struct paper *p, uint32_t at, const struct quote *q, nanos_t now)
{
	struct resting *r = &p->s.order[at];
	const struct instrument *i = &p->core->instrument[r->instrument];
	bool buy = r->request.side == SIDE_BUY;
	price_t touch = buy ? quote_ask(q, i) : quote_bid(q, i), slip = p->s.options.slippage_ticks * i->tick;
	qty_t there = buy ? q->ask_qty : q->bid_qty, left = r->request.qty - r->filled;

	if (touch <= 0 || (buy ? touch > r->request.price : touch < r->request.price))
		return false;
	price_t price = buy ? touch + slip : touch - slip;
	price = (buy ? price > r->request.price : price < r->request.price) ? r->request.price : price;
	qty_t qty = part_of(p, left, i->lot);
	if (there > 0 && there < qty)
		qty = there / i->lot * i->lot;
	return qty > 0 && fill(p, at, qty, price, now);
}

/* Inside a bar the path is not known; an order fills only when the bar traded through its limit, and at the limit: never
 * better, and never worse than the bar's own range. */
static bool meet_bar(struct paper *p, uint32_t at, const struct bar *bar, nanos_t now)
{
	struct resting *r = &p->s.order[at];
	const struct instrument *i = &p->core->instrument[r->instrument];
	bool buy = r->request.side == SIDE_BUY;
	struct quote low = { .last = bar->low }, high = { .last = bar->high };
	price_t best = buy ? quote_ask(&low, i) : quote_bid(&high, i);
	price_t worst = buy ? quote_ask(&high, i) : quote_bid(&low, i), price = r->request.price;

	if (best <= 0 || (buy ? best >= price : best <= price))
		return false;
	price = (buy ? price > worst : price < worst) ? worst : price;
	return fill(p, at, part_of(p, r->request.qty - r->filled, i->lot), price, now);
}

/* What the first level could not give, the deeper ones may. */
static bool meet_depth(struct paper *p, uint32_t at, const struct event_depth *d, nanos_t now)
{
	bool buy = p->s.order[at].request.side == SIDE_BUY;
	const struct depth_level *levels = buy ? d->ask : d->bid;
	qty_t lot = p->core->instrument[p->s.order[at].instrument].lot;

	for (int i = 1; i < DEPTH_LEVELS; i++) {
		struct resting *r = &p->s.order[at];
		qty_t left = r->request.qty - r->filled, qty = (levels[i].qty < left ? levels[i].qty : left) / lot * lot;

		if (levels[i].price == 0 || (buy ? levels[i].price > r->request.price : levels[i].price < r->request.price))
			return false;
		if (qty > 0 && fill(p, at, qty, levels[i].price, now))
			return true;
	}
	return false;
}

static void check_trigger(struct paper *p, struct resting *r, price_t low, price_t high, nanos_t now)
{
	if (r->triggered || (r->request.side == SIDE_BUY ? high < r->request.trigger : low > r->request.trigger))
		return;
	r->triggered = 1;
	report(p, r, REPORT_OPEN, now, "the trigger traded");
}

static bool match(struct paper *p, uint32_t at, const struct event *e)
{
	struct resting *r = &p->s.order[at];
	nanos_t now = e->head.stamp;

	if (e->head.kind == EVENT_DEPTH)
		return r->triggered && r->filled > 0 && meet_depth(p, at, &e->depth, now);
	if (e->head.kind == EVENT_BAR) {
		check_trigger(p, r, e->bar.bar.low, e->bar.bar.high, now);
		return r->triggered && meet_bar(p, at, &e->bar.bar, now);
	}
	const struct event_tick *t = &e->tick;
	if (t->last)
		check_trigger(p, r, t->last, t->last, now);
	struct quote q = { .last = t->last, .bid = t->bid, .ask = t->ask, .bid_qty = t->bid_qty, .ask_qty = t->ask_qty };
	return r->triggered && meet_quote(p, at, &q, now);
}

static void expire_all(struct paper *p, nanos_t now)
{
	while (p->s.orders > 0) {
		report(p, &p->s.order[0], REPORT_EXPIRED, now, "the session ended");
		remove_order(p, 0);
	}
}

static void paper_observe(struct broker *b, const struct event *e)
{
	struct paper *p = paper_of(b);
	uint16_t kind = e->head.kind;

	if (kind == EVENT_TICK && (e->head.flags & TICK_STALE))
		return; /* an old price again is no market to trade in */
	if (p->s.orders == 0)
		return;
	if (kind == EVENT_FEED_END || (kind == EVENT_SESSION && e->session.edge == SESSION_END))
		expire_all(p, e->head.stamp);
	else if ((kind == EVENT_TICK || kind == EVENT_BAR || kind == EVENT_DEPTH) && p->resting[e->head.instrument % RESTING_CLASSES])
		for (uint32_t at = 0; at < p->s.orders;)
			if (!eligible(&p->s.order[at], e) || !match(p, at, e))
				at++;
}

static bool paper_waiting(struct broker *b, uint32_t instrument)
{
	struct paper *p = paper_of(b);

	if (p->resting[instrument % RESTING_CLASSES] == 0)
		return false;
	for (uint32_t at = 0; at < p->s.orders; at++)
		if (p->s.order[at].instrument == instrument)
			return true;
	return false;
}

/* -- checkpoint ----------------------------------------------------------------------------------------------------------------------- */

static const void *paper_state(struct broker *b, size_t *ret_len)
{
	struct paper *p = paper_of(b);

	*ret_len = sizeof(p->s);
	return &p->s;
}

/* Options are this start's, the rest is the past's. */
static int paper_restore(struct broker *b, const void *bytes, size_t len)
{
	struct paper *p = paper_of(b);
	struct paper_options options = p->s.options;
	const struct paper_state *s = bytes;

	if (len != sizeof(*s) || s->magic != PAPER_MAGIC || s->orders > PAPER_ORDERS)
		return ERR_CORRUPT;
	if (s->version != PAPER_VERSION)
		return ERR_VERSION;
	memcpy(&p->s, s, len);
	p->s.options = options;
	memset(p->resting, 0, sizeof(p->resting));
	for (uint32_t at = 0; at < p->s.orders; at++)
		p->resting[p->s.order[at].instrument % RESTING_CLASSES]++;
	p->broker.resting = p->s.orders;
	return ERR_OK;
}

static void paper_close(struct broker *b)
{
	free(paper_of(b));
}

static const struct broker_ops paper_ops = {
	.name = "paper",
	.place = paper_place,
	.modify = paper_modify,
	.cancel = paper_cancel,
	.observe = paper_observe,
	.waiting = paper_waiting,
	.state = paper_state,
	.restore = paper_restore,
	.close = paper_close,
};

int paper_open(const struct paper_options *o, const struct core *core, broker_emit *emit, void *ctx, struct broker **ret)
{
	struct paper *p = calloc(1, sizeof(*p));

	if (!p)
		return ERR_NOMEM;
	p->broker = (struct broker){ .magic = BROKER_MAGIC, .ops = &paper_ops, .emit = emit, .emit_ctx = ctx };
	p->core = core;
	p->s.magic = PAPER_MAGIC;
	p->s.version = PAPER_VERSION;
	p->s.options = *o;
	p->s.random = o->seed;
	*ret = &p->broker;
	return ERR_OK;
}
