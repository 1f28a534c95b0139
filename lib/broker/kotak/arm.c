/* What entries wait for beside the link: all books read since the login, positions compared with our own, and clocks that agree. A wall clock that was
 * set is told from the steady one at once; one that was wrong all along, from the Date of the broker's answers. reliability.md I15, I26. */
#include "lib/base/num.h"
#include "lib/base/obj.h"
#include "lib/broker/kotak/kotak_priv.h"

#define APART (NANOS_SECOND / 2)
#define ANSWERS_ENOUGH 3 /* whole seconds of a Date, met at different moments */

/* -- books ------------------------------------------------------------------------------------------------------------------------------ */

static uint32_t unread(const struct kotak *k)
{
	return (kotak_book_read(k, BOOK_ORDERS) ? 0 : ACCOUNT_ORDERS) | (kotak_book_read(k, BOOK_TRADES) ? 0 : ACCOUNT_TRADES) |
	       (kotak_book_read(k, BOOK_POSITIONS) ? 0 : ACCOUNT_POSITIONS) | (kotak_book_read(k, BOOK_FUNDS) ? 0 : ACCOUNT_FUNDS) |
	       (foreign_compared(k) ? 0 : ACCOUNT_COMPARED);
}

/* -- clocks ----------------------------------------------------------------------------------------------------------------------------- */

/* The wall clock less the steady one, which is read before and after it. */
static void read_base(const struct kotak *k, nanos_t *low, nanos_t *high)
{
	const struct clock *c = kotak_session_clock(k->o.session);
	nanos_t before = clock_steady(c), wall = clock_now(c);

	*low = wall - clock_steady(c);
	*high = wall - before;
}

static bool differ(nanos_t low, nanos_t high, nanos_t base)
{
	return low > base + APART || high < base - APART;
}

void arm_tick(struct kotak *k)
{
	struct clock_watch *w = &k->clock;
	nanos_t low, high;

	read_base(k, &low, &high);
	if (w->base != 0 && differ(low, high, w->base)) {
		kotak_session_clock_forget(k->o.session); /* what it said was said of the other time */
		kotak_note(k, NOTE_CLOCK, "the clock was set by %lld ms: no entries until it agrees again", (long long)((high - w->base) / NANOS_MS));
		w->before = w->stepped ? w->before : w->base;
		w->stepped = true;
	}
	w->base = high;
	if (w->stepped && !differ(low, high, w->before))
		w->stepped = false;
}

/* The Date of enough answers since it was set fits. */
static bool agrees_again(const struct kotak_clock_span *s)
{
	return s->answers >= ANSWERS_ENOUGH && s->low <= APART && s->high >= -APART;
}

static bool apart(struct kotak *k, const struct kotak_clock_span *s)
{
	if (k->clock.stepped && agrees_again(s))
		k->clock.stepped = false;
	return k->clock.stepped || (s->answers > 0 && (s->low > APART || s->high < -APART));
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
