/* From the chats: one long poll after the other. An update counts once: its number is kept, so that one that comes again, or comes after
 * a restart, does nothing. */
#include "engined/notify/notify_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engined/notify/report.h"
#include "lib/base/log.h"
#include "lib/base/obj.h"
#include "lib/loop/clock.h"

#define POLL_SECONDS 25
#define LATE_AFTER 60              /* seconds: a command that took longer was meant for another moment */
#define BACKOFF_MAX (30 * NANOS_SECOND)
#define TOKEN_WAIT (5 * NANOS_MINUTE)

/* -- the way back ------------------------------------------------------------------------------------------------------------------- */

static void put_state(const struct buf *result, struct buf *out)
{
	static const char key[] = "\"state\":\"";
	const char *at = result->data ? strstr(result->data, key) : NULL;

	if (at)
		buf_printf(out, " Now: %.*s.", (int)strcspn(at + sizeof(key) - 1, "\""), at + sizeof(key) - 1);
}

static void answer(struct told *t, const struct buf *result, const struct control_fault *fault)
{
	struct line *l = &t->n->line[t->line];
	struct buf out = { 0 };

	t->used = false;
	t->n->refused += fault != NULL;
	if (fault)
		buf_printf(&out, "\nNOT done: %s: %s. %s.", t->what, fault->detail[0] ? fault->detail : control_code_def(fault->code)->title, fault->remedy);
	else if (t->look != LOOK_NONE)
		report_look(t->look, result->data, result->len, t->more, &out);
	else {
		buf_printf(&out, "\nDone: %s.", t->what);
		put_state(result, &out);
	}
	if (out.data && !out.failed)
		send_reply(l, out.data, NULL, NULL);
	buf_done(&out);
}

static void answered(void *ctx, const struct buf *result, const struct control_fault *fault)
{
	struct told *t = ctx;
	struct stint s;

	CHECK_OBJ(t->n, NOTIFY_MAGIC);
	stint_begin(&s);
	answer(t, result, fault);
	stint_end(&s, &t->n->stints);
}

/* The engine's own work, as if asked for by curl: it comes in a turn of its own. */
void hear_commands(struct notify *n)
{
	struct told *next;

	do {
		next = NULL;
		for (size_t i = 0; i < TOLD_MAX; i++)
			if (n->told[i].due && (!next || n->told[i].due < next->due))
				next = &n->told[i];
		if (next) {
			struct control_local c = { .line = next->command, .role = n->line[next->line].chat.role, .principal = next->principal, .told = answered, .told_ctx = next };

			next->due = 0;
			n->o.command(n->o.ctx, &c);
		}
	} while (next);
}

static void run(struct line *l, const char *line, const char *what, enum ask_look look, const char *more, int64_t user)
{
	struct notify *n = l->n;
	struct told *t = NULL;

	for (size_t i = 0; i < TOLD_MAX && !t; i++)
		t = n->told[i].used ? NULL : &n->told[i];
	if (!t) {
		send_reply(l, "\nNOT done: too many commands wait for their answer. Send it again.", NULL, NULL);
		return;
	}
	*t = (struct told){ .n = n, .line = (size_t)(l - n->line), .used = true, .due = ++n->commands, .look = look };
	snprintf(t->what, sizeof(t->what), "%s", what);
	snprintf(t->more, sizeof(t->more), "%s", more);
	snprintf(t->principal, sizeof(t->principal), "tg:%" PRId64, user);
	snprintf(t->command, sizeof(t->command), "%s", line);
	alarm_in(&n->alarm, 0, NOTIFY_TICK_MS);
}

/* -- commands ------------------------------------------------------------------------------------------------------------------------- */

