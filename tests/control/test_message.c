/* Requests of every bad kind get their code and, when it could be read, their id; answers go out and come back whole. */
#include "lib/control/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "tests/control/unit.h"

#define REST "\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\""

static const struct { const char *line; enum control_code code; const char *id; } bad[] = {
	{ "",                                                   CODE_BAD_JSON, "null" },
	{ "{",                                                  CODE_BAD_JSON, "null" },
	{ "x",                                                  CODE_BAD_JSON, "null" },
	{ "{}}",                                                CODE_BAD_JSON, "null" },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\xff\"}",  CODE_BAD_JSON, "null" },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xc0\xaf\"}", CODE_BAD_JSON, "null" },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xed\xa0\x80\"}", CODE_BAD_JSON, "null" },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\\ud800\"}", CODE_BAD_JSON, "null" },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\\u0000b\"}", CODE_BAD_JSON, "null" },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\x01\"}",  CODE_BAD_JSON, "null" },
	{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", CODE_BAD_JSON, "null" },
	{ "null",                                               CODE_BAD_REQUEST, "null" },
	{ "1",                                                  CODE_BAD_REQUEST, "null" },
	{ "[{" REST "}]",                                       CODE_BAD_REQUEST, "null" },
	{ "[]",                                                 CODE_BAD_REQUEST, "null" },
	{ "{}",                                                 CODE_BAD_REQUEST, "null" },
	{ "{\"id\":7,\"method\":\"status\"}",                     CODE_BAD_REQUEST, "7" },
	{ "{\"jsonrpc\":\"1.0\",\"id\":7,\"method\":\"status\"}", CODE_BAD_REQUEST, "7" },
	{ "{\"jsonrpc\":2.0,\"id\":7,\"method\":\"status\"}",     CODE_BAD_REQUEST, "7" },
	{ "{\"jsonrpc\":\"2.0\",\"method\":\"status\"}",          CODE_BAD_REQUEST, "null" },
	{ "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"status\"}", CODE_BAD_REQUEST, "null" },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"status\"}", CODE_BAD_REQUEST, "null" },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1e300,\"method\":\"status\"}", CODE_BAD_REQUEST, "null" },
	{ "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"status\"}", CODE_BAD_REQUEST, "null" },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1}",                       CODE_BAD_REQUEST, "1" },
	{ "{\"jsonrpc\":\"2.0\",\"id\":\"a\\\"b\",\"method\":3}",  CODE_BAD_REQUEST, "\"a\\\"b\"" },
	{ "{" REST ",\"params\":[]}",                           CODE_BAD_REQUEST, "1" },
	{ "{" REST ",\"params\":null}",                         CODE_BAD_REQUEST, "1" },
	{ "{" REST ",\"params\":3}",                            CODE_BAD_REQUEST, "1" },
	{ "{" REST ",\"method\":\"kill\"}",                     CODE_BAD_REQUEST, "null" },
	{ "{" REST ",\"params\":{\"a\":1,\"a\":2}}",            CODE_BAD_REQUEST, "null" },
	{ "{" REST ",\"params\":{\"a\":[{\"b\":1,\"b\":1}]}}",  CODE_BAD_REQUEST, "null" },
};

static void bad_requests_name_their_fault(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct message m = { 0 };
		struct control_fault f = { 0 };
		char id[MESSAGE_ID_MAX];
		int err = message_parse(bad[i].line, strlen(bad[i].line), &m, id, &f);

		if (err != ERR_PARSE || f.code != bad[i].code || strcmp(id, bad[i].id) != 0)
			fail_msg("row %zu: %s: err %d code %d id %s", i, bad[i].line, err, f.code, id);
		assert_null(m.root);
		assert_true(f.detail[0] && f.remedy[0]);
	}
}

