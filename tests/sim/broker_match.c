/* Fills: our orders against the synthetic book, oldest first, and what a fill does to the account. */
#include "tests/sim/broker_priv.h"

#include <stdio.h>

int match_position(const struct sim_broker *b, uint32_t instrument, const char *product)
{
	for (size_t i = 0; i < b->n_positions; i++)
		if (b->positions_instrument[i] == instrument && !strcmp(b->positions[i].product, product))
			return (int)i;
	return -1;
}

static uint32_t position_of(struct sim_broker *b, uint32_t instrument, const char *product)
{
	int found = match_position(b, instrument, product);

	if (found >= 0)
		return (uint32_t)found;
	uint32_t i = (uint32_t)b->n_positions++;

	assert(b->n_positions <= SIM_POSITIONS);
	b->positions_instrument[i] = instrument;
	text_copy(b->positions[i].symbol, sizeof(b->positions[i].symbol), b->instruments[instrument].symbol);
	text_copy(b->positions[i].product, sizeof(b->positions[i].product), product);
	return i;
}

/* `sign` -1 takes a trade back. */
static void book_trade(struct sim_broker *b, const struct sim_trade *t, uint32_t order, int64_t sign)
{
	uint32_t i = position_of(b, b->more[order].instrument, b->orders[order].product);
	int64_t qty = sign * t->qty, value = qty * t->price, net = t->sell ? -qty : qty;

	(t->sell ? b->sold : b->bought)[i] += qty;
	(t->sell ? b->sold_value : b->bought_value)[i] += value;
	b->positions[i].net += net;
	b->positions[i].ours += t->actor == SIM_OURS ? net : 0;
	b->positions[i].cash += t->sell ? value : -value;
	b->version[BOOK_POSITIONS]++;
	feed_position(b, i);
}

static void fill(struct sim_broker *b, uint32_t order, int64_t qty, int64_t price)
{
	struct sim_order *o = &b->orders[order];
	struct order_more *m = &b->more[order];
	uint32_t t = (uint32_t)b->n_trades++;

	assert(b->n_trades <= SIM_TRADES && qty > 0);
	if (o->filled + qty == o->qty && dice(b, SIM_OVERFILL))
		qty += b->instruments[m->instrument].lot;
	b->trades[t] = (struct sim_trade){ .sell = o->sell, .qty = qty, .price = price, .at = b->now, .actor = o->actor };
	text_copy(b->trades[t].order, sizeof(b->trades[t].order), o->number);
	text_copy(b->trades[t].symbol, sizeof(b->trades[t].symbol), o->symbol);
	snprintf(b->trades[t].id, sizeof(b->trades[t].id), "%u", 70000001 + t);
	o->filled += qty;
	o->value += qty * price;
	b->counts.fills++;
	life_stage(b, order, o->filled >= o->qty ? STAGE_COMPLETE : m->change || m->stage == STAGE_MODIFIED ? m->stage : STAGE_OPEN);
	b->trades_more[t] = (struct trade_more){ order, m->updated, dice(b, SIM_NO_TRADE_ID) };
	b->version[BOOK_TRADES]++;
	book_trade(b, &b->trades[t], order, 1);
	if (dice(b, SIM_TRADE_BUST))
		event_add(b, b->now + SECOND + (sim_ns)below(&b->dice_fault, 59 * (uint64_t)SECOND), EVENT_BUST, t, 0);
}

/* Annulled by the exchange: gone from the trade book and the position, while the order stays as it was. */
void match_bust(struct sim_broker *b, uint32_t trade)
{
	b->trades[trade].busted = true;
	rows_trades_changed(b);
	book_trade(b, &b->trades[trade], b->trades_more[trade].order, -1);
}

static bool crosses(bool sell, int64_t limit, int64_t price)
{
	return sell ? price >= limit : price <= limit;
}

/* Nobody trades with himself: the order at rest is cancelled by the exchange. */
static void prevent_self_trade(struct sim_broker *b, uint32_t order)
{
	for (size_t i = b->n_work; i-- > 0; ) {
		uint32_t other = b->work[i];
		const struct order_more *m = &b->more[other];

		if (other != order && m->live && !m->waiting && m->instrument == b->more[order].instrument && b->orders[other].sell != b->orders[order].sell &&
			crosses(b->orders[order].sell, b->more[order].terms.price, m->terms.price))
			life_cancel(b, other);
	}
}

/* A lot or more, but not all; the rest waits a while. */
static int64_t some(struct sim_broker *b, uint32_t order, int64_t qty)
{
	struct order_more *m = &b->more[order];
	int64_t lots = qty / b->instruments[m->instrument].lot;

	if (lots < 2 || !dice(b, SIM_PARTIAL))
		return qty;
	m->hold = b->now + SECOND + (sim_ns)below(&b->dice_fault, 19 * (uint64_t)SECOND);
	event_add(b, m->hold, EVENT_HOLD, order, 0);
	return (int64_t)(1 + below(&b->dice_fault, (uint64_t)(lots - 1))) * b->instruments[m->instrument].lot;
}

/* An order at rest trades at its own price when the market comes to it, a new one at the prices it finds. */
void match_order(struct sim_broker *b, uint32_t order)
{
	struct order_more *m = &b->more[order];
	struct sim_order *o = &b->orders[order];
	struct instrument *in = &b->instruments[m->instrument];
	struct level levels[SIM_DEPTH];
	bool rested = m->rested;

	if (!market_trades(b, in) || m->waiting || m->hold > b->now)
		return;
	if (!rested)
		prevent_self_trade(b, order);
	m->rested = true;
	int n = market_levels(b, in, !o->sell, levels);

	for (int i = 0; i < n && m->live && m->hold <= b->now && crosses(o->sell, m->terms.price, levels[i].price); i++) {
		int64_t left = o->qty - o->filled, qty = levels[i].qty < left ? levels[i].qty : left;

		qty = some(b, order, qty - qty % in->lot);
		if (qty <= 0)
			break;
		in->taken[!o->sell] += qty;
		fill(b, order, qty, rested ? m->terms.price : levels[i].price);
	}
}
