/* Orders out: place, modify, cancel as REST calls, and what their answers mean. Nothing is ever sent a second time here: what is not known
 * becomes REPORT_UNKNOWN and is for the books to find out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/broker/kotak/kotak_priv.h"

#define PATIENCE (5 * NANOS_SECOND) /* a price that waited longer for its turn is refused; the core asks anew with a fresh one */

/* -- calls under way --------------------------------------------------------------------------------------------------------------- */

struct kotak_call *call_new(struct kotak *k)
{
	struct kotak_call *c = calloc(1, sizeof(*c));

	assert(c); /* a request lost in silence is worse than a crash */
	c->k = k;
	c->next = k->calls;
	if (c->next)
		c->next->previous = c;
	k->calls = c;
	c->generation = kotak_session_generation(k->o.session);
	c->began = kotak_span(k);
	return c;
}

void call_done(struct kotak_call *c)
{
	if (c->previous)
		c->previous->next = c->next;
	else if (c->k)
		c->k->calls = c->next;
	if (c->next)
		c->next->previous = c->previous;
	free(c);
}

/* -- what an answer means ------------------------------------------------------------------------------------------------------------ */

static bool order_ended(const struct wire_answer *a)
{
	return a->st_code == 1006 || a->st_code == 1021;
}

/* Changes: REFUSED and everything that was not let in is a definite no. */
static enum change_answer change_answer(const struct wire_answer *a)
{
	switch (a->verdict) {
	case WIRE_OK:
		return ANSWER_OK;
	case WIRE_REFUSED:
		return order_ended(a) ? ANSWER_ENDED : ANSWER_NOT_DONE;
	case WIRE_SESSION:
	case WIRE_IP:
	case WIRE_RATE:
	case WIRE_NOT_SENT:
		return ANSWER_NOT_DONE;
	case WIRE_EMPTY:
	case WIRE_UNKNOWN:
		break;
	}
	return ANSWER_UNKNOWN;
}

static const char *words(const struct kotak_call *c, const struct wire_answer *a)
{
	return c->why[0] ? c->why : a->text[0] ? a->text : wire_verdict_name(a->verdict);
}

static bool raises_risk(const struct order_request *r)
{
	return r->purpose != PURPOSE_EXIT && r->purpose != PURPOSE_STOP;
}

static const char *closed_reason(const struct kotak *k)
{
	const char *reason = kotak_session_reason(k->o.session);

	return kotak_session_disarmed(k->o.session) ? "orders are disarmed: the broker sees another address" : reason[0] ? reason : "no session";
}

/* -- place ------------------------------------------------------------------------------------------------------------------------------ */

static void place_answered(struct kotak *k, struct merge_order *o, const struct kotak_call *c, const struct wire_answer *a)
{
	char number[24];

	switch (order_outcome(a)) {
	case ORDER_TAKEN:
		if (a->json && order_number_read(a->json, "nOrdNo", number, sizeof(number)))
			merge_place_ok(&k->merge, o, number);
		else
			merge_place_unknown(&k->merge, o, "answered Ok without a number");
		return;
	case ORDER_NOT_TAKEN:
		merge_place_refused(&k->merge, o, words(c, a));
		return;
	case ORDER_IN_DOUBT:
		break;
	}
	merge_place_unknown(&k->merge, o, words(c, a));
}

/* What every answer begins with: false when the adapter is gone. */
static bool answer_begin(const struct kotak_call *c, const struct wire_answer *a, enum kotak_request kind)
{
	if (!c->k)
		return false;
	if (c->left && a->verdict != WIRE_NOT_SENT)
		histogram_add(&c->k->round_trip[kind], clock_mono() - c->left);
	kotak_sync(c->k);
	if (a->verdict == WIRE_OK)
		feed_expect(c->k, c->left);
	return true;
}

static void answer_end(struct kotak_call *c)
{
	if (c->k)
		kotak_settle(c->k);
	call_done(c);
}

static void place_done(void *ctx, const struct wire_answer *a)
{
	struct kotak_call *c = ctx;
	struct merge_order *o;

	if (answer_begin(c, a, KOTAK_PLACE) && (o = merge_find(&c->k->merge, c->order)) != NULL && o->placing)
		place_answered(c->k, o, c, a);
	answer_end(c);
}

/* What forbids new risk binds when the bytes would go, not when it was decided. */
static const char *entry_stays(const struct kotak *k, const struct order_request *r)
{
	enum refusal why = core_may_leave(k->o.core, r);

	if (why != REFUSAL_NONE)
		return refusal_text(why);
	return k->up || !raises_risk(r) ? NULL : "the link went down before it left";
}

/* The last look before the bytes go: it may have been cancelled, killed, or turned up meanwhile. */
static const char *stays_here(struct kotak *k, const struct merge_order *o)
{
	const char *why;

	if (!o)
		return "its order is gone";
	if (o->number[0])
		return "it lives at the broker already";
	if (o->cancel.stage != CHANGE_NONE)
		return "cancelled before it left";
	why = entry_stays(k, &o->request);
	return why ? why : positions_forbid(k, &o->request, o->instrument);
}

