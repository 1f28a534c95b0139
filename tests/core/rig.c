#include "tests/core/rig.h"

#include <stdio.h>

/* -- the stub strategy ---------------------------------------------------------------------------------------------------- */

struct signal rig_signal[RIG_STRATEGIES];

static void stub_session(void *state, const int64_t *params)
{
	(void)params;
	memset(state, 0, sizeof(uint64_t));
}

/* `wild` answers from the bar alone, so that two cores with the same bars get the same wishes. */
static void wild(const struct bar *bar, struct signal *ret)
{
	uint64_t dice = prng_mix((uint64_t)bar->close * 31 + (uint64_t)bar->start);

	if (dice % 3 != 0)
		return;
	ret->direction = dice & 64 ? 1 : -1;
	ret->index_stop = bar->close - ret->direction * (price_t)(RUPEES(2) + (price_t)(dice >> 8) % RUPEES(30));
	ret->leave_long = dice % 5 == 0;
	ret->leave_short = dice % 7 == 0;
	ret->failed = 1;
}

static void stub_bar(void *state, const int64_t *params, const struct series *series, nanos_t open, struct signal *ret)
{
	(void)open;
	++*(uint64_t *)state;
	if (params[1]) {
		wild(series_at(series, 0), ret);
		return;
	}
	*ret = rig_signal[params[0]];
	rig_signal[params[0]] = (struct signal){ 0 };
}

static const struct param stub_params[] = {
	{ "which", PARAM_INT, 0, RIG_STRATEGIES - 1, 0, "", "number of the stub", NULL },
	{ "wild", PARAM_BOOL, 0, 1, 0, "", "answers from the bar", NULL },
};
static const char *const stub_conditions[] = { "warm_up" };
static const struct strategy_ops stub_ops = {
	.name = "stub", .title = "stub", .params = stub_params, .n_params = 2, .conditions = stub_conditions, .n_conditions = 1,
	.state_size = sizeof(uint64_t), .session = stub_session, .restart = stub_session, .bar = stub_bar,
};
const struct strategy_ops *const rig_ops[] = { &stub_ops, &strategy_manual, NULL };

/* -- setting up -------------------------------------------------------------------------------------------------------------- */

static void known_charges(struct charge_table *t)
{
	t->count = CHARGE_COUNT;
	for (uint8_t k = 0; k < CHARGE_COUNT; k++) {
		t->row[k] = (struct charge_row){ .segments = 15, .product = CHARGE_ANY, .kind = k, .sides = 3,
		                                 .basis = BASIS_TURNOVER, .from = 1 };
		t->from[k + 1] = k + 1u;
	}
}

void rig_init(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	memset(rig_signal, 0, sizeof(rig_signal));
	r->limits = (struct core_limits){ 16, 16, RIG_STRATEGIES, 64 };
	known_charges(&r->tables.charges);
	r->start = (struct event_start){ .mode = MODE_PAPER, .epoch = 7, .capital = RUPEES(1000000), .build = "rig" };
	rig_strategy(r, 0, "NIFTY");
	r->date = date_from_civil(2026, 1, 5);
	r->at = stamp_at(r->date, TIME_OF_DAY(9, 0));
}

void rig_strategy(struct rig *r, uint32_t index, const char *underlying)
{
	struct event_strategy *s = &r->strategy[index];

	*s = (struct event_strategy){ .index = index, .ops = "stub" };
	snprintf(s->id, sizeof(s->id), "s%u", index);
	snprintf(s->underlying, sizeof(s->underlying), "%s", underlying);
	s->commons = COMMON_COUNT;
	strategy_params_standard(&stub_ops, s->params);
	s->params[COMMON_COUNT] = index;
	r->strategies = index + 1;
}

int64_t *rig_param(struct rig *r, uint32_t index, const char *name)
{
	int at = strategy_param_index(&stub_ops, name);

	assert_true(at >= 0);
	return &r->strategy[index].params[at];
}

