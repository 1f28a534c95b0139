/* Books folded from fills, money folded from books: worked out by hand. */
#include "tests/core/rig.h"

static struct rig rig;

static void brokerage(int64_t rupees)
{
	rig.tables.charges.row[CHARGE_BROKERAGE] = (struct charge_row){ .segments = 15, .product = CHARGE_ANY, .sides = 3,
		.kind = CHARGE_BROKERAGE, .basis = BASIS_ORDER, .rate = rupees * NUM_SCALE, .from = 1 };
}

static struct account *account(void)
{
	return &rig.core.s->account;
}

static void leave(double price)
{
	rig_tick(&rig, RIG_NIFTY, 23980, 23980);
	const struct order *o = order_find(&rig.core, rig.core.slot[0].plan.order);
	rig_fill(&rig, o->request.order, o->request.qty, price);
}

static void round_trip(void **state)
{
	(void)state;
	rig_init(&rig);
	brokerage(20);
	*rig_param(&rig, 0, "lots_max") = 2;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "09:20:00");
	rig_ask(&rig, 0, 1, 23980);
	uint64_t order = rig.core.slot[0].plan.order;
	rig_fill(&rig, order, 75, 100);
	rig_fill(&rig, order, 75, 101);
	assert_int_equal(account()->charges, RUPEES(20)); /* per order, with its first fill */
	assert_int_equal(account()->open_cost, RUPEES(15075));
	assert_int_equal(core_cash_free(&rig.core), RUPEES(1000000 - 20 - 15075));
	assert_int_equal(account()->unrealised, RUPEES(150 * 100 - 15075)); /* at the bid */
	rig_tick(&rig, RIG_CALL, 104, 110);
	assert_int_equal(account()->unrealised, RUPEES(150 * 104 - 15075));
	rig_tick(&rig, RIG_CALL, 0, 110); /* no bid: the last mark stays */
	assert_int_equal(account()->unrealised, RUPEES(150 * 104 - 15075));
	assert_int_equal(core_equity(&rig.core), RUPEES(1000000 - 20 + 525));
	assert_int_equal(core_day_pnl(&rig.core), RUPEES(505));
	leave(99.50);
	const struct outcome_trade *t = &rig_action(&rig, OUTCOME_TRADE, 0)->trade;
	assert_true(t->number == 1 && t->qty == 150 && t->side == SIDE_BUY && t->exit_reason == EXIT_INDEX_STOP);
	assert_int_equal(t->entry, RUPEES(100.50));
	assert_int_equal(t->exit, RUPEES(99.50));
	assert_int_equal(t->gross, RUPEES(-150));
	assert_int_equal(t->charges, RUPEES(40));
	assert_int_equal(t->net, RUPEES(-190));
	assert_int_equal(t->incomplete, 0);
	assert_true(account()->unrealised == 0 && account()->open_cost == 0 && account()->day_trades == 1);
	assert_int_equal(core_equity(&rig.core), RUPEES(1000000 - 190));
	assert_int_equal(rig.core.slot[0].loss_streak, 1);
	assert_int_equal(rig.core.slot[0].wins, 0);
	rig_done(&rig);
}

static void unknown_charges_are_marked(void **state)
{
	(void)state;
	rig_init(&rig);
	rig.tables.charges.from[CHARGE_COUNT] = CHARGE_GST; /* no row for it */
	rig.start.flags = START_ASSUME_UNKNOWN;
	*rig_param(&rig, 0, "lots_max") = 1;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "09:20:00");
	rig_enter(&rig, 0);
	leave(100.10);
	assert_int_equal(rig_action(&rig, OUTCOME_TRADE, 0)->trade.incomplete, 1u << CHARGE_GST);
	rig_day_end(&rig);
	assert_int_equal(rig_action(&rig, OUTCOME_DAY, 0)->day.incomplete, 1u << CHARGE_GST);
	rig_done(&rig);
}

static void short_side(void **state)
{
	(void)state;
	rig_init(&rig);
	rig_strategy(&rig, 0, "SHARE");
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "09:20:00");
	rig_ask(&rig, 0, -1, 510);
	uint64_t order = rig.core.slot[0].plan.order;
	qty_t lots = order_find(&rig.core, order)->request.qty;
	rig_fill(&rig, order, lots, 500);
	assert_int_equal(rig.core.slot[0].book.qty, -lots);
	assert_int_equal(account()->open_cost, lots * RUPEES(500));
	assert_int_equal(account()->unrealised, -lots * RUPEES(0.05)); /* bought back at the ask */
	rig_tick(&rig, RIG_SHARE, 490, 490.05);
	assert_int_equal(account()->unrealised, lots * RUPEES(9.95));
	rig_tick(&rig, RIG_SHARE, 479.90, 479.95);
	assert_int_equal(rig.core.slot[0].plan.exit_reason, EXIT_TARGET);
	uint64_t out = rig.core.slot[0].plan.order;
	assert_int_equal(order_find(&rig.core, out)->request.price, RUPEES(480.05)); /* ask + 2 ticks */
	rig_fill(&rig, out, lots, 480);
	assert_int_equal(rig_action(&rig, OUTCOME_TRADE, 0)->trade.gross, lots * RUPEES(20));
	assert_int_equal(rig_action(&rig, OUTCOME_TRADE, 0)->trade.entry, RUPEES(500));
	assert_int_equal(rig.core.slot[0].wins, 1);
	rig_done(&rig);
}

