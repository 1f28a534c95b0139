#include "lib/broker/kotak/kotak.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/broker/kotak/kotak_priv.h"

#define NOTE_APART NANOS_MINUTE
#define BLIND_AFTER (10 * NANOS_SECOND)   /* beyond three intervals without an order book */

static struct kotak *kotak_of(const struct broker *b)
{
	CHECK_OBJ(b, BROKER_MAGIC);
	struct kotak *k = (struct kotak *)(uintptr_t)b;

	assert(k->magic == KOTAK_BROKER_MAGIC);
	return k;
}

/* -- time ----------------------------------------------------------------------------------------------------------------------------- */

static int64_t speed(const struct kotak *k)
{
	return kotak_session_clock(k->o.session)->speed;
}

nanos_t kotak_span(const struct kotak *k)
{
	return NANOS_HOUR + clock_steady(kotak_session_clock(k->o.session));
}

nanos_t kotak_deadline(const struct kotak *k, nanos_t length, nanos_t least)
{
	nanos_t real = length / speed(k);

	return clock_mono() + (real > least ? real : least);
}

void kotak_sync(struct kotak *k)
{
	governor_orders(kotak_session_governor(k->o.session), core_order_rate(k->o.core)); /* an operator may have changed it */
	merge_at(&k->merge, clock_now(kotak_session_clock(k->o.session)), kotak_span(k));
}

/* -- words ---------------------------------------------------------------------------------------------------------------------------- */

static void say(struct kotak *k, unsigned kind, const char *text)
{
	nanos_t now = kotak_span(k);

	if (!k->o.note || (k->noted[kind] && now - k->noted[kind] < NOTE_APART))
		return;
	k->noted[kind] = now;
	k->o.note(k->o.ctx, text);
}

void kotak_note(struct kotak *k, unsigned kind, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	say(k, kind, text);
}

static void merge_said(void *ctx, enum merge_note kind, const char *text)
{
	say(ctx, kind, text);
}

static void merge_event(void *ctx, struct event *e)
{
	struct kotak *k = ctx;

	assert(k->magic == KOTAK_BROKER_MAGIC);
	if (e->head.kind == EVENT_FILL && e->fill.order != 0) {
		k->filled_at = kotak_span(k);
		books_soon(k, BOOK_FUNDS, 2 * NANOS_SECOND);
		books_soon(k, BOOK_POSITIONS, 4 * NANOS_SECOND);
	}
	k->broker.emit(k->broker.emit_ctx, e);
}

/* -- the link --------------------------------------------------------------------------------------------------------------------------- */

bool kotak_session_good(const struct kotak *k)
{
	return kotak_session_state(k->o.session) == SESSION_UP;
}

bool kotak_book_read(const struct kotak *k, enum kotak_book b)
{
	return k->book[b].good > 0 && k->book[b].good_generation == kotak_session_generation(k->o.session);
}

/* With an order at work, or no feed, the book is asked for often: from then on, not from the newest quiet reading, its age counts. */
static void watch_book(struct kotak *k)
{
	bool quiet = k->feed.state == FEED_UP && merge_live(&k->merge) == 0;

	if (quiet)
		k->watched_at = 0;
	else if (k->watched_at == 0)
		k->watched_at = kotak_span(k);
}

static bool book_is_old(const struct kotak *k)
{
	nanos_t quiet = k->o.poll_quiet > 0 ? k->o.poll_quiet : 30 * NANOS_SECOND, good = k->book[BOOK_ORDERS].good;
	nanos_t from = good > k->watched_at ? good : k->watched_at;

	return kotak_span(k) - from > (k->watched_at ? BLIND_AFTER : 3 * quiet) + BLIND_AFTER;
}

/* NULL: requests may go out and their fate will be known. */
static const char *link_trouble(const struct kotak *k)
{
	const char *reason = kotak_session_reason(k->o.session);

	if (!k->started)
		return "not started";
	if (!kotak_session_good(k))
		return reason[0] ? reason : "no session";
	if (kotak_session_disarmed(k->o.session))
		return "orders are disarmed: the broker sees another address";
	if (!kotak_book_read(k, BOOK_ORDERS) || !kotak_book_read(k, BOOK_TRADES) || !kotak_book_read(k, BOOK_POSITIONS))
		return "order book, trades and positions are not read yet";
	if (!kotak_master(k))
		return "there is no scrip master of today yet";
	if (merge_unresolved(&k->merge) > 0)
		return "orders from before the start are not resolved yet";
	if (k->feed.state != FEED_UP && !k->feed.tried)
		return "the order feed is not up yet";
	if (book_is_old(k))
		return "the order book cannot be read";
	return NULL;
}

