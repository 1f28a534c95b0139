/* Books folded from fills, money folded from books. Integers throughout; what the tables do not know is marked, not zero. */
#include "lib/core/core_priv.h"

/* -- books ---------------------------------------------------------------------------------------------------------------- */

static void book_open(struct core *c, struct book *b, uint32_t instrument, enum side side)
{
	*b = (struct book){ .instrument = instrument, .side = (uint32_t)side, .opened = c->s->now };
	c->s->open_books++;
	if (delivery_settled(c, &c->instrument[instrument]))
		c->s->delivery = 1;
}

static void account_charge(struct core *c, struct slot *s, const struct charge_set *charges)
{
	struct account *a = &c->s->account;
	money_t total = charges_total(charges);

	a->charges += total;
	a->day_charges += total;
	a->charges_unknown |= charges->unknown;
	a->charges_assumed |= charges->assumed;
	s->charges += total;
	s->day_charges += total;
	charges_add(&s->book.charges, charges);
}

static void charge_fill(struct core *c, struct slot *s, const struct order *o, const struct event_fill *e, bool first, struct charge_set *ret)
{
	const struct instrument *i = &c->instrument[o->instrument];

	*ret = (struct charge_set){ 0 };
	if (i->flags & INSTRUMENT_SYNTHETIC)
		return;
	charges_of(core_rates(c, i, (enum product)o->request.product), (int)e->side, e->qty, e->price, first, ret);
	account_charge(c, s, ret);
}

static void emit_fill(struct core *c, const struct order *o, const struct event_fill *e, qty_t position, const struct charge_set *charges)
{
	struct outcome_fill *f = &core_emit(c, OUTCOME_FILL, o->instrument)->fill;

	f->order = e->order;
	f->trade = e->trade;
	f->strategy = o->request.strategy;
	f->side = e->side;
	f->qty = e->qty;
	f->price = e->price;
	f->position = position;
	f->charges = *charges;
}

static void book_apply(struct book *b, enum side side, qty_t qty, price_t price)
{
	if (side == SIDE_BUY) {
		b->qty += qty;
		b->bought += qty;
		b->buy_value += qty * price;
	} else {
		b->qty -= qty;
		b->sold += qty;
		b->sell_value += qty * price;
	}
}

static void emit_trade(struct core *c, uint32_t strategy, enum exit_reason reason)
{
	struct slot *s = &c->slot[strategy];
	const struct book *b = &s->book;
	struct outcome_trade *t = &core_emit(c, OUTCOME_TRADE, b->instrument)->trade;
	bool bought = b->side == SIDE_BUY;

	t->number = c->s->account.trades;
	t->strategy = strategy;
	t->exit_reason = reason;
	t->side = b->side;
	t->incomplete = b->charges.unknown;
	t->qty = b->bought;
	t->entry = num_div_round(bought ? b->buy_value : b->sell_value, b->bought);
	t->exit = num_div_round(bought ? b->sell_value : b->buy_value, b->bought);
	t->entered = b->opened;
	t->left = b->closed;
	t->gross = book_gross(b);
	t->charges = charges_total(&b->charges);
	t->net = t->gross - t->charges;
	t->index_stop = s->plan.index_stop;
	t->signal_price = s->plan.signal_price;
}

static void count_result(struct core *c, struct slot *s, money_t net)
{
	s->trades++;
	s->trades_today++;
	s->wins += net > 0;
	s->loss_streak = net > 0 ? 0 : s->loss_streak + 1;
	if (s->loss_streak >= (uint32_t)s->params[COMMON_loss_streak])
		s->streak_locked = 1;
	c->s->account.trades++;
	c->s->account.day_trades++;
}

static void book_close(struct core *c, uint32_t strategy, enum exit_reason reason)
{
	struct slot *s = &c->slot[strategy];
	struct account *a = &c->s->account;
	money_t gross = book_gross(&s->book);

	s->book.closed = c->s->now;
	a->realised += gross;
	a->day_realised += gross;
	s->realised += gross;
	s->day_realised += gross;
	a->unrealised -= s->book.unrealised;
	s->book.unrealised = 0;
	assert(c->s->open_books > 0);
	c->s->open_books--;
	count_result(c, s, gross - charges_total(&s->book.charges));
	emit_trade(c, strategy, reason);
	plan_book_closed(c, strategy, reason);
}

/* Paid for long books at cost; a short book's proceeds are not spendable and its cost is its entry value. */
static money_t book_cost(const struct core *c, const struct book *b)
{
	if (b->qty == 0 || (c->instrument[b->instrument].flags & INSTRUMENT_SYNTHETIC))
		return 0;
	return b->side == SIDE_BUY ? num_div_round(b->buy_value, b->bought) * b->qty : num_div_round(b->sell_value, b->sold) * -b->qty;
}

void account_open_cost(struct core *c, struct slot *s)
{
	money_t cost = book_cost(c, &s->book);

	c->s->account.open_cost += cost - s->open_cost;
	s->open_cost = cost;
}

/* An exit that the engine did not ask for is a person's. */
static enum exit_reason closing_reason(const struct slot *s, const struct order *o)
{
	return s->plan.exit_reason == EXIT_NONE && o->request.purpose == PURPOSE_EXIT ? EXIT_MANUAL : (enum exit_reason)s->plan.exit_reason;
}

