/* What a person writes: the command it stands for, who may, and the second word that dangerous ones take. */
#include "engined/notify/ask.h"

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <sodium.h>

#include "lib/base/obj.h"
#include "tests/control/unit.h"

#define ME 42

static struct ask a;
static char line[600];

static void read_text(const char *text, int64_t chat, bool latched)
{
	ask_read(text, chat, ME, latched, &a);
	snprintf(line, sizeof(line), "%s", a.line.data ? a.line.data : "");
	ask_done(&a);
}

static void test_commands(void **state)
{
	static const struct { const char *text; bool latched; enum ask_kind kind; const char *params; const char *what; bool dangerous, late; } rows[] = {
		{ "/status", 0, ASK_COMMAND, "\"status\",\"params\":{}", "status", 0, 0 },
		{ "/Status@SaudaBot", 0, ASK_COMMAND, "\"status\",\"params\":{}", "status", 0, 0 },
		{ "/orders", 0, ASK_COMMAND, "\"orders\",\"params\":{\"limit\":8}", "orders", 0, 0 },
		{ "/pause", 0, ASK_COMMAND, "\"pause\",\"params\":{\"reason\":\"\"}", "pause", 0, 1 },
		{ "/pause lunch \"now\"", 0, ASK_COMMAND, "\"reason\":\"lunch \\\"now\\\"\"", "pause", 0, 1 },
		{ "/resume", 0, ASK_COMMAND, "\"resume\",\"params\":{\"reason\":\"\"}", "resume", 0, 0 },
		{ "/resume all is well", 1, ASK_COMMAND, "\"reason\":\"all is well\"", "resume", 1, 0 },
		{ "/kill pause", 0, ASK_COMMAND, "\"rung\":\"pause\",\"reason\":\"\"", "kill pause", 0, 1 },
		{ "/kill", 0, ASK_COMMAND, "\"rung\":\"stop\",\"reason\":\"\"", "kill stop", 1, 1 },
		{ "/kill stop it", 0, ASK_COMMAND, "\"rung\":\"stop\",\"reason\":\"it\"", "kill stop", 1, 1 },
		{ "/kill everything", 0, ASK_COMMAND, "\"rung\":\"stop\",\"reason\":\"everything\"", "kill stop", 1, 1 },
		{ "/KILL FLATTEN  now", 0, ASK_COMMAND, "\"rung\":\"flatten\",\"reason\":\"now\"", "kill flatten", 1, 1 },
		{ "/shutdown", 0, ASK_COMMAND, "\"shutdown\",\"params\":{\"reason\":\"\"}", "shutdown, closing positions", 1, 0 },
		{ "/shutdown keep for the night", 0, ASK_COMMAND, "\"positions\":\"keep\",\"reason\":\"for the night\"", "shutdown, keeping positions", 1, 0 },
		{ "/acknowledge not-flat closed in the app", 0, ASK_COMMAND, "\"acknowledge\",\"params\":{\"symbol\":\"not-flat\",\"reason\":\"closed in the app\"}", "acknowledge not-flat", 1, 0 },
		{ "/acknowledge Not-Flat yes", 0, ASK_COMMAND, "\"symbol\":\"not-flat\"", "acknowledge not-flat", 1, 0 },
		{ "/acknowledge nifty26nov24000ce my hedge", 0, ASK_COMMAND, "\"symbol\":\"NIFTY26NOV24000CE\",\"reason\":\"my hedge\"", "acknowledge NIFTY26NOV24000CE", 1, 0 },
		{ "/acknowledge NIFTY26NOV24000CE", 0, ASK_COMMAND, "\"reason\":\"\"", "acknowledge NIFTY26NOV24000CE", 0, 0 },
		{ "/acknowledge", 0, ASK_COMMAND, "\"symbol\":\"\",\"reason\":\"\"", "acknowledge nothing", 0, 0 },
		{ "/acknowledge 0123456789012345678901234567890123456789012345 x", 0, ASK_COMMAND, "\"symbol\":\"012345678901234567890123456789012345678\"", "acknowledge 01234567890123456789012345678901234", 1, 0 },
		{ "/yes 123456", 0, ASK_YES, "", "", 0, 0 },
		{ "/no", 0, ASK_NO, "", "", 0, 0 },
		{ "/help", 0, ASK_HELP, "", "", 0, 0 },
		{ "/start", 0, ASK_HELP, "", "", 0, 0 },
		{ "/killx", 0, ASK_UNKNOWN, "", "", 0, 0 },
		{ "/", 0, ASK_UNKNOWN, "", "", 0, 0 },
		{ "kill flatten", 0, ASK_TALK, "", "", 0, 0 },
		{ " /kill", 0, ASK_TALK, "", "", 0, 0 },
		{ "", 0, ASK_TALK, "", "", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		read_text(rows[i].text, ME, rows[i].latched);
		if (a.kind != rows[i].kind || !strstr(line, rows[i].params) || strcmp(a.what, rows[i].what) || a.dangerous != rows[i].dangerous || a.late != rows[i].late)
			fail_msg("\"%s\" gives kind %d, %s, what \"%s\", dangerous %d, late %d", rows[i].text, (int)a.kind, line, a.what, a.dangerous, a.late);
	}
}

static void test_more(void **state)
{
	(void)state;
	read_text("/why AMD please", ME, false);
	assert_string_equal(a.more, "amd");
	assert_int_equal(a.look, LOOK_WHY);
	read_text("/yes 123456", ME, false);
	assert_string_equal(a.more, "123456");
}

/* The audit's reason: at most as long as the record takes, cut at a letter; of a group the group too. */
static void test_reasons(void **state)
{
	char text[300] = "/pause ";

	(void)state;
	for (int i = 0; i < 40; i++)
		strcat(text, "\xc3\xa9");
	read_text(text, ME, false);
	cJSON *root = cJSON_Parse(line);
	assert_int_equal(strlen(cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetObjectItem(root, "params"), "reason"))), 62);
	cJSON_Delete(root);
	read_text("/pause lunch", -100777, false);
	assert_non_null(strstr(line, "\"reason\":\"chat -100777: lunch\""));
	read_text("/resume", -100777, true);
	assert_non_null(strstr(line, "\"reason\":\"\"")); /* none was given: who lifts a kill must give one */
	read_text("/pause a\nb\tc", ME, false);
	assert_non_null(strstr(line, "\"reason\":\"a b c\""));
}

