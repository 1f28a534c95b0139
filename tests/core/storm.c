#include "tests/core/storm.h"

#include <stdio.h>

static uint64_t dice(struct storm *s, uint64_t sides)
{
	return prng_below(&s->seed, sides);
}

static bool percent(struct storm *s, unsigned n)
{
	return dice(s, 100) < n;
}

/* -- what must hold after every step ------------------------------------------------------------------------------------- */

/* Ten requests in a second are the exchange's bound, whatever the setting. */
static void check_rate(struct storm *s, nanos_t at)
{
	uint32_t slot = s->sends % ARRAY_LEN(s->sent);

	if (s->sends >= ARRAY_LEN(s->sent))
		assert_true(at - s->sent[slot] >= NANOS_SECOND);
	s->sent[slot] = at;
	s->sends++;
}

static void check_session(const struct storm *s)
{
	const struct core_state *c = s->rig.core.s;

	assert_true(c->day_active && c->now >= c->day.open && c->now < c->day.close);
}

static void check_action(struct storm *s, const struct action *a)
{
	const struct core_state *c = s->rig.core.s;

	if (a->head.kind == ACTION_PLACE || a->head.kind == ACTION_MODIFY || a->head.kind == ACTION_CANCEL) {
		check_session(s);
		check_rate(s, a->head.stamp);
		assert_true(a->request.qty > 0 && a->request.price > 0 && a->request.price % 500 == 0);
	}
	if (a->head.kind == ACTION_PLACE && a->request.purpose == PURPOSE_ENTRY)
		assert_true(c->kill == KILL_NONE && c->stop == STOP_NONE && !c->paused && !c->account.day_locked);
	if (a->head.kind == OUTCOME_FILL && s->honest)
		assert_true(a->fill.position >= 0 || s->rig.core.slot[a->fill.strategy].book.side == SIDE_SELL);
	s->entries += a->head.kind == ACTION_PLACE && a->request.purpose == PURPOSE_ENTRY;
	s->exits += a->head.kind == ACTION_PLACE && a->request.purpose == PURPOSE_EXIT;
	s->trades += a->head.kind == OUTCOME_TRADE;
}

static void post(struct storm *s)
{
	rig_post(&s->rig);
	assert_true(s->rig.actions.count < ACTIONS_PER_STEP);
	for (uint32_t i = 0; i < s->rig.actions.count; i++)
		check_action(s, &s->rig.actions.at[i]);
}

/* -- the market ------------------------------------------------------------------------------------------------------------- */

static void tick(struct storm *s, uint32_t i)
{
	struct event_tick *t = &rig_event(&s->rig, EVENT_TICK, i)->tick;
	price_t spread = 500 * (price_t)(1 + dice(s, 3));

	s->price[i] += 500 * ((price_t)dice(s, 41) - 20) * (i == RIG_NIFTY || i == RIG_INDEX ? 4 : 1);
	s->price[i] = s->price[i] < 500 ? 500 : s->price[i];
	t->last = s->price[i];
	t->bid = percent(s, 2) ? 0 : s->price[i];
	t->ask = percent(s, 2) ? 0 : s->price[i] + spread;
	t->volume = (int64_t)dice(s, 100000);
	s->rig.event.head.flags = percent(s, 2) ? TICK_STALE : percent(s, 2) ? TICK_OPEN_OF_BAR : 0;
	post(s);
}

static void bar(struct storm *s, uint32_t i)
{
	struct event_bar *b = &rig_event(&s->rig, EVENT_BAR, i)->bar;
	price_t low = s->price[i], high = low + 500 * (price_t)dice(s, 200);

	b->bar = (struct bar){ (s->rig.at / NANOS_MINUTE - 1) * NANOS_MINUTE, low, high, low, high, (int64_t)dice(s, 100) };
	b->interval_s = 60;
	s->price[i] = high > RUPEES(60000) ? high / 2 / 500 * 500 : high;
	post(s);
}

static void announce_again(struct storm *s)
{
	uint32_t id = (uint32_t)dice(s, RIG_INSTRUMENTS);

	rig_event(&s->rig, EVENT_INSTRUMENT, id)->instrument = s->rig.core.instrument[id];
	post(s);
}

