/* The client against a scripted server: what leaves, what each end of a request becomes, and that the token is in no word that comes out. */
#include "lib/telegram/bot.h"

#include <stdio.h>
#include <string.h>

#include <uv.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/loop/stint.h"
#include "tests/control/unit.h"
#include "tests/loop/peer.h"

#define TOKEN "123456:AAH-abcdefghijklmnopqrstuvw_xyz"

static struct rig {
	uv_loop_t loop;
	struct telegram *bot;
	struct stints stints;
	unsigned done;
	struct telegram_result last;
	struct telegram_update list[TELEGRAM_UPDATES_MAX];
	size_t n;
} rig;

static int set_up(void **state)
{
	struct telegram_options o = { .token = TOKEN, .stints = &rig.stints };
	char url[64];

	(void)state;
	memset(&rig, 0, sizeof(rig));
	uv_loop_init(&rig.loop);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", peer.port);
	o.url = url;
	peer_forget(&peer);
	return telegram_open(&rig.loop, &o, &rig.bot);
}

static int tear_down(void **state)
{
	(void)state;
	telegram_close(&rig.bot);
	uv_run(&rig.loop, UV_RUN_DEFAULT);
	return uv_loop_close(&rig.loop);
}

static void done(void *ctx, const struct telegram_result *r)
{
	(void)ctx;
	rig.done++;
	rig.last = *r;
}

static void heard(void *ctx, const struct telegram_result *r, const struct telegram_update *list, size_t n)
{
	done(ctx, r);
	rig.n = n;
	memcpy(rig.list, list, n * sizeof(*list));
}

static void turn(void)
{
	unsigned before = rig.done;

	while (rig.done == before)
		uv_run(&rig.loop, UV_RUN_ONCE);
}

static void send_words(const char *text)
{
	struct telegram_message m = { .chat = "-100777", .text = text };

	telegram_send(rig.bot, &m, done, NULL);
	turn();
}

static cJSON *sent_body(int which)
{
	cJSON *all = peer_requests(&peer);
	const cJSON *one = cJSON_GetArrayItem(all, which);
	cJSON *body = cJSON_Parse(cJSON_GetStringValue(cJSON_GetObjectItem(one, "body")));

	cJSON_Delete(all);
	return body;
}

#define SEND "/bot" TOKEN "/sendMessage"
#define POLL "/bot" TOKEN "/getUpdates"
#define GOOD "{\"status\":200,\"body\":\"{\\\"ok\\\":true,\\\"result\\\":{}}\"}"

static void test_a_message_leaves(void **state)
{
	static const struct telegram_button buttons[] = { { "Yes", "yes 1" }, { "No", "no" } };
	struct telegram_message m = { .chat = "5", .text = "<b>not bold</b> & \"quoted\"", .buttons = buttons, .n_buttons = 2, .quiet = true };

	(void)state;
	peer_script(&peer, SEND, "[" GOOD "]");
	telegram_send(rig.bot, &m, done, NULL);
	assert_int_equal(rig.done, 0);
	turn();
	assert_int_equal(rig.last.fate, TELEGRAM_DONE);
	cJSON *body = sent_body(0);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(body, "text")), m.text);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(body, "chat_id")), "5");
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(body, "disable_notification")));
	assert_null(cJSON_GetObjectItem(body, "parse_mode"));
	const cJSON *row = cJSON_GetArrayItem(cJSON_GetObjectItem(cJSON_GetObjectItem(body, "reply_markup"), "inline_keyboard"), 0);
	assert_int_equal(cJSON_GetArraySize(row), 2);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetArrayItem(row, 0), "callback_data")), "yes 1");
	cJSON_Delete(body);
	assert_true(rig.stints.n > 0);
}

/* Each end is told once, a request leaves once, and what may have arrived is said to be unsure. */
static void test_ends(void **state)
{
	static const struct { const char *steps; enum telegram_fate fate; bool unsure; } rows[] = {
		{ "[{\"do\":\"reset\"}]", TELEGRAM_DOWN, true },
		{ "[{\"do\":\"close\"}]", TELEGRAM_DOWN, true },
		{ "[{\"do\":\"half\"}]", TELEGRAM_DOWN, true },
		{ "[{\"status\":502,\"body\":\"<html>Bad Gateway</html>\"}]", TELEGRAM_DOWN, true },
		{ "[{\"status\":200,\"body\":\"{\\\"ok\\\":tr\"}]", TELEGRAM_DOWN, true },
		{ "[{\"status\":403,\"body\":\"{\\\"ok\\\":false,\\\"error_code\\\":403,\\\"description\\\":\\\"Forbidden\\\"}\"}]", TELEGRAM_CHAT, false },
		{ "[{\"status\":429,\"headers\":{\"Retry-After\":\"30\"},\"body\":\"slow\"}]", TELEGRAM_LATER, false },
		{ "[{\"status\":401,\"body\":\"{\\\"ok\\\":false,\\\"error_code\\\":401,\\\"description\\\":\\\"bot" TOKEN " is none\\\"}\"}]", TELEGRAM_TOKEN, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(tear_down(state), 0);
		assert_int_equal(set_up(state), ERR_OK);
		peer_script(&peer, SEND, rows[i].steps);
		send_words("x");
		if (rig.last.fate != rows[i].fate || rig.last.unsure != rows[i].unsure || strstr(rig.last.why, TOKEN) || peer_count(&peer, SEND) != 1)
			fail_msg("row %zu: fate %d, unsure %d, \"%s\", %u requests", i, (int)rig.last.fate, rig.last.unsure, rig.last.why, peer_count(&peer, SEND));
		if (rows[i].fate == TELEGRAM_LATER)
			assert_int_equal(rig.last.wait, 30 * NANOS_SECOND);
	}
}

static void test_nobody_there(void **state)
{
	struct telegram_options o = { .url = "http://127.0.0.1:1", .token = TOKEN };

	telegram_close(&rig.bot);
	assert_int_equal(telegram_open(&rig.loop, &o, &rig.bot), ERR_OK);
	send_words("x");
	assert_int_equal(rig.last.fate, TELEGRAM_DOWN);
	assert_false(rig.last.unsure); /* no byte left */
	assert_null(strstr(rig.last.why, TOKEN));
	(void)state;
}

static void test_addresses(void **state)
{
	static const char *const bad[] = { "http://api.example.com", "ftp://127.0.0.1", "https://user@127.0.0.1", "", "https://" };
	struct telegram *bot = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct telegram_options o = { .url = bad[i], .token = TOKEN };

		assert_int_not_equal(telegram_open(&rig.loop, &o, &bot), ERR_OK);
		assert_null(bot);
	}
}

