/* What others do, once a minute or at their hour: a human in the same account, the broker's own square-off, the market's troubles. */
#include "tests/sim/broker_priv.h"

#define RMS_FROM (15 * 60 + 20)
#define RMS_EVERY (5 * SECOND)

/* -- orders of others go the same way as ours: received, checked, matched ------------------------------------------------------------- */

/* Five per cent through the last price, so that it trades if anything does. */
static uint32_t trade(struct sim_broker *b, enum sim_actor actor, size_t instrument, bool sell, const char *product, int64_t qty)
{
	const struct instrument *in = &b->instruments[instrument];
	int64_t through = in->ltp / 20 + 4 * in->tick, price = (sell ? in->ltp - through : in->ltp + through) / in->tick * in->tick;

	price = price < in->band_low ? in->band_low : price > in->band_high ? in->band_high : price;
	struct terms t = { .qty = qty < in->freeze ? qty : in->freeze - in->freeze % in->lot, .price = price };
	uint32_t order = desk_order(b, actor, instrument, sell, product, &t);

	life_begin(b, order, false);
	return order;
}

/* -- the broker, from 15:20 ----------------------------------------------------------------------------------------------------------- */

/* One of its orders at a time for each contract; one that does not trade in half a minute is priced anew. */
static bool closing(struct sim_broker *b, uint32_t instrument)
{
	for (size_t i = 0; i < b->n_work; i++) {
		uint32_t order = b->work[i];

		if (b->orders[order].actor != SIM_RMS || b->more[order].instrument != instrument)
			continue;
		if (b->more[order].live && b->now - b->orders[order].accepted > 30 * SECOND)
			life_cancel(b, order);
		return true;
	}
	return false;
}

static void cancel_intraday(struct sim_broker *b)
{
	for (size_t i = b->n_work; i-- > 0; ) {
		uint32_t order = b->work[i];

		if (strcmp(b->orders[order].product, "MIS") || b->orders[order].actor == SIM_RMS || !b->more[order].live)
			continue;
		struck(b, SIM_RMS_SQUARE_OFF);
		life_cancel(b, order);
	}
}

/* Open orders first; then, until all is flat, what the position is at that moment. Whoever else is closing races it. */
static void square_off(struct sim_broker *b)
{
	if (!b->dials.rms_square_off || b->now < b->day + RMS_FROM * MINUTE || b->now < b->rms_next || b->now >= b->day + (15 * 60 + 39) * MINUTE)
		return;
	b->rms_next = b->now + RMS_EVERY;
	if (!b->rms_cancelled) {
		b->rms_cancelled = true;
		cancel_intraday(b);
		return;
	}
	for (size_t i = 0; i < b->n_positions; i++) {
		const struct sim_position *p = &b->positions[i];
		uint32_t instrument = b->positions_instrument[i];

		if (strcmp(p->product, "MIS") || !p->net || closing(b, instrument) || !market_trades(b, &b->instruments[instrument]))
			continue;
		struck(b, SIM_RMS_SQUARE_OFF);
		trade(b, SIM_RMS, instrument, p->net > 0, "MIS", p->net > 0 ? p->net : -p->net);
	}
}

/* -- the human ------------------------------------------------------------------------------------------------------------------------- */

static bool cancels_one(struct sim_broker *b)
{
	if (!b->n_work)
		return false;
	uint32_t order = b->work[below(&b->dice_fault, b->n_work)];

	if (!b->more[order].live || b->more[order].change)
		return false;
	life_change(b, order, 2);
	return true;
}

/* Opens something in an option, closes what he has, closes what we have, or cancels an order that is open. */
static void human(struct sim_broker *b)
{
	if (!dice(b, SIM_MANUAL_TRADE))
		return;
	uint64_t what = below(&b->dice_fault, 4);
	size_t i = b->n_positions ? below(&b->dice_fault, b->n_positions) : 0;

	if (what == 0 && cancels_one(b))
		return;
	if (what < 3 && b->n_positions && b->positions[i].net) {
		int64_t net = b->positions[i].net;

		trade(b, SIM_HUMAN, b->positions_instrument[i], net > 0, b->positions[i].product, net > 0 ? net : -net);
		return;
	}
	i = 3 + below(&b->dice_fault, SIM_INSTRUMENTS - 3);
	int64_t lots = 1 + (int64_t)below(&b->dice_fault, 3);

	trade(b, SIM_HUMAN, i, false, below(&b->dice_fault, 2) ? "MIS" : "NRML", lots * b->instruments[i].lot); /* dice one after another: arguments have no order */
}

/* -- the market ------------------------------------------------------------------------------------------------------------------------- */

static sim_ns minutes(struct sim_broker *b, uint64_t most)
{
	return b->now + MINUTE + (sim_ns)below(&b->dice_fault, (most - 1) * (uint64_t)MINUTE);
}

static struct instrument *any(struct sim_broker *b)
{
	return &b->instruments[1 + below(&b->dice_fault, SIM_INSTRUMENTS - 1)];
}

static void lock_one(struct sim_broker *b)
{
	struct instrument *in = any(b);

	in->lock = below(&b->dice_fault, 2) ? 1 : -1;
	in->lock_until = minutes(b, 10);
}

static void jump(struct sim_broker *b)
{
	int64_t jump_of = b->forward / 100 + (int64_t)below(&b->dice_fault, (uint64_t)b->forward / 50);

	b->forward += below(&b->dice_fault, 2) ? jump_of : -jump_of;
}

static void troubles(struct sim_broker *b)
{
	if (dice(b, SIM_CIRCUIT_LOCK))
		lock_one(b);
	if (dice(b, SIM_ILLIQUID)) {
		struct instrument *in = any(b);

		in->illiquid_until = minutes(b, 10);
	}
	if (dice(b, SIM_GAP))
		jump(b);
	if (!b->halted && dice(b, SIM_HALT)) {
		b->halted = true;
		b->halt_until = minutes(b, 15);
		sfeed_status(b, 2);
	}
}

void people_step(struct sim_broker *b)
{
	if (!b->halted)
		square_off(b);
	if ((b->now - b->market_open) / SECOND % 60 || b->now >= b->day + (15 * 60 + 39) * MINUTE)
		return;
	troubles(b);
	human(b);
}
