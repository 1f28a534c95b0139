/* Orders that an earlier process of this engine's placed and that the journal does not know: the state came back from a copy that had lagged (MongoDB, a backup), or
 * a watchdog placed them. Nothing tells which plan they belonged to. So none is taken for anybody's: one at work that may open a position, or that closes what a book of
 * ours holds and would close itself, is cancelled; what they traded is foreign and said; and an exit leaves only when no such order could close the same once more.
 * One that closes what no book of ours holds stays: it may be all that protects it. One whose tag was replaced looks like a person's: it is cancelled only where it
 * closes no more than our books hold. reliability.md I2, I11, I22. */
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/broker/kotak/kotak_priv.h"

#define TRIES_QUICK 5
#define PAUSE_LONG (10 * NANOS_SECOND)

/* -- what becomes of them ---------------------------------------------------------------------------------------------------- */

static bool on_side(qty_t held, enum side closing)
{
	return closing == SIDE_SELL ? held > 0 : held < 0;
}

/* It closes what our books hold, and would close themselves. */
static bool closes_ours(const struct kotak *k, const struct merge_lost *l)
{
	qty_t own = foreign_own_net(k->o.core, l->symbol);

	return on_side(own, l->side) && (l->tagged || l->qty - l->filled <= (own > 0 ? own : -own));
}

static bool may_open(const struct kotak *k, const struct merge_lost *l)
{
	return l->tagged && kotak_book_read(k, BOOK_POSITIONS) && !on_side(foreign_broker_net(k, l->symbol), l->side);
}

static bool due(const struct merge_lost *l, nanos_t now)
{
	return l->tries == 0 || now - l->asked >= (l->tries < TRIES_QUICK ? MERGE_SETTLE : PAUSE_LONG);
}

/* Each of them: unlike a kotak_note(), which tells of one in a minute. */
static void say(const struct kotak *k, const struct merge_lost *l)
{
	char text[192];

	snprintf(text, sizeof(text), "order %s (%s) works, and %s: it is cancelled", l->number, l->symbol,
	         l->tagged ? "its tag is this engine's, whose journal does not know it" : "may be this engine's, whose journal has lost its end");
	if (k->o.note)
		k->o.note(k->o.ctx, text);
}

void lost_cancel(struct kotak *k)
{
	nanos_t now = kotak_span(k);

	if (!k->started || !kotak_session_good(k))
		return;
	for (size_t i = 0; i < k->merge.n_lost; i++) {
		struct merge_lost *l = &k->merge.lost[i];

		if (!(closes_ours(k, l) || may_open(k, l)) || !due(l, now))
			continue;
		if (l->tries++ == 0)
			say(k, l);
		l->asked = now;
		request_cancel_number(k, l->number, l->symbol, l->amo, 0);
	}
}

/* -- what they forbid -------------------------------------------------------------------------------------------------------- */

static bool works_there(const struct kotak *k, const char *symbol, enum side side)
{
	for (size_t i = 0; i < k->merge.n_lost; i++) {
		const struct merge_lost *l = &k->merge.lost[i];

		if (l->side == side && strcmp(l->symbol, symbol) == 0 && closes_ours(k, l))
			return true;
	}
	return false;
}

/* What they traded is in both books by now: positions may lag behind a trade. */
static bool fills_known(struct kotak *k)
{
	const struct merge *m = &k->merge;
	nanos_t from = m->lost_fill + FOREIGN_CALM;

	if (m->lost_fill == 0 || (k->positions_began >= from && k->book[BOOK_TRADES].good_began >= m->lost_fill))
		return true;
	books_soon(k, BOOK_TRADES, 0);
	books_soon(k, BOOK_POSITIONS, from > m->span ? from - m->span : 0);
	return false;
}

const char *lost_forbid(struct kotak *k, const struct order_request *r, uint32_t instrument)
{
	if (k->book[BOOK_ORDERS].good == 0)
		return "the order book is read first";
	if (works_there(k, k->o.core->instrument[instrument].symbol, r->side))
		return "an earlier order of ours there is cancelled first";
	return fills_known(k) ? NULL : "the positions are read first";
}
