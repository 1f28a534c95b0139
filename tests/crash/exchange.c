#include "tests/crash/exchange.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/base/prng.h"

static struct exchange *exchange_of(struct broker *b)
{
	return (struct exchange *)b;
}

/* -- telling ------------------------------------------------------------------------------------------------------------------------ */

static void emit(struct exchange *x, struct event *e)
{
	x->boundary(PLACE_RECEIVE, "before");
	x->broker.emit(x->broker.emit_ctx, e);
}

static void report(struct exchange *x, uint64_t number, uint32_t instrument, enum order_report r)
{
	struct event e;

	event_init(&e, EVENT_ORDER, x->now, instrument);
	e.order.order = number;
	e.order.report = (uint32_t)r;
	e.order.filled = -1;
	if (r == REPORT_REJECTED)
		snprintf(e.order.reason, sizeof(e.order.reason), "refused");
	emit(x, &e);
}

static void tell_fill(struct exchange *x, const struct xorder *o, const struct xfill *f)
{
	struct event e;

	if (x->trades_not_told)
		return;
	event_init(&e, EVENT_FILL, x->now, o->instrument);
	e.fill = (struct event_fill){ .order = o->number, .trade = f->trade, .side = o->side, .qty = f->qty, .price = f->price };
	emit(x, &e);
}

/* -- matching ------------------------------------------------------------------------------------------------------------------------- */

static struct xfill *fill(struct exchange *x, struct xorder *o, qty_t qty)
{
	struct xfill *f = &o->fill[o->fills++];

	assert(o->fills <= ARRAY_LEN(o->fill) && qty > 0 && o->filled + qty <= o->qty);
	*f = (struct xfill){ ++x->trades, qty, o->price };
	o->filled += qty;
	if (o->filled == o->qty)
		o->state = X_DONE;
	return f;
}

static qty_t part(const struct xorder *o)
{
	qty_t left = o->qty - o->filled;

	return o->fills < 3 && left > 5 ? 5 : left;
}

void exchange_tick(struct exchange *x, uint32_t instrument, price_t price)
{
	for (uint32_t i = 0; i < x->orders; i++) {
		struct xorder *o = &x->order[i];

		if (o->instrument != instrument || o->state != X_RESTS || (o->side == SIDE_BUY ? price > o->price : price < o->price))
			continue;
		x->boundary(PLACE_RECEIVE, "before a fill");
		tell_fill(x, o, fill(x, o, part(o)));
	}
}

/* -- the port --------------------------------------------------------------------------------------------------------------------------- */

static struct xorder *by_tag(struct exchange *x, const char *tag)
{
	for (uint32_t i = 0; i < x->orders; i++)
		if (strcmp(x->order[i].tag, tag) == 0)
			return &x->order[i];
	return NULL;
}

static struct xorder *arrive(struct exchange *x, const struct order_request *r, uint32_t instrument)
{
	struct xorder *o = by_tag(x, r->tag);

	if (!o) {
		assert(x->orders < XORDERS);
		o = &x->order[x->orders++];
		*o = (struct xorder){ .number = r->order, .instrument = instrument, .side = r->side, .qty = r->qty, .price = r->price };
		memcpy(o->tag, r->tag, sizeof(o->tag));
	}
	o->arrivals++;
	return o;
}

static void place(struct broker *b, const struct order_request *r, uint32_t instrument, nanos_t now)
{
	struct exchange *x = exchange_of(b);
	uint64_t dice = prng_mix(r->order * 77 + (uint64_t)r->qty + (uint64_t)now) % 100;
	struct xorder *o;

	x->now = now;
	x->boundary(PLACE_SEND, "before");
	x->requests++;
	x->sent_seq = x->seq();
	if (dice < 6) { /* lost on the way */
		x->boundary(PLACE_SEND, "after");
		report(x, r->order, instrument, REPORT_UNKNOWN);
		return;
	}
	o = arrive(x, r, instrument);
	if (dice < 12)
		o->state = X_REJECTED;
	else if (dice < 70)
		fill(x, o, part(o));
	x->boundary(PLACE_SEND, "after");
	if (dice >= 90) { /* taken, and the answer lost */
		report(x, r->order, instrument, REPORT_UNKNOWN);
		return;
	}
	report(x, r->order, instrument, REPORT_SENT);
	report(x, r->order, instrument, o->state == X_REJECTED ? REPORT_REJECTED : REPORT_OPEN);
	for (uint32_t i = 0; i < o->fills; i++)
		tell_fill(x, o, &o->fill[i]);
}

