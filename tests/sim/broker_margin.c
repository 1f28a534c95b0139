/* What ties up cash: the price of what is bought, 15 % of the notional plus the buying back of what is sold short. Closing is free. */
#include "tests/sim/broker_priv.h"

static int64_t short_margin(const struct sim_broker *b, const struct instrument *in, int64_t qty, int64_t price)
{
	int64_t notional = master_option(in) ? b->forward * qty : price * qty;

	return notional * 15 / 100 + (master_option(in) ? price * qty : notional);
}

static int64_t opened(const struct sim_broker *b, const struct instrument *in, bool sell, int64_t qty, int64_t price)
{
	return sell ? short_margin(b, in, qty, price) - price * qty : price * qty;
}

static bool counts(const struct order_more *m)
{
	return m->stage >= STAGE_OPEN_PENDING && m->stage != STAGE_AMO && !life_over(m->stage);
}

/* What is left to close for this order, after the older ones on its side. */
static int64_t closable(const struct sim_broker *b, uint32_t instrument, const char *product, bool sell, uint32_t order)
{
	int at = match_position(b, instrument, product);
	int64_t net = at < 0 ? 0 : b->positions[at].net, left = sell ? net : -net;

	for (size_t i = 0; i < b->n_work && left > 0; i++) {
		uint32_t other = b->work[i];
		const struct order_more *m = &b->more[other];

		if (other < order && counts(m) && m->instrument == instrument && b->orders[other].sell == sell && !strcmp(b->orders[other].product, product))
			left -= b->orders[other].qty - b->orders[other].filled;
	}
	return left > 0 ? left : 0;
}

static int64_t needs(const struct sim_broker *b, uint32_t instrument, bool sell, const char *product, int64_t qty, int64_t price, uint32_t order)
{
	int64_t free_of_charge = closable(b, instrument, product, sell, order);

	return qty > free_of_charge ? opened(b, &b->instruments[instrument], sell, qty - free_of_charge, price) : 0;
}

int64_t margin_needed(const struct sim_broker *b, uint32_t order, const struct terms *t)
{
	return needs(b, b->more[order].instrument, b->orders[order].sell, b->orders[order].product, t->qty - b->orders[order].filled, t->price, order);
}

int64_t margin_quote(const struct sim_broker *b, uint32_t instrument, bool sell, const char *product, int64_t qty, int64_t price)
{
	return needs(b, instrument, sell, product, qty, price, NO_ORDER);
}

int64_t margin_used(const struct sim_broker *b, uint32_t except)
{
	int64_t used = 0;

	for (size_t i = 0; i < b->n_positions; i++) {
		const struct instrument *in = &b->instruments[b->positions_instrument[i]];

		if (b->positions[i].net < 0)
			used += short_margin(b, in, -b->positions[i].net, in->ltp);
	}
	for (size_t i = 0; i < b->n_work; i++)
		if (b->work[i] != except && counts(&b->more[b->work[i]]))
			used += margin_needed(b, b->work[i], &b->more[b->work[i]].terms);
	return used;
}

int64_t margin_available(const struct sim_broker *b, uint32_t except)
{
	int64_t cash = b->options.cash;

	for (size_t i = 0; i < b->n_positions; i++)
		cash += b->positions[i].cash;
	return cash - margin_used(b, except);
}
