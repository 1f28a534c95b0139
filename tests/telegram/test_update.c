/* What the Bot API answers, good and bad: the verdict on each, and what is read of updates. Bodies are as core.telegram.org/bots/api shows them. */
#include "lib/telegram/update.h"

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/base/obj.h"
#include "lib/telegram/bot.h"
#include "tests/control/unit.h"

static struct telegram_result judge(long status, const char *body)
{
	struct telegram_result r;
	const cJSON *result;
	cJSON *root;

	telegram_judge(status, body, strlen(body), &r, &root, &result);
	cJSON_Delete(root);
	return r;
}

static void test_verdicts(void **state)
{
	static const struct { long status; const char *body; enum telegram_fate fate; bool unsure; int64_t wait_s; const char *why; } rows[] = {
		{ 200, "{\"ok\":true,\"result\":{\"message_id\":1}}", TELEGRAM_DONE, false, 0, "" },
		{ 429, "{\"ok\":false,\"error_code\":429,\"description\":\"Too Many Requests\",\"parameters\":{\"retry_after\":7}}", TELEGRAM_LATER, false, 7, "Too Many" },
		{ 429, "{\"ok\":false,\"error_code\":429,\"description\":\"x\",\"parameters\":{\"retry_after\":999999}}", TELEGRAM_LATER, false, 3600, "x" },
		{ 429, "{\"ok\":false,\"error_code\":429,\"description\":\"x\",\"parameters\":{\"retry_after\":-3}}", TELEGRAM_LATER, false, 5, "x" },
		{ 429, "<html>slow</html>", TELEGRAM_LATER, false, 5, "not Telegram's" },
		{ 401, "{\"ok\":false,\"error_code\":401,\"description\":\"Unauthorized\"}", TELEGRAM_TOKEN, false, 0, "Unauthorized" },
		{ 404, "{\"ok\":false,\"error_code\":404,\"description\":\"Not Found\"}", TELEGRAM_TOKEN, false, 0, "Not Found" },
		{ 404, "nginx", TELEGRAM_TOKEN, false, 0, "not Telegram's" },
		{ 403, "{\"ok\":false,\"error_code\":403,\"description\":\"Forbidden: bot was blocked by the user\"}", TELEGRAM_CHAT, false, 0, "blocked" },
		{ 400, "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: chat not found\"}", TELEGRAM_CHAT, false, 0, "chat not found" },
		{ 400, "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: message is too long\"}", TELEGRAM_REFUSED, false, 0, "too long" },
		{ 400, "<html>", TELEGRAM_DOWN, true, 0, "not Telegram's" },
		{ 409, "{\"ok\":false,\"error_code\":409,\"description\":\"Conflict: terminated by other getUpdates request\"}", TELEGRAM_DOWN, false, 0, "Conflict" },
		{ 500, "{\"ok\":false,\"error_code\":500,\"description\":\"Internal\"}", TELEGRAM_DOWN, true, 0, "Internal" },
		{ 502, "<html><body>Bad Gateway</body></html>", TELEGRAM_DOWN, true, 0, "not Telegram's" },
		{ 200, "<html>welcome to the hotel's network</html>", TELEGRAM_DOWN, true, 0, "not Telegram's" },
		{ 200, "{\"ok\":true,\"resu", TELEGRAM_DOWN, true, 0, "not Telegram's" },
		{ 200, "{\"ok\":true}", TELEGRAM_DOWN, true, 0, "not Telegram's" },
		{ 302, "{\"ok\":true,\"result\":1}", TELEGRAM_DOWN, true, 0, "not Telegram's" },
		{ 200, "", TELEGRAM_DOWN, true, 0, "not Telegram's" },
		{ 200, "{\"ok\":\"yes\"}", TELEGRAM_DOWN, true, 0, "not Telegram's" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct telegram_result r = judge(rows[i].status, rows[i].body);

		if (r.fate != rows[i].fate || r.unsure != rows[i].unsure || r.wait != rows[i].wait_s * NANOS_SECOND || !strstr(r.why, rows[i].why))
			fail_msg("row %zu: %ld %s gives fate %d, unsure %d, wait %lld, \"%s\"", i, rows[i].status, rows[i].body, (int)r.fate, r.unsure, (long long)r.wait, r.why);
	}
}

static size_t read_updates(const char *text, struct telegram_update list[TELEGRAM_UPDATES_MAX])
{
	cJSON *root = cJSON_Parse(text);
	size_t n = telegram_updates(root, list);

	cJSON_Delete(root);
	return n;
}

static void test_a_message(void **state)
{
	struct telegram_update list[TELEGRAM_UPDATES_MAX];

	(void)state;
	assert_int_equal(read_updates("[{\"update_id\":7,\"message\":{\"message_id\":1,\"date\":1795400000,\"chat\":{\"id\":-1001234567890},"
	                              "\"from\":{\"id\":42,\"is_bot\":false,\"username\":\"anna\"},\"text\":\"/status\"}}]", list), 1);
	assert_int_equal(list[0].id, 7);
	assert_int_equal(list[0].kind, TELEGRAM_TEXT);
	assert_int_equal(list[0].chat, INT64_C(-1001234567890));
	assert_int_equal(list[0].user, 42);
	assert_int_equal(list[0].date, 1795400000);
	assert_string_equal(list[0].text, "/status");
	assert_string_equal(list[0].name, "anna");
	assert_false(list[0].forwarded || list[0].by_bot || list[0].cut);
}

static void test_a_button(void **state)
{
	struct telegram_update list[TELEGRAM_UPDATES_MAX];

	(void)state;
	assert_int_equal(read_updates("[{\"update_id\":8,\"callback_query\":{\"id\":\"99\",\"from\":{\"id\":42},\"data\":\"yes 123456\",\"message\":{\"chat\":{\"id\":5}}}}]", list), 1);
	assert_int_equal(list[0].kind, TELEGRAM_BUTTON);
	assert_int_equal(list[0].chat, 5);
	assert_string_equal(list[0].query, "99");
	assert_string_equal(list[0].text, "yes 123456");
}

static void test_what_is_no_command(void **state)
{
	static const char *const forwards[] = { "\"forward_origin\":{}", "\"forward_date\":1", "\"forward_from\":{}", "\"via_bot\":{}" };
	struct telegram_update list[TELEGRAM_UPDATES_MAX];
	char text[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forwards); i++) {
		snprintf(text, sizeof(text), "[{\"update_id\":1,\"message\":{\"chat\":{\"id\":5},\"from\":{\"id\":5},\"text\":\"/kill\",%s}}]", forwards[i]);
		assert_int_equal(read_updates(text, list), 1);
		assert_true(list[0].forwarded);
	}
	assert_int_equal(read_updates("[{\"update_id\":1,\"edited_message\":{\"text\":\"/kill\"}},{\"update_id\":2,\"message\":{\"photo\":[]}},{\"update_id\":3}]", list), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(list[i].kind, TELEGRAM_OTHER); /* their numbers count all the same */
	assert_int_equal(read_updates("[{\"update_id\":4,\"message\":{\"from\":{\"id\":9,\"is_bot\":true},\"text\":\"x\"}}]", list), 1);
	assert_true(list[0].by_bot);
}

static void test_hostile_numbers(void **state)
{
	static const char *const rows[] = { "{}", "[]", "7", "null", "[{}]", "[{\"update_id\":\"7\"}]", "[{\"update_id\":-1}]", "[{\"update_id\":1e300}]", "[7,null,\"x\"]" };
	struct telegram_update list[TELEGRAM_UPDATES_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(read_updates(rows[i], list), 0);
	assert_int_equal(read_updates("[{\"update_id\":5,\"message\":{\"chat\":{\"id\":1e300},\"from\":{\"id\":\"5\"},\"text\":\"/kill\"}}]", list), 1);
	assert_int_equal(list[0].chat, 0);
	assert_int_equal(list[0].user, 0);
}

/* A long text is cut at a letter's edge, and says so; more updates than asked for are left for the next time. */
static void test_cut(void **state)
{
	struct telegram_update list[TELEGRAM_UPDATES_MAX];
	char text[8192] = "[", word[300 * 2 + 1] = "";

	(void)state;
	for (int i = 0; i < 300; i++)
		strcat(word, "\xc3\xa9");
	snprintf(text, sizeof(text), "[{\"update_id\":1,\"message\":{\"text\":\"%s\"}}]", word);
	assert_int_equal(read_updates(text, list), 1);
	assert_true(list[0].cut);
	assert_int_equal(strlen(list[0].text), 254);
	snprintf(text, sizeof(text), "[");
	for (int i = 1; i <= 30; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s{\"update_id\":%d}", i > 1 ? "," : "", i);
	strcat(text, "]");
	assert_int_equal(read_updates(text, list), TELEGRAM_UPDATES_MAX);
	assert_int_equal(list[TELEGRAM_UPDATES_MAX - 1].id, TELEGRAM_UPDATES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts), cmocka_unit_test(test_a_message), cmocka_unit_test(test_a_button), cmocka_unit_test(test_what_is_no_command),
		cmocka_unit_test(test_hostile_numbers), cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