static void tell_link(struct kotak *k)
{
	const char *trouble = link_trouble(k);
	struct event e;

	k->up = trouble == NULL;
	if (k->up == k->up_told)
		return;
	k->up_told = k->up;
	event_init(&e, EVENT_LINK, k->merge.stamp, INSTRUMENT_NONE);
	e.link.link = LINK_BROKER;
	e.link.up = k->up;
	snprintf(e.link.reason, sizeof(e.link.reason), "%s", k->up ? "" : trouble);
	k->broker.emit(k->broker.emit_ctx, &e);
}

void kotak_settle(struct kotak *k)
{
	request_cancels(k);
	lost_cancel(k);
	foreign_owed(k);
	if (k->started)
		books_tick(k);
	arm_settle(k);
	watch_book(k);
	tell_link(k);
}

/* -- the clock ----------------------------------------------------------------------------------------------------------------------------- */

/* The broker's books change with the morning's login, not at midnight. */
static void new_day(struct kotak *k)
{
	date_t day = stamp_date(k->merge.stamp);
	uint64_t generation = kotak_session_generation(k->o.session);

	if (day != k->day) {
		merge_age(&k->merge);
		k->aged = k->day != 0;
		k->day = day;
	}
	if (k->aged && kotak_session_good(k) && generation != k->day_generation) {
		merge_forget(&k->merge);
		k->aged = false;
	}
	if (!k->aged)
		k->day_generation = generation;
}

void kotak_tick(struct kotak *k)
{
	kotak_sync(k);
	new_day(k);
	arm_tick(k);
	feed_tick(k);
	merge_tick(&k->merge);
	kotak_settle(k);
}

static void on_timer(uv_timer_t *timer)
{
	struct kotak *k = timer->data;

	assert(k->magic == KOTAK_BROKER_MAGIC);
	kotak_tick(k);
}

static void session_changed(void *ctx, enum session_state state, const char *reason)
{
	struct kotak *k = ctx;

	(void)reason;
	assert(k->magic == KOTAK_BROKER_MAGIC);
	if (!k->started)
		return;
	if (state == SESSION_UP) {
		k->feed.tried = false;
		k->feed.act_at = 0;
		books_again(k);
	}
	kotak_tick(k);
}

/* -- the port ------------------------------------------------------------------------------------------------------------------------------ */

static void kotak_place(struct broker *b, const struct order_request *r, uint32_t instrument, nanos_t now)
{
	struct kotak *k = kotak_of(b);

	kotak_sync(k);
	request_place(k, r, instrument, now);
}

static void kotak_modify(struct broker *b, const struct order_request *r, uint32_t instrument, nanos_t now)
{
	struct kotak *k = kotak_of(b);

	kotak_sync(k);
	request_modify(k, r, instrument, now);
}

static void kotak_cancel(struct broker *b, const struct order_request *r, uint32_t instrument, nanos_t now)
{
	struct kotak *k = kotak_of(b);

	(void)now;
	(void)instrument;
	kotak_sync(k);
	request_cancel(k, r);
}

static void timer_closed(uv_handle_t *h)
{
	free(h);
}

/* Requests under way outlive the adapter; their answers then find nobody. */
static void kotak_close(struct broker *b)
{
	struct kotak *k = kotak_of(b);

	kotak_session_unlisten(k->o.session, k);
	for (struct kotak_call *c = k->calls; c; c = c->next)
		c->k = NULL;
	if (k->feed.socket)
		websocket_close(&k->feed.socket);
	uv_timer_stop(k->timer);
	uv_close((uv_handle_t *)k->timer, timer_closed);
	merge_done(&k->merge);
	k->magic = 0;
	free(k);
}

const struct histogram *kotak_broker_round_trip(const struct broker *b, enum kotak_request kind)
{
	return &kotak_of(b)->round_trip[kind];
}

