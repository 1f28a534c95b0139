/* What events say that a record's bytes alone do not: which parameter was changed, and how the run before a start ended. Also after the store was
 * opened anew, and in a database of the schema before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/core/core.h"
#include "tests/store/fixture.h"

static void put(struct store *s, uint64_t seq, uint16_t kind, const void *payload, size_t len)
{
	struct record head = { seq, FIXTURE_DAY + (nanos_t)seq * NANOS_SECOND, kind, 0, INSTRUMENT_NONE };

	fixture_put(s, &head, payload, len);
}

static void put_strategy(struct store *s, uint64_t seq, const char *ops, const char *id, uint32_t commons)
{
	struct event_strategy e = { .index = 2, .commons = commons, .underlying = "NIFTY" };

	memcpy(e.ops, ops, strlen(ops));
	memcpy(e.id, id, strlen(id));
	put(s, seq, EVENT_STRATEGY, &e, sizeof(e));
}

static void put_param(struct store *s, uint64_t seq, uint32_t param, int64_t value)
{
	struct event_command c = { .command = COMMAND_STRATEGY_PARAM, .index = 2, .param = param, .value = value, .principal = "uid:0", .reason = "calm" };

	put(s, seq, EVENT_COMMAND, &c, sizeof(c));
}

static void put_limit(struct store *s, uint64_t seq, uint32_t limit, int64_t value)
{
	struct event_command c = { .command = COMMAND_LIMIT, .param = limit, .value = value, .principal = "uid:0" };

	put(s, seq, EVENT_COMMAND, &c, sizeof(c));
}

static void put_state(struct store *s, uint64_t seq, enum engine_state state, uint32_t strategy, const char *by, const char *reason)
{
	struct outcome_state e = { .state = state, .strategy = strategy };

	memcpy(e.principal, by, strlen(by));
	memcpy(e.reason, reason, strlen(reason));
	put(s, seq, OUTCOME_STATE, &e, sizeof(e));
}

static void put_start(struct store *s, uint64_t seq)
{
	struct event_start e = { .mode = MODE_PAPER, .epoch = 7, .build = "1.2.3", .source = "Kotak Neo" };

	put(s, seq, EVENT_START, &e, sizeof(e));
}

static void says(struct store *s, uint64_t seq, const char *text)
{
	char wanted[512];
	char *json = fixture_query(s, &(struct store_query){ .kind = STORE_EVENTS, .after = seq - 1, .limit = 1 });

	snprintf(wanted, sizeof(wanted), "\"text\":\"%s\"", text);
	if (!strstr(json, wanted))
		fail_msg("%s\nis not in\n%s", wanted, json);
	free(json);
}

static uint32_t number(const char *ops, const char *param)
{
	return (uint32_t)strategy_param_index(strategy_find(ops), param);
}

#define START "paper engine 1.2.3 starts on Kotak Neo, epoch 7"

/* -- parameters and limits ----------------------------------------------------------------------------------------- */

static void test_each_type(void **state)
{
	struct store *s = fixture_open(":memory:", NULL);

	(void)state;
	put_strategy(s, 1, "amd", "mine", COMMON_COUNT);
	put_param(s, 2, COMMON_stop_pct, 505000);
	put_param(s, 3, COMMON_cooldown, 90);
	put_param(s, 4, COMMON_entry_from, 34200 * NANOS_SECOND);
	put_param(s, 5, COMMON_live, 1);
	put_param(s, 6, COMMON_resting_stop, 1);
	put_param(s, 7, COMMON_reward, 20000);
	put_param(s, 8, COMMON_bar, 4);
	put_param(s, 9, number("amd", "rsi_low"), 300000);
	says(s, 2, "mine: stop_pct set to 50.50 % by uid:0: calm");
	says(s, 3, "mine: cooldown set to 90 s by uid:0: calm");
	says(s, 4, "mine: entry_from set to 09:30 IST by uid:0: calm");
	says(s, 5, "mine: live set to true by uid:0: calm");
	says(s, 6, "mine: resting_stop set to on by uid:0: calm");
	says(s, 7, "mine: reward set to 2 r by uid:0: calm");
	says(s, 8, "mine: bar set to tick by uid:0: calm");
	says(s, 9, "mine: rsi_low set to 30 by uid:0: calm");
	store_close(&s);
}

