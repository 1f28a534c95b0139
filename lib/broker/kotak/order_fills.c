/* Fills: from the trade book alone, each execution once, whoever tells of it and however often. kotak-neo-api.md 2.10. */
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/broker/kotak/order_merge_priv.h"

enum told { TOLD_FOREIGN = 1, TOLD_OURS };

/* A fill is a fact whatever the state; the core moves by quantity, and so does what we think of it. */
static void tell_fill(struct merge *m, struct merge_order *o, const struct trade_row *t, uint64_t id, qty_t qty)
{
	struct merge_order *first = o->copy ? merge_find(m, o->request.order) : o;
	struct event e;

	event_init(&e, EVENT_FILL, m->stamp, o->instrument);
	e.fill.order = o->request.order;
	e.fill.trade = id;
	e.fill.side = t->side;
	e.fill.qty = qty;
	e.fill.price = t->price;
	merge_text(e.fill.broker_ref, sizeof(e.fill.broker_ref), o->number);
	o->traded += qty;
	first->filled += qty;
	if (first->filled >= first->request.qty) {
		first->told = ORDER_FILLED;
		change_clear(first);
	} else if (!order_terminal((enum order_state)first->told))
		first->told = ORDER_PARTIAL;
	m->sink.event(m->sink.ctx, &e);
}

void merge_trades_begin(struct merge *m)
{
	CHECK_OBJ(m, MERGE_MAGIC);
	m->want_trades = m->trades_deferred = false;
	for (size_t i = 0; i < m->n; i++)
		m->order[i].pass = 0;
}

/* The broker gave this execution no id: how much of them is new follows from the quantity the order's row tells of. */
static void unnumbered_trade(struct merge *m, struct merge_order *o, const struct trade_row *t)
{
	qty_t room = o->has_row ? o->row.filled - (o->traded - o->unnumbered) : 0, qty;
	char text[48];

	o->pass += t->qty;
	qty = (o->pass < room ? o->pass : room) - o->unnumbered;
	if (qty <= 0)
		return;
	snprintf(text, sizeof(text), "%s+%lld", o->number, (long long)o->traded);
	o->unnumbered += qty;
	tell_fill(m, o, t, merge_key(text), qty);
}

/* Told before as one of those without an id: its id came later. It takes their place, so the next reading makes good a mistake here. */
static bool told_unnumbered(struct merge_order *o, const struct trade_row *t)
{
	if (t->qty > o->unnumbered || o->traded + t->qty <= o->row.filled)
		return false;
	o->unnumbered -= t->qty;
	return true;
}

static bool may_be_ours(const struct merge *m, const struct trade_row *t)
{
	for (size_t i = 0; i < m->n; i++)
		if ((merge_findable(&m->order[i]) || m->order[i].placing) && m->order[i].request.side == t->side && strcmp(m->order[i].symbol, t->symbol) == 0)
			return true;
	return false;
}

static void foreign_trade(struct merge *m, const struct trade_row *t, uint64_t id)
{
	struct event e;

	if (may_be_ours(m, t)) {
		m->trades_deferred = true;
		return;
	}
	if (!idmap_add(&m->trades, id, TOLD_FOREIGN))
		return;
	m->counts.foreign_fills++;
	merge_stranger_trade(m, t, 1);
	event_init(&e, EVENT_FILL, m->stamp, INSTRUMENT_NONE);
	e.fill.trade = id;
	e.fill.side = t->side;
	e.fill.qty = t->qty;
	e.fill.price = t->price;
	merge_text(e.fill.broker_ref, sizeof(e.fill.broker_ref), t->number);
	merge_note(m, MERGE_NOTE_FOREIGN_TRADE, "a trade of %lld %s was not made by this engine", (long long)t->qty, t->symbol);
	m->sink.event(m->sink.ctx, &e);
}

/* Told as a stranger's before its order was known for ours: it is told again, as ours. */
static bool first_told(struct merge *m, const struct trade_row *t, uint64_t id)
{
	uint64_t *told = idmap_find(&m->trades, id);

	if (!told)
		return idmap_add(&m->trades, id, TOLD_OURS);
	if (*told == TOLD_OURS)
		return false;
	*told = TOLD_OURS;
	merge_stranger_trade(m, t, -1);
	return true;
}

void merge_trade(struct merge *m, const struct trade_row *t)
{
	struct merge_order *o = merge_find_number(m, t->number);
	uint64_t id = trade_id(t);

	if (!o) {
		foreign_trade(m, t, id);
		return;
	}
	if (t->id[0] == '\0')
		unnumbered_trade(m, o, t);
	else if (!first_told(m, t, id))
		m->counts.duplicates++;
	else if (!told_unnumbered(o, t))
		tell_fill(m, o, t, id, t->qty);
	if (o->has_row && o->traded > o->row.filled)
		m->want_book = true;
}

void merge_trades_end(struct merge *m)
{
	merge_tick(m);
}

