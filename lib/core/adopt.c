/* With the policy `adopt` what others bought or sold in a contract becomes a book of the engine's own: one of a few slots that no strategy decides for, closed by whatever closes
 * every book (square-off, kill, the day's locks, delivery, shutdown) and counted by every limit. Where they close it themselves it follows the account, without an order.
 *
 * The broker's adapter tells what its books prove, and with which of our books it was compared: told twice, or of books that changed since, it is good for nothing. reliability.md I22. */
#include "lib/core/core_priv.h"

static const char *const why_not[ADOPT_WHYS] = {
	[ADOPT_KILLED] = "a kill is latched", [ADOPT_STOPPING] = "the engine is shutting down", [ADOPT_LOCKED] = "the day is locked",
	[ADOPT_SQUARED_OFF] = "intraday positions are squared off by now", [ADOPT_CONTRACT] = "it is nothing that is traded here, or no whole lots",
	[ADOPT_OPPOSITE] = "a strategy holds the other side", [ADOPT_NO_PRICE] = "no trade tells what it cost", [ADOPT_FULL] = "every book for it is taken",
};

const char *adopt_why(enum adopt_why why)
{
	return why < ADOPT_WHYS ? why_not[why] : NULL;
}

/* -- the slots ------------------------------------------------------------------------------------------------------------- */

/* The adopted book of that contract and product; else a free one; UINT32_MAX. */
static uint32_t slot_for(const struct core *c, uint32_t instrument, bool carried)
{
	uint32_t spare = UINT32_MAX;

	for (uint32_t i = c->s->strategies; i-- > 0;) {
		const struct slot *s = &c->slot[i];

		if (!slot_adopted(s))
			continue;
		if (s->book.qty != 0 && s->book.instrument == instrument && (s->params[COMMON_product] != 0) == carried)
			return i;
		if (s->book.qty == 0 && s->plan.state == PLAN_IDLE)
			spare = i;
	}
	return spare;
}

/* -- may it be? -------------------------------------------------------------------------------------------------------------- */

/* Of a size that no sum of such can overflow. */
static bool sane(const struct event_adopt *e)
{
	qty_t most = NUM_DECIMAL_MAX / NUM_SCALE;
	int64_t value;

	return e->qty != 0 && e->qty <= most && e->qty >= -most && e->price >= 0 && num_mul(e->qty > 0 ? e->qty : -e->qty, e->price, &value) && value <= NUM_DECIMAL_MAX;
}

static bool at_rest(const struct order *o)
{
	return !order_live((enum order_state)o->state) || (stop_untriggered(o) && !o->modifying && !o->cancelling);
}

/* Whole order books are without it, though it may come to light for minutes. What its owner has closed himself need not wait for that; its exit would be refused as long. */
static bool lost_entry(const struct order *o)
{
	return o->request.purpose == PURPOSE_ENTRY && o->state == ORDER_ABSENT;
}

static bool order_at_work(const struct core *c, uint32_t instrument, bool lost_too)
{
	for (uint32_t i = 0; c->s->live_orders > 0 && i < c->s->limits.orders; i++) {
		const struct order *o = &c->order[i];

		if (o->request.order != 0 && o->instrument == instrument && !at_rest(o) && (lost_too || !lost_entry(o)))
			return true;
	}
	return false;
}

static bool other_side_held(const struct core *c, uint32_t instrument, qty_t qty)
{
	for (uint32_t i = 0; i < c->s->strategies; i++) {
		const struct book *b = &c->slot[i].book;

		if (b->qty != 0 && b->instrument == instrument && (b->qty > 0) != (qty > 0))
			return true;
	}
	return false;
}

static bool traded_here(const struct core *c, const struct event_adopt *e, uint32_t instrument)
{
	const struct instrument *i = &c->instrument[instrument];

	return (i->flags & INSTRUMENT_TRADABLE) && !(i->flags & INSTRUMENT_SYNTHETIC) && (i->expiry == 0 || i->expiry >= c->s->day.date) &&
	       e->qty % i->lot == 0 && e->product <= PRODUCT_NRML;
}

/* What would be closed at once is left to whoever trades by hand then. */
static enum adopt_why refused(const struct core *c, const struct event_adopt *e, uint32_t instrument)
{
	if (c->s->kill != KILL_NONE)
		return ADOPT_KILLED;
	if (c->s->stop != STOP_NONE)
		return ADOPT_STOPPING;
	if (c->s->account.day_locked)
		return ADOPT_LOCKED;
	if (c->s->squared_off && e->product == PRODUCT_MIS)
		return ADOPT_SQUARED_OFF;
	if (!traded_here(c, e, instrument))
		return ADOPT_CONTRACT;
	if (other_side_held(c, instrument, e->qty))
		return ADOPT_OPPOSITE;
	if (e->price <= 0)
		return ADOPT_NO_PRICE;
	return slot_for(c, instrument, e->product == PRODUCT_NRML) == UINT32_MAX ? ADOPT_FULL : ADOPT_FREE;
}

