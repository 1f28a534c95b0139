#include "engined/notify/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engined/notify/day.h"
#include "engined/notify/notify_priv.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/obj.h"
#include "lib/loop/clock.h"

#define ADVANCE NANOS_MINUTE
#define TEST_PATIENCE (10 * NANOS_SECOND)
#define READY_PATIENCE (60 * NANOS_SECOND) /* after a start: the login is under way */

static_assert(sizeof(struct outcome_alert) <= STAGED_BYTES && sizeof(struct outcome_order) <= STAGED_BYTES && sizeof(struct outcome_fill) <= STAGED_BYTES &&
              sizeof(struct outcome_trade) <= STAGED_BYTES && sizeof(struct outcome_state) <= STAGED_BYTES, "room for what is told");

/* -- records ------------------------------------------------------------------------------------------------------------------------ */

/* The day's end says more than its record: how the broker's books look now, and the root of the journal that holds it. */
static void add_end(struct notify *n, struct words *w)
{
	size_t len = strlen(w->text);
	struct buf more = { 0 };
	struct journal_state j;

	n->o.journal(n->o.ctx, &j);
	day_end(n->o.core, &j, &more);
	snprintf(w->text + len, sizeof(w->text) - len, "%s", more.data && !more.failed ? more.data : "");
	buf_done(&more);
}

static void tell(struct notify *n, const struct record *head, nanos_t since, const void *payload)
{
	struct words w;

	if (!words_of(n->o.core, &n->memory, head, payload, &w))
		return;
	if (w.day)
		add_end(n, &w);
	outbox_put(&n->outbox, head->seq, head->stamp, since, &w);
}

static void look_at_curve(struct notify *n, const struct record *head, const void *payload)
{
	const struct event_session *session = payload;
	const struct outcome_equity *e = payload;

	if (head->kind == EVENT_SESSION && session->edge == SESSION_BEGIN && !(session->flags & SESSION_HISTORY))
		mark_curve_begin(n->page, session->date);
	else if (head->kind == OUTCOME_EQUITY && e->equity != NUM_UNKNOWN && n->o.core->s->day_active)
		mark_curve_add(n->page, e->equity);
}

void notify_record(struct notify *n, const struct record *head, const void *payload, size_t len)
{
	if (!n)
		return;
	look_at_curve(n, head, payload);
	if (!words_wanted(head, payload) || len > STAGED_BYTES || (head->stamp < n->o.since && head->kind != OUTCOME_STATE))
		return;
	if (n->staged_to - n->staged_from == STAGED_ITEMS) { /* the disk hangs, or the market is made up and fast: the newest count */
		n->staged_from++;
		n->staged_lost++;
	}
	struct staged *s = &n->staged[n->staged_to++ % STAGED_ITEMS];
	s->head = *head;
	memcpy(s->payload, payload, len);
}

static void take_durable(struct notify *n, nanos_t mono)
{
	uint64_t durable = n->o.durable(n->o.ctx);

	for (; n->staged_from < n->staged_to; n->staged_from++) {
		const struct staged *s = &n->staged[n->staged_from % STAGED_ITEMS];

		if (s->head.seq > durable)
			break;
		tell(n, &s->head, mono, s->payload);
	}
	if (n->staged_from != n->staged_to || (mono - n->advanced_at < ADVANCE && !n->hurry))
		return;
	n->advanced_at = mono;
	for (size_t i = 0; i < n->lines; i++) /* the rest says nothing: a restart need not read it again */
		if (outbox_waiting(&n->outbox, n->line[i].mark->told) == 0 && n->line[i].mark->told < durable)
			n->line[i].mark->told = durable;
}

/* -- the clock ------------------------------------------------------------------------------------------------------------------------ */

static void clock_turn(struct notify *n, nanos_t mono)
{
	const struct calendar *c = &n->o.core->tables->calendar;
	nanos_t now = n->o.now(n->o.ctx);
	date_t today = stamp_date(now);
	struct buf b = { 0 };

	if (n->ready_day != today && day_ready_due(c, now, n->page->ready_day) &&
	    (n->o.core->s->link[LINK_BROKER].up || mono - n->begun_at > READY_PATIENCE)) {
		n->ready_day = today;
		day_ready(n->o.core, now, &b);
		send_all(n, b.data, &n->page->ready_day, today);
	}
	buf_clear(&b);
	if (n->holiday_day != today && day_holidays_due(c, now, n->page->holiday_day)) {
		n->holiday_day = today;
		day_holidays(c, &b);
		send_all(n, b.data, &n->page->holiday_day, today);
	}
	buf_done(&b);
}

static void tick(void *ctx)
{
	struct notify *n = ctx;
	nanos_t mono = clock_mono();
	struct stint s;

	CHECK_OBJ(n, NOTIFY_MAGIC);
	stint_begin(&s);
	take_durable(n, mono);
	if (!n->closing && !n->hurry)
		clock_turn(n, mono);
	send_turn(n, mono);
	hear_turn(n, mono);
	mark_save(n->mark, n->o.loop);
	stint_end(&s, &n->stints);
	hear_commands(n);
}