static void a_nul_byte_and_a_cut_sequence_are_refused(void **state)
{
	const char nul[] = "{" REST "\0}", cut[] = "{\"\xe2\x82";
	struct control_fault f;
	struct message m;
	char id[MESSAGE_ID_MAX];

	(void)state;
	assert_int_equal(message_parse(nul, sizeof(nul) - 1, &m, id, &f), ERR_PARSE);
	assert_non_null(strstr(f.detail, "NUL"));
	assert_int_equal(message_parse(cut, sizeof(cut) - 1, &m, id, &f), ERR_PARSE);
	assert_non_null(strstr(f.detail, "UTF-8"));
}

/* Every prefix of a good request is a fault and none is a crash; the text is a copy so that a sanitizer sees each end. */
static void every_prefix_is_refused(void **state)
{
	const char *good = "{" REST ",\"params\":{\"reason\":\"n\\u00e9ws \xe2\x82\xb9\",\"limit\":-1.5e3}}";

	(void)state;
	for (size_t len = 0; len < strlen(good); len++) {
		char *copy = malloc(len ? len : 1), id[MESSAGE_ID_MAX];
		struct control_fault f;
		struct message m;

		assert_non_null(copy);
		memcpy(copy, good, len);
		assert_int_equal(message_parse(copy, len, &m, id, &f), ERR_PARSE);
		free(copy);
	}
}

static void a_good_request_is_read(void **state)
{
	const char *ids[] = { "1", "0", "-5", "9007199254740992", "\"\"", "\"x y\"" };
	struct control_fault f;
	struct message m;
	char line[256], id[MESSAGE_ID_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		int len = snprintf(line, sizeof(line), " {\"params\":{\"a\":1},\"method\":\"kill\",\"id\":%s,\"jsonrpc\":\"2.0\"} \r",
		                   ids[i]);
		assert_int_equal(message_parse(line, (size_t)len, &m, id, &f), ERR_OK);
		assert_string_equal(m.method, "kill");
		assert_string_equal(m.id, ids[i]);
		assert_int_equal(cJSON_GetArraySize(m.params), 1);
		message_done(&m);
	}
}

#define PLAIN "{\"jsonrpc\":\"2.0\",\"id\":"

/* NULL params = none; a form that is not plain may still be a good request, which the long way decides. */
static const struct { const char *line; bool plain; const char *id, *method, *params; } plain_forms[] = {
	{ PLAIN "1,\"method\":\"status\"}",                        true, "1", "status", NULL },
	{ PLAIN "999999999999999,\"method\":\"a_b.c\"}",            true, "999999999999999", "a_b.c", NULL },
	{ PLAIN "0,\"method\":\"kill\",\"params\":{\"a\":1}}",     true, "0", "kill", "{\"a\":1}" },
	{ PLAIN "7,\"method\":\"kill\",\"params\":rubbish}",       true, "7", "kill", "rubbish" },
	{ PLAIN "1000000000000000,\"method\":\"status\"}",         false, NULL, NULL, NULL },
	{ PLAIN "01,\"method\":\"status\"}",                       false, NULL, NULL, NULL },
	{ PLAIN "-1,\"method\":\"status\"}",                       false, NULL, NULL, NULL },
	{ PLAIN ",\"method\":\"status\"}",                         false, NULL, NULL, NULL },
	{ PLAIN "1,\"method\":\"\"}",                              false, NULL, NULL, NULL },
	{ PLAIN "1,\"method\":\"Status\"}",                        false, NULL, NULL, NULL },
	{ PLAIN "1,\"method\":\"st\\u0061tus\"}",                 false, NULL, NULL, NULL },
	{ PLAIN "1,\"method\":\"status\"} ",                       false, NULL, NULL, NULL },
	{ PLAIN "1,\"method\":\"status\"}}",                       false, NULL, NULL, NULL },
	{ PLAIN "1,\"method\":\"status\",\"params\":}",            false, NULL, NULL, NULL },
	{ PLAIN "1,\"method\":\"status\",\"params\":{}",           true, "1", "status", "{" },
	{ PLAIN "1,\"params\":{},\"method\":\"status\"}",          false, NULL, NULL, NULL },
	{ " " PLAIN "1,\"method\":\"status\"}",                    false, NULL, NULL, NULL },
	{ PLAIN "1,\"method\":\"a_method_of_forty_eight_letters_and_not_one_fewer\"}", false, NULL, NULL, NULL },
};

