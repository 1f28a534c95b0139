/* What entries wait for beside the link: all books read since the login, positions compared with our own, and clocks that agree. A wall clock that was
 * set is held at once (lib/loop/clock_base.h); time that was wrong all along is told from the Date of the broker's answers. reliability.md I15, I26. */
#include "lib/base/num.h"
#include "lib/base/obj.h"
#include "lib/broker/kotak/kotak_priv.h"

/* -- books ------------------------------------------------------------------------------------------------------------------------------ */

static uint32_t unread(const struct kotak *k)
{
	return (kotak_book_read(k, BOOK_ORDERS) ? 0 : ACCOUNT_ORDERS) | (kotak_book_read(k, BOOK_TRADES) ? 0 : ACCOUNT_TRADES) |
	       (kotak_book_read(k, BOOK_POSITIONS) ? 0 : ACCOUNT_POSITIONS) | (kotak_book_read(k, BOOK_FUNDS) ? 0 : ACCOUNT_FUNDS) |
	       (foreign_compared(k) ? 0 : ACCOUNT_COMPARED);
}

/* -- clocks ----------------------------------------------------------------------------------------------------------------------------- */

/* The machine's wall clock was set: what we go by is as before, and the broker must say so before there are entries. */
void arm_tick(struct kotak *k)
{
	const struct clock *c = kotak_session_clock(k->o.session);
	struct clock_watch *w = &k->clock;
	bool held = clock_held(c);

	if (held && !w->held) {
		kotak_session_clock_forget(k->o.session);
		kotak_note(k, NOTE_CLOCK, "the machine's clock was set by %lld ms: no entries until it is back, or the broker's answers say what is so",
		           (long long)(c->base->away / NANOS_MS));
	}
	w->doubted = held && (w->doubted || !w->held);
	w->held = held;
}

/* The Date of enough answers since it was set fits the time that we go by. */
static bool agrees_again(const struct kotak_clock_span *s)
{
	return s->answers >= CLOCK_ANSWERS && s->low <= CLOCK_APART && s->high >= -CLOCK_APART;
}

static bool apart(struct kotak *k, const struct kotak_clock_span *s)
{
	if (k->clock.doubted && agrees_again(s))
		k->clock.doubted = false;
	return k->clock.doubted || (s->answers > 0 && (s->low > CLOCK_APART || s->high < -CLOCK_APART));
}

/* -- telling ---------------------------------------------------------------------------------------------------------------------------- */

void arm_settle(struct kotak *k)
{
	struct kotak_clock_span s = kotak_session_clock_span(k->o.session);
	struct event_account now = { .unread = unread(k), .apart = apart(k, &s), .offset = s.answers > 0 ? s.low + (s.high - s.low) / 2 : NUM_UNKNOWN };
	struct event e;

	if (!k->started || (now.unread == k->armed.unread && now.apart == k->armed.apart))
		return;
	k->armed = now;
	event_init(&e, EVENT_ACCOUNT, k->merge.stamp, INSTRUMENT_NONE);
	e.account = now;
	k->broker.emit(k->broker.emit_ctx, &e);
}