static void test_bounds(void **state)
{
	uint32_t last = strategy_param_count(strategy_find("amd")) - 1;
	struct store *s = fixture_open(":memory:", NULL);

	(void)state;
	put_param(s, 1, COMMON_cooldown, 90); /* before the strategy was ever told */
	put_strategy(s, 2, "amd", "amd", COMMON_COUNT);
	put_param(s, 3, COMMON_trade, 2);
	put_param(s, 4, COMMON_cooldown, 86400);
	put_param(s, 5, COMMON_cooldown, 86401);
	put_param(s, 6, last, 0);
	put_param(s, 7, last + 1, 0);
	put_param(s, 8, UINT32_MAX, INT64_MIN);
	put_strategy(s, 9, "gone", "gone", COMMON_COUNT); /* of a kind that this build does not have */
	put_param(s, 10, COMMON_cooldown, 90);
	says(s, 1, "parameter 5 set to 90 of the journal by uid:0: calm");
	says(s, 3, "amd: trade set out of bounds by uid:0: calm");
	says(s, 4, "amd: cooldown set to 86400 s by uid:0: calm");
	says(s, 5, "amd: cooldown set out of bounds by uid:0: calm");
	says(s, 6, "amd: stop_atr set to 0 ATR by uid:0: calm");
	char beyond[96];
	snprintf(beyond, sizeof(beyond), "amd: parameter %u set to 0 of the journal by uid:0: calm", last + 1);
	says(s, 7, beyond);
	says(s, 8, "amd: parameter 4294967295 set to -9223372036854775808 of the journal by uid:0: calm");
	says(s, 10, "gone: parameter 5 set to 90 of the journal by uid:0: calm");
	store_close(&s);
}

/* Commons grow; a number beyond those that the definition had is one of the strategy's own. */
static void test_older_definition(void **state)
{
	struct store *s = fixture_open(":memory:", NULL);

	(void)state;
	put_strategy(s, 1, "amd", "amd", 0);
	put_param(s, 2, COMMON_FIRST, 30);
	put_strategy(s, 3, "amd", "amd", COMMON_COUNT);
	put_param(s, 4, COMMON_FIRST, 1);
	put_strategy(s, 5, "ema_cross", "amd", COMMON_COUNT);
	put_param(s, 6, COMMON_COUNT, 30);
	put_strategy(s, 7, "vwap_reversion", "amd", COMMON_COUNT);
	says(s, 2, "amd: warm_bars set to 30 bars by uid:0: calm");
	says(s, 4, "amd: resting_stop set to on by uid:0: calm");
	says(s, 6, "amd: fast set to 30 bars by uid:0: calm"); /* by the definition that held then */
	store_close(&s);
}

/* "set to" of one that the core did not take would be a lie without this. */
static void test_refused(void **state)
{
	struct store *s = fixture_open(":memory:", NULL);
	struct outcome_reply r = { .request = 1, .err = ERR_BUSY, .text = "the product cannot change now" };

	(void)state;
	put_strategy(s, 1, "amd", "amd", COMMON_COUNT);
	put_param(s, 2, COMMON_product, 1);
	put(s, 3, OUTCOME_REPLY, &r, sizeof(r));
	r.err = ERR_OK;
	put(s, 4, OUTCOME_REPLY, &r, sizeof(r));
	r.err = ERR_DENIED;
	r.refusal = REFUSAL_PAUSED;
	put(s, 5, OUTCOME_REPLY, &r, sizeof(r));
	put_start(s, 6);
	says(s, 2, "amd: product set to NRML by uid:0: calm");
	says(s, 3, "the command before was refused: the product cannot change now");
	says(s, 4, START); /* neither success nor what a decision says */
	char *json = fixture_query(s, &(struct store_query){ .kind = STORE_AUDIT });
	assert_non_null(strstr(json, "\"kind\":\"refused\",\"name\":\"busy\""));
	assert_null(strstr(json, "{\"seq\":4,"));
	assert_null(strstr(json, "{\"seq\":5,"));
	free(json);
	store_close(&s);
}

static void test_limits(void **state)
{
	struct store *s = fixture_open(":memory:", NULL);

	(void)state;
	put_limit(s, 1, LIMIT_ORDER_RATE, 80000);
	put_limit(s, 2, LIMIT_OPEN_ORDERS, 200000);
	put_limit(s, 3, LIMIT_DAY_LOSS_PCT, 40000);
	put_limit(s, 4, LIMIT_EXPOSURE, 5000000000);
	put_limit(s, 5, LIMIT_QTY, NUM_UNKNOWN);
	put_limit(s, 6, LIMIT_EXECUTIONS, 300000);
	says(s, 1, "limit order_rate set to 8/s by uid:0");
	says(s, 2, "limit open_orders set to 20 orders by uid:0");
	says(s, 3, "limit day_loss_pct set to 4.00 % by uid:0");
	says(s, 4, "limit exposure_max set to 500000.00 rupees by uid:0");
	says(s, 5, "limit qty_max lifted by uid:0");
	says(s, 6, "limit executions_max set to 30/min by uid:0");
	store_close(&s);
}

