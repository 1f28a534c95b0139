/* Goal: what a caller gives passes on exactly or is refused with a sentence; each route is found and no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/param.h"
#include "fcgi/route.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"

#define REFUSED NULL

static const char *put(const char *method, const char *path, const char *query, const char *body, struct control_fault *f)
{
	static struct buf out;
	struct request request = { .method = method, .query = query };
	static char copy[70000];
	struct route route;

	assert_int_equal(route_find(method, path, &route), 0);
	assert_non_null(route.command);
	buf_done(&out);
	snprintf(copy, sizeof(copy), "%s", body ? body : "");
	if (param_put_all(&route, &request, copy, strlen(copy), &out, f) != 0)
		return REFUSED;
	return out.data ? out.data : "";
}

static void check(const char *method, const char *path, const char *query, const char *body, const char *expected)
{
	struct control_fault f = { .code = CODE_COUNT };
	const char *got = put(method, path, query, body, &f);

	if (!expected && !got) {
		assert_true(f.code != CODE_COUNT && f.detail[0]);
		return;
	}
	if (!got)
		fail_msg("%s %s?%s %s was refused: %s", method, path, query, body ? body : "", f.detail);
	if (!expected)
		fail_msg("%s %s?%s %s was taken as %s", method, path, query, body ? body : "", got);
	assert_string_equal(got, expected);
}

static void queries_are_typed_and_exact(void **state)
{
	static const struct { const char *query, *expected; } rows[] = {
		{ "", "" },
		{ "limit=10", "\"limit\":\"10\"" },
		{ "symbol=M%26M&limit=1000", "\"symbol\":\"M&M\",\"limit\":\"1000\"" },
		{ "symbol=a+b", "\"symbol\":\"a b\"" },
		{ "symbol=%22%5c", "\"symbol\":\"\\\"\\\\\"" },
		{ "limit=0", REFUSED }, { "limit=1001", REFUSED }, { "limit=", REFUSED }, { "limit=1e2", REFUSED },
		{ "limit", REFUSED }, { "=1", REFUSED }, { "limit=1&limit=1", REFUSED }, { "limit=1&li%6dit=2", REFUSED },
		{ "limt=1", REFUSED }, { "_auth=1", REFUSED }, { "_request_id=1", REFUSED }, { "symbol=%00", REFUSED },
		{ "symbol=%", REFUSED }, { "symbol=%ff", REFUSED }, { "symbol=%0a", REFUSED }, { "&limit=1", REFUSED },
		{ "symbol=1234567890123456789012345678901234567890", REFUSED }, { "before=-1", REFUSED },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check("GET", "/api/orders", rows[i].query, NULL, rows[i].expected);
	check("GET", "/api/balance", "a=1", NULL, REFUSED);
	check("GET", "/api/strategies/amd", "", NULL, "\"id\":\"amd\"");
	check("GET", "/api/strategies/amd", "id=other", NULL, REFUSED);
	check("GET", "/api/strategies/123456789012345678901234", "", NULL, REFUSED);
	(void)state;
}

static void bodies_pass_unchanged_or_not_at_all(void **state)
{
	static const struct { const char *body, *expected; } rows[] = {
		{ "{\"limit\":\"day_loss_pct\",\"value\":4.50}", "\"limit\":\"day_loss_pct\",\"value\":4.50" },
		{ " {\r\n\t\"limit\" : \"a b\" ,\n \"value\":\"4.5000\"}\n", "\"limit\":\"a b\",\"value\":\"4.5000\"" },
		{ "{\"limit\":\"a\"}", REFUSED }, { "{}", REFUSED }, { "", REFUSED }, { "[]", REFUSED }, { "null", REFUSED },
		{ "{\"limit\":\"a\",\"value\":4.50001}", REFUSED }, { "{\"limit\":\"a\",\"value\":true}", REFUSED },
		{ "{\"limit\":1,\"value\":1}", REFUSED }, { "{\"limit\":\"a\",\"value\":1,\"value\":2}", REFUSED },
		{ "{\"limit\":\"a\",\"value\":1,\"_auth\":{\"principal\":\"x\",\"role\":\"admin\"}}", REFUSED },
		{ "{\"limit\":\"a\",\"value\":1,\"_request_id\":\"x\"}", REFUSED },
		{ "{\"limit\":\"a\",\"value\":1,\"\\u005fauth\":{}}", REFUSED },
		{ "{\"limit\":\"a\",\"value\":1}x", REFUSED }, { "{\"limit\":\"a\",\"value\":1", REFUSED },
		{ "{\"limit\":\"a\nb\",\"value\":1}", REFUSED }, { "{\"limit\":\"\xff\",\"value\":1}", REFUSED },
		{ "{\"limit\":\"a\\u0000b\",\"value\":1}", REFUSED }, { "\xef\xbb\xbf{\"limit\":\"a\",\"value\":1}", REFUSED },
		{ "{\"limit\":\"a\",\"value\":1,\"other\":1}", REFUSED }, { "{\"limit\":\"a\",\"value\":1}//x", REFUSED },
		{ "{\"limit\":\"a\",/*x*/\"value\":1}", REFUSED },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check("PATCH", "/api/risk", "", rows[i].body, rows[i].expected);
	check("PATCH", "/api/risk", "limit=a", "{\"limit\":\"a\",\"value\":1}", REFUSED);
	check("PATCH", "/api/strategies/amd", "", "{\"params\":{\"rsi_low\":\"35\"}}", "\"id\":\"amd\",\"params\":{\"rsi_low\":\"35\"}");
	check("PATCH", "/api/strategies/amd", "", "{\"id\":\"x\",\"params\":{\"rsi_low\":\"35\"}}", REFUSED);
	check("POST", "/api/kill", "", "{\"rung\":\"half\"}", REFUSED);
	check("POST", "/api/pause", "", "", "");
	check("POST", "/api/pause", "", "{}", "");
	(void)state;
}

