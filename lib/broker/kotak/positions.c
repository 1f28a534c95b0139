/* The broker's positions and funds, and what they forbid. kotak-neo-api.md 2.11, 2.13; reliability.md I7, I22. */
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/broker/kotak/kotak_priv.h"

#define BACK_MOST 5 /* answers in a row that are taken for old ones */
#define FRESH (5 * NANOS_SECOND)

/* -- rows ------------------------------------------------------------------------------------------------------------------------------ */

static bool read_row(const struct kotak *k, const cJSON *row, struct kotak_position *ret, const char **why)
{
	struct position_row r;

	if (!position_row_read(row, &r, why))
		return false;
	*ret = (struct kotak_position){ .instrument = core_find_instrument(k->o.core, r.symbol), .net = r.net, .buy_value = r.buy_value, .sell_value = r.sell_value };
	memcpy(ret->symbol, r.symbol, sizeof(ret->symbol));
	memcpy(ret->product, r.product, sizeof(ret->product));
	return true;
}

/* -- believing ------------------------------------------------------------------------------------------------------------------------- */

/* Holding something today, the broker cannot truly have no row for it: even a closed position keeps one for the day. */
static bool empty_is_possible(const struct kotak *k)
{
	for (size_t i = 0; i < k->merge.n; i++)
		if (k->merge.order[i].traded > 0)
			return false;
	return true;
}

static const struct kotak_position *row_of(const struct kotak_position *list, size_t n, const struct kotak_position *like)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].symbol, like->symbol) == 0 && strcmp(list[i].product, like->product) == 0)
			return &list[i];
	return NULL;
}

/* What was bought and sold in a day never becomes less: such an answer is an old one. Not for ever, since an exchange may annul a trade. */
static bool went_back(struct kotak *k, const struct kotak_position *list, size_t n)
{
	bool back = false;

	for (size_t i = 0; i < k->positions && k->positions_day == k->day && !back; i++) {
		const struct kotak_position *was = &k->position[i], *is = row_of(list, n, was);

		back = is ? is->buy_value < was->buy_value || is->sell_value < was->sell_value : was->buy_value > 0 || was->sell_value > 0;
	}
	k->positions_back = back ? k->positions_back + 1 : 0;
	return back && k->positions_back <= BACK_MOST;
}

bool positions_read(struct kotak *k, const cJSON *rows, nanos_t began)
{
	struct kotak_position position[KOTAK_POSITIONS_MAX];
	const cJSON *row;
	size_t n = 0;

	cJSON_ArrayForEach(row, rows) {
		const char *why = "too many rows";

		if (n < KOTAK_POSITIONS_MAX && read_row(k, row, &position[n], &why)) {
			n++;
			continue;
		}
		k->stats.rows_bad++;
		kotak_note(k, NOTE_ROW_BAD, "a row of the positions is not believed: %s is missing or malformed", why);
		return false;
	}
	if ((n == 0 && !empty_is_possible(k)) || went_back(k, position, n))
		return false;
	k->positions_day = k->day;
	memcpy(k->position, position, n * sizeof(position[0]));
	k->positions = n;
	k->positions_began = began;
	foreign_compare(k, began);
	return true;
}

/* -- exits ------------------------------------------------------------------------------------------------------------------------------ */

/* After it, the broker must hold what the other strategies' books say, or more: two books may lie on opposite sides of one contract. */
static bool covers(const struct kotak *k, const struct order_request *r, uint32_t instrument)
{
	const char *product = r->product == PRODUCT_MIS ? "MIS" : r->product == PRODUCT_NRML ? "NRML" : "CNC";
	const struct core *c = k->o.core;
	qty_t held = 0, others = 0;

	for (size_t i = 0; i < k->positions; i++)
		if (k->position[i].instrument == instrument && strcmp(k->position[i].product, product) == 0)
			held += k->position[i].net;
	for (uint32_t i = 0; i < c->s->strategies; i++)
		if (i != r->strategy && c->slot[i].book.qty != 0 && c->slot[i].book.instrument == instrument && slot_product(&c->slot[i]) == r->product)
			others += c->slot[i].book.qty;
	return r->side == SIDE_SELL ? held - r->qty >= others : held + r->qty <= others;
}