/* To the paisa, with the sign: it is a person who reads it. */
static void test_result(void **state)
{
	static const struct { money_t net; const char *words; } results[] = {
		{ -11116645, "-1,111.66" }, { 123456789, "+12,345.68" }, { 49, "0.00" }, { 0, "0.00" }, { NUM_UNKNOWN, "unknown" },
	};
	struct store *s = fixture_open(":memory:", NULL);
	char wanted[160];

	(void)state;
	for (uint64_t i = 0; i < ARRAY_LEN(results); i++) {
		struct outcome_trade t = { .strategy = STRATEGY_MANUAL, .qty = 75, .entry = 1200000, .exit = 1300000, .net = results[i].net };

		put(s, i + 1, OUTCOME_TRADE, &t, sizeof(t));
		snprintf(wanted, sizeof(wanted), "manual: closed 75 an unknown instrument, bought at 120.00, sold at 130.00: net %s (%s)", results[i].words, exit_reason_name(0));
		says(s, i + 1, wanted);
	}
	store_close(&s);
}

/* -- starts -------------------------------------------------------------------------------------------------------- */

static void test_how_the_run_before_ended(void **state)
{
	struct store *s = fixture_open(":memory:", NULL);

	(void)state;
	put_start(s, 1);
	put_state(s, 2, ENGINE_RUNNING, UINT32_MAX, "engine", "started");
	put_start(s, 3);
	put_state(s, 4, ENGINE_FLAT, UINT32_MAX, "signal", "flat");
	put_state(s, 5, ENGINE_PAUSED, 2, "config", "a strategy's state is none of the engine's");
	put_start(s, 6);
	put_state(s, 7, ENGINE_FLAT, UINT32_MAX, "signal", "positions kept, and their stops at the broker");
	put_start(s, 8);
	put_state(s, 9, ENGINE_STOPPING, UINT32_MAX, "signal", "NOT FLAT");
	put_start(s, 10);
	put_state(s, 11, ENGINE_STOPPING, UINT32_MAX, "signal", "");
	put_start(s, 12);
	says(s, 1, START "; a new journal");
	says(s, 3, START "; the run before did not end in order: crash, kill or power cut");
	says(s, 6, START "; the run before was stopped, flat");
	says(s, 8, START "; the run before was stopped, positions kept");
	says(s, 10, START "; the run before was stopped, NOT FLAT");
	says(s, 12, START "; the run before did not end in order: crash, kill or power cut");
	store_close(&s);
}

/* Nothing stands before it, and yet it is no beginning: that is said, and no more. */
static void test_nothing_known_before(void **state)
{
	struct store *s = fixture_open(":memory:", NULL);

	(void)state;
	put_start(s, 900);
	says(s, 900, START);
	store_close(&s);
}

/* The settings' limits leave the same state again and again. */
static void test_repeated_state_is_not_listed(void **state)
{
	struct store *s = fixture_open(":memory:", NULL);

	(void)state;
	put_state(s, 1, ENGINE_RUNNING, UINT32_MAX, "engine", "started");
	put_state(s, 2, ENGINE_RUNNING, UINT32_MAX, "config", "");
	put_state(s, 3, ENGINE_PAUSED, 2, "config", "in the settings no longer");
	char *json = fixture_query(s, &(struct store_query){ .kind = STORE_EVENTS });
	assert_non_null(strstr(json, "{\"seq\":1,"));
	assert_null(strstr(json, "{\"seq\":2,"));
	assert_non_null(strstr(json, "{\"seq\":3,"));
	free(json);
	json = fixture_query(s, &(struct store_query){ .kind = STORE_AUDIT });
	assert_non_null(strstr(json, "{\"seq\":2,"));
	free(json);
	store_close(&s);
}

/* -- what is known is known again ---------------------------------------------------------------------------------- */

static void test_opened_anew(void **state)
{
	struct place *p = *state;
	struct store *s = fixture_open(p->path, NULL);

	put_strategy(s, 1, "amd", "amd", COMMON_COUNT);
	put_state(s, 2, ENGINE_FLAT, UINT32_MAX, "signal", "flat");
	put_state(s, 3, ENGINE_PAUSED, 2, "uid:0", "flat");
	store_close(&s);
	s = fixture_open(p->path, NULL);
	put_start(s, 4);
	put_param(s, 5, number("amd", "warm_bars"), 30);
	says(s, 4, START "; the run before was stopped, flat");
	says(s, 5, "amd: warm_bars set to 30 bars by uid:0: calm");
	store_close(&s);
	s = fixture_open(p->path, NULL);
	says(s, 4, START "; the run before was stopped, flat");
	store_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_type), cmocka_unit_test(test_bounds), cmocka_unit_test(test_older_definition), cmocka_unit_test(test_refused), cmocka_unit_test(test_limits), cmocka_unit_test(test_result),
		cmocka_unit_test(test_how_the_run_before_ended), cmocka_unit_test(test_nothing_known_before), cmocka_unit_test(test_repeated_state_is_not_listed),
		cmocka_unit_test_setup_teardown(test_opened_anew, fixture_place, fixture_place_done),
	};

	return cmocka_run_group_tests_name("store words", tests, NULL, NULL);
}