static void session(struct storm *s, enum session_edge edge)
{
	struct event_session *e;
	nanos_t open;

	if (edge == SESSION_BEGIN) {
		s->rig.date += 1 + (date_t)dice(s, 2);
		s->rig.at = stamp_at(s->rig.date, TIME_OF_DAY(9, percent(s, 50) ? 15 : 0)); /* some feeds begin before the open */
	}
	open = stamp_at(s->rig.date, TIME_OF_DAY(9, 15));
	e = &rig_event(&s->rig, EVENT_SESSION, INSTRUMENT_NONE)->session;
	*e = (struct event_session){ s->rig.date, (uint16_t)edge, percent(s, 5) ? SESSION_NO_TRADE : 0, open,
	                             open + TIME_OF_DAY(6, 15) };
	post(s);
}

/* -- the broker --------------------------------------------------------------------------------------------------------------- */

static struct order *some_order(struct storm *s)
{
	struct core *c = &s->rig.core;
	uint64_t back = 1 + dice(s, percent(s, 90) ? 6 : 70);

	return c->s->next_order > back ? order_find(c, c->s->next_order - back) : NULL;
}

static void report(struct storm *s)
{
	struct order *o = some_order(s);
	struct event_order *e = &rig_event(&s->rig, EVENT_ORDER, o ? o->instrument : INSTRUMENT_NONE)->order;
	static const enum order_report likely[] = { REPORT_OPEN, REPORT_OPEN, REPORT_MODIFIED, REPORT_MODIFIED, REPORT_CANCELLED,
	                                            REPORT_CANCEL_REJECTED };

	if (s->honest && (!o || !order_live((enum order_state)o->state)))
		return;
	e->order = o && !percent(s, 3) ? o->request.order : dice(s, 1000);
	e->report = percent(s, 70) ? likely[dice(s, ARRAY_LEN(likely))] : (uint32_t)dice(s, REPORT_KINDS + (s->honest ? 0 : 3));
	if (s->honest && e->report == REPORT_CANCELLED && !o->cancelling && !percent(s, 10))
		e->report = REPORT_OPEN;
	e->filled = -1;
	e->price = e->report == REPORT_MODIFIED && o && percent(s, 50) ? o->request.price : 0;
	memset(e->reason, percent(s, 3) ? 'x' : 0, sizeof(e->reason)); /* no end of text */
	memset(e->broker_ref, percent(s, 3) ? 'y' : 0, sizeof(e->broker_ref));
	post(s);
}

static void fill(struct storm *s)
{
	struct order *o = some_order(s);
	struct event_fill *e = &rig_event(&s->rig, EVENT_FILL, o ? o->instrument : RIG_SHARE)->fill;

	if (!o || (s->honest && !order_live((enum order_state)o->state)))
		return;
	qty_t lot = s->rig.core.instrument[o->instrument].lot, left = o->request.qty - o->filled;
	*e = (struct event_fill){ .order = o->request.order, .trade = ++s->rig.trade, .side = o->request.side,
	                          .qty = percent(s, 60) ? left : lot, .price = o->request.price };
	if (!s->honest) {
		e->trade -= dice(s, 20) == 0 ? dice(s, 3) : 0;
		e->side ^= dice(s, 30) == 0;
		e->qty = percent(s, 97) ? e->qty : percent(s, 50) ? (qty_t)dice(s, 900) - 100 : INT64_MAX / (1 + (qty_t)dice(s, 99));
		e->price = percent(s, 99) ? e->price : (price_t)dice(s, 1000000) * 500 - 500;
		e->order = percent(s, 98) ? e->order : dice(s, 1 << 20);
	}
	if (s->honest && e->qty > left)
		return;
	post(s);
}

/* -- the operator --------------------------------------------------------------------------------------------------------------- */

static void command(struct storm *s)
{
	struct event_command *e = &rig_event(&s->rig, EVENT_COMMAND, INSTRUMENT_NONE)->command;
	static const uint32_t common[] = { COMMAND_PAUSE, COMMAND_RESUME, COMMAND_RESUME, COMMAND_RESUME, COMMAND_STRATEGY_PAUSE,
	                                   COMMAND_STRATEGY_RESUME, COMMAND_STRATEGY_RESUME, COMMAND_STRATEGY_PARAM };

	e->request = dice(s, 3);
	e->command = percent(s, 92) ? common[dice(s, ARRAY_LEN(common))] : (uint32_t)dice(s, COMMAND_KINDS + 2);
	e->index = (uint32_t)dice(s, RIG_STRATEGIES + 2);
	e->param = (uint32_t)dice(s, COMMON_COUNT + 4);
	e->value = percent(s, 50) ? (int64_t)dice(s, 20) : (int64_t)dice(s, 2000000) - 100000;
	if (e->command == COMMAND_STRATEGY_PARAM && e->param == COMMON_COUNT + 1)
		return; /* the stub stays wild */
	memset(e->reason, percent(s, 80) ? 'r' : 0, sizeof(e->reason));
	snprintf(e->principal, sizeof(e->principal), "storm");
	post(s);
}

