/* Polls of the order book, trades, positions and funds. The feed is a hint; these are the truth. A question that failed, or an answer that
 * cannot be whole, changes nothing: it is asked again. kotak-neo-api.md 2.8-2.13, 5.4; reliability.md rows 26-29. */
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/broker/kotak/kotak_priv.h"

#define GAP NANOS_SECOND /* between two questions of one kind, however urgent */
#define QUIET (30 * NANOS_SECOND)
#define BUSY (2 * NANOS_SECOND)
#define BLIND NANOS_SECOND /* the order feed is down */
#define BOOK_ONE BOOKS     /* kind of a call for one order's row */

static const char *const book_name[BOOKS] = { "order book", "trade book", "positions", "funds" };

static nanos_t standard(nanos_t value, nanos_t otherwise)
{
	return value > 0 ? value : otherwise;
}

static nanos_t calm_interval(const struct kotak *k, enum kotak_book b)
{
	nanos_t quiet = standard(k->o.poll_quiet, QUIET), busy = standard(k->o.poll_busy, BUSY);
	bool live = merge_live(&k->merge) > 0, blind = k->feed.state != FEED_UP;

	if (b == BOOK_ORDERS)
		return blind ? (busy < BLIND ? busy : BLIND) : live ? busy : quiet;
	if (b == BOOK_TRADES)
		return live ? (blind ? busy : 5 * busy) : quiet;
	return live ? 5 * busy : quiet;
}

/* What failed is asked again soon, then less soon. */
static nanos_t interval(const struct kotak *k, enum kotak_book b)
{
	unsigned failures = k->book[b].failures;
	nanos_t calm = calm_interval(k, b), again = GAP << (failures < 5 ? failures : 5);

	return failures > 0 && again < calm ? again : calm;
}

void books_soon(struct kotak *k, enum kotak_book b, nanos_t wait)
{
	nanos_t at = kotak_span(k) + wait;

	if (k->book[b].due > at)
		k->book[b].due = at;
}

void books_again(struct kotak *k)
{
	for (unsigned b = 0; b < BOOKS; b++)
		k->book[b].due = 0;
}

/* -- rows -------------------------------------------------------------------------------------------------------------------------------- */

static void bad_row(struct kotak *k, const char *where, const char *why)
{
	k->stats.rows_bad++;
	kotak_note(k, NOTE_ROW_BAD, "a row of the %s is not believed: %s is missing or malformed", where, why);
}

static bool order_rows(struct kotak *k, const cJSON *rows, nanos_t began)
{
	const cJSON *row;
	bool whole = true;

	cJSON_ArrayForEach(row, rows) {
		struct order_row r;
		const char *why;

		if (order_row_read(row, false, &r, &why)) {
			merge_row(&k->merge, &r, began);
			continue;
		}
		bad_row(k, book_name[BOOK_ORDERS], why);
		whole = false;
	}
	return whole;
}

static bool orders_read(struct kotak *k, const cJSON *rows, nanos_t began)
{
	bool whole, good;

	k->merge.want_book = false;
	merge_book_begin(&k->merge, began);
	whole = order_rows(k, rows, began);
	good = merge_book_end(&k->merge, whole);
	return good || !whole; /* rows that cannot be read make no proof; what could be read counts */
}

static bool trades_read(struct kotak *k, const cJSON *rows)
{
	const cJSON *row;

	merge_trades_begin(&k->merge);
	cJSON_ArrayForEach(row, rows) {
		struct trade_row t;
		const char *why;

		if (trade_row_read(row, &t, &why))
			merge_trade(&k->merge, &t);
		else
			bad_row(k, book_name[BOOK_TRADES], why);
	}
	merge_trades_end(&k->merge);
	return true;
}

/* -- answers ------------------------------------------------------------------------------------------------------------------------------ */

static bool believe(struct kotak *k, const struct kotak_call *c, const struct wire_answer *a, const cJSON *rows)
{
	switch ((enum kotak_book)c->kind) {
	case BOOK_ORDERS:
		return orders_read(k, rows, c->began);
	case BOOK_TRADES:
		return trades_read(k, rows);
	case BOOK_POSITIONS:
		return positions_read(k, rows, c->began);
	case BOOK_FUNDS:
		return a->verdict == WIRE_OK && funds_read(k, a->json);
	case BOOKS:
		break;
	}
	return false;
}

/* A list, or the server's word in a session that was valid throughout that there is none. */
static bool answered(struct kotak *k, const struct kotak_call *c, const struct wire_answer *a)
{
	const cJSON *rows = a->json ? cJSON_GetObjectItemCaseSensitive(a->json, "data") : NULL;

	if (!kotak_session_good(k) || c->generation != kotak_session_generation(k->o.session))
		return false;
	if (a->verdict == WIRE_EMPTY)
		return believe(k, c, a, NULL);
	if (a->verdict != WIRE_OK || (c->kind != BOOK_FUNDS && !cJSON_IsArray(rows)))
		return false;
	return believe(k, c, a, rows);
}

