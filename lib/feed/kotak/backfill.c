#include "lib/feed/kotak/backfill.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/kotak/reports.h"

#define ANSWER_MAX_MS 5000
#define WAIT_MAX (6 * NANOS_SECOND)  /* real time, queueing included: ticks wait for it */
#define BARS_MAX 65536               /* sixteen underlyings of a week are half of it */
#define CARRY_OVER_S 900             /* series of at least this interval outlive a day (lib/core/series.c) */
#define DAY_SECONDS (375 * 60)       /* a trading day has at least so many */
#define DAYS_MAX 14

/* -- what the core has ------------------------------------------------------------------------------------------------------ */

/* A bar in the making was fed by ticks until the newest of them: the minutes before that one are whole. */
static nanos_t series_known(const struct core *c, const struct series *s)
{
	bool closed = s->count > 0 || s->count_day > 0;
	nanos_t known = closed ? s->ring[s->last].start + s->interval_s * NANOS_SECOND : 0;
	nanos_t minute = c->quote[s->instrument].stamp / NANOS_MINUTE * NANOS_MINUTE;

	if (s->forming && minute > s->partial.start && minute > known)
		known = minute;
	return known;
}

bool backfill_known(const struct core *c, uint32_t instrument, nanos_t *ret)
{
	bool wanted = false;

	*ret = 0;
	for (uint32_t i = c->link[instrument].series; i != SERIES_NONE; i = c->series[i].next) {
		nanos_t known = c->series[i].interval_s == SERIES_TICKS ? 0 : series_known(c, &c->series[i]);

		wanted = wanted || c->series[i].interval_s != SERIES_TICKS;
		*ret = known > *ret ? known : *ret;
	}
	return wanted;
}

uint32_t backfill_days(const struct core *c, uint32_t instrument)
{
	uint32_t days = 0;

	for (uint32_t i = c->link[instrument].series; i != SERIES_NONE; i = c->series[i].next) {
		uint32_t want = c->series[i].interval_s < CARRY_OVER_S ? 0 : (SERIES_BARS * c->series[i].interval_s + DAY_SECONDS - 1) / DAY_SECONDS;

		days = want > days ? want : days;
	}
	return days < DAYS_MAX ? days : DAYS_MAX;
}

/* -- calls ---------------------------------------------------------------------------------------------------------------------- */

#define BACKFILL_CALL_MAGIC 0x4246434Cu
struct backfill_call {
	uint32_t magic;
	struct backfill *owner;      /* NULL: forgotten; freed when its answer comes */
	struct backfill_call *next;
	uint32_t instrument;
	nanos_t known;
	char symbol[40];
	struct report report;
};

static bool take_bar(void *ctx, const struct bar *bar)
{
	struct backfill_call *call = ctx;
	struct backfill *b = call->owner;

	if (bar->start + CANDLE_SECONDS * NANOS_SECOND <= call->known)
		return true;
	if (b->n == BARS_MAX)
		return false;
	if (b->n == b->cap) {
		size_t cap = b->cap ? 2 * b->cap : 1024;
		struct backfill_bar *more = realloc(b->bars, cap * sizeof(*more));

		if (!more)
			return false;
		b->bars = more;
		b->cap = cap;
	}
	b->bars[b->n++] = (struct backfill_bar){ call->instrument, *bar };
	return true;
}

static void unlink_call(struct backfill *b, struct backfill_call *call)
{
	struct backfill_call **at = &b->calls;

	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
}

static void say_missing(struct backfill *b, const struct backfill_call *call, const char *why)
{
	char since[STAMP_TEXT] = "the beginning";

	if (call->known != 0)
		stamp_format(call->known, since);
	b->failed++;
	notes_say(b->notes, NOTE_BARS, clock_now(b->clock), "no minute bars of %s from the broker (%s): what the engine recorded itself stands, bars are missing since %s",
	          call->symbol, why, since);
}

