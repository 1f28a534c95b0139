/* What the broker's account holds beyond what this engine traded, and which of its books were read. The broker's adapter tells both; here they become
 * state, so that a restart and a replay know of them, and rungs of the gate. No order ever follows from them. reliability.md I13, I15, I22. */
#include "lib/base/err.h"
#include "lib/core/core_priv.h"

#define FOREIGN_QTY_MAX INT64_C(1000000000000000)

static struct foreign *find(const struct core *c, const char *symbol)
{
	for (uint32_t i = 0; i < c->s->foreigns; i++)
		if (strncmp(c->s->foreign[i].symbol, symbol, sizeof(c->s->foreign[i].symbol) - 1) == 0)
			return &c->s->foreign[i];
	return NULL;
}

static bool nothing(const struct event_foreign *e)
{
	return e->manual == 0 && e->broker == 0 && e->unexplained == 0 && e->orders == 0;
}

static void say(struct core *c, uint32_t instrument, const struct event_foreign *e, const char *what)
{
	char text[REASON_TEXT * 2] = "";
	size_t at = strnlen(e->symbol, sizeof(e->symbol) - 1);

	memcpy(text, e->symbol, at);
	text_copy(text + at, sizeof(text) - at, what);
	core_alert(c, ALERT_FOREIGN, UINT32_MAX, instrument, e->manual + e->broker + e->unexplained, text);
}

static void forget(struct core *c, uint32_t instrument, struct foreign *f, const struct event_foreign *e)
{
	struct core_state *s = c->s;

	if (!f)
		return;
	say(c, instrument, e, ": the account holds what this engine traded, again");
	*f = s->foreign[--s->foreigns];
	memset(&s->foreign[s->foreigns], 0, sizeof(s->foreign[0]));
}

/* More contracts than there is room for: the last row stands for all, and so for every underlying. */
static struct foreign *add(struct core *c, const struct event_foreign *e)
{
	struct core_state *s = c->s;
	struct foreign *f = &s->foreign[s->foreigns < FOREIGN_MAX ? s->foreigns++ : FOREIGN_MAX - 1];
	bool room = s->foreigns < FOREIGN_MAX;

	*f = (struct foreign){ .since = s->now };
	text_copy(f->symbol, sizeof(f->symbol), room ? e->symbol : FOREIGN_ALL);
	text_copy(f->underlying, sizeof(f->underlying), room ? e->underlying : FOREIGN_ALL);
	return f;
}

static bool same(const struct foreign *f, const struct event_foreign *e)
{
	return f->manual == e->manual && f->broker == e->broker && f->unexplained == e->unexplained && f->orders == e->orders;
}

/* An acknowledgement holds for what the operator saw: the quantity, whoever it is put down to, and no order that may change it. */
static bool still_acknowledged(const struct foreign *f, const struct event_foreign *e)
{
	return f->acknowledged && f->manual + f->broker + f->unexplained == e->manual + e->broker + e->unexplained && e->orders <= f->orders;
}

qty_t reconcile_own_net(const struct core *c, uint32_t instrument)
{
	qty_t net = 0;

	for (uint32_t i = 0; i < c->s->strategies; i++)
		net += c->slot[i].book.instrument == instrument ? c->slot[i].book.qty : 0;
	return net;
}

/* The positions were compared with the books as they are since some followed: what is told no longer holds that part. */
static void follow_done(const struct core *c, struct foreign *f, const struct event_foreign *e, uint32_t instrument)
{
	if (f->followed == 0 || e->ours == NUM_UNKNOWN || e->ours != reconcile_own_net(c, instrument))
		return;
	f->unexplained -= f->followed;
	f->followed = 0;
}

/* What no account holds: no sum of such may overflow. */
static qty_t bounded(qty_t qty)
{
	return qty > FOREIGN_QTY_MAX ? FOREIGN_QTY_MAX : qty < -FOREIGN_QTY_MAX ? -FOREIGN_QTY_MAX : qty;
}

void reconcile_foreign(struct core *c, const struct event_foreign *told, uint32_t instrument)
{
	struct event_foreign row = *told, *e = &row;
	struct foreign *f = find(c, e->symbol);

	e->manual = bounded(e->manual);
	e->broker = bounded(e->broker);
	e->unexplained = bounded(e->unexplained);

	if (f)
		follow_done(c, f, e, instrument);
	if (nothing(e)) {
		forget(c, instrument, f, e);
		return;
	}
	if (f && same(f, e))
		return;
	if (!f)
		f = add(c, e);
	f->acknowledged = still_acknowledged(f, e);
	f->manual = e->manual;
	f->broker = e->broker;
	f->unexplained = e->unexplained;
	f->orders = e->orders;
	say(c, instrument, e, e->unexplained ? ": the account and our fills differ, and nothing explains it" :
	    e->broker ? ": the broker traded in this account" : e->manual ? ": somebody else traded in this account" :
	    ": somebody else's order is at work in this account");
	stop_tend_all(c, instrument);
}

/* -- rungs ------------------------------------------------------------------------------------------------------------------ */

static bool concerns(const struct foreign *f, const char *underlying)
{
	return !f->acknowledged && (strcmp(f->underlying, underlying) == 0 || strcmp(f->underlying, FOREIGN_ALL) == 0);
}

