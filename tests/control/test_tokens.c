/* Tokens, links and sessions: each lets in exactly whom it should, once or until its end. */
#include "lib/control/tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "tests/control/unit.h"

#define NOW (100 * NANOS_HOUR)

static char path[] = "/tmp/sauda-tokens-XXXXXX";

static void put_file(const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

static int open_text(struct auth **ret, const char *text, mode_t mode, char *why)
{
	put_file(text, mode);
	return auth_open(ret, path, why, 256);
}

static int make_file(void **state)
{
	(void)state;
	strcpy(path + strlen(path) - 6, "XXXXXX");
	close(mkstemp(path));
	return 0;
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void a_token_made_is_a_token_known(void **state)
{
	char token[AUTH_SECRET_TEXT], other[AUTH_SECRET_TEXT], why[256] = "";
	struct buf lines = { 0 };
	struct auth_who who;
	struct auth *a = NULL;

	(void)state;
	buf_puts(&lines, "# tokens\n\n");
	assert_int_equal(auth_token_make("admin", ROLE_ADMIN, token, &lines), 0);
	assert_int_equal(auth_token_make("view-1", ROLE_READ, other, &lines), 0);
	assert_int_equal(auth_token_make("bad name", ROLE_READ, other, &lines), ERR_INVAL);
	assert_int_equal(auth_token_make("x", ROLE_NONE, other, &lines), ERR_INVAL);
	assert_null(strstr(lines.data, token));
	assert_int_equal(open_text(&a, lines.data, 0600, why), 0);
	assert_int_equal(auth_token_check(a, token, NOW, &who), 0);
	assert_string_equal(who.principal, "token:admin");
	assert_int_equal(who.role, ROLE_ADMIN);
	assert_string_equal(who.csrf, "");
	assert_int_equal(auth_token_check(a, other, NOW, &who), 0);
	assert_int_equal(who.role, ROLE_READ);
	token[3] ^= 1;
	assert_int_equal(auth_token_check(a, token, NOW, &who), ERR_DENIED);
	assert_int_equal(auth_token_check(a, "", NOW, &who), ERR_DENIED);
	auth_close(&a);
	buf_done(&lines);
}

static void a_chosen_token_is_tried_once_a_second(void **state)
{
	char hash[crypto_pwhash_STRBYTES], line[256], why[256] = "";
	struct auth_who who;
	struct auth *a = NULL;

	(void)state;
	assert_true(sodium_init() >= 0);
	assert_int_equal(crypto_pwhash_str(hash, "long secret", 11, crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN), 0);
	snprintf(line, sizeof(line), "me trade %s\n", hash);
	assert_int_equal(open_text(&a, line, 0640, why), 0);
	assert_int_equal(auth_token_check(a, "long secret", NOW, &who), ERR_DENIED);
	assert_int_equal(auth_token_check(a, "me:wrong", NOW, &who), ERR_DENIED);
	assert_int_equal(auth_token_check(a, "me:long secret", NOW + NANOS_SECOND - 1, &who), ERR_AGAIN);
	assert_int_equal(auth_token_check(a, "me:long secret", NOW + NANOS_SECOND, &who), 0);
	assert_string_equal(who.principal, "token:me");
	assert_int_equal(who.role, ROLE_TRADE);
	auth_close(&a);
}

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void bad_files_say_where(void **state)
{
	static const struct { const char *text; mode_t mode; int err; const char *part; } rows[] = {
		{ "", 0644, ERR_DENIED, "chmod 600" },
		{ "", 0620, ERR_DENIED, "chmod 600" },
		{ "a read\n", 0600, ERR_PARSE, "line 1: there must be three words" },
		{ "#\na read blake2b:" HEX " x\n", 0600, ERR_PARSE, "line 2: there must be three words" },
		{ "a none blake2b:" HEX "\n", 0600, ERR_PARSE, "role must be" },
		{ "a root blake2b:" HEX "\n", 0600, ERR_PARSE, "role must be" },
		{ "a/b read blake2b:" HEX "\n", 0600, ERR_PARSE, "a name is" },
		{ "a read plain\n", 0600, ERR_PARSE, "must begin with" },
		{ "a read blake2b:12\n", 0600, ERR_PARSE, "64 hex" },
		{ "a read blake2b:zz23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n", 0600, ERR_PARSE, "64 hex" },
		{ "a read blake2b:" HEX "\na read blake2b:" HEX "\n", 0600, ERR_PARSE, "line 2: this name stands twice" },
	};
	char why[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct auth *a = NULL;

		why[0] = '\0';
		assert_int_equal(open_text(&a, rows[i].text, rows[i].mode, why), rows[i].err);
		if (!strstr(why, rows[i].part))
			fail_msg("row %zu: %s", i, why);
		assert_null(a);
	}
}

static void a_bad_reload_keeps_the_old_tokens(void **state)
{
	char token[AUTH_SECRET_TEXT], why[256] = "";
	struct buf line = { 0 };
	struct auth_who who;
	struct auth *a = NULL;

	(void)state;
	auth_token_make("a", ROLE_READ, token, &line);
	assert_int_equal(open_text(&a, line.data, 0600, why), 0);
	put_file("broken\n", 0600);
	assert_int_equal(auth_reload(a, why, sizeof(why)), ERR_PARSE);
	assert_int_equal(auth_token_check(a, token, NOW, &who), 0);
	put_file("", 0600);
	assert_int_equal(auth_reload(a, why, sizeof(why)), 0);
	assert_int_equal(auth_token_check(a, token, NOW, &who), ERR_DENIED);
	auth_close(&a);
	buf_done(&line);
}

/* -- links and sessions ------------------------------------------------------------------------------------------- */

static void a_link_works_once_and_not_for_ever(void **state)
{
	char code[AUTH_SECRET_TEXT], late[AUTH_SECRET_TEXT], cookie[AUTH_SECRET_TEXT], why[64];
	struct auth_who who, again;
	struct auth *a = NULL;

	(void)state;
	assert_int_equal(auth_open(&a, NULL, why, sizeof(why)), 0);
	auth_link_new(a, ROLE_TRADE, NOW, code);
	auth_link_new(a, ROLE_READ, NOW, late);
	assert_int_equal(auth_link_use(a, "nothing", NOW, cookie, &who), ERR_DENIED);
	assert_int_equal(auth_link_use(a, code, NOW + AUTH_LINK_LIFE, cookie, &who), 0);
	assert_int_equal(who.role, ROLE_TRADE);
	assert_int_equal(strlen(who.csrf), AUTH_SECRET_TEXT - 1);
	assert_int_equal(auth_link_use(a, code, NOW, cookie, &again), ERR_DENIED);
	assert_int_equal(auth_link_use(a, late, NOW + AUTH_LINK_LIFE + 1, cookie, &again), ERR_DENIED);
	assert_int_equal(auth_cookie_check(a, cookie, NOW + AUTH_LINK_LIFE, &again), 0);
	assert_string_equal(again.principal, who.principal);
	assert_string_equal(again.csrf, who.csrf);
	assert_null(strstr(cookie, who.principal + strlen("session:")));
	auth_close(&a);
}

static struct auth *signed_in(char cookie[AUTH_SECRET_TEXT], struct auth_who *who)
{
	char code[AUTH_SECRET_TEXT], why[64];
	struct auth *a = NULL;

	assert_int_equal(auth_open(&a, NULL, why, sizeof(why)), 0);
	auth_link_new(a, ROLE_ADMIN, NOW, code);
	assert_int_equal(auth_link_use(a, code, NOW, cookie, who), 0);
	return a;
}

static void a_session_ends_idle_old_or_by_logout(void **state)
{
	char cookie[AUTH_SECRET_TEXT];
	struct auth_who who;
	struct auth *a = signed_in(cookie, &who);
	nanos_t at = NOW;

	(void)state;
	assert_int_equal(auth_cookie_check(a, cookie, NOW + AUTH_SESSION_IDLE, &who), 0);
	assert_int_equal(auth_cookie_check(a, cookie, NOW + 2 * AUTH_SESSION_IDLE + 1, &who), ERR_DENIED);
	auth_close(&a);
	a = signed_in(cookie, &who);
	for (; at <= NOW + AUTH_SESSION_LIFE; at += AUTH_SESSION_IDLE)
		assert_int_equal(auth_cookie_check(a, cookie, at, &who), 0);
	assert_int_equal(auth_cookie_check(a, cookie, NOW + AUTH_SESSION_LIFE + 1, &who), ERR_DENIED);
	auth_close(&a);
	a = signed_in(cookie, &who);
	assert_int_equal(auth_session_find(a, who.principal, NOW, &who), 0);
	assert_int_equal(auth_session_find(a, "token:admin", NOW, &who), ERR_NOENT);
	assert_int_equal(auth_logout(a, "session:0000000000000000"), ERR_NOENT);
	assert_int_equal(auth_logout(a, who.principal), 0);
	assert_int_equal(auth_cookie_check(a, cookie, NOW, &who), ERR_DENIED);
	assert_int_equal(auth_session_find(a, who.principal, NOW, &who), ERR_NOENT);
	auth_close(&a);
}

static void the_longest_idle_session_makes_room(void **state)
{
	char first[AUTH_SECRET_TEXT], second[AUTH_SECRET_TEXT] = "", code[AUTH_SECRET_TEXT], cookie[AUTH_SECRET_TEXT];
	struct auth_who who;
	struct auth *a = signed_in(first, &who);

	(void)state;
	for (int i = 1; i <= AUTH_SESSIONS; i++) {
		assert_int_equal(auth_cookie_check(a, first, NOW + i, &who), 0);
		auth_link_new(a, ROLE_READ, NOW + i, code);
		assert_int_equal(auth_link_use(a, code, NOW + i, cookie, &who), 0);
		if (i == 1)
			memcpy(second, cookie, sizeof(second));
	}
	assert_int_equal(auth_cookie_check(a, first, NOW + 20, &who), 0);
	assert_int_equal(auth_cookie_check(a, second, NOW + 20, &who), ERR_DENIED);
	auth_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_token_made_is_a_token_known, make_file, remove_file),
		cmocka_unit_test_setup_teardown(a_chosen_token_is_tried_once_a_second, make_file, remove_file),
		cmocka_unit_test_setup_teardown(bad_files_say_where, make_file, remove_file),
		cmocka_unit_test_setup_teardown(a_bad_reload_keeps_the_old_tokens, make_file, remove_file),
		cmocka_unit_test(a_link_works_once_and_not_for_ever),
		cmocka_unit_test(a_session_ends_idle_old_or_by_logout),
		cmocka_unit_test(the_longest_idle_session_makes_room),
	};

	return cmocka_run_group_tests_name("tokens", tests, NULL, NULL);
}
