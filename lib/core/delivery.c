/* Contracts on shares are settled by delivery: held into expiry, an option becomes a purchase of its full value. No entry near
 * the end, everything out at 14:30 of the day before, when margins step up (docs/market.md). Contracts on indices are
 * settled in cash and are not meant here. */
#include "lib/core/core_priv.h"

#define OUT_BY TIME_OF_DAY(14, 30)      /* on the last day but one; in a short session an hour before its close */
#define OPTION_DAYS 4                   /* no entry in an option with so many trading days to go */
#define FUTURE_DAYS 1

bool delivery_settled(const struct core *c, const struct instrument *i)
{
	struct contract_facts facts;

	if (i->expiry == 0 || i->kind == INSTRUMENT_INDEX || i->kind == INSTRUMENT_EQUITY)
		return false;
	if (i->underlying_id < c->s->instruments)
		return c->instrument[i->underlying_id].kind == INSTRUMENT_EQUITY;
	contract_lookup(&c->tables->contracts, i->underlying, i->expiry, c->today, &facts);
	return (facts.unknown & 1u << CONTRACT_LOT) != 0; /* the table lists the indices */
}

static date_t next_trading_day(const struct core *c, date_t date)
{
	date_t next = session_next(&c->tables->calendar, date, GROUP_FO);

	if (next)
		return next;
	do {
		date++;
	} while (date_weekday(date) >= WEEKDAY_SAT);
	return date;
}

/* Trading days to go, 0 on the day itself; counted no further than one beyond `most`. */
static int days_left(const struct core *c, date_t expiry, int most)
{
	date_t at = c->today;
	int n = 0;

	for (; at < expiry && n <= most; n++)
		at = next_trading_day(c, at);
	return n;
}

bool delivery_near(const struct core *c, const struct instrument *i)
{
	int most = i->kind == INSTRUMENT_FUTURE ? FUTURE_DAYS : OPTION_DAYS;

	return delivery_settled(c, i) && days_left(c, i->expiry, most) <= most;
}

/* -- positions ------------------------------------------------------------------------------------------------------------ */

static const struct instrument *held(const struct core *c, uint32_t strategy)
{
	const struct book *b = &c->slot[strategy].book;
	const struct instrument *i = b->qty != 0 ? &c->instrument[b->instrument] : NULL;

	return i && delivery_settled(c, i) ? i : NULL;
}

void delivery_day(struct core *c)
{
	c->s->delivery_done = 0;
	for (uint32_t n = c->s->delivery ? c->s->active : 0; n-- > 0;) {
		uint32_t strategy = c->active[n];
		const struct instrument *i = held(c, strategy);
		int left = i ? days_left(c, i->expiry, 5) : -1;

		if (left == 5 || left == 2 || left == 1)
			core_alert(c, ALERT_DELIVERY, strategy, i->id, left, "settled by delivery in so many trading days: closed at 14:30 of the day before");
		else if (left == 0)
			core_alert(c, ALERT_DELIVERY, strategy, i->id, left, "settled by delivery today: closed now");
		if (left == 0)
			plan_exit(c, strategy, EXIT_EXPIRY);
	}
}

nanos_t delivery_at(const struct core *c)
{
	const struct core_state *s = c->s;
	nanos_t at = stamp_at(s->day.date, OUT_BY), latest = s->day.close - NANOS_HOUR;

	if (!s->delivery || s->delivery_done || !s->day_active)
		return STAMP_NEVER;
	return at < latest ? at : latest;
}

void delivery_due(struct core *c)
{
	if (c->s->now < delivery_at(c))
		return;
	c->s->delivery_done = 1;
	for (uint32_t n = c->s->active; n-- > 0;) {
		const struct instrument *i = held(c, c->active[n]);

		if (i && days_left(c, i->expiry, 1) <= 1)
			plan_exit(c, c->active[n], EXIT_EXPIRY);
	}
}