/* A role that is not enough is told before anybody is asked back. */
static bool may(struct line *l, const struct ask *a)
{
	enum control_role needed = a->id == CTL_RESUME && a->dangerous ? ROLE_ADMIN : control_command(a->id)->role;
	char text[160];

	if (l->chat.role >= needed)
		return true;
	l->n->refused++;
	snprintf(text, sizeof(text), "\nNOT done: %s needs the role %s; this chat has %s.", a->what, control_role_name(needed), control_role_name(l->chat.role));
	send_reply(l, text, NULL, NULL);
	return false;
}

static void ask_back(struct line *l, const struct ask *a, int64_t user)
{
	char text[200], yes[24], no[] = "no";
	uint32_t code = confirm_ask(&l->n->confirms, a, l->chat.id, user, clock_mono());

	snprintf(yes, sizeof(yes), "yes %u", code);
	snprintf(text, sizeof(text), "\nReally %s? Press Yes, or send /yes %u, within a minute.", a->what, code);
	send_reply(l, text, yes, no);
}

static void confirmed(struct line *l, const char *code, int64_t user)
{
	struct confirm q;

	switch (confirm_take(&l->n->confirms, code, l->chat.id, user, clock_mono(), &q)) {
	case CONFIRM_GOOD:    run(l, q.line, q.what, LOOK_NONE, "", user); break;
	case CONFIRM_NOTHING: send_reply(l, "\nNothing waits for a yes of yours.", NULL, NULL); break;
	case CONFIRM_LATE:    send_reply(l, "\nNOT done: the minute is over. Send the command again.", NULL, NULL); break;
	case CONFIRM_WRONG:   send_reply(l, "\nNOT done: that is another code.", NULL, NULL); break;
	}
}

static void dropped(struct line *l, int64_t user)
{
	send_reply(l, confirm_drop(&l->n->confirms, l->chat.id, user) ? "\nNot done." : "\nNothing waited for an answer.", NULL, NULL);
}

static void command(struct line *l, const struct ask *a, int64_t user)
{
	if (!may(l, a))
		return;
	if (a->dangerous)
		ask_back(l, a, user);
	else
		run(l, a->line.data, a->what, a->look, a->more, user);
}

static void help(struct line *l)
{
	struct buf out = { 0 };

	ask_help(l->chat.role, &out);
	send_reply(l, out.data, NULL, NULL);
	buf_done(&out);
}

/* -- updates -------------------------------------------------------------------------------------------------------------------------- */

static void too_late(struct line *l, const struct ask *a)
{
	l->n->stale++;
	if (a->kind != ASK_COMMAND && a->kind != ASK_YES)
		return;
	if (!l->first || !strstr(l->first->text, "older than a minute")) /* once for a heap of them */
		send_reply(l, "\nNOT done: what was sent is older than a minute (or this machine's clock is wrong). Send it again.", NULL, NULL);
}

static void text_came(struct line *l, const struct telegram_update *u)
{
	const struct core_state *s = l->n->o.core->s;
	int64_t age = l->n->o.wall(l->n->o.ctx) / NANOS_SECOND - u->date;
	struct ask a;

	ask_read(u->text, u->chat, u->user, s->kill != KILL_NONE, &a);
	if (u->forwarded && a.kind != ASK_TALK) {
		l->n->forwarded++;
		send_reply(l, "\nNOT done: a forwarded message is no command.", NULL, NULL);
	} else if ((age > LATE_AFTER || age < -LATE_AFTER) && !a.late)
		too_late(l, &a);
	else if (a.kind == ASK_COMMAND)
		command(l, &a, u->user);
	else if (a.kind == ASK_YES)
		confirmed(l, a.more, u->user);
	else if (a.kind == ASK_NO)
		dropped(l, u->user);
	else if (a.kind == ASK_HELP)
		help(l);
	else if (a.kind == ASK_UNKNOWN || u->chat == u->user)
		send_reply(l, "\nThat is no command; /help lists them.", NULL, NULL);
	ask_done(&a);
}

