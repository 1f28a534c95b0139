/* The day's course for the account: what the market takes when, the broker's square-off, the end of day orders, expiry and the next day. */
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "tests/neosim/exchange_priv.h"

#define SQUARE_AGAIN (30 * NANOS_SECOND)

bool exchange_is_cash(int segment)
{
	return segment == SIM_NSE_CM || segment == SIM_BSE_CM;
}

/* -- hours ---------------------------------------------------------------------------------------------------------------- */

bool exchange_trades_now(const struct exchange *x, const struct scrip *s)
{
	struct day_times t;
	int64_t now = exchange_now(x), time = sim_time_of_day(now);

	if (s->halted || sim_date(now) != x->date || !calendar_times(s->segment, x->date, &t) || (s->expiry && s->expiry < x->date))
		return false;
	return time >= t.open && time < (s->auction ? t.cash_end : t.close);
}

/* Shares and futures gather orders before the open; options have no pre-open. */
bool exchange_takes_orders(const struct exchange *x, const struct scrip *s)
{
	struct day_times t;
	int64_t time = sim_time_of_day(exchange_now(x));
	bool early = exchange_is_cash(s->segment) || !strcmp(s->option, "XX");

	if (!calendar_times(s->segment, x->date, &t) || (s->expiry && s->expiry < x->date))
		return false;
	return time >= (early ? t.pre_open : t.open) && time < (s->auction ? t.cash_end : t.close);
}

int64_t exchange_next_open(const struct exchange *x, const struct scrip *s)
{
	struct day_times t;
	int32_t date = x->date;
	int segment = s ? s->segment : SIM_NSE_FO;

	if (!calendar_times(segment, date, &t) || stamp_at(date, t.open) <= exchange_now(x)) {
		date = calendar_next(date);
		calendar_times(segment, date, &t);
	}
	return stamp_at(date, t.open);
}

/* A stop of a share that closes by auction is gone when the auction begins; other orders at the close. */
int64_t exchange_order_ends(const struct exchange *x, const struct order *o)
{
	struct day_times t;
	const struct scrip *s = o->o.scrip;

	if (!calendar_times(s->segment, stamp_date(o->o.confirmed), &t))
		return o->o.confirmed;
	(void)x;
	return stamp_at(stamp_date(o->o.confirmed), s->auction && o->untriggered ? t.cash_end : t.close);
}

/* -- square-off ------------------------------------------------------------------------------------------------------------- */

static bool square_time(const struct exchange *x, bool derivatives, int64_t *ret)
{
	struct day_times t;
	int64_t at = derivatives ? TIME_OF_DAY(15, 25) : calendar_has_auction(x->date) ? TIME_OF_DAY(15, 10) : TIME_OF_DAY(15, 20);

	if (!x->opt.square_off || !calendar_times(derivatives ? SIM_NSE_FO : SIM_NSE_CM, x->date, &t))
		return false;
	at = at < t.close - TIME_OF_DAY(0, 5) ? at : t.close - TIME_OF_DAY(0, 5);
	*ret = stamp_at(x->date, at);
	return true;
}

static bool is_mis(const struct sim_request *r, bool derivatives)
{
	return !strcmp(r->product, "MIS") && exchange_is_cash(r->segment) != derivatives && r->segment != SIM_MCX_FO;
}

static void cancel_mis(struct exchange *x, bool derivatives)
{
	for (size_t i = 0; i < x->n_live; i++) {
		struct order *o = x->live[i];
		if (!is_mis(&o->o.asked, derivatives) || !o->o.ours)
			continue;
		if (o->at_exchange)
			exchange_begin_cancel(x, o);
		else
			o->cancel_wanted = true;
	}
}

/* Once there is an order nothing more is done: what it leaves open is carried, as the broker warns. */
static bool is_being_closed(const struct exchange *x, const struct sim_position *p)
{
	for (size_t i = 0; i < x->n_live; i++)
		if (x->live[i]->o.scrip == p->scrip && is_mis(&x->live[i]->o.asked, !exchange_is_cash(p->scrip->segment)))
			return true;
	return false;
}

/* In pieces the exchange takes. */
static void close_position(struct exchange *x, const struct sim_position *p)
{
	const struct scrip *s = p->scrip;
	int64_t net = position_net(p), left = net < 0 ? -net : net, most = s->freeze > 0 ? s->freeze - (s->segment == SIM_NSE_FO) : left;
	struct sim_request r = { .segment = s->segment, .product = "MIS", .type = "MKT", .validity = "DAY", .side = net > 0 ? 'S' : 'B' };

	most = most / s->lot * s->lot;
	memcpy(r.symbol, s->symbol, sizeof(r.symbol));
	while (left > 0 && most > 0) {
		r.qty = left < most ? left : most;
		left -= r.qty;
		exchange_enter(x, &r, false);
	}
}

static void close_positions(struct exchange *x, bool derivatives)
{
	size_t n = x->n_positions;

	for (size_t i = 0; i < n; i++) {
		const struct sim_position *p = &x->position[i]->p;
		bool mine = !strcmp(p->product, "MIS") && exchange_is_cash(p->scrip->segment) != derivatives;
		if (mine && position_net(p) != 0 && !is_being_closed(x, p) && exchange_trades_now(x, p->scrip))
			close_position(x, p);
	}
}

