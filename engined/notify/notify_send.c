/* Towards the chats: one message at a time to each, at most one a second, in order; what fails is tried again, and no chat waits for another. */
#include "engined/notify/notify_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/obj.h"
#include "lib/loop/clock.h"
#include "lib/telegram/picture.h"

#define SPACING NANOS_SECOND        /* Telegram: about one message a second to a chat */
#define BACKOFF_MAX (30 * NANOS_SECOND)
#define TOKEN_WAIT (5 * NANOS_MINUTE)
#define CHAT_WAIT (10 * NANOS_MINUTE)

static const char *notify_badge(const struct notify *n)
{
	static const char *const badges[] = { [MODE_DEMO] = "DEMO (no money)", [MODE_REPLAY] = "REPLAY", [MODE_PAPER] = "PAPER (no money)", [MODE_LIVE] = "LIVE" };

	return badges[n->o.mode];
}

/* -- what is no record's ---------------------------------------------------------------------------------------------------------- */

struct reply *send_reply(struct line *l, const char *text, const char *yes, const char *no)
{
	struct reply *r = l->replies < REPLIES_MAX ? calloc(1, sizeof(*r)) : NULL;

	if (!r || !(r->text = strdup(text))) {
		free(r);
		l->dropped++;
		return NULL;
	}
	snprintf(r->yes, sizeof(r->yes), "%s", yes ? yes : "");
	snprintf(r->no, sizeof(r->no), "%s", no ? no : "");
	*l->last = r;
	l->last = &r->next;
	l->replies++;
	return r;
}

void send_all(struct notify *n, const char *text, date_t *mark, date_t day)
{
	for (size_t i = 0; i < n->lines; i++) {
		struct reply *r = send_reply(&n->line[i], text, NULL, NULL);

		if (r) {
			r->mark = mark;
			r->day = day;
		}
	}
}

static void pop_reply(struct line *l)
{
	struct reply *r = l->first;

	l->first = r->next;
	if (!l->first)
		l->last = &l->first;
	l->replies--;
	free(r->text);
	free(r);
}

void send_forget(struct line *l)
{
	while (l->first)
		pop_reply(l);
}

/* -- what became of it -------------------------------------------------------------------------------------------------------------- */

static void tested(struct notify *n, const struct telegram_result *r, const struct line *l)
{
	if (n->test_left == 0)
		return;
	n->test_left--;
	n->test_sent += r->fate == TELEGRAM_DONE;
	if (r->fate != TELEGRAM_DONE)
		snprintf(n->test_why, sizeof(n->test_why), "chat %.40s: %.100s", l->chat.name, r->why);
}

/* It is told, or never will be. */
static void finish(struct line *l, const struct telegram_result *r)
{
	struct notify *n = l->n;

	switch (l->sending) {
	case SENDING_REPLY:
		if (l->first->mark && r->fate == TELEGRAM_DONE)
			*l->first->mark = l->first->day;
		if (l->first->test)
			tested(n, r, l);
		pop_reply(l);
		break;
	case SENDING_BATCH:
		l->mark->told = l->batch.upto;
		l->picture = l->picture || l->batch.day;
		break;
	case SENDING_PICTURE:
		l->picture = false;
		break;
	case SENDING_NONE:
		WRONG("an answer to nothing");
	}
	l->again = false;
}

static void fail_test(struct line *l, const struct telegram_result *r)
{
	if (l->sending == SENDING_REPLY && l->first->test) {
		tested(l->n, r, l);
		l->first->test = false; /* told; the message itself still comes */
	}
}

static nanos_t backoff(unsigned fails)
{
	nanos_t wait = NANOS_SECOND << (fails < 7 ? fails : 6);

	return wait < BACKOFF_MAX ? wait : BACKOFF_MAX;
}

static nanos_t wait_after(struct line *l, const struct telegram_result *r)
{
	switch (r->fate) {
	case TELEGRAM_LATER: return r->wait;
	case TELEGRAM_TOKEN: return TOKEN_WAIT;
	case TELEGRAM_CHAT:  return CHAT_WAIT;
	case TELEGRAM_DOWN:  return backoff(l->fails++);
	default:             return l->n->hurry ? 0 : SPACING;
	}
}

