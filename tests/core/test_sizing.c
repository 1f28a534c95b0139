/* Lots, stops and targets against the rules of docs/strategies/README.md, worked out by hand. */
#include "tests/core/rig.h"

static struct rig rig;

struct row {
	const char *what;
	double capital, cash_used, bid, ask, stop; /* close is 24,000 */
	enum refusal refusal;
	uint32_t lots;
	double option_stop, target;
};

/* A call, lot 75. Risk of a unit is half of |stop - 24,000|. */
static const struct row rows[] = {
	{ "the page's example: 2 % allow none, 5 % one", 15000, 0, 120, 120, 23980, REFUSAL_NONE, 1, 110, 140 },
	{ "a rupee of risk more is over the cap",         15000, 0, 120, 120, 23978, REFUSAL_RISK_OVER_CAP, 0, 0, 0 },
	{ "cash for one lot is not there",                15000, 4000, 120, 120, 23980, REFUSAL_NO_CASH, 0, 0, 0 },
	{ "cash is overdrawn",                            15000, 16000, 120, 120, 23980, REFUSAL_NO_CASH, 0, 0, 0 },
	{ "2 % of 75,000 are exactly two lots of 750",    75000, 0, 120, 120, 23980, REFUSAL_NONE, 2, 110, 140 },
	{ "a rupee less is one",                          74999, 0, 120, 120, 23980, REFUSAL_NONE, 1, 110, 140 },
	{ "cash bounds: 80 % of 40,000 pay for three",    400000, 360000, 120, 120, 23980, REFUSAL_NONE, 3, 110, 140 },
	{ "never more than lots_max",                     10000000, 0, 120, 120, 23980, REFUSAL_NONE, 10, 110, 140 },
	{ "risk just below 60 % of the premium",          1000000, 0, 20, 20, 23976.0002, REFUSAL_NONE, 10, 8.0001, 43.9998 },
	{ "risk of 60 %",                                 1000000, 0, 20, 20, 23976, REFUSAL_STOP_INVALID, 0, 0, 0 },
	{ "no risk at all",                               1000000, 0, 120, 120, 24000, REFUSAL_STOP_INVALID, 0, 0, 0 },
	{ "a stop of nothing",                            1000000, 0, 120, 120, 0, REFUSAL_STOP_INVALID, 0, 0, 0 },
	{ "spread of 20 % of the risk",                   1000000, 0, 118, 120, 23980, REFUSAL_NONE, 10, 110, 140 },
	{ "spread beyond it",                             1000000, 0, 117.95, 120, 23980, REFUSAL_COST_TOO_HIGH, 0, 0, 0 },
	{ "money that overflows is no size",              1000000, 0, 9e13, 9e13, 23980, REFUSAL_STOP_INVALID, 0, 0, 0 },
};

static void table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		struct sizing z;

		rig_open(&rig);
		rig.core.s->account.capital = RUPEES(row->capital);
		rig.core.s->account.open_cost = RUPEES(row->cash_used);
		rig.core.quote[RIG_CALL] = (struct quote){ .bid = RUPEES(row->bid), .ask = RUPEES(row->ask), .stamp = rig.at };
		sizing_compute(&rig.core, &rig.core.slot[0], RIG_CALL, SIDE_BUY, RUPEES(24000), RUPEES(row->stop), &z);
		if (z.refusal != row->refusal || z.lots != row->lots)
			fail_msg("%s: %s, %u lots", row->what, refusal_code(z.refusal), z.lots);
		if (row->refusal == REFUSAL_NONE) {
			assert_int_equal(z.qty, 75 * row->lots);
			assert_int_equal(z.stop, RUPEES(row->option_stop));
			assert_int_equal(z.target, RUPEES(row->target));
		}
		rig_done(&rig);
	}
}