static void poll_once(int64_t offset)
{
	telegram_poll(rig.bot, offset, 0, heard, NULL);
	turn();
}

static void test_updates(void **state)
{
	(void)state;
	peer_script(&peer, POLL, "[{\"status\":200,\"body\":\"{\\\"ok\\\":true,\\\"result\\\":[{\\\"update_id\\\":9,\\\"message\\\":{\\\"text\\\":\\\"hi\\\"}}]}\"}]");
	poll_once(9);
	assert_int_equal(rig.last.fate, TELEGRAM_DONE);
	assert_int_equal(rig.n, 1);
	assert_string_equal(rig.list[0].text, "hi");
	cJSON *body = sent_body(0);
	assert_int_equal(cJSON_GetObjectItem(body, "offset")->valueint, 9);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(body, "allowed_updates")), 2);
	cJSON_Delete(body);
}

/* An answer beyond all measure is not taken in, and cannot hold up those behind it for ever: one alone is asked for, then the newest. */
static void test_giant(void **state)
{
	static char steps[1200000 + 200];
	static const int offsets[] = { 3, 3, -1, 3 }, limits[] = { TELEGRAM_UPDATES_MAX, 1, 1, TELEGRAM_UPDATES_MAX };
	size_t at = (size_t)sprintf(steps, "[{\"status\":200,\"body\":\"");

	(void)state;
	memset(steps + at, 'x', 1200000);
	strcpy(steps + at + 1200000, "\"}]");
	peer_script(&peer, POLL, steps);
	poll_once(3);
	assert_int_equal(rig.last.fate, TELEGRAM_DOWN);
	assert_non_null(strstr(rig.last.why, "more than"));
	poll_once(3);
	peer_script(&peer, POLL, "[{\"status\":200,\"body\":\"{\\\"ok\\\":true,\\\"result\\\":[]}\"}]");
	poll_once(3);
	poll_once(3);
	assert_int_equal(telegram_stats(rig.bot).giant, 2);
	for (int i = 0; i < 4; i++) {
		cJSON *body = sent_body(i);

		assert_int_equal(cJSON_GetObjectItem(body, "offset")->valueint, offsets[i]);
		assert_int_equal(cJSON_GetObjectItem(body, "limit")->valueint, limits[i]);
		cJSON_Delete(body);
	}
}

static void test_photo(void **state)
{
	static const char png[] = "\x89PNG\r\n\x1a\nand more";

	(void)state;
	peer_script(&peer, "/bot" TOKEN "/sendPhoto", "[" GOOD "]");
	telegram_photo(rig.bot, "5", "the day", png, sizeof(png) - 1, done, NULL);
	turn();
	assert_int_equal(rig.last.fate, TELEGRAM_DONE);
	cJSON *all = peer_requests(&peer);
	const cJSON *one = cJSON_GetArrayItem(all, 0);
	assert_non_null(strstr(cJSON_GetStringValue(cJSON_GetObjectItem(one, "body")), "name=\"caption\"\r\n\r\nthe day\r\n"));
	assert_non_null(strstr(cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetObjectItem(one, "headers"), "content-type")), "multipart/form-data; boundary="));
	cJSON_Delete(all);
}

/* Closed while something is under way: told once, as gone. */
static void test_close(void **state)
{
	struct telegram_message m = { .chat = "5", .text = "x" };

	(void)state;
	peer_script(&peer, SEND, "[{\"do\":\"silence\"}]");
	telegram_send(rig.bot, &m, done, NULL);
	uv_run(&rig.loop, UV_RUN_NOWAIT);
	telegram_close(&rig.bot);
	assert_int_equal(rig.done, 1);
	assert_int_equal(rig.last.fate, TELEGRAM_GONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_message_leaves, set_up, tear_down), cmocka_unit_test_setup_teardown(test_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nobody_there, set_up, tear_down), cmocka_unit_test_setup_teardown(test_addresses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_updates, set_up, tear_down), cmocka_unit_test_setup_teardown(test_giant, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_photo, set_up, tear_down), cmocka_unit_test_setup_teardown(test_close, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, peer_group_setup, peer_group_teardown);
}
