/* What the account holds beyond our own books, by who moved it: the trade book tells of people's trades and of the broker's own closing, the order book
 * of their orders at work, and what the positions show beyond all that is unexplained. The core is told of every change; nothing is ever corrected by
 * an order. A reading that failed, or came while something of ours was at work, changes nothing. reliability.md I13, I22. */
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/broker/kotak/kotak_priv.h"

/* -- one contract ------------------------------------------------------------------------------------------------------------------------- */

qty_t foreign_own_net(const struct core *c, const char *symbol)
{
	qty_t net = 0;

	for (uint32_t i = 0; i < c->s->strategies; i++)
		if (c->slot[i].book.qty != 0 && strcmp(c->instrument[c->slot[i].book.instrument].symbol, symbol) == 0)
			net += c->slot[i].book.qty;
	return net;
}

qty_t foreign_broker_net(const struct kotak *k, const char *symbol)
{
	qty_t net = 0;

	for (size_t i = 0; i < k->positions; i++)
		if (strcmp(k->position[i].symbol, symbol) == 0)
			net += k->position[i].net;
	return net;
}

/* What the account holds less what our books do. */
static qty_t beyond(const struct kotak *k, const char *symbol)
{
	return foreign_broker_net(k, symbol) - foreign_own_net(k->o.core, symbol);
}

static qty_t explained(const struct kotak *k, const char *symbol)
{
	const struct merge_stranger *s = merge_stranger_of(&k->merge, symbol);

	return s ? s->people - s->settled_people + s->broker - s->settled_broker : 0;
}

static qty_t unexplained(const struct kotak *k, const char *symbol)
{
	return beyond(k, symbol) - explained(k, symbol);
}

/* What a strategy calls it. A contract of no underlying that is traded here, and a share, stand for themselves. */
static void put_underlying(const struct kotak *k, const char *symbol, char *ret, size_t size)
{
	static const enum segment derivatives[] = { SEGMENT_NSE_FO, SEGMENT_BSE_FO };
	uint32_t at = core_find_instrument(k->o.core, symbol);
	const struct master *m = kotak_master(k);
	const struct master_row *row = NULL;

	for (size_t i = 0; m && !row && i < ARRAY_LEN(derivatives); i++)
		row = master_by_symbol(m, derivatives[i], symbol);
	snprintf(ret, size, "%.15s", at != INSTRUMENT_NONE ? k->o.core->instrument[at].underlying : row ? row->name : symbol);
}

static struct event_foreign row_of(const struct kotak *k, const char *symbol, qty_t without_cause)
{
	const struct merge_stranger *s = merge_stranger_of(&k->merge, symbol);
	struct event_foreign e = { .unexplained = without_cause, .ours = NUM_UNKNOWN };

	snprintf(e.symbol, sizeof(e.symbol), "%s", symbol);
	put_underlying(k, symbol, e.underlying, sizeof(e.underlying));
	if (s) {
		e.manual = s->people - s->settled_people;
		e.broker = s->broker - s->settled_broker;
		e.orders = s->orders;
	}
	return e;
}

static bool nothing(const struct event_foreign *e)
{
	return e->manual == 0 && e->broker == 0 && e->unexplained == 0 && e->orders == 0;
}

/* -- telling -------------------------------------------------------------------------------------------------------------------------------- */

static struct event_foreign *told_of(struct kotak *k, const char *symbol)
{
	for (size_t i = 0; i < k->foreigns; i++)
		if (strcmp(k->foreign[i].symbol, symbol) == 0)
			return &k->foreign[i];
	return NULL;
}

static void emit(struct kotak *k, const struct event_foreign *row)
{
	struct event e;

	event_init(&e, EVENT_FOREIGN, k->merge.stamp, core_find_instrument(k->o.core, row->symbol));
	e.foreign = *row;
	k->broker.emit(k->broker.emit_ctx, &e);
}

/* More contracts than there is room for: the last row stands for the others, and for every underlying. */
static void tell_overflow(struct kotak *k)
{
	struct event_foreign *last = &k->foreign[FOREIGN_MAX - 1], gone = { 0 };

	k->foreign_overflow = true;
	if (strcmp(last->symbol, FOREIGN_ALL) == 0)
		return;
	memcpy(gone.symbol, last->symbol, sizeof(gone.symbol));
	emit(k, &gone);
	*last = (struct event_foreign){ .symbol = FOREIGN_ALL, .underlying = FOREIGN_ALL, .unexplained = 1 };
	emit(k, last);
}