static bool place_leaving(void *ctx)
{
	struct kotak_call *c = ctx;
	struct kotak *k = c->k;
	struct merge_order *o = k ? merge_find(&k->merge, c->order) : NULL;
	const char *why;

	if (k)
		kotak_sync(k);
	why = k ? stays_here(k, o) : "the engine is closing";
	if (why) {
		snprintf(c->why, sizeof(c->why), "%s", why);
		return false;
	}
	c->left = clock_mono();
	merge_place_left(&k->merge, o);
	return true;
}

/* Once more when the connection stands. */
static bool place_goes(void *ctx)
{
	struct kotak_call *c = ctx;
	const struct merge_order *o = c->k ? merge_find(&c->k->merge, c->order) : NULL;
	const char *why = o ? entry_stays(c->k, &o->request) : NULL;

	snprintf(c->why, sizeof(c->why), "%s", why ? why : "");
	return why == NULL;
}

static const char *refuse_size(const struct order_request *r, const struct master_row *row)
{
	if (r->qty <= 0 || row->lot <= 0 || r->qty % row->lot != 0)
		return "quantity is not a multiple of the lot";
	if (row->freeze > 0 && r->qty > row->freeze)
		return "quantity exceeds the freeze limit";
	if (row->tick > 0 && (r->price % row->tick != 0 || r->trigger % row->tick != 0))
		return "price is not a multiple of the tick";
	return NULL;
}

/* Tokens and limits are valid for the day of the file only. */
const struct master *kotak_master(const struct kotak *k)
{
	const struct master *m = k->o.master(k->o.ctx);

	return m && master_day(m) == stamp_date(clock_now(kotak_session_clock(k->o.session))) ? m : NULL;
}

const struct master_row *kotak_row(struct kotak *k, const struct instrument *i, const char **why)
{
	const struct master *m = kotak_master(k);
	const struct master_row *row;

	*why = "no scrip master of today";
	if (!m)
		return NULL;
	row = i->kind == INSTRUMENT_EQUITY ? master_share(m, (enum segment)i->segment, i->symbol)
	                                   : master_by_symbol(m, (enum segment)i->segment, i->symbol);
	*why = row ? NULL : "not in today's scrip master";
	return row;
}

static enum rest_priority priority_of(const struct order_request *r)
{
	return raises_risk(r) ? REST_ENTRY : REST_EXIT;
}

/* Orders wait for their turn as long as their price is worth anything. That of an entry was worth something when it was decided. */
static bool send_call(struct kotak *k, struct kotak_call *c, struct rest_call *call, nanos_t decided)
{
	nanos_t now = clock_now(kotak_session_clock(k->o.session));

	call->method = "POST";
	call->headers = REST_ORDER;
	call->budget = GOVERN_ORDERS;
	call->kind = WIRE_ORDER;
	call->form = c->body;
	call->give_up_at = (call->priority == REST_ENTRY && decided < now ? decided : now) + PATIENCE;
	call->ctx = c;
	return rest_call(k->o.rest, call) == ERR_OK;
}

void request_place(struct kotak *k, const struct order_request *r, uint32_t instrument, nanos_t decided)
{
	const struct instrument *i = &k->o.core->instrument[instrument];
	struct merge_order *o = merge_place(&k->merge, r, instrument, i->symbol, (enum segment)i->segment);
	const struct master_row *row;
	struct kotak_call *c;
	const char *why;

	if (!o)
		return; /* sent again although it turned up meanwhile: its report is on the way to the core */
	row = kotak_row(k, i, &why);
	if (row)
		why = refuse_size(r, row);
	c = call_new(k);
	c->order = r->order;
	if (!why && order_place_body(r, row, c->body) == 0)
		why = "price or symbol cannot be sent";
	if (!why) {
		struct rest_call call = { .path = "/quick/order/rule/ms/place", .priority = priority_of(r), .leaving = place_leaving, .goes = place_goes, .done = place_done };

		k->stats.placed++;
		if (send_call(k, c, &call, decided))
			return;
		why = closed_reason(k);
	}
	merge_place_refused(&k->merge, merge_find(&k->merge, r->order), why);
	call_done(c);
}

/* -- modify -------------------------------------------------------------------------------------------------------------------------------- */

/* What makes an exit of a stop is held against the positions as an exit is. */
static const char *stop_stays(struct kotak *k, const struct merge_order *o)
{
	struct order_request left = o->request;

	left.qty -= o->filled;
	return left.purpose == PURPOSE_STOP ? positions_forbid(k, &left, o->instrument) : NULL;
}

