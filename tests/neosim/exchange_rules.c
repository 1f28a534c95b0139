/* Why an order is refused: first by the broker's risk desk, then by the exchange. */
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "tests/neosim/exchange_priv.h"

/* -- market orders ------------------------------------------------------------------------------------------------------------ */

/* How far a market order's limit may lie from the last price, paise. */
static int64_t protection(const struct scrip *s, int64_t last)
{
	static const struct { int64_t below, thousandths; } option[] = { { 500, 100 }, { 1000, 50 }, { 10000, 30 }, { 50000, 20 } };

	if (!is_option(s))
		return last * (last < 10000 ? 20 : last <= 50000 ? 10 : 5) / 1000;
	if (last < 100)
		return 10;
	for (size_t i = 0; i < ARRAY_LEN(option); i++)
		if (last < option[i].below)
			return last * option[i].thousandths / 1000;
	return last * 10 / 1000;
}

bool exchange_protect(const struct exchange *x, const struct scrip *s, struct sim_request *r)
{
	const struct sim_quote *q = market_quote(x->market, s);
	int64_t away = protection(s, q->last), price;

	if (q->last <= 0 || (is_option(s) && q->open == 0)) /* an option nobody has traded today */
		return false;
	if (r->side == 'B')
		price = (q->last + away + s->tick - 1) / s->tick * s->tick;
	else
		price = (q->last - away) / s->tick * s->tick;
	if (s->band_high && price > s->band_high)
		price = s->band_high;
	if (price < s->band_low)
		price = s->band_low;
	r->price = price > 0 ? price : s->tick;
	r->trigger = 0;
	snprintf(r->type, sizeof(r->type), "L");
	return true;
}

/* -- the broker --------------------------------------------------------------------------------------------------------------- */

static int64_t held(const struct exchange *x, const struct order *self, const struct scrip *s, const char *product)
{
	int64_t net = 0;

	for (size_t i = 0; i < x->n_positions; i++)
		if (x->position[i]->p.scrip == s && !strcmp(x->position[i]->p.product, product))
			net += position_net(&x->position[i]->p);
	for (size_t i = 0; i < x->n_live; i++) {
		const struct sim_order *o = &x->live[i]->o;
		if (x->live[i] != self && x->live[i]->at_exchange && o->scrip == s && o->asked.side == 'S' && !strcmp(o->asked.product, product))
			net -= o->asked.qty - o->filled;
	}
	return net;
}

static const char *money_short(struct exchange *x, const struct order *o, const struct sim_request *r, char *text)
{
	int64_t need = exchange_need(x, o, r), have = exchange_available(x) + (o->at_exchange ? o->blocked * (o->o.asked.qty - o->o.filled) / o->o.asked.qty : 0);

	if (need <= have || need == 0)
		return NULL;
	int64_t more = need - have;
	snprintf(text, 192, "RMS:Margin Exceeds,Cash Available:%lld.%02lld,Additional margin required:%lld.%02lld for entity account-SIM across exchange across segment across product ",
		(long long)(x->cash / 100), (long long)(x->cash % 100), (long long)(more / 100), (long long)(more % 100));
	return text;
}

static const char *wrong_product(const struct exchange *x, const struct order *o, const struct sim_request *r)
{
	const struct scrip *s = o->o.scrip;
	bool cash = exchange_is_cash(s->segment);

	if (!cash && !strcmp(r->product, "CNC"))
		return "RMS:Rule: Product CNC is not allowed in this segment";
	if (cash && !strcmp(r->product, "CNC") && r->side == 'S' && held(x, o, s, "CNC") < r->qty - o->o.filled)
		return "RMS:Rule: Check T1 holdings including TT/BE/Z/T/TS ,No Holdings Present  for entity account-SIM across exchange across segment across product ";
	if (!strcmp(r->product, "MIS") && x->squared[!cash] && o->o.ours)
		return "RMS: Auto Square Off Block";
	return NULL;
}

const char *exchange_risk(struct exchange *x, const struct order *o, const struct sim_request *r, char *text)
{
	const struct scrip *s = o->o.scrip;

	if (!s || s->index)
		return "RMS:Rule: Instrument is not allowed to trade";
	if (s->expiry && s->expiry < x->date)
		return "RMS:Rule: Contract is expired";
	const char *reason = wrong_product(x, o, r);
	if (reason)
		return reason;
	if (!strcmp(r->type, "MKT"))
		return "Market order is not allowed, last traded price is not available";
	if (r->amo && !o->waited && !o->at_exchange)
		return "RMS:Rule: AMO is not allowed in market hours";
	return o->o.ours || r->human ? money_short(x, o, r, text) : NULL;
}

/* -- the exchange -------------------------------------------------------------------------------------------------------------- */

/* Limit price protection: options within 20 rupees of the reference, or 40 %; futures within 2 %. Shares have only their band. */
const char *exchange_price_protection(const struct exchange *x, const struct scrip *s, int64_t price)
{
	int64_t reference = market_quote(x->market, s)->last, room;

	if (!s->expiry || reference <= 0)
		return NULL;
	if (is_option(s))
		room = reference <= 5000 ? 2000 : reference * 4 / 10;
	else
		room = reference < 1000000 ? 20000 : reference / 50;
	return price > reference + room || price < reference - room ? "Order price is outside the limit price protection range" : NULL;
}

static const char *wrong_quantity(const struct scrip *s, const struct sim_request *r)
{
	if (s->lot > 0 && r->qty % s->lot != 0)
		return "Quantity is not a multiple of the market lot";
	if (s->freeze > 0 && (s->segment == SIM_NSE_FO ? r->qty >= s->freeze : r->qty > s->freeze))
		return "Quantity freeze: order exceeds the largest quantity allowed";
	return r->disclosed > r->qty ? "Disclosed quantity is more than the order quantity" : NULL;
}

static const char *wrong_price(const struct scrip *s, int64_t price)
{
	if (price <= 0)
		return "Price must be greater than zero";
	if (s->tick > 0 && price % s->tick != 0)
		return "Price is not a multiple of the tick size";
	if (s->band_high > 0 && (price > s->band_high || price < s->band_low))
		return "Price is out of the day's price range";
	return NULL;
}

static const char *wrong_stop(const struct scrip *s, const struct sim_request *r)
{
	if (r->trigger <= 0 || (s->tick > 0 && r->trigger % s->tick != 0))
		return "Trigger price is not a multiple of the tick size";
	if (r->side == 'B' ? r->price < r->trigger : r->price > r->trigger)
		return "Trigger price is on the wrong side of the limit price";
	return NULL;
}

const char *exchange_accepts(const struct exchange *x, const struct order *o, const struct sim_request *r)
{
	const struct scrip *s = o->o.scrip;
	const char *reason = NULL;

	if (!strcmp(r->type, "SL-M"))
		return "Market order with Algo Id not allowed";
	if (!exchange_takes_orders(x, s))
		return "ADAPTER is down";
	if (s->halted)
		return "Security is suspended from trading";
	if (!strcmp(r->validity, "IOC") && (s->segment == SIM_MCX_FO || !exchange_trades_now(x, s)))
		return "Order validity IOC is not allowed";
	reason = wrong_quantity(s, r);
	if (!reason)
		reason = wrong_price(s, r->price);
	if (!reason && !strcmp(r->type, "SL"))
		reason = wrong_stop(s, r);
	else if (!reason && (o->o.ours || r->human)) /* the broker's own orders go through whatever they cost */
		reason = exchange_price_protection(x, s, r->price);
	return reason;
}