static bool same(const struct event_foreign *a, const struct event_foreign *b)
{
	return a->manual == b->manual && a->broker == b->broker && a->unexplained == b->unexplained && a->orders == b->orders &&
	       strcmp(a->underlying, b->underlying) == 0;
}

/* Books followed by an operator's word, and the core waits to hear what is left. */
static bool awaited(const struct kotak *k, const struct event_foreign *e)
{
	uint32_t at = e->ours == NUM_UNKNOWN ? UINT32_MAX : core_find_foreign(k->o.core, e->symbol);

	return at != UINT32_MAX && k->o.core->s->foreign[at].followed != 0;
}

static void tell(struct kotak *k, const struct event_foreign *e)
{
	struct event_foreign *told = told_of(k, e->symbol);

	if (told ? same(told, e) && !awaited(k, e) : nothing(e))
		return;
	if (!told && k->foreigns == FOREIGN_MAX) {
		tell_overflow(k);
		return;
	}
	if (!told) {
		told = &k->foreign[k->foreigns++];
		*told = (struct event_foreign){ 0 };
	}
	if (e->unexplained != 0 && e->unexplained != told->unexplained)
		kotak_note(k, NOTE_POSITION, "%s: the broker holds %lld, our fills make %lld", e->symbol, (long long)foreign_broker_net(k, e->symbol),
		           (long long)foreign_own_net(k->o.core, e->symbol));
	*told = *e;
	if (nothing(e))
		*told = k->foreign[--k->foreigns];
	emit(k, e);
}

bool foreign_compared(const struct kotak *k)
{
	return k->compared && k->compared_generation == kotak_session_generation(k->o.session);
}

void foreign_begin(struct kotak *k)
{
	const struct core_state *s = k->o.core->s;

	for (k->foreigns = 0; k->foreigns < s->foreigns; k->foreigns++) {
		const struct foreign *f = &s->foreign[k->foreigns];
		struct event_foreign *e = &k->foreign[k->foreigns];

		*e = (struct event_foreign){ .manual = f->manual, .broker = f->broker, .unexplained = f->unexplained, .orders = f->orders };
		memcpy(e->symbol, f->symbol, sizeof(e->symbol));
		memcpy(e->underlying, f->underlying, sizeof(e->underlying));
	}
}

void foreign_news(struct kotak *k)
{
	if (!kotak_book_read(k, BOOK_ORDERS) || !kotak_book_read(k, BOOK_TRADES))
		return;
	for (size_t i = 0; i < k->merge.n_strangers; i++) {
		const struct event_foreign *told = told_of(k, k->merge.stranger[i].symbol);
		struct event_foreign e = row_of(k, k->merge.stranger[i].symbol, told ? told->unexplained : 0);

		if (e.manual != (told ? told->manual : 0) || e.broker != (told ? told->broker : 0)) { /* of one whose trades are settled, nothing is told */
			k->strangers_at = kotak_span(k);
			books_soon(k, BOOK_POSITIONS, FOREIGN_CALM);
		}
		tell(k, &e);
	}
	if (!foreign_compared(k) && merge_moving(&k->merge, k->o.core) == 0)
		books_soon(k, BOOK_POSITIONS, 0);
}

/* -- positions ------------------------------------------------------------------------------------------------------------------------------- */

struct symbols { size_t n; char symbol[KOTAK_POSITIONS_MAX + 256][40]; }; /* copies: telling moves the rows */

static void add_symbol(struct symbols *list, const char *symbol)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->symbol[i], symbol) == 0)
			return;
	if (list->n < ARRAY_LEN(list->symbol))
		snprintf(list->symbol[list->n++], sizeof(list->symbol[0]), "%s", symbol);
}

static void all_symbols(const struct kotak *k, struct symbols *list)
{
	const struct core *c = k->o.core;

	list->n = 0;
	for (size_t i = 0; i < k->foreigns; i++)
		add_symbol(list, k->foreign[i].symbol);
	for (uint32_t i = 0; i < c->s->strategies; i++)
		if (c->slot[i].book.qty != 0)
			add_symbol(list, c->instrument[c->slot[i].book.instrument].symbol);
	for (size_t i = 0; i < k->merge.n_strangers; i++)
		add_symbol(list, k->merge.stranger[i].symbol);
	for (size_t i = 0; i < k->positions; i++)
		add_symbol(list, k->position[i].symbol);
}