static void a_new_day(void **state)
{
	(void)state;
	rig_init(&rig);
	*rig_param(&rig, 0, "product") = 1;
	*rig_param(&rig, 0, "lots_max") = 1;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "14:00:00");
	rig_enter(&rig, 0);
	rig_tick(&rig, RIG_CALL, 110.10, 110.20);
	rig_day_end(&rig);
	const struct outcome_day *d = &rig_action(&rig, OUTCOME_DAY, 0)->day;
	assert_true(d->date == rig.date && d->trades == 0 && d->net == 0);
	assert_int_equal(d->equity, RUPEES(1000750));
	rig_day(&rig, "2026-01-06", 0);
	assert_int_equal(core_day_pnl(&rig.core), 0); /* yesterday's mark is today's base */
	assert_int_equal(rig.core.slot[0].entries_today, 0);
	assert_int_equal(rig.core.slot[0].book.qty, 75);
	rig_tick(&rig, RIG_CALL, 111.10, 111.20);
	assert_int_equal(core_day_pnl(&rig.core), RUPEES(75));
	rig_done(&rig);
}

/* -- expiry ------------------------------------------------------------------------------------------------------------------- */

static void expire(int direction, double spot, const char *what, double settled)
{
	rig_init(&rig);
	*rig_param(&rig, 0, "product") = 1;
	*rig_param(&rig, 0, "lots_max") = 1;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "14:00:00");
	rig_ask(&rig, 0, direction, direction > 0 ? 23980 : 24020);
	rig_fill(&rig, rig.core.slot[0].plan.order, 75, 100);
	if (strcmp(what, "future") == 0)
		rig.core.instrument[RIG_CALL].kind = INSTRUMENT_FUTURE;
	rig_day_end(&rig);
	rig_day(&rig, "2026-01-06", 0);
	rig.core.slot[0].plan.index_stop = direction > 0 ? 1 : INT64_MAX; /* no stop in the way */
	rig.core.slot[0].plan.index_target = 0;
	rig_clock(&rig, "15:20:00");
	rig.core.quote[RIG_NIFTY].last = RUPEES(spot);
	rig_day_end(&rig);
	if (spot == 0) {
		assert_int_equal(rig_action(&rig, OUTCOME_ALERT, 0)->alert.alert, ALERT_NOT_FLAT);
		assert_int_equal(rig.core.slot[0].book.qty, 75);
	} else {
		const struct outcome_trade *t = &rig_action(&rig, OUTCOME_TRADE, 0)->trade;
		assert_int_equal(t->exit_reason, EXIT_EXPIRY);
		assert_int_equal(t->exit, RUPEES(settled));
		assert_int_equal(t->gross, 75 * RUPEES(settled - 100));
		assert_int_equal(rig.core.slot[0].plan.state, PLAN_IDLE);
	}
	rig_done(&rig);
}

static void expiries(void **state)
{
	(void)state;
	expire(1, 24130, "call in the money", 130);
	expire(1, 23000, "call out of it", 0);
	expire(-1, 23900, "put in the money", 100);
	expire(-1, 24000, "put at the strike", 0);
	expire(1, 24130, "future", 24130);
	expire(1, 0, "no price to settle with", 0);
}

static void equity_once_a_minute(void **state)
{
	unsigned points = 0;

	(void)state;
	rig_open(&rig);
	rig_enter(&rig, 0);
	nanos_t at = rig.core.s->equity_at;
	rig_wait(&rig, NANOS_MINUTE - 1);
	assert_true(rig.core.s->equity_at == at);
	rig_wait(&rig, 1);
	assert_true(rig.core.s->equity_at == at + NANOS_MINUTE);
	points = rig_count(&rig, OUTCOME_EQUITY);
	assert_int_equal(points, 1);
	rig_done(&rig);
}

static void quiet(void **state)
{
	(void)state;
	rig_init(&rig);
	rig.start.flags = START_QUIET;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "09:20:00");
	rig_enter(&rig, 0);
	assert_int_equal(rig_count(&rig, OUTCOME_EQUITY), 0);
	rig_wait(&rig, NANOS_MINUTE);
	assert_int_equal(rig_count(&rig, OUTCOME_BAR) + rig_count(&rig, OUTCOME_EQUITY), 0);
	account_mark(&rig.core, &rig.core.slot[0]);
	rig_check(&rig);
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(unknown_charges_are_marked),
		cmocka_unit_test(short_side),
		cmocka_unit_test(a_new_day),
		cmocka_unit_test(expiries),
		cmocka_unit_test(equity_once_a_minute),
		cmocka_unit_test(quiet),
	};

	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
