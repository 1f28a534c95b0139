#include "engined/ctl/redact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/obj.h"

static struct config config;
static struct config_issues issues;
static struct redact redact;

static void set(const char *text)
{
	config_init(&config);
	config_read_text(&config, "sauda.conf", text, strlen(text), &issues);
	if (issues.count)
		fail_msg("%s", issues.text.data);
	redact_init(&redact, &config);
}

static void assert_told(const char *text, const char *told)
{
	struct buf out = { 0 };
	unsigned marks = 0, count = redact_text(&redact, text, strlen(text), &out);

	assert_string_equal(out.data, told);
	for (const char *at = out.data; (at = strstr(at, REDACT_MARK)) != NULL; at++)
		marks++;
	assert_int_equal(marks, count);
	buf_done(&out);
}

static void test_values(void **state)
{
	(void)state;
	set("[kotak]\nmpin = 739182\nucc = QXZ9\npassword = pa\"ss word\nmobile_number = +919812345678\n[store]\nmongodb_uri = mongodb://u:hunter2@db.example/x\n"
	    "[telegram]\nbot_token = 123456:AAH-abcdefghijklmnopqrstuvw_xyz\nchat_id = 31\nchats = -100777:read, 8888:admin\n"
	    "[watchdog]\nwebhook_url = https://127.0.0.1/a/s3cr3tpath\ncommand = /bin/alarm t0ps3cret\n");
	assert_told("x739182y", "x[redacted]y");
	assert_told("account QXZ9, QXZ91 AQXZ9", "account [redacted], QXZ91 AQXZ9"); /* a short one as a word only */
	assert_told("it was pa\"ss word", "it was [redacted]");
	assert_told("\"text\":\"it was pa\\\"ss word\"", "\"text\":\"it was [redacted]\"");
	assert_told("call 9812345678 or 919812345678 or +919812345678", "call [redacted] or [redacted] or [redacted]");
	assert_told("cannot log in as hunter2 at db.example", "cannot log in as [redacted] at [redacted]");
	assert_told("said in -100777 and 8888 and 31", "said in [redacted] and [redacted] and 31"); /* two digits are no secret */
	assert_told("POST /a/s3cr3tpath", "POST /a/[redacted]");
	assert_told("alarm t0ps3cret", "alarm [redacted]");
	redact_done(&redact);
	assert_null(memmem(&redact, sizeof(redact), "739182", 6));
	assert_told("739182", "739182");
}

static void test_forms(void **state)
{
	static const struct { const char *text, *told; } forms[] = {
		{ "Authorization: Bearer abcdef0123", "Authorization: [redacted]" },
		{ "-H \"Authorization: Basic dTpw+/cGFzcw==\" x", "-H \"Authorization: [redacted]\" x" },
		{ "with Bearer abcdef0123 it went", "with [redacted] it went" },
		{ "mongodb://u:p@h/d", "mongodb[redacted]h/d" },
		{ "GET /bot123456:AAH-abcdefghijklmnopqrst/getMe", "GET /bot[redacted]/getMe" },
		{ "bot 123456:AAH-abcdefghijklmnopqrst.", "bot [redacted]." },
		{ "x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln y", "x [redacted] y" },
		{ "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "[redacted]" },
		{ "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef" },
		{ "key 11111111-2222-3333-4444-555555555555", "key [redacted]" },
		{ "secret text GEZDGNBVGY3TQOJQ", "secret text [redacted]" },
		{ "BANKNIFTY26NOVFUT NIFTY26NOV24000CE SESSION_CLOSED", "BANKNIFTY26NOVFUT NIFTY26NOV24000CE SESSION_CLOSED" },
		{ "to +919876543210, 9876543210 and 919876543210", "to [redacted], [redacted] and [redacted]" },
		{ "1763881200123456789 1234567890 98765432101", "1763881200123456789 1234567890 98765432101" },
		{ "from 203.0.113.9.", "from [redacted]." },
		{ "127.0.0.1:5000 version 0.1.0", "127.0.0.1:5000 version 0.1.0" },
		{ "/ho" "me/asha/sauda.conf", "[redacted]/sauda.conf" },
		{ "ucc=AB1 next", "ucc=[redacted] next" },
		{ "kotak_ucc: AB1, more", "kotak_ucc: [redacted], more" },
		{ "\"ucc\":\"AB1\",\"n\":1", "\"ucc\":\"[redacted]\",\"n\":1" },
		{ "{\\\"sid\\\":\\\"a b\\\"}", "{\\\"sid\\\":\\\"[redacted]\\\"}" },
		{ "mpin = (set)  # default", "mpin = (set)  # default" },
		{ "\"chats\":[{\"chat\":\"77\"}]", "\"chats\":[{\"chat\":\"[redacted]\"}]" },
		{ "\"chat\":null", "\"chat\":null" },
		{ "mobileNumber=98", "mobileNumber=[redacted]" },
		{ "token:", "token:" },
		{ "success and lucc=5", "success and lucc=5" },
	};

	(void)state;
	set("");
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		assert_told(forms[i].text, forms[i].told);
}

/* Whatever a log holds: words longer than any key, bytes that are none, ends in the middle of a form. */
static void test_long_words_and_ends(void **state)
{
	static const char *const ends[] = { "+", "Bearer ", "://", "123456:", "eyJ", "ucc", "ucc=", "ucc=\"", "\"ucc\\\":", "\xff\xfe ucc = \"a" };
	struct buf text = { 0 }, told = { 0 };

	(void)state;
	set("");
	for (int i = 0; i < 5000; i++)
		buf_putc(&text, 'x');
	buf_puts(&told, text.data);
	buf_puts(&told, "_token=" REDACT_MARK);
	buf_puts(&text, "_token=abc");
	assert_told(text.data, told.data);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		buf_clear(&told);
		for (size_t len = 1; len <= strlen(ends[i]); len++) {
			char *exact = malloc(len); /* so that a byte beyond is seen */
			memcpy(exact, ends[i], len);
			redact_text(&redact, exact, len, &told);
			free(exact);
		}
	}
	buf_done(&text);
	buf_done(&told);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_values), cmocka_unit_test(test_forms), cmocka_unit_test(test_long_words_and_ends) };

	return cmocka_run_group_tests_name("redact", tests, NULL, NULL);
}