static void announce(struct rig *r, uint32_t id, const char *symbol, const char *underlying, enum instrument_kind kind,
                     uint16_t flags, double strike, qty_t lot)
{
	struct instrument *i = &rig_event(r, EVENT_INSTRUMENT, id)->instrument;

	snprintf(i->symbol, sizeof(i->symbol), "%s", symbol);
	snprintf(i->underlying, sizeof(i->underlying), "%s", underlying);
	i->id = id;
	i->underlying_id = strcmp(symbol, underlying) == 0 ? id : RIG_NIFTY;
	i->kind = (uint8_t)kind;
	i->segment = strike > 0 ? SEGMENT_NSE_FO : SEGMENT_NSE_CM;
	i->flags = flags;
	i->expiry = strike > 0 ? r->date + 1 : 0;
	i->strike = RUPEES(strike);
	i->tick = 500;
	i->lot = lot;
	i->freeze = strike > 0 ? 300 : 0;
	rig_post(r);
}

void rig_begin(struct rig *r)
{
	r->size = core_size(&r->limits);
	r->memory = aligned_alloc(64, r->size);
	memset(r->memory, 0x5A, r->size); /* what was there before must not show */
	assert_int_equal(core_init(&r->core, r->memory, r->size, &r->limits, &r->tables, rig_ops), ERR_OK);
	rig_event(r, EVENT_START, INSTRUMENT_NONE)->start = r->start;
	rig_post(r);
	for (uint32_t i = 0; i < r->strategies; i++) {
		rig_event(r, EVENT_STRATEGY, INSTRUMENT_NONE)->strategy = r->strategy[i];
		rig_post(r);
	}
	announce(r, RIG_NIFTY, "NIFTY", "NIFTY", INSTRUMENT_INDEX, 0, 0, 1);
	announce(r, RIG_CALL, "N24000CE", "NIFTY", INSTRUMENT_CALL, INSTRUMENT_TRADABLE, 24000, 75);
	announce(r, RIG_PUT, "N24000PE", "NIFTY", INSTRUMENT_PUT, INSTRUMENT_TRADABLE, 24000, 75);
	announce(r, RIG_CALL_HIGH, "N24100CE", "NIFTY", INSTRUMENT_CALL, INSTRUMENT_TRADABLE, 24100, 75);
	announce(r, RIG_PUT_HIGH, "N24100PE", "NIFTY", INSTRUMENT_PUT, INSTRUMENT_TRADABLE, 24100, 75);
	announce(r, RIG_INDEX, "INDEX", "INDEX", INSTRUMENT_INDEX, INSTRUMENT_TRADABLE | INSTRUMENT_SYNTHETIC, 0, 1);
	announce(r, RIG_SHARE, "SHARE", "SHARE", INSTRUMENT_EQUITY, INSTRUMENT_TRADABLE, 0, 1);
	rig_link(r, LINK_FEED, true);
	rig_link(r, LINK_BROKER, true);
}

void rig_open(struct rig *r)
{
	rig_init(r);
	rig_begin(r);
	rig_day(r, "2026-01-05", 0);
	rig_clock(r, "09:20:00");
	rig_prices(r);
}

void rig_done(struct rig *r)
{
	free(r->memory);
}

/* -- events ------------------------------------------------------------------------------------------------------------------- */

struct event *rig_event(struct rig *r, enum event_kind kind, uint32_t instrument)
{
	memset(&r->event, 0, sizeof(r->event));
	event_init(&r->event, kind, r->at, instrument);
	return &r->event;
}

void rig_post(struct rig *r)
{
	r->event.head.seq = r->core.s->seq + 1;
	core_step(&r->core, &r->event, &r->actions);
	r->core.s->seq += r->actions.count; /* the engine numbers actions too */
	if (r->posted) /* first: its rules have names */
		r->posted(r->ctx, &r->actions);
	rig_check(r);
}

void rig_day(struct rig *r, const char *date, uint16_t flags)
{
	assert_int_equal(date_parse(date, strlen(date), &r->date), ERR_OK);
	r->at = stamp_at(r->date, TIME_OF_DAY(9, 15));
	struct event_session *s = &rig_event(r, EVENT_SESSION, INSTRUMENT_NONE)->session;
	*s = (struct event_session){ r->date, SESSION_BEGIN, flags, r->at, stamp_at(r->date, TIME_OF_DAY(15, 30)) };
	rig_post(r);
}

void rig_day_end(struct rig *r)
{
	rig_clock(r, "15:30:00");
	struct event_session *s = &rig_event(r, EVENT_SESSION, INSTRUMENT_NONE)->session;
	*s = (struct event_session){ r->date, SESSION_END, 0, stamp_at(r->date, TIME_OF_DAY(9, 15)), r->at };
	rig_post(r);
}