enum refusal reconcile_refusal(const struct core *c, const char *underlying, uint64_t *all)
{
	bool unexplained = false, others = false;

	for (uint32_t i = 0; i < c->s->foreigns; i++) {
		const struct foreign *f = &c->s->foreign[i];

		if (!concerns(f, underlying))
			continue;
		unexplained |= f->unexplained != 0;
		others |= f->unexplained == 0 && !core_flag(c, START_FOREIGN_IGNORE);
	}
	RUNG(unexplained, UNEXPLAINED);
	RUNG(others, FOREIGN);
	return REFUSAL_NONE;
}

enum refusal core_foreign_refusal(const struct core *c, const char *underlying)
{
	return reconcile_refusal(c, underlying, NULL);
}

/* -- an operator knows ------------------------------------------------------------------------------------------------------- */

uint32_t core_find_foreign(const struct core *c, const char *symbol)
{
	const struct foreign *f = find(c, symbol);

	return f ? (uint32_t)(f - c->s->foreign) : UINT32_MAX;
}

/* Others closed what this book still holds, or part of it. */
static qty_t closed_by_others(const struct slot *s, uint32_t instrument, qty_t beyond)
{
	qty_t held = s->book.instrument == instrument ? s->book.qty : 0;

	if (held == 0 || beyond == 0 || (held > 0) == (beyond > 0))
		return 0;
	return held > 0 ? (held < -beyond ? held : -beyond) : (-held < beyond ? -held : beyond);
}

bool reconcile_closed_by_others(const struct core *c, const struct slot *s)
{
	const struct foreign *f = s->book.qty != 0 && c->s->foreigns > 0 ? find(c, c->instrument[s->book.instrument].symbol) : NULL;

	return f && closed_by_others(s, s->book.instrument, f->manual + f->broker + f->unexplained - f->followed) > 0;
}

static price_t last_price(const struct core *c, uint32_t instrument)
{
	const struct quote *q = &c->quote[instrument];

	return q->last > 0 ? q->last : quote_mid(q, &c->instrument[instrument]);
}

/* Why the books cannot follow the account now. */
static const char *cannot_follow(const struct core *c, uint32_t instrument, qty_t beyond)
{
	for (uint32_t i = 0; i < c->s->strategies; i++) {
		const struct order *o = order_find(c, c->slot[i].plan.order);

		if (closed_by_others(&c->slot[i], instrument, beyond) == 0)
			continue;
		if (o && order_live((enum order_state)o->state))
			return "an order of ours is at work there: pause, and try again";
		if (last_price(c, instrument) <= 0)
			return "there is no price to close the book at";
	}
	return NULL;
}

/* Books that hold what the account no longer does are closed at the last price: bookkeeping alone, no order. */
static qty_t follow(struct core *c, uint32_t instrument, qty_t beyond)
{
	qty_t left = beyond;

	for (uint32_t i = 0; i < c->s->strategies; i++) {
		qty_t qty = closed_by_others(&c->slot[i], instrument, left);

		if (qty == 0)
			continue;
		left += left > 0 ? -qty : qty;
		account_outside(c, i, qty, last_price(c, instrument), EXIT_MANUAL);
	}
	return beyond - left;
}

/* The command names the row and the quantity that the operator saw. */
int reconcile_acknowledge(struct core *c, const struct event_command *e, const char **why)
{
	struct foreign *f = e->index < c->s->foreigns ? &c->s->foreign[e->index] : NULL;

	*why = f ? "an acknowledgement needs a reason" : "the account holds nothing there that is not ours";
	if (!f || e->reason[0] == '\0')
		return f ? ERR_RANGE : ERR_NOENT;
	*why = "the books followed an acknowledgement: wait until the positions are read";
	if (f->followed != 0)
		return f->acknowledged ? ERR_OK : ERR_BUSY;
	*why = "the quantity changed meanwhile: look again";
	qty_t beyond = f->manual + f->broker + f->unexplained;
	uint32_t instrument = core_find_instrument(c, f->symbol);
	if (e->value != beyond)
		return ERR_BUSY;
	if (instrument != INSTRUMENT_NONE && (*why = cannot_follow(c, instrument, beyond)) != NULL)
		return ERR_BUSY;
	if (instrument != INSTRUMENT_NONE && !f->acknowledged)
		f->followed = follow(c, instrument, beyond);
	f->acknowledged = 1;
	memcpy(f->by, e->principal, sizeof(f->by));
	memcpy(f->reason, e->reason, sizeof(f->reason));
	*why = "";
	return ERR_OK;
}

/* -- books and clocks --------------------------------------------------------------------------------------------------------- */

void reconcile_start(struct core *c)
{
	c->s->books = (struct event_account){ .unread = c->s->start.mode == MODE_LIVE ? ACCOUNT_ALL : 0 };
}

void reconcile_account(struct core *c, const struct event_account *e)
{
	bool was_apart = c->s->books.apart != 0;

	c->s->books = *e;
	if (e->apart && !was_apart)
		core_alert(c, ALERT_CLOCK, UINT32_MAX, INSTRUMENT_NONE, e->offset, "the clock does not agree with the broker's, or was set: no entries");
}