static void remember(struct line *l, const struct telegram_result *r)
{
	bool good = r->fate == TELEGRAM_DONE || r->fate == TELEGRAM_REFUSED;

	if (!good && l->trouble != r->fate)
		log_warn("telegram", "chat %s cannot be told: %s", l->chat.name, r->why);
	else if (r->fate == TELEGRAM_REFUSED)
		log_warn("telegram", "a message to chat %s was refused and is left out: %s", l->chat.name, r->why);
	else if (good && l->trouble != TELEGRAM_DONE)
		log_info("telegram", "chat %s is told again", l->chat.name);
	l->trouble = good ? TELEGRAM_DONE : r->fate;
	snprintf(l->why, sizeof(l->why), "%s", r->why);
	l->fails = good ? 0 : l->fails;
	l->sent += r->fate == TELEGRAM_DONE;
	l->failed += r->fate != TELEGRAM_DONE;
}

static void sent(void *ctx, const struct telegram_result *r)
{
	struct line *l = ctx;

	CHECK_OBJ(l->n, NOTIFY_MAGIC);
	if (r->fate == TELEGRAM_GONE)
		return;
	remember(l, r);
	if (r->fate == TELEGRAM_DONE || r->fate == TELEGRAM_REFUSED)
		finish(l, r);
	else {
		fail_test(l, r);
		l->again = l->again || r->unsure;
	}
	l->sending = SENDING_NONE;
	l->next_at = clock_mono() + wait_after(l, r);
	mark_save(l->n->mark, l->n->o.loop);
}

/* -- sending -------------------------------------------------------------------------------------------------------------------------- */

static void badge(const struct line *l, struct buf *b)
{
	buf_puts(b, notify_badge(l->n));
	if (l->again)
		buf_puts(b, " (perhaps told already)");
}

static void start(struct line *l, enum sending what, const struct buf *b, const struct reply *r, bool quiet)
{
	struct telegram_button buttons[] = { { "Yes", r ? r->yes : "" }, { "No", r ? r->no : "" } };
	struct telegram_message m = { .chat = l->chat.name, .text = b->data, .quiet = quiet, .buttons = buttons, .n_buttons = r && r->yes[0] ? 2 : 0 };

	l->sending = what;
	telegram_send(l->n->bot, &m, sent, l);
}

static void start_reply(struct line *l, struct buf *b)
{
	badge(l, b);
	buf_printf(b, "%.*s", TELEGRAM_TEXT_MAX - 100, l->first->text);
	start(l, SENDING_REPLY, b, l->first, false);
}

static void start_picture(struct line *l, struct buf *b)
{
	const struct mark_page *p = l->n->page;
	struct buf png = { 0 };
	char day[STAMP_TEXT];

	l->picture = picture_curve(p->curve, p->curve_n, &png) == ERR_OK;
	if (l->picture) {
		badge(l, b);
		date_format(p->curve_day, day);
		buf_printf(b, "\nequity of %s: ", day);
		words_rupees(b, p->curve[0], false);
		buf_puts(b, " to ");
		words_rupees(b, p->curve[p->curve_n - 1], false);
		l->sending = SENDING_PICTURE;
		telegram_photo(l->n->bot, l->chat.name, b->data, png.data, png.len, sent, l);
	}
	buf_done(&png);
}

static void line_turn(struct line *l, nanos_t mono)
{
	struct buf b = { 0 };

	if (l->sending != SENDING_NONE || mono < l->next_at)
		return;
	if (l->first)
		start_reply(l, &b);
	else if (l->picture)
		start_picture(l, &b);
	else if (outbox_waiting(&l->n->outbox, l->mark->told) > 0) {
		badge(l, &b);
		outbox_next(&l->n->outbox, l->mark->told, mono, TELEGRAM_TEXT_MAX, &b, &l->batch);
		start(l, SENDING_BATCH, &b, NULL, l->batch.quiet);
	}
	buf_done(&b);
}

static void test_turn(struct notify *n, nanos_t mono)
{
	notify_tested *done = n->tested;
	unsigned chats = (unsigned)n->lines;

	if (!done || (n->test_left > 0 && mono < n->test_until))
		return;
	if (n->test_left > 0 && !n->test_why[0])
		snprintf(n->test_why, sizeof(n->test_why), "no answer yet; it is tried again");
	n->test_left = 0;
	n->tested = NULL;
	done(n->tested_ctx, n->test_sent, chats, n->test_why);
}

void send_turn(struct notify *n, nanos_t mono)
{
	for (size_t i = 0; i < n->lines; i++)
		line_turn(&n->line[i], mono);
	test_turn(n, mono);
}