static bool slice_is(struct message_slice s, const char *text)
{
	return text ? s.len == strlen(text) && memcmp(s.at, text, s.len) == 0 : s.at == NULL;
}

static void plain_requests_are_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(plain_forms); i++) {
		struct message_plain p;
		bool plain = message_cut_plain(plain_forms[i].line, strlen(plain_forms[i].line), &p);

		if (plain != plain_forms[i].plain || (plain && !(slice_is(p.id, plain_forms[i].id) &&
		    slice_is(p.method, plain_forms[i].method) && slice_is(p.params, plain_forms[i].params))))
			fail_msg("row %zu: %s", i, plain_forms[i].line);
	}
}

/* What follows params in a plain request is not taken for a part of them, and their faults have their usual words. */
static void plain_params_are_parsed_strictly(void **state)
{
	static const struct { const char *params; int err; enum control_code code; } rows[] = {
		{ "{}", ERR_OK, 0 }, { "{\"a\":\"}\"} ", ERR_OK, 0 }, { "{},\"more\":1", ERR_OK, 0 },
		{ "{},\"id\":2", ERR_PARSE, CODE_BAD_REQUEST }, { "{\"a\":1,\"a\":1}", ERR_PARSE, CODE_BAD_REQUEST },
		{ "[]", ERR_PARSE, CODE_BAD_REQUEST }, { "{}}", ERR_PARSE, CODE_BAD_JSON }, { "{", ERR_PARSE, CODE_BAD_JSON },
		{ "{\"a\":\"\\u0000\"}", ERR_PARSE, CODE_BAD_JSON }, { "{\"a\":\"\xFF\"}", ERR_PARSE, CODE_BAD_JSON },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct message m = { 0 };
		struct control_fault f;
		char line[128], id[MESSAGE_ID_MAX];
		int len = snprintf(line, sizeof(line), PLAIN "1,\"method\":\"kill\",\"params\":%s}", rows[i].params);
		int err = message_parse(line, (size_t)len, &m, id, &f);

		if (err != rows[i].err || (err != 0 && f.code != rows[i].code) || (err == 0 && !cJSON_IsObject(m.params)))
			fail_msg("row %zu: %s: %d", i, line, err);
		message_done(&m);
	}
}

/* The nesting counts the request itself, whichever way it is read. */
static void nesting_counts_from_the_line(void **state)
{
	(void)state;
	for (int depth = 31; depth <= 32; depth++) {
		struct control_fault f;
		struct message m;
		struct buf line = { 0 };
		char id[MESSAGE_ID_MAX];

		buf_puts(&line, PLAIN "1,\"method\":\"kill\",\"params\":{\"a\":");
		for (int i = 1; i < depth; i++)
			buf_putc(&line, '[');
		for (int i = 1; i < depth; i++)
			buf_putc(&line, ']');
		buf_puts(&line, "}}");
		int err = message_parse(line.data, line.len, &m, id, &f);
		assert_int_equal(err, depth == 31 ? ERR_OK : ERR_PARSE);
		if (err == 0)
			message_done(&m);
		buf_done(&line);
	}
}

static void an_id_has_a_limit(void **state)
{
	struct control_fault f;
	struct message m;
	char text[80], line[256], id[MESSAGE_ID_MAX];

	(void)state;
	for (int n = 63; n <= 66; n++) {
		memset(text, 'i', sizeof(text));
		int len = snprintf(line, sizeof(line), "{\"jsonrpc\":\"2.0\",\"id\":\"%.*s\",\"method\":\"status\"}", n, text);
		int err = message_parse(line, (size_t)len, &m, id, &f);
		assert_int_equal(err, n <= 64 ? ERR_OK : ERR_PARSE);
		if (err == 0)
			message_done(&m);
	}
}

