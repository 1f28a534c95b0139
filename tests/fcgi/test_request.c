/* Goal: one spelling of each request is served and every other is refused. Method: table rows of input and verdict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/request.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"

static int read_target(const char *target, struct request *r)
{
	static char line[4096];
	char method[] = "REQUEST_METHOD=GET", role[] = "FCGI_ROLE=RESPONDER";
	char *env[] = { role, method, line, NULL };
	struct control_fault f = { .code = CODE_COUNT };

	snprintf(line, sizeof(line), "REQUEST_URI=%s", target);
	int err = request_read(env, r, &f);
	assert_int_equal(err != 0, f.code == CODE_BAD_REQUEST);
	return err;
}

static void plain_paths_are_read(void **state)
{
	struct request r;

	assert_int_equal(read_target("/api/orders?limit=1&x=%zz", &r), 0);
	assert_string_equal(r.path, "/api/orders");
	assert_string_equal(r.query, "limit=1&x=%zz");
	assert_int_equal(read_target("/api/strategies/a%6dd", &r), 0);
	assert_string_equal(r.path, "/api/strategies/amd");
	assert_string_equal(r.query, "");
	(void)state;
}

static void other_spellings_are_refused(void **state)
{
	static const char *const targets[] = {
		"", "api", "//api/status", "/api//status", "/api/../api/status", "/api/./status", "/api/..", "/.git/config",
		"/api/strategies/%2e%2e", "/api/strategies/%2E", "/api%2fstatus", "/api%2Fstatus", "/api/status%00", "/api/status%0a",
		"/api/status%", "/api/status%2", "/api/status%zz", "/api/%252e", "/api\\status", "/api%5cstatus", "/api/st atus",
		"/api/status%7f", "http://host/api/status",
	};
	struct request r;

	for (size_t i = 0; i < ARRAY_LEN(targets); i++)
		if (read_target(targets[i], &r) == 0)
			fail_msg("%s was served", targets[i]);
	(void)state;
}

static void lengths_have_bounds(void **state)
{
	char target[REQUEST_QUERY_MAX + 8];
	struct request r;

	memset(target, 'a', sizeof(target));
	target[0] = '/';
	target[REQUEST_PATH_MAX] = '\0';
	assert_int_equal(read_target(target, &r), 0);
	target[REQUEST_PATH_MAX] = 'a';
	target[REQUEST_PATH_MAX + 1] = '\0';
	assert_int_equal(read_target(target, &r), ERR_RANGE);
	memset(target, 'a', sizeof(target));
	memcpy(target, "/?", 2);
	target[REQUEST_QUERY_MAX + 2] = '\0';
	assert_int_equal(read_target(target, &r), 0);
	target[REQUEST_QUERY_MAX + 2] = 'a';
	target[REQUEST_QUERY_MAX + 3] = '\0';
	assert_int_equal(read_target(target, &r), ERR_RANGE);
	(void)state;
}

static void repeated_and_missing_parameters_are_refused(void **state)
{
	char method[] = "REQUEST_METHOD=GET", uri[] = "REQUEST_URI=/", token[] = "HTTP_AUTHORIZATION=Bearer a",
	     other[] = "HTTP_AUTHORIZATION=Bearer b", proxy[] = "HTTP_PROXY=http://evil", empty[] = "HTTP_COOKIE=", odd[] = "ODD";
	char *twice[] = { method, uri, token, other, NULL }, *no_method[] = { uri, NULL }, *no_uri[] = { method, NULL },
	     *good[] = { proxy, odd, method, uri, empty, NULL };
	struct control_fault f;
	struct request r;

	assert_int_equal(request_read(twice, &r, &f), ERR_PARSE);
	assert_int_equal(request_read(no_method, &r, &f), ERR_PARSE);
	assert_int_equal(request_read(no_uri, &r, &f), ERR_PARSE);
	assert_int_equal(request_read(good, &r, &f), 0);
	assert_null(r.cookie);
	(void)state;
}

static void bodies_are_checked(void **state)
{
	static const struct { const char *method, *length, *type; size_t sent; int code; } rows[] = {
		{ "GET",  NULL,    NULL,                              0,  CODE_COUNT },
		{ "GET",  "0",     NULL,                              0,  CODE_COUNT },
		{ "POST", "2",     "application/json",                2,  CODE_COUNT },
		{ "POST", "2",     "Application/JSON; charset=utf-8", 2,  CODE_COUNT },
		{ "POST", "65536", "application/json",                65536, CODE_COUNT },
		{ "POST", "65537", "application/json",                65536, CODE_TOO_LARGE },
		{ "POST", NULL,    "application/json",                2,  CODE_BAD_REQUEST },
		{ "POST", "3",     "application/json",                2,  CODE_BAD_REQUEST },
		{ "POST", "1",     "application/json",                2,  CODE_BAD_REQUEST },
		{ "POST", "2",     "application/jsonx",               2,  CODE_BAD_REQUEST },
		{ "POST", "2",     "text/plain",                      2,  CODE_BAD_REQUEST },
		{ "POST", "2",     NULL,                              2,  CODE_BAD_REQUEST },
		{ "POST", "-2",    "application/json",                2,  CODE_BAD_REQUEST },
		{ "POST", "2, 2",  "application/json",                2,  CODE_BAD_REQUEST },
		{ "POST", "99999999999999999999", "application/json", 2,  CODE_BAD_REQUEST },
		{ "GET",  "2",     "application/json",                2,  CODE_BAD_REQUEST },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct request r = { .method = rows[i].method, .content_length = rows[i].length, .content_type = rows[i].type };
		struct control_fault f = { .code = CODE_COUNT };
		int err = request_check_body(&r, rows[i].sent, &f);
		assert_int_equal(f.code, rows[i].code);
		assert_int_equal(err != 0, rows[i].code != CODE_COUNT);
	}
	(void)state;
}

static void cookies_are_found_once(void **state)
{
	static const struct { const char *header, *value; } rows[] = {
		{ NULL, "" }, { "", "" }, { "other=1", "" }, { "sauda=abc", "abc" }, { "a=b; sauda=abc ; c=d", "abc" },
		{ "xsauda=1", "" }, { "saudax=1", "" }, { "sauda=", "" }, { "sauda", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct request r = { .cookie = rows[i].header };
		const char *value = NULL;
		size_t len = 99;
		assert_int_equal(request_cookie(&r, "sauda", &value, &len), 0);
		assert_int_equal(len, strlen(rows[i].value));
		assert_memory_equal(value ? value : "", rows[i].value, len);
	}
	struct request r = { .cookie = "sauda=a; sauda=b" };
	const char *value;
	size_t len;
	assert_int_equal(request_cookie(&r, "sauda", &value, &len), ERR_EXIST);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_paths_are_read),
		cmocka_unit_test(other_spellings_are_refused),
		cmocka_unit_test(lengths_have_bounds),
		cmocka_unit_test(repeated_and_missing_parameters_are_refused),
		cmocka_unit_test(bodies_are_checked),
		cmocka_unit_test(cookies_are_found_once),
	};

	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