/* -- a test ----------------------------------------------------------------------------------------------------------------------------- */

bool notify_test(struct notify *n, const char *by, notify_tested *done, void *ctx)
{
	char text[160];

	CHECK_OBJ(n, NOTIFY_MAGIC);
	if (n->tested)
		return false;
	n->tested = done;
	n->tested_ctx = ctx;
	n->test_left = n->test_sent = 0;
	n->test_why[0] = '\0';
	n->test_until = clock_mono() + TEST_PATIENCE;
	snprintf(text, sizeof(text), "\nTest message, asked for by %.64s. Alerts come here.", by);
	for (size_t i = 0; i < n->lines; i++) {
		struct reply *r = send_reply(&n->line[i], text, NULL, NULL);

		if (r)
			r->test = true;
		n->test_left += r != NULL;
	}
	if (n->test_left < n->lines)
		snprintf(n->test_why, sizeof(n->test_why), "too much waits already");
	return true;
}

/* -- what it says of itself ---------------------------------------------------------------------------------------------------------------- */

static const char *state_of(const struct notify *n, const char **why)
{
	static const char *const names[] = { [TELEGRAM_DONE] = "ok", [TELEGRAM_LATER] = "slowed", [TELEGRAM_DOWN] = "down", [TELEGRAM_TOKEN] = "token", [TELEGRAM_CHAT] = "chat",
	                                     [TELEGRAM_REFUSED] = "ok", [TELEGRAM_GONE] = "down" };

	*why = NULL;
	if (n->closing)
		return "down";
	for (size_t i = 0; i < n->lines; i++)
		if (n->line[i].trouble != TELEGRAM_DONE) {
			*why = n->line[i].why;
			return names[n->line[i].trouble];
		}
	*why = n->poll_fails ? n->poll_why : NULL;
	return n->poll_fails ? "deaf" : telegram_stats(n->bot).answered ? "ok" : "starting";
}

static uint64_t waiting(const struct notify *n)
{
	uint64_t most = 0;

	for (size_t i = 0; i < n->lines; i++) {
		uint64_t here = outbox_waiting(&n->outbox, n->line[i].mark->told) + n->line[i].replies;
		most = here > most ? here : most;
	}
	return most + (n->staged_to - n->staged_from);
}

void notify_put_status(const struct notify *n, struct json *j, const char *key)
{
	const char *why = NULL;

	json_object(j, key);
	json_str(j, "state", n ? state_of(n, &why) : "off");
	json_str(j, "reason", why && why[0] ? why : NULL);
	json_uint(j, "waiting", n ? waiting(n) : 0);
	json_object_end(j);
}

static void put_line(const struct line *l, struct json *j)
{
	json_object(j, NULL);
	json_str(j, "chat", l->chat.name);
	json_str(j, "role", control_role_name(l->chat.role));
	json_uint(j, "told", l->mark->told);
	json_uint(j, "waiting", outbox_waiting(&l->n->outbox, l->mark->told));
	json_uint(j, "replies", l->replies);
	json_uint(j, "sent", l->sent);
	json_uint(j, "failed", l->failed);
	json_uint(j, "dropped", l->dropped);
	json_str(j, "why", l->trouble == TELEGRAM_DONE ? NULL : l->why);
	json_object_end(j);
}

static void put_counts(const struct notify *n, struct json *j)
{
	const struct telegram_stats s = telegram_stats(n->bot);

	json_uint(j, "requests", s.requests);
	json_uint(j, "answered", s.answered);
	json_uint(j, "slowed", s.later);
	json_uint(j, "down", s.down);
	json_uint(j, "unsure", s.unsure);
	json_uint(j, "refused", s.refused);
	json_uint(j, "giant", s.giant);
	json_uint(j, "updates", n->updates);
	json_uint(j, "duplicates", n->duplicates);
	json_uint(j, "strangers", n->strangers);
	json_uint(j, "stale", n->stale);
	json_uint(j, "forwarded", n->forwarded);
	json_uint(j, "commands", n->commands);
	json_uint(j, "commands_refused", n->refused);
	json_uint(j, "lost", n->outbox.lost + n->staged_lost);
	json_uint(j, "marks_failed", mark_failures(n->mark));
	json_uint(j, "turns", n->stints.n);
	json_uint(j, "turns_over_5ms", n->stints.over);
	json_int(j, "longest_us", n->stints.longest / NANOS_US);
}

void notify_put_debug(const struct notify *n, struct json *j, const char *key)
{
	if (!n || n->closing) {
		json_null(j, key);
		return;
	}
	json_object(j, key);
	put_counts(n, j);
	json_array(j, "chats");
	for (size_t i = 0; i < n->lines; i++)
		put_line(&n->line[i], j);
	json_array_end(j);
	json_object_end(j);
}

/* -- life ------------------------------------------------------------------------------------------------------------------------------- */

