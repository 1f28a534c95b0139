/* Every type at, inside and outside each bound; the sentence names the parameter, what it must be and what was given. */
#include "lib/control/params.h"

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "tests/control/unit.h"

/* number -1 with err 0: not looked at. */
static const struct { enum command_id id; const char *params, *name; int err; int64_t number; } rows[] = {
	{ CTL_ORDERS, "{\"limit\":1}", "limit", 0, 1 },
	{ CTL_ORDERS, "{\"limit\":1000}", "limit", 0, 1000 },
	{ CTL_ORDERS, "{\"limit\":\"1000\"}", "limit", 0, 1000 },
	{ CTL_ORDERS, "{\"limit\":0}", "limit", ERR_RANGE, 0 },
	{ CTL_ORDERS, "{\"limit\":1001}", "limit", ERR_RANGE, 0 },
	{ CTL_ORDERS, "{\"limit\":-1}", "limit", ERR_RANGE, 0 },
	{ CTL_ORDERS, "{\"limit\":1.5}", "limit", ERR_PARSE, 0 },
	{ CTL_ORDERS, "{\"limit\":1e2}", "limit", 0, 100 },
	{ CTL_ORDERS, "{\"limit\":1e309}", "limit", ERR_RANGE, 0 },
	{ CTL_ORDERS, "{\"limit\":\"0x10\"}", "limit", ERR_PARSE, 0 },
	{ CTL_ORDERS, "{\"limit\":\" 5\"}", "limit", ERR_PARSE, 0 },
	{ CTL_ORDERS, "{\"limit\":\"99999999999999999999\"}", "limit", ERR_RANGE, 0 },
	{ CTL_ORDERS, "{\"limit\":null}", "limit", ERR_PARSE, 0 },
	{ CTL_ORDERS, "{\"limit\":true}", "limit", ERR_PARSE, 0 },
	{ CTL_ORDERS, "{\"limit\":[1]}", "limit", ERR_PARSE, 0 },
	{ CTL_ORDERS, "{\"limit\":{}}", "limit", ERR_PARSE, 0 },
	{ CTL_ORDERS, "{\"before\":0}", "before", 0, 0 },
	{ CTL_ORDERS, "{\"before\":-1}", "before", ERR_RANGE, 0 },
	{ CTL_ORDERS, "{\"before\":\"9007199254740993\"}", "before", 0, INT64_C(9007199254740993) },
	{ CTL_ORDERS, "{\"before\":900719925474099}", "before", 0, INT64_C(900719925474099) },
	{ CTL_ORDERS, "{\"before\":9007199254740993}", "before", ERR_RANGE, 0 },
	{ CTL_ORDERS, "{\"strategy\":\"\"}", "strategy", 0, -1 },
	{ CTL_ORDERS, "{\"strategy\":\"12345678901234567890123\"}", "strategy", 0, -1 },
	{ CTL_ORDERS, "{\"strategy\":\"123456789012345678901234\"}", "strategy", ERR_RANGE, 0 },
	{ CTL_ORDERS, "{\"strategy\":\"a\\nb\"}", "strategy", ERR_PARSE, 0 },
	{ CTL_ORDERS, "{\"strategy\":\"a\\u007fb\"}", "strategy", ERR_PARSE, 0 },
	{ CTL_ORDERS, "{\"strategy\":5}", "strategy", ERR_PARSE, 0 },
	{ CTL_ORDERS, "{\"from\":\"2026-11-2\"}", "from", ERR_RANGE, 0 },
	{ CTL_ORDERS, "{\"from\":\"2026-11-23\"}", "from", 0, -1 },
	{ CTL_STRATEGY, "{\"id\":\"a\"}", "id", 0, -1 },
	{ CTL_STRATEGY, "{\"id\":\"\"}", "id", ERR_RANGE, 0 },
	{ CTL_STRATEGY, "{}", "id", ERR_PARSE, 0 },
	{ CTL_KILL, "{\"rung\":\"pause\"}", "rung", 0, 0 },
	{ CTL_KILL, "{\"rung\":\"flatten\"}", "rung", 0, 2 },
	{ CTL_KILL, "{\"rung\":\"flat\"}", "rung", ERR_RANGE, 0 },
	{ CTL_KILL, "{\"rung\":\"pause|stop\"}", "rung", ERR_RANGE, 0 },
	{ CTL_KILL, "{\"rung\":\"\"}", "rung", ERR_RANGE, 0 },
	{ CTL_KILL, "{\"rung\":0}", "rung", ERR_PARSE, 0 },
	{ CTL_RISK_SET, "{\"limit\":\"day_loss_pct\",\"value\":4.25}", "value", 0, 42500 },
	{ CTL_RISK_SET, "{\"limit\":\"day_loss_pct\",\"value\":-0.0001}", "value", 0, -1 },
	{ CTL_RISK_SET, "{\"limit\":\"day_loss_pct\",\"value\":\"123456789.1234\"}", "value", 0, INT64_C(1234567891234) },
	{ CTL_RISK_SET, "{\"limit\":\"day_loss_pct\",\"value\":0.00001}", "value", ERR_RANGE, 0 },
	{ CTL_RISK_SET, "{\"limit\":\"day_loss_pct\",\"value\":\"0.00001\"}", "value", ERR_RANGE, 0 },
	{ CTL_RISK_SET, "{\"limit\":\"day_loss_pct\",\"value\":\"1e3\"}", "value", ERR_PARSE, 0 },
	{ CTL_RISK_SET, "{\"limit\":\"day_loss_pct\",\"value\":\"NaN\"}", "value", ERR_PARSE, 0 },
	{ CTL_RISK_SET, "{\"limit\":\"day_loss_pct\",\"value\":\"90000000001\"}", "value", ERR_RANGE, 0 },
	{ CTL_REPLAY_SET, "{\"paused\":true}", "paused", 0, 1 },
	{ CTL_REPLAY_SET, "{\"paused\":\"false\"}", "paused", 0, 0 },
	{ CTL_REPLAY_SET, "{\"paused\":1}", "paused", ERR_PARSE, 0 },
	{ CTL_REPLAY_SET, "{\"paused\":\"yes\"}", "paused", ERR_PARSE, 0 },
	{ CTL_STRATEGY_SET, "{\"id\":\"a\",\"params\":{\"x\":1}}", "params", 0, -1 },
	{ CTL_STRATEGY_SET, "{\"id\":\"a\",\"params\":{}}", "params", ERR_RANGE, 0 },
	{ CTL_STRATEGY_SET, "{\"id\":\"a\",\"params\":\"x\"}", "params", ERR_PARSE, 0 },
	{ CTL_STRATEGY_SET, "{\"id\":\"a\",\"params\":[1]}", "params", ERR_PARSE, 0 },
	{ CTL_STATUS, "{\"x\":1}", "x", ERR_PARSE, 0 },
	{ CTL_STATUS, "{\"_auth\":1,\"_request_id\":2}", NULL, 0, -1 },
};