static void many_members_are_refused(void **state)
{
	struct control_fault f;
	struct message m;
	char id[MESSAGE_ID_MAX];

	(void)state;
	for (int n = 64; n <= 65; n++) {
		struct buf line = { 0 };

		buf_puts(&line, "{" REST ",\"params\":{\"p0\":0");
		for (int i = 1; i < n; i++)
			buf_printf(&line, ",\"p%d\":%d", i, i);
		buf_puts(&line, "}}");
		int err = message_parse(line.data, line.len, &m, id, &f);
		assert_int_equal(err, n == 64 ? ERR_OK : ERR_PARSE);
		if (err == 0)
			message_done(&m);
		buf_done(&line);
	}
}

static void slices_keep_every_digit(void **state)
{
	const char *body = "{\"cash\":12.50,\"text\":\"},{\\\"\\\\\",\"list\":[1,{\"a\":[]}]}";
	struct message_answer a;
	struct message_slice cash;
	struct buf out = { 0 };

	(void)state;
	message_put_result(&out, "\"x\"", body, strlen(body));
	assert_int_equal(out.data[out.len - 1], '\n');
	assert_int_equal(message_split(out.data, out.len, &a), ERR_OK);
	assert_int_equal(a.result.len, strlen(body));
	assert_memory_equal(a.result.at, body, a.result.len);
	assert_memory_equal(a.id.at, "\"x\"", 3);
	assert_null(a.error.at);
	assert_int_equal(message_member(a.result.at, a.result.len, "cash", &cash), ERR_OK);
	assert_memory_equal(cash.at, "12.50", 5);
	assert_int_equal(message_member(a.result.at, a.result.len, "list", &cash), ERR_OK);
	assert_int_equal(message_member(a.result.at, a.result.len, "none", &cash), ERR_NOENT);
	for (size_t len = 0; len + 1 < out.len; len++)
		assert_int_equal(message_split(out.data, len, &a), ERR_PARSE);
	buf_done(&out);
}

static void faults_go_out_and_come_back(void **state)
{
	struct control_fault f, back;
	struct message_answer a;
	struct buf out = { 0 };

	(void)state;
	for (int i = 0; i < CODE_COUNT; i++) {
		buf_clear(&out);
		control_fault_set(&f, (enum control_code)i, NULL, "what \"%s\" \xff", "where");
		message_put_fault(&out, "3", &f);
		assert_int_equal(message_split(out.data, out.len, &a), ERR_OK);
		message_read_fault(a.error, &back);
		assert_int_equal(back.code, i);
		assert_string_equal(back.remedy, control_code_def((enum control_code)i)->remedy);
		assert_string_equal(back.detail, "what \"where\" \xef\xbf\xbd");
	}
	message_read_fault((struct message_slice){ "{\"code\":1,\"message\":\"theirs\"}", 29 }, &back);
	assert_int_equal(back.code, CODE_INTERNAL);
	assert_string_equal(back.detail, "theirs");
	buf_done(&out);
}

static void notices_and_requests_are_lines(void **state)
{
	struct buf out = { 0 };

	(void)state;
	message_put_notice(&out, "orders", "{\"a\":1}", 7);
	assert_string_equal(out.data, "{\"jsonrpc\":\"2.0\",\"method\":\"notice\",\"params\":{\"topic\":\"orders\",\"data\":{\"a\":1}}}\n");
	buf_clear(&out);
	message_put_request(&out, 7, "kill", "{\"rung\":\"stop\"}");
	assert_string_equal(out.data, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"kill\",\"params\":{\"rung\":\"stop\"}}\n");
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_requests_name_their_fault),
		cmocka_unit_test(a_nul_byte_and_a_cut_sequence_are_refused),
		cmocka_unit_test(every_prefix_is_refused),
		cmocka_unit_test(a_good_request_is_read),
		cmocka_unit_test(plain_requests_are_cut),
		cmocka_unit_test(plain_params_are_parsed_strictly),
		cmocka_unit_test(nesting_counts_from_the_line),
		cmocka_unit_test(an_id_has_a_limit),
		cmocka_unit_test(many_members_are_refused),
		cmocka_unit_test(slices_keep_every_digit),
		cmocka_unit_test(faults_go_out_and_come_back),
		cmocka_unit_test(notices_and_requests_are_lines),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