static void read_answer(struct backfill *b, struct backfill_call *call, const struct wire_answer *a)
{
	struct candle_counts counts;
	int err = ERR_PARSE;

	if (a->verdict != WIRE_OK && a->verdict != WIRE_EMPTY) {
		say_missing(b, call, a->text[0] ? a->text : wire_verdict_name(a->verdict));
		return;
	}
	if (a->verdict == WIRE_OK)
		err = candles_read(a->json, clock_now(b->clock), take_bar, call, &counts);
	if (err != ERR_OK)
		say_missing(b, call, "an answer without candles");
	else if (counts.bad > 0)
		notes_say(b->notes, NOTE_BARS, clock_now(b->clock), "%u candles of %s make no sense and were left out", counts.bad, call->symbol);
}

static void on_answer(void *ctx, const struct wire_answer *a)
{
	struct backfill_call *call = ctx;
	struct backfill *b = call->owner;

	CHECK_OBJ(call, BACKFILL_CALL_MAGIC);
	if (b) {
		unlink_call(b, call);
		read_answer(b, call, a);
	}
	call->magic = 0;
	free(call);
}

void backfill_ask(struct backfill *b, const struct universe_slot *slot, date_t from, date_t to, nanos_t known)
{
	struct backfill_call *call = calloc(1, sizeof(*call));
	char key[UNIVERSE_KEY];
	nanos_t real = b->clock->speed > 1 ? b->clock->speed : 1;

	if (!call)
		return;
	*call = (struct backfill_call){ .magic = BACKFILL_CALL_MAGIC, .owner = b, .instrument = slot->instrument.id, .known = known };
	memcpy(call->symbol, slot->instrument.symbol, sizeof(call->symbol));
	b->asked++;
	b->deadline = clock_steady(b->clock) + WAIT_MAX * real;
	universe_key(slot, key);
	if (!report_candles(&call->report, key, "1min", from, to)) {
		say_missing(b, call, "its name cannot be asked for");
		free(call);
		return;
	}
	call->report.call.timeout_ms = ANSWER_MAX_MS;
	call->report.call.done = on_answer;
	call->report.call.ctx = call;
	call->next = b->calls;
	b->calls = call;
	if (rest_call(b->rest, &call->report.call) != ERR_OK) {
		unlink_call(b, call);
		say_missing(b, call, "the session is not up");
		free(call);
	}
}

/* -- the whole -------------------------------------------------------------------------------------------------------------------- */

bool backfill_ready(const struct backfill *b, nanos_t steady)
{
	return !b->calls || steady >= b->deadline;
}

static int by_time(const void *a, const void *b)
{
	const struct backfill_bar *x = a, *y = b;

	if (x->bar.start != y->bar.start)
		return x->bar.start < y->bar.start ? -1 : 1;
	return x->instrument < y->instrument ? -1 : x->instrument > y->instrument;
}

void backfill_sort(struct backfill *b)
{
	size_t kept = 0;

	if (b->n > 1)
		qsort(b->bars, b->n, sizeof(*b->bars), by_time);
	for (size_t i = 0; i < b->n; i++) /* the same minute twice: the first stands */
		if (kept == 0 || by_time(&b->bars[kept - 1], &b->bars[i]) != 0)
			b->bars[kept++] = b->bars[i];
	b->n = kept;
}

void backfill_init(struct backfill *b, struct rest *rest, struct notes *notes, const struct clock *clock)
{
	*b = (struct backfill){ .rest = rest, .notes = notes, .clock = clock };
}

void backfill_reset(struct backfill *b)
{
	for (struct backfill_call *call = b->calls, *next; call; call = next) {
		next = call->next;
		call->owner = NULL;
	}
	b->calls = NULL;
	b->asked = b->failed = 0;
	b->n = 0;
}

void backfill_done(struct backfill *b)
{
	backfill_reset(b);
	free(b->bars);
	b->bars = NULL;
	b->cap = 0;
}
