/* Goal: verdicts are remembered for five seconds and not mixed up, guessing is held back, and a cookie alone changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/auth.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"

#define NOW (1000 * NANOS_SECOND)

static struct credentials token(const char *text)
{
	struct credentials c = { .kind = AUTH_TOKEN };

	snprintf(c.secret, sizeof(c.secret), "%s", text);
	return c;
}

static void credentials_are_read(void **state)
{
	char longest[7 + AUTH_SECRET_MAX + 2] = "Bearer ";
	static const struct { const char *authorization, *cookie; int err; enum auth_kind kind; } rows[] = {
		{ NULL, NULL, 0, AUTH_ABSENT },             { "Bearer abc", NULL, 0, AUTH_TOKEN },
		{ "bearer abc", NULL, 0, AUTH_TOKEN },      { NULL, "sauda=abc", 0, AUTH_COOKIE },
		{ "Bearer abc", "sauda=x", 0, AUTH_TOKEN }, { NULL, "other=abc", 0, AUTH_ABSENT },
		{ "Basic abc", NULL, ERR_PARSE, 0 },        { "Bearer ", NULL, ERR_PARSE, 0 },
		{ "Bearer", NULL, ERR_PARSE, 0 },           { "Bearer a b", NULL, ERR_PARSE, 0 },
		{ "Basic abc", "sauda=x", ERR_PARSE, 0 },   { NULL, "sauda=a; sauda=a", ERR_PARSE, 0 },
		{ "Bearer a\x80", NULL, ERR_PARSE, 0 },
	};
	struct control_fault f;
	struct credentials c;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct request r = { .authorization = rows[i].authorization, .cookie = rows[i].cookie };
		assert_int_equal(auth_read(&r, &c, &f), rows[i].err);
		if (!rows[i].err)
			assert_int_equal(c.kind, rows[i].kind);
		else
			assert_int_equal(f.code, CODE_UNAUTHENTICATED);
	}
	memset(longest + 7, 'a', AUTH_SECRET_MAX);
	struct request r = { .authorization = longest };
	assert_int_equal(auth_read(&r, &c, &f), 0);
	longest[7 + AUTH_SECRET_MAX] = 'a';
	assert_int_equal(auth_read(&r, &c, &f), ERR_PARSE);
	(void)state;
}

static void verdicts_are_remembered_for_five_seconds(void **state)
{
	struct credentials a = token("a"), b = token("b"), a_cookie = { .kind = AUTH_COOKIE, .secret = "a" };
	struct principal p = { .name = "token:a", .role = ROLE_TRADE }, got = { 0 };
	struct auth_cache *c;

	assert_int_equal(auth_cache_new(&c), 0);
	assert_int_equal(auth_look_up(c, &a, NOW, &got), AUTH_UNKNOWN);
	auth_remember(c, &a, NOW, &p);
	auth_remember(c, &b, NOW, NULL);
	assert_int_equal(auth_look_up(c, &a, NOW + AUTH_REMEMBER - 1, &got), AUTH_KNOWN);
	assert_string_equal(got.name, "token:a");
	assert_int_equal(got.role, ROLE_TRADE);
	assert_int_equal(auth_look_up(c, &b, NOW, &got), AUTH_REFUSED);
	assert_int_equal(auth_look_up(c, &a_cookie, NOW, &got), AUTH_UNKNOWN);
	assert_int_equal(auth_look_up(c, &a, NOW + AUTH_REMEMBER, &got), AUTH_UNKNOWN);
	auth_forget(c, "token:a");
	assert_int_equal(auth_look_up(c, &a, NOW, &got), AUTH_UNKNOWN);
	auth_cache_free(&c);
	assert_null(c);
	(void)state;
}

static void guesses_do_not_push_out_the_known(void **state)
{
	struct credentials a = token("a");
	struct principal p = { .name = "token:a", .role = ROLE_READ }, got;
	struct auth_cache *c;

	assert_int_equal(auth_cache_new(&c), 0);
	auth_remember(c, &a, NOW, &p);
	for (int i = 0; i < 5000; i++) {
		char text[16];
		snprintf(text, sizeof(text), "guess%d", i);
		struct credentials guess = token(text);
		auth_remember(c, &guess, NOW, NULL);
	}
	assert_int_equal(auth_look_up(c, &a, NOW, &got), AUTH_KNOWN);
	auth_cache_free(&c);
	(void)state;
}

static void guessing_is_held_back_for_a_second(void **state)
{
	struct auth_cache *c;

	assert_int_equal(auth_cache_new(&c), 0);
	for (int i = 0; i < AUTH_FAILURES_MAX; i++) {
		assert_false(auth_is_held_back(c, "10.0.0.1", NOW));
		auth_count_failure(c, "10.0.0.1", NOW);
	}
	assert_true(auth_is_held_back(c, "10.0.0.1", NOW));
	assert_false(auth_is_held_back(c, "10.0.0.1", NOW + NANOS_SECOND));
	assert_false(auth_is_held_back(c, NULL, NOW));
	auth_cache_free(&c);
	(void)state;
}

static void the_engines_word_is_read_strictly(void **state)
{
	static const struct { const char *text; int err; } rows[] = {
		{ "{\"principal\":\"token:x\",\"role\":\"trade\",\"csrf\":\"\"}", 0 },
		{ "{\"principal\":\"token:x\",\"role\":\"trade\"}", 0 },
		{ "{\"principal\":\"token:x\",\"role\":\"none\"}", ERR_PARSE },
		{ "{\"principal\":\"token:x\",\"role\":\"god\"}", ERR_PARSE },
		{ "{\"role\":\"trade\"}", ERR_PARSE }, { "{}", ERR_PARSE }, { "", ERR_PARSE }, { "7", ERR_PARSE },
		{ "{\"principal\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\",\"role\":\"read\"}", ERR_PARSE },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct principal p;
		assert_int_equal(auth_read_answer((struct message_slice){ rows[i].text, strlen(rows[i].text) }, &p), rows[i].err);
	}
	(void)state;
}

static void rights_are_a_ladder(void **state)
{
	const struct control_command *read = control_command(CTL_STATUS), *change = control_command(CTL_KILL);
	struct principal reader = { .role = ROLE_READ, .csrf = "c" }, trader = { .role = ROLE_TRADE, .csrf = "c" },
	                 no_csrf = { .role = ROLE_TRADE };
	struct credentials by_token = token("t"), by_cookie = { .kind = AUTH_COOKIE };
	const struct { struct principal *who; struct credentials *how; const char *csrf; const struct control_command *what; int err; } rows[] = {
		{ &reader, &by_token, NULL, read, 0 },        { &reader, &by_token, NULL, change, ERR_DENIED },
		{ &trader, &by_token, NULL, change, 0 },      { &reader, &by_cookie, NULL, read, 0 },
		{ &trader, &by_cookie, NULL, change, ERR_DENIED }, { &trader, &by_cookie, "d", change, ERR_DENIED },
		{ &trader, &by_cookie, "cc", change, ERR_DENIED }, { &trader, &by_cookie, "c", change, 0 },
		{ &no_csrf, &by_cookie, "", change, ERR_DENIED },  { &reader, &by_cookie, "c", change, ERR_DENIED },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct request r = { .csrf = rows[i].csrf };
		struct control_fault f;
		assert_int_equal(auth_permits(rows[i].who, rows[i].how, &r, rows[i].what, &f), rows[i].err);
	}
	assert_false(auth_is_cross_site(&(struct request){ 0 }));
	assert_false(auth_is_cross_site(&(struct request){ .fetch_site = "same-origin" }));
	assert_true(auth_is_cross_site(&(struct request){ .fetch_site = "same-site" }));
	assert_true(auth_is_cross_site(&(struct request){ .fetch_site = "cross-site" }));
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(credentials_are_read),
		cmocka_unit_test(verdicts_are_remembered_for_five_seconds),
		cmocka_unit_test(guesses_do_not_push_out_the_known),
		cmocka_unit_test(guessing_is_held_back_for_a_second),
		cmocka_unit_test(the_engines_word_is_read_strictly),
		cmocka_unit_test(rights_are_a_ladder),
	};

	return cmocka_run_group_tests_name("auth", tests, NULL, NULL);
}