/* A price that is to be withdrawn is not moved first. Asked when it would leave, and again when the connection stands. */
static bool modify_leaving(void *ctx)
{
	struct kotak_call *c = ctx;
	struct kotak *k = c->k;
	struct merge_order *o = k ? merge_find(&k->merge, c->order) : NULL;
	const char *why = !k ? "the engine is closing" : !o ? "its order is gone" : o->cancel.stage != CHANGE_NONE ? "a cancel is under way" :
	                  entry_stays(k, &o->request);

	if (!why)
		why = stop_stays(k, o);
	if (!why && o->modify.serial == c->serial)
		o->modify.left = true;
	snprintf(c->why, sizeof(c->why), "%s", why ? why : "");
	c->left = clock_mono();
	return why == NULL;
}

static void modify_done(void *ctx, const struct wire_answer *a)
{
	struct kotak_call *c = ctx;
	struct merge_order *o;

	if (answer_begin(c, a, KOTAK_MODIFY) && (o = merge_find(&c->k->merge, c->order)) != NULL)
		merge_modify_answer(&c->k->merge, o, c->serial, change_answer(a), words(c, a));
	answer_end(c);
}

/* The core knows it and this adapter does not: told so, or its walk would wait for ever. */
static void report_stranger(struct kotak *k, const struct order_request *r, uint32_t instrument, enum order_report report)
{
	struct event e;

	event_init(&e, EVENT_ORDER, k->merge.stamp, instrument);
	e.order.order = r->order;
	e.order.report = report;
	e.order.filled = -1;
	snprintf(e.order.reason, sizeof(e.order.reason), "the adapter does not know this order");
	k->broker.emit(k->broker.emit_ctx, &e);
}

void request_modify(struct kotak *k, const struct order_request *r, uint32_t instrument, nanos_t decided)
{
	const struct instrument *i = &k->o.core->instrument[instrument];
	struct merge_order *o = merge_find(&k->merge, r->order);
	const struct master_row *row;
	struct kotak_call *c;
	const char *why;

	if (!o) {
		report_stranger(k, r, instrument, REPORT_MODIFY_REJECTED);
		return;
	}
	if (!merge_modify(&k->merge, o, r))
		return;
	row = kotak_row(k, i, &why);
	c = call_new(k);
	c->order = r->order;
	c->serial = o->modify.serial;
	if (!why && order_modify_body(r, row, o->number, c->body) == 0)
		why = "price or symbol cannot be sent";
	if (!why) {
		struct rest_call call = { .path = "/quick/order/vr/modify", .priority = priority_of(r), .leaving = modify_leaving, .goes = modify_leaving, .done = modify_done };

		k->stats.modified++;
		if (send_call(k, c, &call, decided))
			return;
		why = closed_reason(k);
	}
	merge_modify_answer(&k->merge, o, c->serial, ANSWER_NOT_DONE, why);
	call_done(c);
}

/* -- cancel --------------------------------------------------------------------------------------------------------------------------------- */

static bool cancel_leaving(void *ctx)
{
	struct kotak_call *c = ctx;

	c->left = clock_mono();
	return c->k != NULL;
}

static void cancel_done(void *ctx, const struct wire_answer *a)
{
	struct kotak_call *c = ctx;
	struct merge_order *o;

	if (answer_begin(c, a, KOTAK_CANCEL) && (o = merge_find_number(&c->k->merge, c->number)) != NULL)
		merge_cancel_answer(&c->k->merge, o, c->serial, change_answer(a), words(c, a));
	answer_end(c);
}

bool request_cancel_number(struct kotak *k, const char *number, const char *symbol, bool amo, uint32_t serial)
{
	struct kotak_call *c = call_new(k);
	struct rest_call call = { .path = "/quick/order/cancel", .priority = REST_CANCEL, .leaving = cancel_leaving, .done = cancel_done };
	size_t len;

	c->serial = serial;
	snprintf(c->number, sizeof(c->number), "%s", number);
	len = amo ? order_cancel_amo_body(number, symbol, c->body) : order_cancel_body(number, c->body);
	k->stats.cancelled++;
	if (len > 0 && send_call(k, c, &call, k->merge.stamp))
		return true;
	call_done(c);
	return false;
}

static void send_cancel(struct kotak *k, struct merge_order *o)
{
	if (!request_cancel_number(k, o->number, o->symbol, o->has_row && o->row.amo, o->cancel.serial))
		merge_cancel_answer(&k->merge, o, o->cancel.serial, ANSWER_NOT_DONE, closed_reason(k));
}

void request_cancels(struct kotak *k)
{
	struct merge_order *o;

	while ((o = merge_cancel_next(&k->merge)) != NULL)
		send_cancel(k, o);
}

void request_cancel(struct kotak *k, const struct order_request *r)
{
	struct merge_order *o = merge_find(&k->merge, r->order);

	if (o)
		merge_cancel(&k->merge, o);
	else
		report_stranger(k, r, INSTRUMENT_NONE, REPORT_CANCEL_REJECTED);
	request_cancels(k);
}