/* The same number for the same differences, 0 for none. */
static uint64_t differences(const struct kotak *k, const struct symbols *list)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < list->n; i++) {
		qty_t qty = unexplained(k, list->symbol[i]);

		sum += qty != 0 ? prng_mix(order_text_hash(list->symbol[i]) + (uint64_t)qty) | 1 : 0;
	}
	return sum;
}

/* Nothing of ours on its way, and every fill told. */
static bool at_rest(const struct kotak *k)
{
	return merge_moving(&k->merge, k->o.core) == 0 && !merge_needs_trades(&k->merge) && kotak_book_read(k, BOOK_ORDERS) && kotak_book_read(k, BOOK_TRADES);
}

/* Before that a trade is so young that the positions may not show it. */
static nanos_t calm_from(const struct kotak *k)
{
	return (k->filled_at > k->strangers_at ? k->filled_at : k->strangers_at) + FOREIGN_CALM;
}

/* Books of ours followed the account, and entries may wait until that is compared, too. */
static bool followed(const struct core *c)
{
	for (uint32_t i = 0; i < c->s->foreigns; i++)
		if (c->s->foreign[i].followed != 0)
			return true;
	return false;
}

/* A reading that could not be compared is made up for as soon as one can be: an order that ends without a fill brings no other for half a minute. */
void foreign_owed(struct kotak *k)
{
	nanos_t now = kotak_span(k), from = calm_from(k);

	if ((!k->compare_owed && !followed(k->o.core)) || !at_rest(k))
		return;
	k->compare_owed = false;
	books_soon(k, BOOK_POSITIONS, from > now ? from - now : 0);
}

static void tell_all(struct kotak *k, const struct symbols *list)
{
	k->foreign_overflow = false;
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->symbol[i], FOREIGN_ALL) != 0) {
			struct event_foreign e = row_of(k, list->symbol[i], unexplained(k, list->symbol[i]));

			e.ours = foreign_own_net(k->o.core, list->symbol[i]);
			tell(k, &e);
		}
	if (!k->foreign_overflow)
		tell(k, &(struct event_foreign){ .symbol = FOREIGN_ALL });
	k->compared_generation = kotak_session_generation(k->o.session);
	k->compared = true;
}

/* The account is as our books are, whoever traded: an operator had the books follow it. */
static void settle(struct kotak *k)
{
	for (size_t i = 0; i < k->merge.n_strangers; i++) {
		struct merge_stranger *s = &k->merge.stranger[i];

		if (beyond(k, s->symbol) == 0)
			merge_stranger_settle(s);
	}
}

/* An order that rested when the difference was seen first may have been what made it: only an order book asked for since then tells that it still rests. */
static bool may_be_a_fill(const struct kotak *k)
{
	return merge_live(&k->merge) > 0 && k->book[BOOK_ORDERS].good_began < k->difference_at;
}

/* Not twice yet: both books of trades are asked, and the positions once more. */
static void look_again(struct kotak *k, uint64_t seen)
{
	if (seen != k->difference)
		k->difference_at = kotak_span(k);
	k->difference = seen;
	if (merge_live(&k->merge) > 0)
		books_soon(k, BOOK_ORDERS, 0);
	books_soon(k, BOOK_TRADES, 0);
	books_soon(k, BOOK_POSITIONS, FOREIGN_CALM);
}

/* A difference counts when two readings in a row show it; that there is none counts at once. */
void foreign_compare(struct kotak *k, nanos_t began)
{
	struct symbols list;
	uint64_t seen;

	k->compare_owed = !at_rest(k) || began < calm_from(k);
	if (k->compare_owed)
		return;
	all_symbols(k, &list);
	seen = differences(k, &list);
	if (seen != 0 && (seen != k->difference || may_be_a_fill(k))) {
		look_again(k, seen);
		return;
	}
	settle(k); /* twice so, or there was nothing to settle */
	k->difference = differences(k, &list);
	tell_all(k, &list);
	for (size_t i = 0; i < list.n; i++)
		if (beyond(k, list.symbol[i]) != 0)
			adopt_offer(k, list.symbol[i], explained(k, list.symbol[i]));
}