static void square_off(struct exchange *x, bool derivatives)
{
	int64_t at, now = exchange_now(x);

	if (!square_time(x, derivatives, &at) || now < at)
		return;
	if (!x->squared[derivatives]) {
		x->squared[derivatives] = true;
		cancel_mis(x, derivatives);
		x->square_at[derivatives] = now + 3 * x->opt.step_delay + NANOS_SECOND;
	} else if (now >= x->square_at[derivatives]) {
		close_positions(x, derivatives);
		x->square_at[derivatives] = now + SQUARE_AGAIN;
	}
}

/* -- expiry --------------------------------------------------------------------------------------------------------------------- */

const struct scrip *exchange_underlying(const struct exchange *x, const struct scrip *s)
{
	char token[16];

	snprintf(token, sizeof(token), "%u", s->underlying);
	return market_find(x->market, s->segment == SIM_BSE_FO ? SIM_BSE_CM : SIM_NSE_CM, token);
}

/* Cash settlement at the index's close: what is in the money is worth that, the rest nothing. */
static int64_t settlement(const struct exchange *x, const struct scrip *s, bool next_day)
{
	const struct scrip *spot = exchange_underlying(x, s);
	const struct sim_quote *q = market_quote(x->market, spot ? spot : s);
	int64_t close = next_day ? q->close : q->last;

	if (!strcmp(s->option, "XX"))
		return close;
	int64_t worth = s->option[0] == 'C' ? close - s->strike : s->strike - close;
	return worth > 0 ? worth : 0;
}

static void settle(struct exchange *x, struct position *p, bool next_day)
{
	int64_t net = position_net(&p->p), price = settlement(x, p->p.scrip, next_day);

	if (net == 0)
		return;
	if (net > 0) {
		p->p.sell += net;
		p->p.sell_value += net * price;
	} else {
		p->p.buy -= net;
		p->p.buy_value -= net * price;
	}
	if (x->events.position)
		x->events.position(x->events.ctx, &p->p);
}

static void close_day(struct exchange *x)
{
	struct day_times t;

	if (x->closed || !calendar_times(SIM_NSE_FO, x->date, &t) || exchange_now(x) < stamp_at(x->date, t.close))
		return;
	x->closed = true;
	for (size_t i = 0; i < x->n_positions; i++) {
		struct position *p = x->position[i];
		p->mark = market_quote(x->market, p->p.scrip)->last;
		if (p->p.scrip->expiry == x->date)
			settle(x, p, false);
	}
}

/* -- the next day ------------------------------------------------------------------------------------------------------------------ */

/* Yesterday's result becomes cash; what is open is carried at yesterday's close. */
static void carry(struct exchange *x, struct position *p)
{
	int64_t price = p->mark ? p->mark : market_quote(x->market, p->p.scrip)->close, net = position_net(&p->p);

	x->cash += position_realised(&p->p);
	if (net == 0)
		return;
	x->cash += position_unrealised(&p->p, price);
	struct position *next = exchange_position_of(x, p->p.scrip, strcmp(p->p.product, "MIS") ? p->p.product : "NRML");
	if (net > 0) {
		next->p.cf_buy += net;
		next->p.cf_buy_value += net * price;
	} else {
		next->p.cf_sell -= net;
		next->p.cf_sell_value -= net * price;
	}
}

/* Only orders for the next open outlive the day. */
static void drop_orders(struct exchange *x)
{
	for (size_t i = x->n_live; i-- > 0;) {
		struct order *o = x->live[i];
		if (o->step != STEP_AMO)
			exchange_end(x, o, SIM_CANCELLED, NULL);
	}
	for (size_t i = 0; i < x->n_orders; i++)
		if (sim_status_terminal(x->order[i]->o.status))
			x->order[i]->o.hidden = true;
}

static void next_day(struct exchange *x)
{
	size_t n = x->n_positions;

	drop_orders(x);
	for (size_t i = 0; i < n; i++) {
		if (!x->closed && x->position[i]->p.scrip->expiry && x->position[i]->p.scrip->expiry <= x->date)
			settle(x, x->position[i], true); /* the clock jumped over the close */
		x->past = exchange_grow(x->past, x->n_past, &x->cap_past);
		x->past[x->n_past++] = x->position[i];
	}
	x->n_positions = 0;
	for (size_t i = x->n_past - n; i < x->n_past; i++)
		carry(x, x->past[i]);
	x->date = sim_date(exchange_now(x));
	x->numbers = 100000;
	x->squared[0] = x->squared[1] = x->closed = false;
}

void exchange_session(struct exchange *x)
{
	if (sim_date(exchange_now(x)) != x->date)
		next_day(x);
	square_off(x, false);
	square_off(x, true);
	close_day(x);
}

int64_t exchange_session_next(const struct exchange *x)
{
	int64_t next = stamp_at(x->date + 1, 0), at;
	struct day_times t;

	for (int d = 0; d < 2; d++) {
		if (!square_time(x, d, &at))
			continue;
		at = x->squared[d] ? x->square_at[d] : at;
		next = at < next && !x->closed ? at : next;
	}
	if (!x->closed && calendar_times(SIM_NSE_FO, x->date, &t) && stamp_at(x->date, t.close) < next)
		next = stamp_at(x->date, t.close);
	return next;
}
