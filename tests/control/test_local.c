/* A command from inside the process: the same checks as a client's, and one answer, at once or later. */
#include <stdio.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/obj.h"
#include "lib/control/server.h"
#include "tests/control/unit.h"

static control_handler *handlers[CTL_COUNT];
static struct control_call *held;
static unsigned told;
static char result[64], detail[320];
static enum control_code code;
static char principal[CONTROL_PRINCIPAL_MAX];
static int64_t rung;

static void on_kill(void *ctx, struct control_call *call)
{
	struct buf out = { 0 };

	assert_ptr_equal(ctx, &told);
	memcpy(principal, call->principal, sizeof(principal));
	rung = control_arg_number(&call->args, "rung", -1);
	buf_puts(&out, "{\"state\":\"stopped\"}");
	control_reply(call, &out);
	buf_done(&out);
}

static void on_pause(void *ctx, struct control_call *call)
{
	(void)ctx;
	held = call;
}

static void answered(void *ctx, const struct buf *out, const struct control_fault *f)
{
	assert_ptr_equal(ctx, &held);
	assert_true((out != NULL) != (f != NULL));
	told++;
	snprintf(result, sizeof(result), "%s", out ? out->data : "");
	snprintf(detail, sizeof(detail), "%s", f ? f->detail : "");
	code = f ? f->code : CODE_COUNT;
}

static void ask(const char *line, enum control_role role)
{
	struct control_local l = { .line = line, .role = role, .principal = "tg:42", .told = answered, .told_ctx = &held };

	told = 0;
	control_local(handlers, &told, &l);
}

static int set_up(void **state)
{
	(void)state;
	handlers[CTL_KILL] = on_kill;
	handlers[CTL_PAUSE] = on_pause;
	return 0;
}

static void test_at_once(void **state)
{
	(void)state;
	ask("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"kill\",\"params\":{\"rung\":\"flatten\",\"reason\":\"x\"}}", ROLE_TRADE);
	assert_int_equal(told, 1);
	assert_string_equal(result, "{\"state\":\"stopped\"}");
	assert_string_equal(principal, "tg:42");
	assert_int_equal(rung, 2);
}

static void test_later(void **state)
{
	char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"pause\",\"params\":{\"reason\":\"lunch\"}}";

	(void)state;
	ask(line, ROLE_TRADE);
	assert_int_equal(told, 0);
	memset(line, 'x', sizeof(line) - 1); /* the call has its own copy */
	assert_string_equal(control_arg_text(&held->args, "reason"), "lunch");
	control_fail(held, CODE_CONFLICT, "not now");
	assert_int_equal(told, 1);
	assert_int_equal(code, CODE_CONFLICT);
	assert_string_equal(detail, "not now");
}

static void test_refused(void **state)
{
	static const struct { const char *line; enum control_role role; enum control_code code; } rows[] = {
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"kill\",\"params\":{\"rung\":\"stop\"}}", ROLE_READ, CODE_FORBIDDEN },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"kill\",\"params\":{\"rung\":\"stop\"}}", ROLE_NONE, CODE_UNAUTHENTICATED },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"kill\",\"params\":{}}", ROLE_ADMIN, CODE_BAD_PARAMETER },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"kill\",\"params\":{\"rung\":\"none\"}}", ROLE_ADMIN, CODE_BAD_PARAMETER },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"kil\"}", ROLE_ADMIN, CODE_UNKNOWN_METHOD },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"shutdown\"}", ROLE_ADMIN, CODE_UNAVAILABLE },
		{ "no json", ROLE_ADMIN, CODE_BAD_JSON },
		{ "", ROLE_ADMIN, CODE_BAD_JSON },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ask(rows[i].line, rows[i].role);
		if (told != 1 || code != rows[i].code || !detail[0])
			fail_msg("row %zu: told %u times, code %d, \"%s\"", i, told, (int)code, detail);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_at_once), cmocka_unit_test(test_later), cmocka_unit_test(test_refused) };

	return cmocka_run_group_tests(tests, set_up, NULL);
}
