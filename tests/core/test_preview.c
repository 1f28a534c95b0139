/* What an order would cost. That its verdict is the gate's is shown in test_risk.c, rung by rung. */
#include "tests/core/rig.h"

static struct rig rig;

static struct preview preview(uint32_t instrument, enum side side, qty_t qty, double price)
{
	struct preview_ask a = { UINT32_MAX, instrument, side, PRODUCT_MIS, qty, RUPEES(price) };
	struct preview p;

	core_preview(&rig.core, &a, &p);
	return p;
}

/* Brokerage of 20 rupees an order, capital of 10 lakh, another strategy's entry of 750 at 100.15 at work. */
static void begin(void)
{
	rig_init(&rig);
	rig.tables.charges.row[CHARGE_BROKERAGE].basis = BASIS_ORDER;
	rig.tables.charges.row[CHARGE_BROKERAGE].rate = RUPEES(20);
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "09:20:00");
	rig_ask(&rig, 0, 1, 23980);
	rig_prices(&rig);
}

static void bought(void **state)
{
	money_t at_work = 750 * RUPEES(100.15);

	(void)state;
	begin();
	struct preview p = preview(RIG_PUT, SIDE_BUY, 75, 0);
	assert_int_equal(p.first, REFUSAL_NONE);
	assert_int_equal(p.refused, 0);
	assert_true(p.price == RUPEES(100.10)); /* what the market asks */
	assert_true(p.value == 75 * RUPEES(100.10));
	assert_true(p.charges == RUPEES(20));
	assert_true(p.cost == p.value + p.charges);
	assert_true(p.worst_loss == p.cost);
	assert_true(p.free == RUPEES(1000000) - at_work);
	assert_true(p.exposure == at_work + p.value);
	assert_true(p.exposure_instrument == p.value);
	p = preview(RIG_CALL, SIDE_BUY, 75, 99.95);
	assert_true(p.value == 75 * RUPEES(99.95)); /* what was said */
	assert_true(p.exposure_instrument == at_work + p.value);
	rig_done(&rig);
}

/* Nobody can tell what a sold option needs, nor what it may lose. */
static void sold(void **state)
{
	(void)state;
	begin();
	struct preview p = preview(RIG_PUT, SIDE_SELL, 75, 0);
	assert_int_equal(p.first, REFUSAL_MARGIN);
	assert_true(p.price == RUPEES(100) && p.cost == NUM_UNKNOWN && p.worst_loss == NUM_UNKNOWN);
	p = preview(RIG_SHARE, SIDE_SELL, 10, 500);
	assert_int_equal(p.first, REFUSAL_NONE);
	assert_true(p.cost == 10 * RUPEES(500) + RUPEES(20) && p.worst_loss == NUM_UNKNOWN);
	rig_done(&rig);
}

/* Unknown is never zero. */
static void unknown(void **state)
{
	(void)state;
	begin();
	rig.core.quote[RIG_SHARE] = (struct quote){ 0 };
	struct preview p = preview(RIG_SHARE, SIDE_BUY, 10, 0);
	assert_int_equal(p.first, REFUSAL_NO_PRICE);
	assert_true(p.refused & REFUSAL_BIT(REFUSAL_STALE_PRICE));
	assert_true(p.price == NUM_UNKNOWN && p.value == NUM_UNKNOWN && p.charges == NUM_UNKNOWN && p.cost == NUM_UNKNOWN &&
	            p.worst_loss == NUM_UNKNOWN && p.exposure == NUM_UNKNOWN && p.exposure_instrument == NUM_UNKNOWN);
	rig.tables.charges = (struct charge_table){ 0 };
	rig.core.charges = (struct charge_memo){ 0 }; /* which remembers tables that do not change */
	p = preview(RIG_SHARE, SIDE_BUY, 10, 500);
	assert_true(p.value == 10 * RUPEES(500) && p.charges == NUM_UNKNOWN && p.worst_loss == NUM_UNKNOWN);
	p = preview(RIG_SHARE, SIDE_BUY, (qty_t)1 << 50, 500); /* beyond all reckoning */
	assert_true((p.refused & REFUSAL_BIT(REFUSAL_QTY_LIMIT)) && (p.refused & REFUSAL_BIT(REFUSAL_NOTIONAL_LIMIT)));
	assert_true(p.value == NUM_UNKNOWN);
	p = preview(RIG_SHARE, SIDE_BUY, 100000000, 92000000); /* fits a word, and no sum of such words would */
	assert_true(p.refused & REFUSAL_BIT(REFUSAL_NOTIONAL_LIMIT));
	assert_true(p.value == NUM_UNKNOWN && p.exposure == NUM_UNKNOWN);
	rig_done(&rig);
}

/* A strategy's own rungs are asked when it is named. */
static void of_a_strategy(void **state)
{
	struct preview_ask a = { 0, RIG_PUT, SIDE_BUY, PRODUCT_MIS, 75, 0 };
	struct preview p;

	(void)state;
	begin();
	core_preview(&rig.core, &a, &p);
	assert_int_equal(p.first, REFUSAL_POSITION_OPEN);
	a.strategy = UINT32_MAX;
	core_preview(&rig.core, &a, &p);
	assert_int_equal(p.first, REFUSAL_NONE);
	rig.core.s->kill = KILL_STOP;
	rig.core.s->account.day_locked = DAY_LOCK_LOSS;
	rig.core.s->limit[LIMIT_ENTRIES_DAY] = 1;
	core_preview(&rig.core, &a, &p);
	assert_int_equal(p.first, REFUSAL_KILLED);
	assert_int_equal(p.refused, REFUSAL_BIT(REFUSAL_KILLED) | REFUSAL_BIT(REFUSAL_DAY_LOSS) | REFUSAL_BIT(REFUSAL_ENTRIES_DAY));
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bought), cmocka_unit_test(sold), cmocka_unit_test(unknown), cmocka_unit_test(of_a_strategy),
	};

	return cmocka_run_group_tests_name("preview", tests, NULL, NULL);
}
