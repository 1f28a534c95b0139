/* Contracts on shares near their expiry. January 2026: the 26th is a holiday, the contract expires on Friday the 30th. */
#include "tests/core/rig.h"

static struct rig rig;
static const char expiry[] = "2026-01-30";

static void calendar(void)
{
	struct calendar *c = &rig.tables.calendar;

	c->year_from = c->year_to = 2026;
	c->times = c->holidays = 1;
	c->timetable[0] = (struct timetable_row){ .from = 1, .group = GROUP_FO, .pre_open = TIME_OF_DAY(9, 0), .open = TIME_OF_DAY(9, 15),
	                                          .close = TIME_OF_DAY(15, 30) };
	c->holiday[0] = (struct holiday){ .date = date_from_civil(2026, 1, 26), .segments = 3, .name = "Republic Day" };
}

/* The rig's call, made one on the rig's share. */
static void share_contract(uint32_t id, enum instrument_kind kind)
{
	struct instrument *i = &rig.core.instrument[id];

	assert_int_equal(date_parse(expiry, strlen(expiry), &i->expiry), ERR_OK);
	i->kind = (uint8_t)kind;
	i->underlying_id = RIG_SHARE;
}

static void begin(const char *day)
{
	rig_init(&rig);
	calendar();
	assert_int_equal(date_parse(day, strlen(day), &rig.date), ERR_OK);
	rig.at = stamp_at(rig.date, TIME_OF_DAY(9, 0));
	rig_begin(&rig);
	rig_day(&rig, day, 0);
	rig_clock(&rig, "09:20:00");
	rig_prices(&rig);
}

static enum refusal entry_on(const char *day, enum instrument_kind kind)
{
	begin(day);
	share_contract(RIG_CALL, kind);
	enum refusal r = risk_contract(&rig.core, RIG_CALL, NULL);
	rig_done(&rig);
	return r;
}

static void entries(void **state)
{
	(void)state;
	assert_int_equal(entry_on("2026-01-22", INSTRUMENT_CALL), REFUSAL_NONE); /* 23, 27, 28, 29, 30: five to go */
	assert_int_equal(entry_on("2026-01-23", INSTRUMENT_CALL), REFUSAL_DELIVERY);
	assert_int_equal(entry_on("2026-01-30", INSTRUMENT_PUT), REFUSAL_DELIVERY);
	assert_int_equal(entry_on("2026-01-28", INSTRUMENT_FUTURE), REFUSAL_NONE);
	assert_int_equal(entry_on("2026-01-29", INSTRUMENT_FUTURE), REFUSAL_DELIVERY);
	assert_int_equal(entry_on("2026-01-31", INSTRUMENT_FUTURE), REFUSAL_EXPIRED);
}

/* What it is on: the instrument says so, else the table of index contracts; who is in neither is a share. */
static void settled_how(void **state)
{
	struct instrument i = { .kind = INSTRUMENT_CALL, .expiry = 20000, .underlying = "NIFTY", .underlying_id = INSTRUMENT_NONE };

	(void)state;
	begin("2026-01-05");
	assert_true(delivery_settled(&rig.core, &i)); /* no table: nobody knows it for an index */
	rig.tables.contracts.count = 1;
	rig.tables.contracts.row[0] = (struct contract_row){ .underlying = "NIFTY", .field = CONTRACT_LOT, .value = 75 };
	assert_false(delivery_settled(&rig.core, &i));
	text_copy(i.underlying, sizeof(i.underlying), "RELIANCE");
	assert_true(delivery_settled(&rig.core, &i));
	i.underlying_id = RIG_NIFTY;
	assert_false(delivery_settled(&rig.core, &i));
	i.underlying_id = RIG_SHARE;
	assert_true(delivery_settled(&rig.core, &i));
	i.expiry = 0;
	assert_false(delivery_settled(&rig.core, &i));
	rig_done(&rig);
}