nanos_t rig_time(const struct rig *r, const char *text)
{
	nanos_t time = 0;

	assert_int_equal(time_of_day_parse(text, strlen(text), &time), ERR_OK);
	return stamp_at(r->date, time);
}

/* A timer must move what is due: the same instant asked for again and again is a loop that never ends. */
static void run_until(struct rig *r, nanos_t until)
{
	unsigned at_once = 0;

	assert_true(until >= r->at);
	while (core_wake_at(&r->core) <= until) {
		nanos_t wake = core_wake_at(&r->core) > r->at ? core_wake_at(&r->core) : r->at;

		at_once = wake > r->at ? 0 : at_once + 1;
		assert_true(at_once < 8);
		r->at = wake;
		r->timers++;
		rig_event(r, EVENT_TIMER, INSTRUMENT_NONE);
		rig_post(r);
	}
	r->at = until;
}

void rig_clock(struct rig *r, const char *time_of_day)
{
	run_until(r, rig_time(r, time_of_day));
}

void rig_wait(struct rig *r, nanos_t length)
{
	run_until(r, r->at + length);
}

void rig_start_again(struct rig *r, uint32_t epoch)
{
	rig_event(r, EVENT_START, INSTRUMENT_NONE)->start = r->start;
	r->event.start.epoch = epoch;
	rig_post(r);
	rig_link(r, LINK_FEED, true);
	rig_link(r, LINK_BROKER, true);
}

void rig_tick(struct rig *r, uint32_t instrument, double bid, double ask)
{
	struct event_tick *t = &rig_event(r, EVENT_TICK, instrument)->tick;

	t->bid = RUPEES(bid);
	t->ask = RUPEES(ask);
	t->last = (RUPEES(bid) + RUPEES(ask)) / 2 / 500 * 500;
	rig_post(r);
}

void rig_prices(struct rig *r)
{
	rig_tick(r, RIG_NIFTY, 24000, 24000);
	rig_tick(r, RIG_CALL, 100, 100.10);
	rig_tick(r, RIG_PUT, 100, 100.10);
	rig_tick(r, RIG_CALL_HIGH, 60, 60.10);
	rig_tick(r, RIG_PUT_HIGH, 160, 160.10);
	rig_tick(r, RIG_INDEX, 50000, 50000);
	rig_tick(r, RIG_SHARE, 500, 500.05);
}

void rig_bar(struct rig *r, uint32_t instrument, double open, double high, double low, double close)
{
	struct event_bar *b = &rig_event(r, EVENT_BAR, instrument)->bar;

	b->bar = (struct bar){ r->at - NANOS_MINUTE, RUPEES(open), RUPEES(high), RUPEES(low), RUPEES(close), 0 };
	b->interval_s = 60;
	rig_post(r);
}

void rig_ask(struct rig *r, uint32_t which, int direction, double stop)
{
	nanos_t next = (r->at / NANOS_MINUTE + 1) * NANOS_MINUTE;

	run_until(r, next - 1);
	rig_prices(r);
	rig_signal[which] = (struct signal){ .direction = direction, .index_stop = RUPEES(stop), .failed = 1 };
	r->at = next;
	rig_event(r, EVENT_TIMER, INSTRUMENT_NONE); /* closes the bar that the tick began */
	rig_post(r);
}

void rig_report(struct rig *r, uint64_t order, enum order_report report, const char *reason)
{
	struct order *o = order_find(&r->core, order);
	struct event_order *e = &rig_event(r, EVENT_ORDER, o ? o->instrument : INSTRUMENT_NONE)->order;

	e->order = order;
	e->report = (uint32_t)report;
	e->filled = -1;
	snprintf(e->reason, sizeof(e->reason), "%s", reason);
	if (report == REPORT_OPEN)
		snprintf(e->broker_ref, sizeof(e->broker_ref), "R%u", (unsigned)order);
	rig_post(r);
}

void rig_fill(struct rig *r, uint64_t order, qty_t qty, double price)
{
	struct order *o = order_find(&r->core, order);

	assert_non_null(o);
	struct event_fill *e = &rig_event(r, EVENT_FILL, o->instrument)->fill;
	*e = (struct event_fill){ .order = order, .trade = ++r->trade, .side = o->request.side, .qty = qty, .price = RUPEES(price) };
	rig_post(r);
}