static void start_again(struct storm *s)
{
	rig_event(&s->rig, EVENT_START, INSTRUMENT_NONE)->start = s->rig.start;
	s->rig.event.start.epoch = ++s->rig.start.epoch;
	post(s);
	for (uint32_t link = 0; link < LINK_COUNT; link++) {
		rig_event(&s->rig, EVENT_LINK, INSTRUMENT_NONE)->link = (struct event_link){ link, 1, "up" };
		post(s);
	}
}

static void manual_book(struct storm *s, uint32_t instrument)
{
	struct event_strategy book;

	if (core_manual_slot(&s->rig.core, instrument) != UINT32_MAX || !core_manual_define(&s->rig.core, &book))
		return;
	rig_event(&s->rig, EVENT_STRATEGY, INSTRUMENT_NONE)->strategy = book;
	post(s);
}

/* A person's order near the market, its cancel, or nonsense. */
static void manual(struct storm *s)
{
	uint32_t id = RIG_CALL + (uint32_t)dice(s, RIG_INSTRUMENTS - RIG_CALL), key = (uint32_t)dice(s, 400);
	const struct instrument *i = &s->rig.core.instrument[id];

	if (percent(s, 80))
		manual_book(s, id);
	struct event_manual *e = &rig_event(&s->rig, EVENT_MANUAL, percent(s, 98) ? id : (uint32_t)dice(s, 40))->manual;
	e->request = dice(s, 3);
	e->side = (uint32_t)dice(s, percent(s, 98) ? 2 : 4);
	e->product = (uint32_t)dice(s, percent(s, 98) ? 2 : 4);
	e->qty = i->lot * (qty_t)dice(s, 12) + (percent(s, 97) ? 0 : 1);
	e->price = percent(s, 20) ? 0 : s->price[id] / 500 * 500 + ((price_t)dice(s, 21) - 10) * (percent(s, 97) ? 500 : 300);
	e->cancel = percent(s, 70) ? 0 : s->rig.core.s->next_order - dice(s, 12);
	if (percent(s, 97))
		snprintf(e->key, sizeof(e->key), "%u", key);
	else
		memset(e->key, 'k', sizeof(e->key));
	post(s);
}

/* Others in the account, as an adapter would say it or no adapter ever would; and a word of the operator's on it. */
static void foreign(struct storm *s)
{
	uint32_t id = (uint32_t)dice(s, RIG_INSTRUMENTS);
	struct event_foreign *e = &rig_event(&s->rig, EVENT_FOREIGN, id)->foreign;

	snprintf(e->symbol, sizeof(e->symbol), "%s", s->rig.core.instrument[id].symbol);
	snprintf(e->underlying, sizeof(e->underlying), "%s", s->rig.core.instrument[id].underlying);
	if (percent(s, 5))
		memset(e->symbol, 'x', sizeof(e->symbol)); /* no end of text */
	e->manual = percent(s, 40) ? 0 : ((qty_t)dice(s, 9) - 4) * s->rig.core.instrument[id].lot;
	e->unexplained = percent(s, 3) ? INT64_MAX : percent(s, 70) ? 0 : (qty_t)dice(s, 300) - 150;
	e->broker = percent(s, 3) ? INT64_MIN : 0;
	e->orders = percent(s, 90) ? 0 : (uint32_t)dice(s, 3);
	e->ours = percent(s, 50) ? NUM_UNKNOWN : s->rig.core.slot[0].book.qty;
	post(s);
}

static void acknowledge(struct storm *s)
{
	const struct core_state *c = s->rig.core.s;
	struct event_command *e = &rig_event(&s->rig, EVENT_COMMAND, INSTRUMENT_NONE)->command;

	e->command = COMMAND_ACKNOWLEDGE;
	e->index = (uint32_t)dice(s, c->foreigns + 1u);
	if (e->index < c->foreigns)
		e->value = c->foreign[e->index].manual + c->foreign[e->index].broker + c->foreign[e->index].unexplained;
	memset(e->reason, percent(s, 90) ? 'r' : 0, sizeof(e->reason));
	post(s);
}