static void failed(struct kotak *k, enum kotak_book b, const struct wire_answer *a)
{
	struct book_state *s = &k->book[b];

	s->failures++;
	if (b == BOOK_POSITIONS && a->http == 404 && !k->positions_first) {
		k->positions_first = true; /* this account has the first version only */
		s->due = 0;
	} else if (a->verdict != WIRE_SESSION)
		kotak_note(k, NOTE_BOOK_FAILED, "the %s cannot be read: %s", book_name[b], a->text[0] ? a->text : wire_verdict_name(a->verdict));
	if (a->verdict == WIRE_RATE && a->retry_after > 0)
		s->shut = kotak_span(k) + a->retry_after;
}

static void book_done(void *ctx, const struct wire_answer *a)
{
	struct kotak_call *c = ctx;
	struct kotak *k = c->k;
	struct book_state *s;

	if (k) {
		s = &k->book[c->kind];
		s->under_way = false;
		kotak_sync(k);
		if (answered(k, c, a)) {
			s->failures = 0;
			s->good = kotak_span(k);
			s->good_stamp = k->merge.stamp;
			s->good_began = c->began;
			s->good_generation = c->generation;
			if (c->kind == BOOK_ORDERS || c->kind == BOOK_TRADES)
				foreign_news(k);
		} else
			failed(k, (enum kotak_book)c->kind, a);
		kotak_settle(k);
	}
	call_done(c);
}

static void one_done(void *ctx, const struct wire_answer *a)
{
	struct kotak_call *c = ctx;
	struct kotak *k = c->k;

	if (k) {
		k->asking = false;
		kotak_sync(k);
		if (a->verdict == WIRE_OK && a->json && c->generation == kotak_session_generation(k->o.session))
			order_rows(k, cJSON_GetObjectItemCaseSensitive(a->json, "data"), c->began);
		kotak_settle(k);
	}
	call_done(c);
}

/* -- questions ------------------------------------------------------------------------------------------------------------------------------ */

static void prepare(const struct kotak *k, enum kotak_book b, struct report *r)
{
	switch (b) {
	case BOOK_ORDERS:
		report_orders(r);
		break;
	case BOOK_TRADES:
		report_trades(r);
		break;
	case BOOK_POSITIONS:
		report_positions(r, !k->positions_first);
		break;
	case BOOK_FUNDS:
		report_limits(r);
		break;
	case BOOKS:
		WRONG("no such book");
	}
}

static void ask(struct kotak *k, enum kotak_book b)
{
	struct book_state *s = &k->book[b];
	struct kotak_call *c = call_new(k);

	c->kind = b;
	prepare(k, b, &c->report);
	c->report.call.done = book_done;
	c->report.call.ctx = c;
	if (b == BOOK_FUNDS)
		c->report.call.priority = REST_IDLE;
	s->began = c->began;
	s->due = STAMP_NEVER;
	if (rest_call(k->o.rest, &c->report.call) == ERR_OK) {
		s->under_way = true;
		k->stats.polls++;
	} else
		call_done(c);
}

/* A row that is missing from the book is asked for by its number: vanished is not ended. */
static void ask_vanished(struct kotak *k)
{
	for (size_t i = 0; i < k->merge.n && !k->asking; i++) {
		struct kotak_call *c;

		if (!k->merge.order[i].vanished)
			continue;
		k->merge.order[i].vanished = false; /* the next book says whether it still is */
		c = call_new(k);
		c->kind = BOOK_ONE;
		c->report.call = (struct rest_call){ 0 };
		if (report_order(&c->report, k->merge.order[i].number)) {
			c->report.call.done = one_done;
			c->report.call.ctx = c;
			k->asking = rest_call(k->o.rest, &c->report.call) == ERR_OK;
		}
		if (!k->asking)
			call_done(c);
	}
}

/* The interval counts from the last question, so an order that comes alive is polled for at once. */
static bool due(const struct kotak *k, enum kotak_book b, nanos_t now)
{
	const struct book_state *s = &k->book[b];

	if (s->under_way || now < s->shut || (s->began > 0 && now < s->began + GAP))
		return false;
	if ((b == BOOK_ORDERS && k->merge.want_book) || (b == BOOK_TRADES && merge_needs_trades(&k->merge)))
		return true;
	return now >= s->due || now >= s->began + interval(k, b);
}

void books_tick(struct kotak *k)
{
	nanos_t now = kotak_span(k);

	if (!kotak_session_good(k))
		return;
	for (unsigned b = 0; b < BOOKS; b++)
		if (due(k, (enum kotak_book)b, now))
			ask(k, (enum kotak_book)b);
	ask_vanished(k);
}