static void modify(struct broker *b, const struct order_request *r, uint32_t instrument, nanos_t now)
{
	struct exchange *x = exchange_of(b);
	struct xorder *o = by_tag(x, r->tag);

	x->now = now;
	x->boundary(PLACE_SEND, "before");
	x->requests++;
	x->sent_seq = x->seq();
	if (o && o->state == X_RESTS)
		o->price = r->price;
	x->boundary(PLACE_SEND, "after");
	report(x, r->order, instrument, o && o->state == X_RESTS ? REPORT_MODIFIED : REPORT_MODIFY_REJECTED);
}

static void cancel(struct broker *b, const struct order_request *r, uint32_t instrument, nanos_t now)
{
	struct exchange *x = exchange_of(b);
	struct xorder *o = by_tag(x, r->tag);
	bool works = o && o->state == X_RESTS;

	x->now = now;
	x->boundary(PLACE_SEND, "before");
	x->requests++;
	x->sent_seq = x->seq();
	if (works)
		o->state = X_CANCELLED;
	x->boundary(PLACE_SEND, "after");
	report(x, r->order, instrument, works ? REPORT_CANCELLED : REPORT_CANCEL_REJECTED);
}

static const struct broker_ops exchange_ops = { .name = "exchange", .place = place, .modify = modify, .cancel = cancel };

void exchange_init(struct exchange *x)
{
	memset(x, 0, sizeof(*x));
	x->broker = (struct broker){ .magic = BROKER_MAGIC, .ops = &exchange_ops };
}

void exchange_plug(struct exchange *x, broker_emit *emit_to, void *ctx)
{
	x->broker.emit = emit_to;
	x->broker.emit_ctx = ctx;
}

/* -- the books -------------------------------------------------------------------------------------------------------------------------- */

#define QUARANTINE (120 * NANOS_SECOND)

/* In no book: proven, and an entry that stayed so is given up, as the live adapter does. */
static void tell_absence(struct exchange *x, const struct order *o)
{
	if (o->state == ORDER_ABSENT && o->request.purpose == PURPOSE_ENTRY && x->now >= o->created + QUARANTINE) {
		report(x, o->request.order, o->instrument, REPORT_EXPIRED);
		return;
	}
	report(x, o->request.order, o->instrument, REPORT_UNKNOWN);
	report(x, o->request.order, o->instrument, REPORT_ABSENT);
}

static void tell_order(struct exchange *x, const struct order *o)
{
	struct xorder *b = by_tag(x, o->request.tag);

	if (!b) {
		tell_absence(x, o);
		return;
	}
	report(x, b->number, b->instrument, b->state == X_REJECTED ? REPORT_REJECTED : REPORT_OPEN);
	for (uint32_t i = 0; i < b->fills; i++)
		tell_fill(x, b, &b->fill[i]);
	if (b->state == X_CANCELLED)
		report(x, b->number, b->instrument, REPORT_CANCELLED);
	if (o->modifying)
		report(x, b->number, b->instrument, b->price == o->request.price ? REPORT_MODIFIED : REPORT_MODIFY_REJECTED);
	if (o->cancelling && b->state != X_CANCELLED)
		report(x, b->number, b->instrument, REPORT_CANCEL_REJECTED);
}

void exchange_tell(struct exchange *x, const struct core *c, bool all)
{
	for (uint32_t i = 0; i < c->s->limits.orders; i++) {
		const struct order *o = &c->order[i];
		bool unsure = o->state == ORDER_UNKNOWN || o->state == ORDER_ABSENT;

		if (o->request.order && (unsure || all) && order_live((enum order_state)o->state))
			tell_order(x, o);
	}
	for (uint32_t i = 0; all && i < x->orders; i++) /* and the day's trades, as every restart is told them */
		for (uint32_t k = 0; k < x->order[i].fills; k++)
			tell_fill(x, &x->order[i], &x->order[i].fill[k]);
}

qty_t exchange_net(const struct exchange *x, uint32_t instrument)
{
	qty_t net = 0;

	for (uint32_t i = 0; i < x->orders; i++)
		if (x->order[i].instrument == instrument)
			net += x->order[i].side == SIDE_BUY ? x->order[i].filled : -x->order[i].filled;
	return net;
}

money_t exchange_cash(const struct exchange *x)
{
	money_t cash = 0;

	for (uint32_t i = 0; i < x->orders; i++)
		for (uint32_t k = 0; k < x->order[i].fills; k++)
			cash += x->order[i].fill[k].qty * x->order[i].fill[k].price * (x->order[i].side == SIDE_BUY ? -1 : 1);
	return cash;
}