/* Without a calendar weekdays count. */
static void unknown_calendar(void **state)
{
	(void)state;
	begin("2026-01-23");
	rig.tables.calendar.year_to = rig.tables.calendar.year_from = 2025;
	share_contract(RIG_CALL, INSTRUMENT_CALL);
	assert_int_equal(risk_contract(&rig.core, RIG_CALL, NULL), REFUSAL_NONE); /* 26, 27, 28, 29, 30 */
	rig_done(&rig);
}

static void hold(const char *day)
{
	begin(day);
	rig.core.slot[0].params[COMMON_product] = 1; /* carried */
	rig_ask(&rig, 0, 1, 23980);
	share_contract(RIG_CALL, INSTRUMENT_CALL);
	rig_fill(&rig, rig.core.slot[0].plan.order, 300, 100.10);
	rig_report(&rig, rig.core.slot[0].plan.order, REPORT_CANCELLED, "");
	assert_int_equal(rig.core.slot[0].book.qty, 300);
	assert_true(rig.core.s->delivery);
}

static void next_day(const char *day)
{
	rig_day_end(&rig);
	rig_day(&rig, day, 0);
}

static void alerted(int64_t days)
{
	assert_int_equal(rig_count(&rig, OUTCOME_ALERT), days >= 0);
	if (days < 0)
		return;
	assert_int_equal(rig_action(&rig, OUTCOME_ALERT, 0)->alert.alert, ALERT_DELIVERY);
	assert_int_equal(rig_action(&rig, OUTCOME_ALERT, 0)->alert.value, days);
}

/* Said five, two and one days before, out at 14:30 of the last but one. */
static void out_in_time(void **state)
{
	(void)state;
	hold("2026-01-21");
	next_day("2026-01-22");
	alerted(5);
	next_day("2026-01-23");
	alerted(-1);
	next_day("2026-01-27");
	alerted(-1);
	next_day("2026-01-28");
	alerted(2);
	next_day("2026-01-29");
	alerted(1);
	rig_clock(&rig, "14:29:59");
	rig_prices(&rig);
	assert_int_equal(rig.core.slot[0].plan.exit_reason, EXIT_NONE);
	rig_clock(&rig, "14:30:00");
	assert_int_equal(rig.core.slot[0].plan.exit_reason, EXIT_EXPIRY);
	assert_int_equal(order_find(&rig.core, rig.core.slot[0].plan.order)->request.qty, 300);
	rig_done(&rig);
}

/* The engine was away on the day before: out at the open. */
static void out_at_once(void **state)
{
	(void)state;
	hold("2026-01-28");
	next_day("2026-01-30");
	alerted(0);
	assert_int_equal(rig.core.slot[0].plan.exit_reason, EXIT_EXPIRY);
	assert_true(rig.core.slot[0].plan.order != 0);
	rig_done(&rig);
}

/* Nothing is closed and nobody is woken for a contract on an index. */
static void index_contracts_stay(void **state)
{
	(void)state;
	begin("2026-01-29");
	rig.core.slot[0].params[COMMON_product] = 1;
	rig_enter(&rig, 0);
	assert_false(rig.core.s->delivery);
	assert_true(delivery_at(&rig.core) == STAMP_NEVER);
	rig_clock(&rig, "14:31:00");
	assert_int_equal(rig.core.slot[0].plan.exit_reason, EXIT_NONE);
	rig_done(&rig);
}

static void short_session(void **state)
{
	(void)state;
	begin("2026-01-29");
	rig.core.s->delivery = 1;
	assert_true(delivery_at(&rig.core) == rig_time(&rig, "14:30:00"));
	rig.core.s->day.close = rig_time(&rig, "12:00:00");
	assert_true(delivery_at(&rig.core) == rig_time(&rig, "11:00:00"));
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries), cmocka_unit_test(settled_how), cmocka_unit_test(unknown_calendar), cmocka_unit_test(out_in_time),
		cmocka_unit_test(out_at_once), cmocka_unit_test(index_contracts_stay), cmocka_unit_test(short_session),
	};

	return cmocka_run_group_tests_name("delivery", tests, NULL, NULL);
}
