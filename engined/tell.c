#include "engined/tell.h"

#include <stdio.h>
#include <string.h>

#include "engined/notify/notify.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/obj.h"

static struct app *app_of(void *ctx)
{
	struct app *a = ctx;

	CHECK_OBJ(a, APP_MAGIC);
	return a;
}

/* -- what it asks of the daemon --------------------------------------------------------------------------------------------------- */

static nanos_t now(void *ctx)
{
	const struct app *a = app_of(ctx);

	return a->live ? clock_now(&a->clock) : a->core->s->now; /* a demo may run ahead of the wall, or behind it */
}

/* Not the machine's own when that is not believed, nor a rehearsal's. */
static nanos_t wall(void *ctx)
{
	const struct app *a = app_of(ctx);

	return clock_now(a->clock.base ? &a->clock : &CLOCK_SYSTEM);
}

/* As the sign of life looked it up last: the journal's own lock may be held by a thread that waits for the processor. */
static uint64_t durable(void *ctx)
{
	struct app *a = app_of(ctx);
	struct journal_state j;

	if (!a->leaving) /* else nobody looks it up any more, and nobody is held up */
		return a->beat.durable;
	journal_state(a->journal, &j);
	return j.last_seq;
}

static void journal(void *ctx, struct journal_state *ret)
{
	journal_state(app_of(ctx)->journal, ret);
}

static void command(void *ctx, const struct control_local *l)
{
	control_local(app_of(ctx)->handlers, ctx, l);
}

/* -- life --------------------------------------------------------------------------------------------------------------------------- */

int tell_open(struct app *a)
{
	struct chat chats[CHATS_MAX] = { 0 };
	const struct config *c = a->config;
	char path[560];
	size_t n = 0;

	if (!c->telegram_bot_token[0] || a->mode == MODE_REPLAY)
		return 0;
	chats_parse(c->telegram_chats, chats, &n); /* good: the settings were checked */
	chats_add(c->telegram_chat_id, chats, &n);
	if (n == 0) {
		log_error("telegram", "telegram.chat_id \"%s\" is no chat's number", c->telegram_chat_id);
		return 1;
	}
	snprintf(path, sizeof(path), "%s/telegram.%s", a->root_dir, mode_name(a->mode)); /* beside the journals: --fresh must not bring back old commands */
	struct notify_options o = { .loop = &a->loop, .url = c->telegram_api_url, .token = c->telegram_bot_token, .mark_path = path, .chats = chats, .n_chats = n,
	                            .core = a->core, .mode = a->mode, .journal_dir = a->journal_dir, .since = a->mode == MODE_DEMO && a->pacer.speed == 1 ? app_wall() : 0, .now = now, .wall = wall, .durable = durable, .journal = journal, .command = command, .ctx = a };
	return notify_open(&o, &a->notify) == ERR_OK ? 0 : 1;
}

/* What the crash kept from being recorded was recorded by the recovery: it is told too. */
int tell_catch_up(struct app *a)
{
	int err = engine_submit(a->engine, true);

	if (err == ERR_OK)
		err = journal_wait(a->journal, a->core->s->seq);
	if (err == ERR_OK)
		notify_catch_up(a->notify);
	return err == ERR_OK ? 0 : 1;
}

void tell_drain(struct app *a, nanos_t patience)
{
	nanos_t until = app_mono() + patience;

	if (!a->notify || atomic_load(&a->journal_failed))
		return; /* what is not on disk is not told */
	engine_submit(a->engine, true);
	notify_hurry(a->notify);
	while (notify_busy(a->notify) && app_mono() < until) {
		uv_sleep(1);
		uv_run(&a->loop, UV_RUN_NOWAIT);
	}
}

/* -- the test message ----------------------------------------------------------------------------------------------------------------- */

static void tested(void *ctx, unsigned sent, unsigned chats, const char *why)
{
	struct control_call *call = ctx;
	struct buf out = { 0 };
	struct json j;

	json_begin(&j, &out);
	json_object(&j, NULL);
	json_uint(&j, "sent", sent);
	json_uint(&j, "chats", chats);
	json_str(&j, "reason", why[0] ? why : NULL);
	json_object_end(&j);
	control_reply(call, &out);
	buf_done(&out);
}

void tell_test(struct app *a, struct control_call *call)
{
	struct control_fault f;

	if (!a->notify) {
		control_fault_set(&f, CODE_UNAVAILABLE, "set telegram.bot_token and telegram.chat_id (docs/telegram.md) and restart", "this engine has no Telegram%s",
		                  a->mode == MODE_REPLAY ? ": a replay tells nobody" : "");
		control_fail_with(call, &f);
	} else if (!notify_test(a->notify, call->principal, tested, call))
		control_fail(call, CODE_IN_PROGRESS, "a test message is under way");
}