static void mistakes_are_named(void **state)
{
	struct control_fault f;

	assert_null(put("GET", "/api/orders", "limt=1", NULL, &f));
	assert_int_equal(f.code, CODE_BAD_PARAMETER);
	assert_non_null(strstr(f.detail, "did you mean `limit`"));
	assert_null(put("POST", "/api/kill", "", "{\"reason\":\"x\"}", &f));
	assert_non_null(strstr(f.detail, "rung"));
	assert_null(put("POST", "/api/kill", "", "{", &f));
	assert_int_equal(f.code, CODE_BAD_JSON);
	(void)state;
}

static void every_command_with_a_path_is_found(void **state)
{
	struct route r;
	size_t found = 0;

	for (int id = 0; id < CTL_COUNT; id++) {
		const struct control_command *c = control_command((enum command_id)id);
		if (!c->path[0])
			continue;
		assert_int_equal(route_find(c->http_method, c->path, &r), 0);
		assert_ptr_equal(r.command, c);
		found++;
	}
	assert_true(found > 25);
	(void)state;
}

static void other_paths_are_not(void **state)
{
	static const char *const paths[] = { "/", "/api", "/api/", "/api/statu", "/api/status/", "/api/statuss", "/api/strategies/",
		"/api/strategies/a/b", "/api/strategies/a/pause/x", "/healthz/", "/API/status" };
	struct buf allow = { 0 };
	struct route r;

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		assert_int_equal(route_find("GET", paths[i], &r), ERR_NOENT);
	assert_int_equal(route_find("DELETE", "/api/status", &r), 0);
	assert_null(r.command);
	assert_int_equal(route_find("HEAD", "/api/status", &r), 0);
	assert_int_equal(r.command->id, CTL_STATUS);
	assert_int_equal(route_find("HEAD", "/api/kill", &r), 0);
	assert_null(r.command);
	route_put_allow("/api/risk", &allow);
	assert_string_equal(allow.data, "GET, HEAD, PATCH, OPTIONS");
	buf_done(&allow);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queries_are_typed_and_exact),
		cmocka_unit_test(bodies_pass_unchanged_or_not_at_all),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(every_command_with_a_path_is_found),
		cmocka_unit_test(other_paths_are_not),
	};

	return cmocka_run_group_tests_name("param", tests, NULL, NULL);
}