/* What others traded the same way as this exit. */
static qty_t taken(const struct kotak *k, const struct order_request *r, uint32_t instrument)
{
	qty_t strangers = merge_strangers(&k->merge, k->o.core->instrument[instrument].symbol);
	qty_t away = r->side == SIDE_SELL ? -strangers : strangers;

	return away > 0 ? away : 0;
}

/* Somebody else's trades went the same way as this exit, and a reading that knows of our own fills agrees: it was closed already. One of the two alone
 * forbids nothing, since an exit that waits for a slow report costs money too. */
static bool closed_by_others(const struct kotak *k, const struct order_request *r, uint32_t instrument)
{
	return taken(k, r, instrument) > 0 && !covers(k, r, instrument);
}

/* It closes some of what they may have closed, and not another strategy's: then a reading from before our newest fills covers what these have closed since. */
static bool closes_what_was_taken(const struct kotak *k, const struct order_request *r, uint32_t instrument)
{
	qty_t book = k->o.core->slot[r->strategy].book.qty, away = taken(k, r, instrument);

	return away > 0 && (book < 0 ? -book : book) - away < r->qty;
}

/* It is too early to tell whether the account holds what this closes: nothing was compared since the login, or the newest fill is too young to be in it. */
static bool too_early(const struct kotak *k, const struct order_request *r, uint32_t instrument)
{
	bool stale = k->positions_began < k->filled_at + FOREIGN_CALM;

	if (!covers(k, r, instrument))
		return !foreign_compared(k) || (stale && taken(k, r, instrument) > 0);
	return stale && closes_what_was_taken(k, r, instrument);
}

/* Somebody beside us is about to close it, too: the broker itself, or whoever bought what was taken over. */
static bool contested(const struct kotak *k, const struct order_request *r)
{
	return stamp_time_of_day(k->merge.stamp) >= MERGE_SQUARE_OFF || slot_adopted(&k->o.core->slot[r->strategy]);
}

const char *positions_forbid(struct kotak *k, const struct order_request *r, uint32_t instrument)
{
	bool fresh = k->positions_began > 0 && kotak_span(k) - k->positions_began <= FRESH;

	if ((r->purpose != PURPOSE_EXIT && r->purpose != PURPOSE_STOP) || r->strategy >= k->o.core->s->strategies) /* nobody's book to close */
		return NULL;
	const char *lost = lost_forbid(k, r, instrument);
	if (lost)
		return lost;
	bool early = too_early(k, r, instrument), late = contested(k, r);

	if (late ? fresh && covers(k, r, instrument) : !early && !closed_by_others(k, r, instrument))
		return NULL;
	books_soon(k, BOOK_POSITIONS, 0);
	return early || (late && !fresh) ? "the positions are read first" : "the broker holds less than this closes";
}

/* -- funds --------------------------------------------------------------------------------------------------------------------------------- */

static money_t amount(const cJSON *answer, const char *key)
{
	money_t value;

	return wire_decimal_or(answer, key, NUM_UNKNOWN, &value) ? value : NUM_UNKNOWN;
}

bool funds_read(struct kotak *k, const cJSON *answer)
{
	struct event_funds f = { .cash = amount(answer, "Net"), .margin_used = amount(answer, "MarginUsed"),
	                         .collateral = amount(answer, "CollateralValue") };
	struct event e;

	if (f.cash == NUM_UNKNOWN)
		return false;
	if (k->book[BOOK_FUNDS].good > 0 && memcmp(&f, &k->funds, sizeof(f)) == 0)
		return true;
	k->funds = f;
	event_init(&e, EVENT_FUNDS, k->merge.stamp, INSTRUMENT_NONE);
	e.funds = f;
	k->broker.emit(k->broker.emit_ctx, &e);
	return true;
}