static void button_came(struct line *l, const struct telegram_update *u)
{
	telegram_pressed(l->n->bot, u->query, "");
	if (strncmp(u->text, "yes ", 4) == 0)
		confirmed(l, u->text + 4, u->user);
	else
		dropped(l, u->user);
}

/* Whoever else found the bot gets no word; somebody of ours hears of it once. */
static void stranger(struct notify *n, const struct telegram_update *u)
{
	struct line *best = &n->line[0];
	char text[200];

	n->strangers++;
	for (size_t i = 0; i < STRANGERS_MAX; i++)
		if (n->stranger[i] == u->chat)
			return;
	memmove(&n->stranger[1], &n->stranger[0], sizeof(n->stranger) - sizeof(n->stranger[0]));
	n->stranger[0] = u->chat;
	for (size_t i = 1; i < n->lines; i++)
		best = n->line[i].chat.role > best->chat.role ? &n->line[i] : best;
	snprintf(text, sizeof(text), "\nSomebody wrote to this bot from chat %" PRId64 " (%s, user %" PRId64 "), which is in no setting: ignored.", u->chat, u->name[0] ? u->name : "no name",
	         u->user);
	send_reply(best, text, NULL, NULL);
	log_warn("telegram", "chat %" PRId64 " is in no setting and was ignored", u->chat);
}

static struct line *line_of(struct notify *n, int64_t chat)
{
	for (size_t i = 0; i < n->lines; i++)
		if (n->line[i].chat.id != 0 && n->line[i].chat.id == chat)
			return &n->line[i];
	return NULL;
}

static void update(struct notify *n, const struct telegram_update *u)
{
	if (u->id < n->page->offset) {
		n->duplicates++;
		return;
	}
	n->page->offset = u->id + 1;
	n->updates++;
	struct line *l = line_of(n, u->chat);
	if (u->kind == TELEGRAM_OTHER || u->by_bot || u->user == 0 || u->chat == 0 || n->closing)
		return;
	if (!l)
		stranger(n, u);
	else if (u->cut)
		send_reply(l, "\nNOT done: that is too long for a command.", NULL, NULL);
	else if (u->kind == TELEGRAM_BUTTON)
		button_came(l, u);
	else
		text_came(l, u);
}

static nanos_t wait_after(struct notify *n, const struct telegram_result *r)
{
	nanos_t wait = NANOS_SECOND << (n->poll_fails < 7 ? n->poll_fails : 6);

	if (r->fate == TELEGRAM_DONE)
		return 0;
	n->poll_fails++;
	return r->fate == TELEGRAM_LATER ? r->wait : r->fate == TELEGRAM_TOKEN ? TOKEN_WAIT : wait < BACKOFF_MAX ? wait : BACKOFF_MAX;
}

static void heard(void *ctx, const struct telegram_result *r, const struct telegram_update *list, size_t count)
{
	struct notify *n = ctx;

	CHECK_OBJ(n, NOTIFY_MAGIC);
	n->polling = false;
	if (r->fate == TELEGRAM_GONE)
		return;
	if (r->fate != TELEGRAM_DONE && n->poll_fails == 0)
		log_warn("telegram", "commands cannot be heard: %s", r->why);
	else if (r->fate == TELEGRAM_DONE && n->poll_fails > 0)
		log_info("telegram", "commands are heard again");
	n->poll_fails = r->fate == TELEGRAM_DONE ? 0 : n->poll_fails;
	snprintf(n->poll_why, sizeof(n->poll_why), "%s", r->why);
	n->poll_at = clock_mono() + wait_after(n, r);
	for (size_t i = 0; i < count; i++)
		update(n, &list[i]);
	mark_save(n->mark, n->o.loop);
}

void hear_turn(struct notify *n, nanos_t mono)
{
	if (n->polling || n->closing || mono < n->poll_at)
		return;
	n->polling = true;
	telegram_poll(n->bot, n->page->offset, POLL_SECONDS, heard, n);
}
