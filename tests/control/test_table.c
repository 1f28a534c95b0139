/* The table itself is sane, and what is made from it is complete. */
#include "lib/control/table.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/base/obj.h"
#include "lib/control/codes.h"
#include "lib/control/openapi.h"
#include "lib/control/suggest.h"
#include "tests/control/unit.h"

/* The table as written, to compare the arrays with. */
static const struct { const char *command, *name; } written[] = {
#define COMMAND(...)
#define PARAM(id, name_, ...) { #id, name_ },
#include "lib/control/commands.tbl.h"
#undef COMMAND
#undef PARAM
};

static const char *const ids[] = {
#define COMMAND(id, ...) #id,
#define PARAM(...)
#include "lib/control/commands.tbl.h"
#undef COMMAND
#undef PARAM
};

static const struct control_command *at(int i)
{
	return control_command((enum command_id)i);
}

static void methods_and_routes_are_unique(void **state)
{
	(void)state;
	for (int i = 0; i < CTL_COUNT; i++) {
		assert_int_equal(at(i)->id, i);
		assert_ptr_equal(control_command_find(at(i)->method), at(i));
		assert_int_equal(at(i)->path[0] == '\0', at(i)->http_method[0] == '\0');
		for (int k = i + 1; k < CTL_COUNT; k++) {
			assert_string_not_equal(at(i)->method, at(k)->method);
			if (at(i)->path[0])
				assert_false(strcmp(at(i)->path, at(k)->path) == 0 && strcmp(at(i)->http_method, at(k)->http_method) == 0);
		}
	}
	assert_null(control_command_find("nothing"));
}

static void each_parameter_stands_at_its_command(void **state)
{
	size_t row = 0;

	(void)state;
	for (int i = 0; i < CTL_COUNT; i++) {
		int count = 0;

		for (const struct control_param *p = at(i)->params; p->name; p++, row++, count++) {
			assert_true(row < ARRAY_LEN(written));
			assert_string_equal(written[row].command, ids[i]);
			assert_string_equal(written[row].name, p->name);
			assert_ptr_equal(control_param_find(at(i), p->name), p);
			assert_true(p->min <= p->max);
			assert_true(p->name[0] != '_' && p->help[0]);
		}
		assert_true(count <= CONTROL_PARAMS_MAX);
	}
	assert_int_equal(row, ARRAY_LEN(written));
}

static void path_parameters_are_required_parameters(void **state)
{
	char name[32];

	(void)state;
	for (int i = 0; i < CTL_COUNT; i++) {
		for (const char *p = strchr(at(i)->path, '{'); p; p = strchr(p + 1, '{')) {
			snprintf(name, sizeof(name), "%.*s", (int)strcspn(p + 1, "}"), p + 1);
			assert_non_null(control_param_find(at(i), name));
			assert_true(control_param_find(at(i), name)->required);
		}
	}
}

/* A GET never changes state; what is hot is a plain read without parameters. */
static void reads_read(void **state)
{
	(void)state;
	for (int i = 0; i < CTL_COUNT; i++) {
		if (strcmp(at(i)->http_method, "GET") == 0)
			assert_false(control_command_changes(at(i)));
		if (at(i)->hot) {
			assert_string_equal(at(i)->http_method, "GET");
			assert_null(at(i)->params->name);
		}
	}
	assert_true(control_command_changes(at(CTL_KILL)) && control_command_changes(at(CTL_STRATEGY_SET)));
	assert_false(control_command_changes(at(CTL_AUTH_LINK)));
}

static void choices_and_roles(void **state)
{
	const struct control_param *p = control_param_find(at(CTL_KILL), "rung");
	size_t len = 0;

	(void)state;
	assert_memory_equal(control_choice(p, 0, &len), "pause", 5);
	assert_int_equal(len, 5);
	assert_memory_equal(control_choice(p, 2, &len), "flatten", 7);
	assert_int_equal(len, 7);
	assert_null(control_choice(p, 3, &len));
	assert_int_equal(control_role_find("admin"), ROLE_ADMIN);
	assert_int_equal(control_role_find("root"), -1);
	assert_string_equal(control_role_name(ROLE_TRADE), "trade");
}

static void codes_are_stable_and_unique(void **state)
{
	(void)state;
	for (int i = 0; i < CODE_COUNT; i++) {
		const struct control_code_def *def = control_code_def((enum control_code)i);

		assert_int_equal(control_code_find(def->code), i);
		assert_in_range(def->http, 400, 504);
		assert_true(def->rpc < 0 && def->title[0] && def->remedy[0]);
	}
	assert_int_equal(control_code_find("nothing"), CODE_COUNT);
}

static void suggestions(void **state)
{
	static const struct { const char *word, *expected; } rows[] = {
		{ "statsu", "status" }, { "positons", "positions" }, { "kil", "kill" }, { "shutdwon", "shutdown" },
		{ "zzzzzzzz", NULL }, { "", NULL },
	};

	(void)state;
	assert_int_equal(suggest_distance("abc", "abc"), 0);
	assert_int_equal(suggest_distance("abc", "acb"), 1);
	assert_int_equal(suggest_distance("abc", "xabc"), 1);
	assert_int_equal(suggest_distance("", "abc"), 3);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *got = control_suggest_command(rows[i].word);

		if (rows[i].expected)
			assert_string_equal(got, rows[i].expected);
		else
			assert_null(got);
	}
}

static void openapi_lists_every_route(void **state)
{
	struct buf out = { 0 };
	char method[12];
	int found = 0, expected = 0;
	const cJSON *path, *operation;

	(void)state;
	openapi_put(&out, "1.2.3");
	assert_false(out.failed);
	cJSON *root = cJSON_Parse(out.data);
	assert_non_null(root);
	const cJSON *paths = cJSON_GetObjectItemCaseSensitive(root, "paths");
	for (int i = 0; i < CTL_COUNT; i++) {
		if (!at(i)->path[0])
			continue;
		expected++;
		memset(method, 0, sizeof(method));
		for (size_t k = 0; at(i)->http_method[k]; k++)
			method[k] = (char)tolower((unsigned char)at(i)->http_method[k]);
		path = cJSON_GetObjectItemCaseSensitive(paths, at(i)->path);
		operation = cJSON_GetObjectItemCaseSensitive(path, method);
		assert_string_equal(cJSON_GetObjectItemCaseSensitive(operation, "operationId")->valuestring, at(i)->method);
	}
	cJSON_ArrayForEach(path, paths)
		found += cJSON_GetArraySize(path);
	assert_int_equal(found, expected);
	cJSON_Delete(root);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(methods_and_routes_are_unique),
		cmocka_unit_test(each_parameter_stands_at_its_command),
		cmocka_unit_test(path_parameters_are_required_parameters),
		cmocka_unit_test(reads_read),
		cmocka_unit_test(choices_and_roles),
		cmocka_unit_test(codes_are_stable_and_unique),
		cmocka_unit_test(suggestions),
		cmocka_unit_test(openapi_lists_every_route),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