void account_fill(struct core *c, struct order *o, const struct event_fill *e, bool first)
{
	uint32_t strategy = o->request.strategy;
	struct slot *s = &c->slot[strategy];
	struct charge_set charges;

	assert(strategy < c->s->strategies);
	if (s->book.qty == 0)
		book_open(c, &s->book, o->instrument, (enum side)e->side);
	charge_fill(c, s, o, e, first, &charges);
	book_apply(&s->book, (enum side)e->side, e->qty, e->price);
	emit_fill(c, o, e, s->book.qty, &charges);
	if (s->book.qty == 0)
		book_close(c, strategy, closing_reason(s, o));
	account_open_cost(c, s);
	account_mark(c, s);
	if (!core_flag(c, START_QUIET))
		account_equity(c);
}

void account_outside(struct core *c, uint32_t strategy, qty_t qty, price_t price, enum exit_reason reason)
{
	struct slot *s = &c->slot[strategy];

	book_apply(&s->book, s->book.qty > 0 ? SIDE_SELL : SIDE_BUY, qty, price);
	if (s->book.qty == 0)
		book_close(c, strategy, reason);
	account_open_cost(c, s);
	account_mark(c, s);
}

void account_taken_over(struct core *c, uint32_t strategy, uint32_t instrument, qty_t qty, price_t price)
{
	struct slot *s = &c->slot[strategy];
	enum side side = qty > 0 ? SIDE_BUY : SIDE_SELL;

	if (s->book.qty == 0)
		book_open(c, &s->book, instrument, side);
	book_apply(&s->book, side, qty > 0 ? qty : -qty, price);
	account_open_cost(c, s);
	account_mark(c, s);
}

/* -- marking ----------------------------------------------------------------------------------------------------------------- */

void account_equity(struct core *c)
{
	struct outcome_equity *e = &core_emit(c, OUTCOME_EQUITY, INSTRUMENT_NONE)->equity;
	const struct account *a = &c->s->account;

	e->equity = core_equity(c);
	e->realised = a->realised;
	e->unrealised = a->unrealised;
	e->charges = a->charges;
	e->day_pnl = core_day_pnl(c);
	e->cash_free = core_cash_free(c);
	c->s->equity_at = c->s->now;
}

/* -- days ---------------------------------------------------------------------------------------------------------------------- */

void account_day_begin(struct core *c)
{
	struct account *a = &c->s->account;

	a->day_realised = a->day_charges = 0;
	a->day_trades = a->day_locked = a->day_entries = 0;
	a->day_peak = 0;
	a->day_base = a->unrealised;
	orders_day_begin(c);
	for (uint32_t i = 0; i < c->s->strategies; i++) {
		struct slot *s = &c->slot[i];

		s->day_realised = s->day_charges = 0;
		s->trades_today = s->entries_today = s->loss_streak = s->streak_locked = 0;
		if (s->book.qty == 0)
			s->book = (struct book){ .instrument = INSTRUMENT_NONE };
	}
	for (uint32_t i = 0; i < c->s->instruments; i++)
		c->quote[i].volume = 0;
}

void account_day_end(struct core *c)
{
	const struct account *a = &c->s->account;
	struct outcome_day *d = &core_emit(c, OUTCOME_DAY, INSTRUMENT_NONE)->day;

	d->date = c->s->day.date;
	d->trades = a->day_trades;
	d->gross = a->day_realised;
	d->charges = a->day_charges;
	d->net = a->day_realised - a->day_charges;
	d->equity = core_equity(c);
	d->incomplete = a->charges_unknown;
	if (!core_flag(c, START_QUIET))
		account_equity(c);
}

/* -- expiry --------------------------------------------------------------------------------------------------------------------- */

/* An index option is settled in cash against the underlying's last price of its expiry day. */
static bool settlement_price(const struct core *c, const struct instrument *i, price_t *ret)
{
	price_t spot = i->underlying_id == INSTRUMENT_NONE ? 0 : c->quote[i->underlying_id].last;

	if (spot == 0)
		return false;
	if (i->kind == INSTRUMENT_CALL)
		*ret = spot > i->strike ? spot - i->strike : 0;
	else if (i->kind == INSTRUMENT_PUT)
		*ret = i->strike > spot ? i->strike - spot : 0;
	else
		*ret = spot;
	return true;
}

static void settle(struct core *c, uint32_t strategy)
{
	struct slot *s = &c->slot[strategy];
	const struct instrument *i = &c->instrument[s->book.instrument];
	qty_t qty = s->book.qty;
	price_t price;

	if (!settlement_price(c, i, &price)) {
		not_flat_latch(c, EXIT_EXPIRY);
		core_alert(c, ALERT_NOT_FLAT, strategy, i->id, qty, "expired, and no price of the underlying to settle against");
		return;
	}
	account_outside(c, strategy, qty > 0 ? qty : -qty, price, EXIT_EXPIRY);
}

void account_expire(struct core *c)
{
	for (uint32_t i = c->s->strategies; i-- > 0;) {
		const struct book *b = &c->slot[i].book;

		if (b->qty != 0 && c->instrument[b->instrument].expiry != 0 && c->instrument[b->instrument].expiry <= c->s->day.date)
			settle(c, i);
	}
}