static uint64_t oldest_mark(const struct notify *n)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < n->lines; i++)
		least = n->line[i].mark->told < least ? n->line[i].mark->told : least;
	return least;
}

/* What was journalled and not told when the process ended. The names are those of the recovered core. */
void notify_catch_up(struct notify *n)
{
	_Alignas(8) unsigned char bytes[JOURNAL_RECORD_MAX];
	struct journal_reader *reader = NULL;
	struct journal_error error = { "" };
	uint64_t from = oldest_mark(n) + 1;
	nanos_t now = n->o.now(n->o.ctx), mono = clock_mono();
	struct journal_state state;
	const void *payload;
	struct record head;
	size_t len;
	int got = 1;

	n->o.journal(n->o.ctx, &state);
	if (from > state.last_seq)
		return;
	if (journal_reader_open(n->o.journal_dir, from, &reader, &error) != ERR_OK)
		got = 0;
	while (got == 1 && (got = journal_reader_next(reader, &head, &payload, &len)) == 1 && head.seq <= state.last_seq) {
		memcpy(bytes, payload, len);
		if (words_wanted(&head, bytes))
			tell(n, &head, mono - (now - head.stamp), bytes);
	}
	if (got != 0 && got != 1)
		log_warn("telegram", "what was not told before the start cannot be read: %s", error.text);
	if (reader)
		journal_reader_close(&reader);
}

static int open_parts(struct notify *n, const struct journal_state *state)
{
	struct telegram_options t = { .url = n->o.url, .token = n->o.token, .stints = &n->stints };
	int err = mark_open(n->o.mark_path, state->id, state->last_seq, n->o.chats, n->lines, &n->mark);

	if (err != ERR_OK) {
		log_error("telegram", "%s: %s", n->o.mark_path, err_text(err));
		return err;
	}
	err = telegram_open(n->o.loop, &t, &n->bot);
	if (err != ERR_OK)
		log_error("telegram", "telegram.api_url or telegram.bot_token cannot be used: %s", err_text(err));
	return err;
}

int notify_open(const struct notify_options *o, struct notify **ret)
{
	struct notify *n = calloc(1, sizeof(*n));
	struct journal_state state;
	int err;

	assert(n && o->n_chats > 0 && o->n_chats <= CHATS_MAX);
	*n = (struct notify){ .magic = NOTIFY_MAGIC, .o = *o, .lines = o->n_chats };
	n->o.journal(n->o.ctx, &state);
	if ((err = open_parts(n, &state)) != ERR_OK) {
		notify_close(n);
		notify_free(&n);
		return err;
	}
	n->page = mark_page(n->mark);
	for (size_t i = 0; i < n->lines; i++) {
		n->line[i] = (struct line){ .n = n, .chat = o->chats[i], .mark = &n->page->chat[i] };
		n->line[i].last = &n->line[i].first;
	}
	n->o.url = n->o.token = n->o.mark_path = NULL;
	n->o.chats = NULL;
	*ret = n;
	return ERR_OK;
}

void notify_begin(struct notify *n)
{
	CHECK_OBJ(n, NOTIFY_MAGIC);
	int err = alarm_open(&n->alarm, n->o.loop, tick, n);

	assert(err == ERR_OK); /* no descriptor is left, and nothing has been begun */
	n->begun = true;
	n->begun_at = clock_mono();
	mark_save(n->mark, n->o.loop); /* the pool's threads are made for the first work: not in a turn of trading */
	alarm_in(&n->alarm, 0, NOTIFY_TICK_MS);
}

bool notify_busy(const struct notify *n)
{
	if (!n || n->closing || !n->begun)
		return false;
	for (size_t i = 0; i < n->lines; i++) {
		const struct line *l = &n->line[i];

		if (l->trouble == TELEGRAM_DONE && l->sent > 0 && (l->sending != SENDING_NONE || l->replies || l->picture || n->staged_to != n->staged_from || outbox_waiting(&n->outbox, l->mark->told)))
			return true;
	}
	return false;
}

void notify_hurry(struct notify *n)
{
	if (!n || !n->begun || n->hurry)
		return;
	n->hurry = true;
	for (size_t i = 0; i < n->lines; i++)
		if (n->line[i].trouble == TELEGRAM_DONE)
			n->line[i].next_at = 0;
	alarm_in(&n->alarm, 0, 20);
}

void notify_close(struct notify *n)
{
	if (!n || n->closing)
		return;
	CHECK_OBJ(n, NOTIFY_MAGIC);
	n->closing = true;
	if (n->begun)
		alarm_close(&n->alarm);
	telegram_close(&n->bot);
}

void notify_free(struct notify **ref)
{
	struct notify *n = *ref;

	*ref = NULL;
	if (!n)
		return;
	CHECK_OBJ(n, NOTIFY_MAGIC);
	for (size_t i = 0; i < n->lines; i++)
		if (n->line[i].last)
			send_forget(&n->line[i]);
	mark_close(&n->mark);
	n->magic = 0;
	free(n);
}