/* -- taking and giving back ---------------------------------------------------------------------------------------------------- */

static void say(struct core *c, uint32_t strategy, uint32_t instrument, qty_t qty, const char *what)
{
	char text[REASON_TEXT * 2] = "";
	const char *symbol = c->instrument[instrument].symbol;
	size_t at = strnlen(symbol, sizeof(c->instrument[0].symbol) - 1);

	memcpy(text, symbol, at);
	text_copy(text + at, sizeof(text) - at, what);
	core_alert(c, ALERT_FOREIGN, strategy, instrument, qty, text);
}

static void say_refused(struct core *c, uint32_t instrument, qty_t qty, enum adopt_why why)
{
	char text[REASON_TEXT * 2];

	text_copy(text, sizeof(text), ": not taken over: ");
	text_copy(text + strlen(text), sizeof(text) - strlen(text), why_not[why]);
	say(c, UINT32_MAX, instrument, qty, text);
}

static void take(struct core *c, const struct event_adopt *e, uint32_t instrument)
{
	uint32_t strategy = slot_for(c, instrument, e->product == PRODUCT_NRML);
	struct slot *s = &c->slot[strategy];

	text_copy(s->symbol, sizeof(s->symbol), c->instrument[instrument].underlying);
	s->params[COMMON_product] = e->product == PRODUCT_NRML;
	account_taken_over(c, strategy, instrument, e->qty, e->price);
	plan_take_over(c, strategy, instrument);
	say(c, strategy, instrument, e->qty, ": taken over, the engine closes it from now on like its own");
	day_lock_check(c);
}

/* Told of it until the account is compared with the books as they are now. */
static void note(struct core *c, struct foreign *f, qty_t taken, enum adopt_why why, uint32_t instrument)
{
	if (!f)
		return;
	f->followed += taken;
	if (why != ADOPT_FREE && f->not_taken != (uint32_t)why)
		say_refused(c, instrument, f->manual + f->broker + f->unexplained, why);
	f->not_taken = (uint32_t)why;
}

static price_t closed_at(const struct core *c, const struct event_adopt *e, uint32_t instrument)
{
	const struct quote *q = &c->quote[instrument];

	return e->price > 0 ? e->price : q->last > 0 ? q->last : quote_mid(q, &c->instrument[instrument]);
}

/* They closed it, or part of it. */
static bool give_back(struct core *c, const struct event_adopt *e, uint32_t instrument, qty_t *ret)
{
	uint32_t strategy = slot_for(c, instrument, e->product == PRODUCT_NRML);
	struct slot *s = strategy != UINT32_MAX ? &c->slot[strategy] : NULL;
	price_t price = closed_at(c, e, instrument);
	qty_t qty = e->qty > 0 ? e->qty : -e->qty, held;

	if (!s || s->book.qty == 0 || (s->book.qty > 0) == (e->qty > 0))
		return false;
	held = s->book.qty > 0 ? s->book.qty : -s->book.qty;
	qty = qty < held ? qty : held;
	*ret = price > 0 ? e->qty > 0 ? qty : -qty : 0;
	if (price <= 0)
		return true;
	say(c, strategy, instrument, *ret, ": closed by others, the book that was taken over follows");
	account_outside(c, strategy, qty, price, EXIT_MANUAL);
	day_lock_check(c);
	return true;
}

void adopt_apply(struct core *c, const struct event_adopt *e, uint32_t instrument)
{
	uint32_t row = instrument < c->s->instruments ? core_find_foreign(c, c->instrument[instrument].symbol) : UINT32_MAX;
	struct foreign *f = row != UINT32_MAX ? &c->s->foreign[row] : NULL;
	qty_t given = 0;

	if (instrument >= c->s->instruments || !sane(e) || e->ours != reconcile_own_net(c, instrument) || order_at_work(c, instrument, false))
		return;
	if (give_back(c, e, instrument, &given)) {
		note(c, f, given, ADOPT_FREE, instrument);
		return;
	}
	if (!core_flag(c, START_FOREIGN_ADOPT) || (f && f->acknowledged) || order_at_work(c, instrument, true))
		return;
	enum adopt_why why = refused(c, e, instrument);
	if (why == ADOPT_FREE)
		take(c, e, instrument);
	note(c, f, why == ADOPT_FREE ? e->qty : 0, why, instrument);
}