static void every_bound(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cJSON *params = cJSON_Parse(rows[i].params);
		struct control_args args = { 0 };
		struct control_fault f = { 0 };
		int err = control_params_check(control_command(rows[i].id), params, &args, &f);

		assert_non_null(params);
		if (err != rows[i].err)
			fail_msg("row %zu: %s: err %d: %s", i, rows[i].params, err, f.detail);
		if (err != 0) {
			assert_int_equal(f.code, CODE_BAD_PARAMETER);
			assert_non_null(strstr(f.detail, rows[i].name));
			assert_null(args.command);
		} else if (rows[i].name && rows[i].number != -1) {
			assert_int_equal(control_arg_number(&args, rows[i].name, -77), rows[i].number);
		}
		cJSON_Delete(params);
	}
}

static void sentences_tell_bounds_and_what_was_given(void **state)
{
	struct control_args args;
	struct control_fault f;
	cJSON *params = cJSON_Parse("{\"limit\":5000}");

	(void)state;
	control_params_check(control_command(CTL_ORDERS), params, &args, &f);
	assert_string_equal(f.detail, "limit must be an integer from 1 to 1000; given: 5000");
	cJSON_Delete(params);
	params = cJSON_Parse("{\"limt\":5}");
	control_params_check(control_command(CTL_ORDERS), params, &args, &f);
	assert_string_equal(f.detail, "orders has no parameter \"limt\"; did you mean \"limit\"?");
	cJSON_Delete(params);
	control_params_check(control_command(CTL_KILL), NULL, &args, &f);
	assert_string_equal(f.detail, "kill needs rung, one of pause|stop|flatten");
}

static void what_is_not_given_is_not_zero(void **state)
{
	struct control_args args;
	struct control_fault f;

	(void)state;
	assert_int_equal(control_params_check(control_command(CTL_ORDERS), NULL, &args, &f), 0);
	assert_null(control_arg(&args, "limit"));
	assert_null(control_arg_text(&args, "strategy"));
	assert_int_equal(control_arg_number(&args, "limit", 100), 100);
}

static void members_of_an_object_are_counted(void **state)
{
	const struct control_command *c = control_command(CTL_STRATEGY_SET);

	(void)state;
	for (int n = 48; n <= 49; n++) {
		cJSON *params = cJSON_CreateObject(), *object = cJSON_AddObjectToObject(params, "params");
		struct control_args args;
		struct control_fault f;
		char name[16];

		cJSON_AddStringToObject(params, "id", "amd");
		for (int i = 0; i < n; i++) {
			snprintf(name, sizeof(name), "p%d", i);
			cJSON_AddNumberToObject(object, name, i);
		}
		assert_int_equal(control_params_check(c, params, &args, &f), n == 48 ? ERR_OK : ERR_RANGE);
		cJSON_Delete(params);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bound),
		cmocka_unit_test(sentences_tell_bounds_and_what_was_given),
		cmocka_unit_test(what_is_not_given_is_not_zero),
		cmocka_unit_test(members_of_an_object_are_counted),
	};

	return cmocka_run_group_tests_name("params", tests, NULL, NULL);
}