static void test_help_by_role(void **state)
{
	struct buf out = { 0 };

	(void)state;
	ask_help(ROLE_READ, &out);
	assert_non_null(strstr(out.data, "/status"));
	assert_null(strstr(out.data, "/kill"));
	buf_clear(&out);
	ask_help(ROLE_TRADE, &out);
	assert_non_null(strstr(out.data, "/kill"));
	assert_null(strstr(out.data, "/shutdown"));
	buf_clear(&out);
	ask_help(ROLE_ADMIN, &out);
	assert_non_null(strstr(out.data, "/shutdown"));
	buf_done(&out);
}

/* -- the second word ---------------------------------------------------------------------------------------------------------------- */

static struct confirms c;
static struct confirm got;

static uint32_t ask_kill(int64_t chat, int64_t user, nanos_t mono)
{
	ask_read("/kill flatten", chat, user, false, &a);
	uint32_t code = confirm_ask(&c, &a, chat, user, mono);
	ask_done(&a);
	return code;
}

static enum confirm_verdict take(uint32_t code, int64_t chat, int64_t user, nanos_t mono)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", code);
	return confirm_take(&c, text, chat, user, mono, &got);
}

static int forget(void **state)
{
	(void)state;
	memset(&c, 0, sizeof(c));
	return sodium_init() < 0;
}

static void test_once(void **state)
{
	uint32_t code = ask_kill(5, ME, 1);

	(void)state;
	assert_true(code >= 100000 && code <= 999999);
	assert_int_equal(take(code, 5, ME, 2), CONFIRM_GOOD);
	assert_non_null(strstr(got.line, "\"rung\":\"flatten\""));
	assert_int_equal(take(code, 5, ME, 3), CONFIRM_NOTHING);
}

static void test_bound_to_person_and_chat(void **state)
{
	uint32_t code = ask_kill(5, ME, 1);

	(void)state;
	assert_int_equal(take(code, 5, ME + 1, 2), CONFIRM_NOTHING);
	assert_int_equal(take(code, 6, ME, 2), CONFIRM_NOTHING);
	assert_int_equal(take(code, 5, ME, 2), CONFIRM_GOOD);
}

static void test_a_minute(void **state)
{
	uint32_t code = ask_kill(5, ME, 1);

	(void)state;
	assert_int_equal(take(code, 5, ME, 1 + CONFIRM_FOR), CONFIRM_GOOD);
	code = ask_kill(5, ME, 1);
	assert_int_equal(take(code, 5, ME, 2 + CONFIRM_FOR), CONFIRM_LATE);
	assert_int_equal(take(code, 5, ME, 2), CONFIRM_NOTHING);
}

static void test_three_tries(void **state)
{
	uint32_t code = ask_kill(5, ME, 1);

	(void)state;
	for (int i = 0; i < CONFIRM_TRIES; i++)
		assert_int_equal(confirm_take(&c, i == 0 ? "" : "abc", 5, ME, 2, &got), CONFIRM_WRONG);
	assert_int_equal(take(code, 5, ME, 2), CONFIRM_NOTHING);
}

static void test_another_question(void **state)
{
	uint32_t first = ask_kill(5, ME, 1), second = ask_kill(5, ME, 2);

	(void)state;
	if (first != second)
		assert_int_equal(take(first, 5, ME, 3), CONFIRM_WRONG);
	assert_int_equal(take(second, 5, ME, 3), CONFIRM_GOOD);
	ask_kill(5, ME, 1);
	assert_true(confirm_drop(&c, 5, ME));
	assert_false(confirm_drop(&c, 5, ME));
}

/* More people than places: the question that ends first gives way, none of the others. */
static void test_full(void **state)
{
	uint32_t code[CONFIRM_MAX + 1];

	(void)state;
	for (int i = 0; i <= CONFIRM_MAX; i++)
		code[i] = ask_kill(i + 1, ME, i + 1);
	assert_int_equal(take(code[0], 1, ME, 20), CONFIRM_NOTHING);
	for (int i = 1; i <= CONFIRM_MAX; i++)
		assert_int_equal(take(code[i], i + 1, ME, 20), CONFIRM_GOOD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands), cmocka_unit_test(test_more), cmocka_unit_test(test_reasons), cmocka_unit_test(test_help_by_role),
		cmocka_unit_test_setup(test_once, forget), cmocka_unit_test_setup(test_bound_to_person_and_chat, forget), cmocka_unit_test_setup(test_a_minute, forget),
		cmocka_unit_test_setup(test_three_tries, forget), cmocka_unit_test_setup(test_another_question, forget), cmocka_unit_test_setup(test_full, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