void rig_link(struct rig *r, enum link link, bool up)
{
	rig_event(r, EVENT_LINK, INSTRUMENT_NONE)->link = (struct event_link){ (uint32_t)link, up, "rig" };
	rig_post(r);
}

const struct action *rig_command(struct rig *r, enum command command, uint32_t index, uint32_t param, int64_t value, const char *reason)
{
	struct event_command *e = &rig_event(r, EVENT_COMMAND, INSTRUMENT_NONE)->command;

	*e = (struct event_command){ .request = 9, .command = (uint32_t)command, .index = index, .param = param, .value = value,
	                             .principal = "uid:1000" };
	snprintf(e->reason, sizeof(e->reason), "%s", reason);
	rig_post(r);
	assert_int_equal(rig_count(r, OUTCOME_REPLY), 1);
	return rig_action(r, OUTCOME_REPLY, 0);
}

static const struct outcome_reply *manual_reply(struct rig *r)
{
	rig_post(r);
	const struct action *a = rig_action(r, OUTCOME_REPLY, 0);
	assert_non_null(a);
	assert_int_equal(a->reply.request, 78);
	return &a->reply;
}

const struct outcome_reply *rig_manual(struct rig *r, uint32_t instrument, enum side side, qty_t qty, double price, const char *key)
{
	struct event_strategy book;

	if (core_manual_slot(&r->core, instrument) == UINT32_MAX && core_manual_define(&r->core, &book)) {
		rig_event(r, EVENT_STRATEGY, INSTRUMENT_NONE)->strategy = book;
		rig_post(r);
	}
	struct event_manual *e = &rig_event(r, EVENT_MANUAL, instrument)->manual;
	e->request = 78;
	e->side = side;
	e->qty = qty;
	e->price = RUPEES(price);
	snprintf(e->key, sizeof(e->key), "%s", key);
	snprintf(e->principal, sizeof(e->principal), "test");
	return manual_reply(r);
}

const struct outcome_reply *rig_manual_cancel(struct rig *r, uint64_t order)
{
	struct event_manual *e = &rig_event(r, EVENT_MANUAL, INSTRUMENT_NONE)->manual;

	e->request = 78;
	e->cancel = order;
	snprintf(e->principal, sizeof(e->principal), "test");
	return manual_reply(r);
}

uint64_t rig_enter(struct rig *r, uint32_t which)
{
	rig_ask(r, which, 1, 23980);
	assert_int_equal(rig_refusal(r), REFUSAL_NONE);
	uint64_t order = r->core.slot[which].plan.order;
	while (r->core.slot[which].plan.state == PLAN_ENTERING) {
		struct order *o = order_find(&r->core, r->core.slot[which].plan.order);

		rig_report(r, o->request.order, REPORT_OPEN, "");
		rig_fill(r, o->request.order, o->request.qty, 100.10);
	}
	return order;
}

/* -- answers ------------------------------------------------------------------------------------------------------------------ */

const struct action *rig_action(const struct rig *r, uint16_t kind, unsigned n)
{
	for (uint32_t i = 0; i < r->actions.count; i++)
		if (r->actions.at[i].head.kind == kind && n-- == 0)
			return &r->actions.at[i];
	return NULL;
}

unsigned rig_count(const struct rig *r, uint16_t kind)
{
	unsigned n = 0;

	while (rig_action(r, kind, n))
		n++;
	return n;
}

enum refusal rig_refusal(const struct rig *r)
{
	unsigned n = rig_count(r, OUTCOME_DECISION);

	assert_true(n > 0);
	return (enum refusal)rig_action(r, OUTCOME_DECISION, n - 1)->decision.refusal;
}

/* -- counting by hand ------------------------------------------------------------------------------------------------------------ */

static void check_watchers(const struct core *c)
{
	uint32_t watchers[1024] = { 0 };

	for (uint32_t i = 0; i < c->s->strategies; i++) {
		const struct plan *p = &c->slot[i].plan;

		if (p->state == PLAN_IDLE)
			continue;
		watchers[p->contract]++;
		watchers[p->underlying] += p->underlying != p->contract;
		assert_int_equal(c->active[c->slot[i].active_at], i);
	}
	for (uint32_t i = 0; i < c->s->instruments; i++) {
		for (uint32_t node = c->link[i].watch; node != WATCH_NONE; node = c->slot[node / 2].watch_next[node % 2])
			watchers[i]--;
		assert_int_equal(watchers[i], 0);
	}
}