void kotak_broker_stats(const struct broker *b, struct kotak_broker_stats *ret)
{
	const struct kotak *k = kotak_of(b);
	const struct merge_counts *c = &k->merge.counts;

	*ret = k->stats;
	ret->unknown = c->unknown;
	ret->absent_proven = c->absent_proven;
	ret->resent = c->resent;
	ret->foreign_orders = c->foreign_orders;
	ret->foreign_fills = c->foreign_fills;
	ret->duplicates = c->duplicates;
	ret->books_read = kotak_book_read(k, BOOK_ORDERS) && kotak_book_read(k, BOOK_TRADES) && kotak_book_read(k, BOOK_POSITIONS);
	ret->book_read = k->book[BOOK_ORDERS].good_stamp;
	ret->funds_read = k->book[BOOK_FUNDS].good_stamp;
}

int kotak_broker_margin(struct broker *b, const struct order_request *r, uint32_t instrument, kotak_margin_done *done, void *ctx)
{
	return margin_ask(kotak_of(b), r, instrument, done, ctx);
}

size_t kotak_broker_positions(const struct broker *b, struct kotak_position *ret, size_t max, nanos_t *ret_stamp)
{
	const struct kotak *k = kotak_of(b);
	size_t n = k->positions < max ? k->positions : max;

	*ret_stamp = k->book[BOOK_POSITIONS].good_stamp;
	memcpy(ret, k->position, n * sizeof(*ret));
	return k->positions;
}

/* Orders the core still holds, ended ones too: their trades of today are in the trade book. Those without a number as well: one that was proven absent
 * and then refused when it was sent again may have a first copy that comes to light yet, and only its tag says whose it is. */
static void adopt(struct kotak *k)
{
	const struct core *c = k->o.core;

	for (uint32_t i = 0; i < c->s->limits.orders; i++) {
		const struct order *o = &c->order[i];
		bool live = order_live((enum order_state)o->state);

		if (o->request.order == 0 || o->state == ORDER_DENIED || merge_find(&k->merge, o->request.order))
			continue;
		if (!live && stamp_date(o->created) != k->day)
			continue;
		merge_adopt(&k->merge, o, c->instrument[o->instrument].symbol, (enum segment)c->instrument[o->instrument].segment,
		            stamp_date(o->created) != k->day);
	}
}

void kotak_broker_start(struct broker *b)
{
	struct kotak *k = kotak_of(b);
	nanos_t tick = NANOS_SECOND / 10;
	uint64_t ms;

	assert(!k->started);
	kotak_sync(k);
	new_day(k);
	k->merge.lost_tail = k->o.lost_tail;
	adopt(k);
	foreign_begin(k);
	k->merge.epoch = k->o.core->s->start.epoch;
	k->armed.unread = ACCOUNT_ALL;
	k->started = true;
	ms = clock_ms(kotak_session_clock(k->o.session), tick);
	uv_timer_start(k->timer, on_timer, 0, ms < 10 ? 10 : ms);
	kotak_tick(k);
}

static const struct broker_ops kotak_ops = {
	.name = "kotak",
	.place = kotak_place,
	.modify = kotak_modify,
	.cancel = kotak_cancel,
	.close = kotak_close,
};

int kotak_broker_open(const struct kotak_broker_options *o, broker_emit *emit, void *emit_ctx, struct broker **ret)
{
	struct kotak *k = calloc(1, sizeof(*k));
	struct merge_sink sink = { .event = merge_event, .note = merge_said, .ctx = k };
	struct kotak_listener listener = { .changed = session_changed, .ctx = k };

	if (!k || !(k->timer = malloc(sizeof(*k->timer)))) {
		free(k);
		return ERR_NOMEM;
	}
	k->broker = (struct broker){ .magic = BROKER_MAGIC, .ops = &kotak_ops, .emit = emit, .emit_ctx = emit_ctx };
	k->magic = KOTAK_BROKER_MAGIC;
	k->o = *o;
	merge_init(&k->merge, &sink);
	uv_timer_init(kotak_session_loop(o->session), k->timer);
	k->timer->data = k;
	kotak_sync(k);
	if (kotak_session_listen(o->session, &listener) != ERR_OK) {
		kotak_close(&k->broker);
		return ERR_FULL;
	}
	*ret = &k->broker;
	return ERR_OK;
}