static void rare(struct storm *s)
{
	struct event *e;

	switch (dice(s, 12)) {
	case 0:
		e = rig_event(&s->rig, EVENT_LINK, INSTRUMENT_NONE);
		e->link = (struct event_link){ (uint32_t)dice(s, LINK_COUNT + 1), percent(s, 80), "" };
		memset(e->link.reason, 'z', REASON_TEXT);
		post(s);
		break;
	case 1:
		rig_event(&s->rig, EVENT_FUNDS, INSTRUMENT_NONE)->funds = (struct event_funds){ RUPEES(900000), 2, NUM_UNKNOWN };
		post(s);
		break;
	case 2: announce_again(s); break;
	case 3: start_again(s); break;
	case 4:
		rig_event(&s->rig, EVENT_STRATEGY, INSTRUMENT_NONE)->strategy = s->rig.strategy[dice(s, s->rig.strategies)];
		post(s);
		break;
	case 5: rig_event(&s->rig, EVENT_DEPTH, RIG_CALL); post(s); break;
	case 6: foreign(s); break;
	case 7: acknowledge(s); acknowledge(s); break;
	case 8:
		rig_event(&s->rig, EVENT_ACCOUNT, INSTRUMENT_NONE)->account = (struct event_account){ .unread = percent(s, 80) ? 0 : (uint32_t)dice(s, ACCOUNT_ALL + 3),
		                                                                                   .apart = percent(s, 10), .offset = NUM_UNKNOWN };
		post(s);
		break;
	default: command(s); break;
	}
}

/* -- time ------------------------------------------------------------------------------------------------------------------------ */

static void timers(struct storm *s, nanos_t until)
{
	unsigned at_once = 0;

	while (core_wake_at(&s->rig.core) <= until) {
		nanos_t wake = core_wake_at(&s->rig.core) > s->rig.at ? core_wake_at(&s->rig.core) : s->rig.at;

		at_once = wake > s->rig.at ? 0 : at_once + 1;
		assert_true(at_once < 8);
		s->rig.at = wake;
		rig_event(&s->rig, EVENT_TIMER, INSTRUMENT_NONE);
		post(s);
	}
	s->rig.at = until;
}

static void pass_time(struct storm *s)
{
	nanos_t close = stamp_at(s->rig.date, TIME_OF_DAY(15, 30));
	nanos_t until = s->rig.at + (nanos_t)dice(s, percent(s, 95) ? 3 * NANOS_SECOND : 5 * NANOS_MINUTE);

	timers(s, until < close ? until : close);
	if (s->rig.at < close)
		return;
	session(s, SESSION_END);
	timers(s, s->rig.at + (nanos_t)dice(s, NANOS_MINUTE));
	session(s, SESSION_BEGIN);
}

void storm_step(struct storm *s)
{
	uint64_t n = dice(s, 1000);

	pass_time(s);
	if (n < 480)
		tick(s, (uint32_t)dice(s, RIG_INSTRUMENTS));
	else if (n < 520)
		bar(s, percent(s, 50) ? RIG_INDEX : (uint32_t)dice(s, RIG_INSTRUMENTS));
	else if (n < 750)
		report(s);
	else if (n < 980)
		fill(s);
	else if (percent(s, 70))
		rare(s);
	else
		manual(s);
}

void storm_begin(struct storm *s, uint64_t seed, bool honest)
{
	static const char *const underlying[] = { "NIFTY", "INDEX", "SHARE", "NIFTY" };

	memset(s, 0, sizeof(*s));
	rig_init(&s->rig);
	s->seed = seed;
	s->honest = honest;
	s->rig.start.feed_step = (nanos_t)dice(s, 3) * 30 * NANOS_SECOND;
	for (uint32_t i = 0; i < 8; i++) {
		rig_strategy(&s->rig, i, underlying[i % 4]);
		*rig_param(&s->rig, i, "wild") = 1;
		*rig_param(&s->rig, i, "cooldown") = (int64_t)dice(s, 60);
		*rig_param(&s->rig, i, "stopout_cooldown") = (int64_t)dice(s, 90);
		*rig_param(&s->rig, i, "entries_per_day") = 200;
		*rig_param(&s->rig, i, "loss_streak") = 100;
		*rig_param(&s->rig, i, "cost_pct") = 1000000;
		*rig_param(&s->rig, i, "product") = (int64_t)dice(s, 2);
	}
	rig_begin(&s->rig);
	s->rig.core.s->limit[LIMIT_DAY_LOSS_PCT] = percent(s, 50) ? NUM_UNKNOWN : 40000;
	for (uint32_t i = 0; i < RIG_INSTRUMENTS; i++)
		s->price[i] = i == RIG_NIFTY ? RUPEES(24000) : i == RIG_INDEX ? RUPEES(50000) : RUPEES(100);
	s->rig.date--;
	session(s, SESSION_BEGIN);
}

void storm_done(struct storm *s)
{
	rig_done(&s->rig);
}