/* A live order is the one at work of its strategy's active plan, or lies aside there: what entries at work commit is found through the plans alone. */
static void check_orders(const struct core *c)
{
	for (uint32_t i = 0; i < c->s->limits.orders; i++) {
		const struct order *o = &c->order[i];
		const struct slot *s = &c->slot[o->request.strategy];

		if (o->request.order == 0 || !order_live((enum order_state)o->state))
			continue;
		assert_true(o->request.strategy < c->s->strategies && s->plan.state != PLAN_IDLE);
		assert_true(s->plan.order == o->request.order || s->plan.aside == o->request.order);
		assert_true(s->plan.contract == o->instrument);
	}
}

static void check_money(const struct core *c)
{
	const struct account *a = &c->s->account;
	money_t unrealised = 0, realised = 0, charges = 0;

	for (uint32_t i = 0; i < c->s->strategies; i++) {
		unrealised += c->slot[i].book.qty != 0 ? c->slot[i].book.unrealised : 0;
		realised += c->slot[i].realised;
		charges += c->slot[i].charges;
	}
	assert_true(a->unrealised == unrealised && a->realised == realised && a->charges == charges);
	assert_true(core_equity(c) == a->capital + realised - charges + unrealised);
}

/* A request never asks for more than the book holds, nor in its direction. */
static void check_exits(const struct rig *r)
{
	for (uint32_t i = 0; i < r->actions.count; i++) {
		const struct order_request *q = &r->actions.at[i].request;
		const struct book *b;

		if (r->actions.at[i].head.kind != ACTION_PLACE || (q->purpose != PURPOSE_EXIT && q->purpose != PURPOSE_STOP))
			continue;
		b = &r->core.slot[q->strategy].book;
		assert_true(q->side == SIDE_SELL ? q->qty <= b->qty : q->qty <= -b->qty);
	}
}

/* The clock will ask for everything that waits, not later than it is due. */
static void check_wake(struct core *c)
{
	for (uint32_t i = 0; i < c->s->active; i++) {
		const struct plan *p = &c->slot[c->active[i]].plan;
		const struct order *o = order_find(c, p->order);

		assert_true(!p->retry_at || core_wake_at(c) <= p->retry_at);
		assert_true(!o || !order_live((enum order_state)o->state) || core_wake_at(c) <= o->walk_at);
	}
}

void rig_check(struct rig *r)
{
	const struct core *c = &r->core;
	uint32_t live = 0, books = 0, active = 0;

	for (uint32_t i = 0; i < c->s->limits.orders; i++)
		live += c->order[i].request.order != 0 && order_live((enum order_state)c->order[i].state);
	for (uint32_t i = 0; i < c->s->strategies; i++) {
		books += c->slot[i].book.qty != 0;
		active += c->slot[i].plan.state != PLAN_IDLE;
		assert_true(c->slot[i].book.qty == 0 || c->slot[i].plan.state != PLAN_IDLE); /* nothing is held without a plan */
	}
	assert_int_equal(c->s->live_orders, live);
	assert_int_equal(c->s->open_books, books);
	assert_int_equal(c->s->active, active);
	check_orders(c);
	check_watchers(c);
	check_money(c);
	check_exits(r);
	check_wake(&r->core);
}

/* -- what others hold ---------------------------------------------------------------------------------------------------------- */

void rig_adopt(struct rig *r, unsigned n)
{
	for (unsigned i = 1; i <= n; i++) {
		struct event_strategy *s = &r->strategy[r->strategies];

		*s = (struct event_strategy){ .index = r->strategies++, .ops = "adopted", .commons = COMMON_COUNT };
		snprintf(s->id, sizeof(s->id), "adopted%u", i);
		strategy_params_standard(&strategy_adopted, s->params);
	}
	r->start.flags |= START_FOREIGN_ADOPT;
}

void rig_offer(struct rig *r, uint32_t instrument, enum product product, qty_t qty, qty_t ours, double price)
{
	rig_event(r, EVENT_ADOPT, instrument)->adopt =
		(struct event_adopt){ .product = (uint32_t)product, .qty = qty, .ours = ours, .price = RUPEES(price), .orders = "261123000000900" };
	rig_post(r);
}
