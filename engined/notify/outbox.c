#include "engined/notify/outbox.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

static const struct outbox_item *item_at(const struct outbox *o, uint64_t place)
{
	return &o->item[place % OUTBOX_ITEMS];
}

void outbox_put(struct outbox *o, uint64_t seq, nanos_t at, nanos_t since, const struct words *w)
{
	assert(o->to == o->from || item_at(o, o->to - 1)->seq < seq);
	if (o->to - o->from == OUTBOX_ITEMS) {
		o->lost++;
		o->lost_seq = item_at(o, o->from)->seq;
		o->from++;
	}
	o->item[o->to++ % OUTBOX_ITEMS] = (struct outbox_item){ seq, at, since, *w };
}

/* The place of the first that such a chat has not heard. */
static uint64_t first_of(const struct outbox *o, uint64_t told)
{
	uint64_t low = o->from, high = o->to;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (item_at(o, middle)->seq <= told)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint64_t outbox_waiting(const struct outbox *o, uint64_t told)
{
	return o->to - first_of(o, told);
}

/* "14:03:05 text" */
static void put_line(struct buf *out, const struct outbox_item *i)
{
	char time[STAMP_TEXT];

	time_of_day_format(stamp_time_of_day(i->at), time);
	buf_printf(out, "\n%s %s%s", time, i->words.weight == WORDS_LOUD ? "!! " : "", i->words.text);
}

static void add(struct outbox_batch *b, const struct outbox_item *i)
{
	b->upto = i->seq;
	b->n++;
	b->quiet = b->quiet && i->words.weight == WORDS_QUIET;
	b->day = i->words.day;
}

static void join(const struct outbox *o, uint64_t first, size_t most, struct buf *out, struct outbox_batch *b)
{
	for (uint64_t at = first; at < o->to && !b->day; at++) {
		const struct outbox_item *i = item_at(o, at);

		if (b->n > 0 && out->len + strlen(i->words.text) + STAMP_TEXT > most)
			break;
		put_line(out, i);
		add(b, i);
	}
}

/* -- what waited too long ------------------------------------------------------------------------------------------------------- */

static uint64_t old_until(const struct outbox *o, uint64_t first, nanos_t mono)
{
	while (first < o->to && mono - item_at(o, first)->since > OUTBOX_OLD)
		first++;
	return first;
}

static void put_moment(struct buf *out, nanos_t at)
{
	char day[STAMP_TEXT], time[STAMP_TEXT];

	date_format(stamp_date(at), day);
	time_of_day_format(stamp_time_of_day(at), time);
	buf_printf(out, "%s %.5s", day, time);
}

/* The oldest that is still told by its words: alarms and a day's end, the newest of them if there is no room for all. */
static uint64_t told_from(const struct outbox *o, uint64_t first, uint64_t until, size_t room)
{
	uint64_t from = until;

	for (uint64_t at = until; at-- > first;) {
		const struct words *w = &item_at(o, at)->words;
		size_t len = strlen(w->text) + STAMP_TEXT;

		if (w->weight != WORDS_LOUD && !w->day)
			continue;
		if (len > room)
			break;
		room -= len;
		from = at;
	}
	return from;
}

static void sum_up(const struct outbox *o, uint64_t first, uint64_t until, size_t most, struct buf *out, struct outbox_batch *b)
{
	buf_printf(out, "\n%" PRIu64 " messages while Telegram could not be reached, ", until - first);
	put_moment(out, item_at(o, first)->at);
	buf_puts(out, " to ");
	put_moment(out, item_at(o, until - 1)->at);
	buf_puts(out, ". The alarms among them; for the rest see the dashboard or `enginectl events`.");
	uint64_t from = told_from(o, first, until, most > out->len ? most - out->len : 0);
	for (uint64_t at = first; at < until; at++) {
		const struct outbox_item *i = item_at(o, at);

		add(b, i);
		if (at >= from && (i->words.weight == WORDS_LOUD || i->words.day))
			put_line(out, i);
	}
	b->summary = true;
}

bool outbox_next(const struct outbox *o, uint64_t told, nanos_t mono, size_t most, struct buf *out, struct outbox_batch *ret)
{
	uint64_t first = first_of(o, told), until = old_until(o, first, mono);

	*ret = (struct outbox_batch){ .quiet = true };
	if (first == o->to)
		return false;
	if (told < o->lost_seq)
		buf_printf(out, "\nWhat was before record %" PRIu64 " had no room here: see the dashboard or `enginectl events`.", item_at(o, first)->seq);
	if (until - first > OUTBOX_OLD_FEW)
		sum_up(o, first, until, most, out, ret);
	else
		join(o, first, most, out, ret);
	return true;
}
