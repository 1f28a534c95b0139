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
	m->reading++;
	for (size_t i = 0; i < m->n; i++)
		m->order[i].pass = 0, m->order[i].pass_waits = false;
}

/* What the order's row tells of beyond all that was told. */
static qty_t untold(const struct merge_order *o)
{
	return o->has_row && o->row.filled > o->traded ? o->row.filled - o->traded : 0;
}

/* The broker gave this execution no id, so it is known by what it is, and by which of its likes in this reading: a process that reads the book again after a
 * restart must come to the same id, whatever it met first. In trades: the reading that met it last, twice, and 1 more once it was told. */
static uint64_t *unnumbered_mark(struct merge *m, const struct trade_row *t, uint64_t *ret_id)
{
	char text[112];

	for (unsigned like = 0;; like++) {
		uint64_t *mark;

		snprintf(text, sizeof(text), "%s+%lld+%lld+%lld+%u", t->number, (long long)t->stamp, (long long)t->price, (long long)t->qty, like);
		*ret_id = merge_key(text);
		idmap_add(&m->trades, *ret_id, 0);
		mark = idmap_find(&m->trades, *ret_id);
		if (*mark / 2 == m->reading)
			continue;
		*mark = 2 * m->reading + *mark % 2;
		return mark;
	}
}

/* Told whole, as soon as the order's row tells of so much: half of it would have the same id. */
static void unnumbered_trade(struct merge *m, struct merge_order *o, const struct trade_row *t)
{
	uint64_t id, *mark = unnumbered_mark(m, t, &id);

	o->pass += t->qty;
	o->pass_price = t->price;
	if (*mark % 2)
		return;
	if (untold(o) < t->qty) {
		o->pass_waits = true;
		return;
	}
	++*mark;
	o->unnumbered += t->qty;
	tell_fill(m, o, t, id, t->qty);
}

/* All of them were told, one was missing once and taken for another that has an id, and is there again: the row tells of more than both. */
static void unnumbered_mistaken(struct merge *m, struct merge_order *o)
{
	struct trade_row t = { .side = o->request.side, .price = o->pass_price };
	qty_t qty = o->pass - o->unnumbered < untold(o) ? o->pass - o->unnumbered : untold(o);
	char text[48];

	if (qty <= 0)
		return;
	snprintf(text, sizeof(text), "%s+%lld", o->number, (long long)o->traded);
	o->unnumbered += qty;
	tell_fill(m, o, &t, merge_key(text), qty);
}

/* Told before as one of those without an id, of which this reading shows fewer by now: its id came later. */
static bool told_unnumbered(struct merge_order *o, const struct trade_row *t)
{
	if (o->pass + t->qty > o->unnumbered)
		return false;
	o->unnumbered -= t->qty;
	return true;
}

static bool may_be_ours(const struct merge *m, const struct trade_row *t)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct merge_order *o = &m->order[i];

		if ((o->placing || merge_findable(o)) && o->request.side == t->side && strcmp(o->symbol, t->symbol) == 0)
			return true;
	}
	return false;
}

static void foreign_trade(struct merge *m, const struct trade_row *t, uint64_t id)
{
	struct event e;

	if (!idmap_find(&m->apart, merge_key(t->number)) && may_be_ours(m, t)) {
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

static void numbered_trade(struct merge *m, struct merge_order *o, const struct trade_row *t)
{
	uint64_t id = trade_id(t);

	if (!first_told(m, t, id))
		m->counts.duplicates++;
	else if (!told_unnumbered(o, t))
		tell_fill(m, o, t, id, t->qty);
}

/* Whether it is one of those that had no id is known when the whole reading is. */
static bool put_off(struct merge *m, const struct merge_order *o, const struct trade_row *t)
{
	if (o->unnumbered == 0 || m->n_late == MERGE_LATE)
		return false;
	m->late[m->n_late++] = *t;
	return true;
}

void merge_trade(struct merge *m, const struct trade_row *t)
{
	struct merge_order *o = merge_find_number(m, t->number);

	if (!o) {
		foreign_trade(m, t, trade_id(t));
		return;
	}
	if (t->id[0] == '\0')
		unnumbered_trade(m, o, t);
	else if (!put_off(m, o, t))
		numbered_trade(m, o, t);
	if (o->has_row && o->traded > o->row.filled)
		m->want_book = true;
}

void merge_trades_end(struct merge *m)
{
	for (size_t i = 0; i < m->n_late; i++)
		numbered_trade(m, merge_find_number(m, m->late[i].number), &m->late[i]);
	m->n_late = 0;
	for (size_t i = 0; i < m->n; i++)
		if (m->order[i].pass > m->order[i].unnumbered && !m->order[i].pass_waits)
			unnumbered_mistaken(m, &m->order[i]);
	merge_tick(m);
}