static void linear(void **state)
{
	struct sizing z;

	(void)state;
	rig_open(&rig);
	sizing_compute(&rig.core, &rig.core.slot[0], RIG_SHARE, SIDE_SELL, RUPEES(500), RUPEES(510), &z);
	assert_int_equal(z.refusal, REFUSAL_NONE);
	assert_int_equal(z.premium, RUPEES(500));   /* sold at the bid */
	assert_int_equal(z.stop, 0);                /* the index stop alone */
	assert_int_equal(z.target, RUPEES(480));
	sizing_compute(&rig.core, &rig.core.slot[0], RIG_INDEX, SIDE_BUY, RUPEES(50000), RUPEES(49000), &z);
	assert_int_equal(z.refusal, REFUSAL_NONE);
	assert_int_equal(z.qty, 1);                 /* synthetic: one unit, no cash, no risk gate */
	assert_int_equal(z.target, RUPEES(52000));
	rig_done(&rig);
}

static void charges_are_costs(void **state)
{
	struct sizing z;

	(void)state;
	rig_open(&rig); /* the cost may be 20 % of 750 rupees; the spread takes 7.50 */
	rig.tables.charges.row[CHARGE_BROKERAGE] = (struct charge_row){ .segments = 15, .product = CHARGE_ANY, .sides = 3,
		.kind = CHARGE_BROKERAGE, .basis = BASIS_ORDER, .rate = RUPEES(71.25), .from = 1 };
	sizing_compute(&rig.core, &rig.core.slot[0], RIG_CALL, SIDE_BUY, RUPEES(24000), RUPEES(23980), &z);
	assert_int_equal(z.refusal, REFUSAL_NONE);
	rig.tables.charges.row[CHARGE_BROKERAGE].rate++;
	rig.core.charges = (struct charge_memo){ 0 }; /* it may believe that tables stay */
	sizing_compute(&rig.core, &rig.core.slot[0], RIG_CALL, SIDE_BUY, RUPEES(24000), RUPEES(23980), &z);
	assert_int_equal(z.refusal, REFUSAL_COST_TOO_HIGH);
	rig_done(&rig);
}

/* Two strategies on one bar share one purse: what the first has at work is not there for the second. */
static void cash_in_flight(void **state)
{
	(void)state;
	rig_init(&rig);
	rig_strategy(&rig, 1, "NIFTY");
	rig.start.capital = RUPEES(20000);
	*rig_param(&rig, 0, "risk_cap_pct") = *rig_param(&rig, 1, "risk_cap_pct") = 500000;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "09:20:00");
	rig_signal[1] = (struct signal){ .direction = 1, .index_stop = RUPEES(23980), .failed = 1 };
	rig_ask(&rig, 0, 1, 23980);
	assert_int_equal(rig_count(&rig, OUTCOME_DECISION), 2);
	assert_int_equal(rig_action(&rig, OUTCOME_DECISION, 0)->decision.lots, 2 - 1);
	assert_int_equal(rig_action(&rig, OUTCOME_DECISION, 1)->decision.lots, 1); /* 80 % of 12,484 pay for one more of 7,507 */
	rig_done(&rig);
	rig_init(&rig);
	rig_strategy(&rig, 1, "NIFTY");
	rig.start.capital = RUPEES(16000);
	*rig_param(&rig, 0, "risk_cap_pct") = *rig_param(&rig, 1, "risk_cap_pct") = 500000;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "09:20:00");
	rig_signal[1] = (struct signal){ .direction = 1, .index_stop = RUPEES(23980), .failed = 1 };
	rig_ask(&rig, 0, 1, 23980);
	assert_int_equal(rig_action(&rig, OUTCOME_DECISION, 0)->decision.refusal, REFUSAL_NONE);
	assert_int_equal(rig_action(&rig, OUTCOME_DECISION, 1)->decision.refusal, REFUSAL_NO_CASH);
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(linear),
		cmocka_unit_test(charges_are_costs),
		cmocka_unit_test(cash_in_flight),
	};

	return cmocka_run_group_tests_name("sizing", tests, NULL, NULL);
}
