/* The broker's positions and funds. Positions are compared with what our own fills make, and a difference is told to a person: it is never
 * corrected by an order. kotak-neo-api.md 2.11, 2.13; reliability.md I7, I22. */
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/broker/kotak/kotak_priv.h"

#define CALM (3 * NANOS_SECOND) /* after a fill the broker's positions may lag */
#define SQUARE_OFF TIME_OF_DAY(15, 18) /* soon the broker closes intraday positions itself; from here on exits look first */
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

/* -- comparison ------------------------------------------------------------------------------------------------------------------------- */

static qty_t own_net(const struct core *c, uint32_t instrument)
{
	qty_t net = 0;

	for (uint32_t i = 0; i < c->s->strategies; i++)
		if (c->slot[i].book.qty != 0 && c->slot[i].book.instrument == instrument)
			net += c->slot[i].book.qty;
	return net;
}

static qty_t broker_net(const struct kotak *k, uint32_t instrument)
{
	qty_t net = 0;

	for (size_t i = 0; i < k->positions; i++)
		if (k->position[i].instrument == instrument)
			net += k->position[i].net;
	return net;
}

/* The first contract in which the two differ; INSTRUMENT_NONE when they agree. */
static uint32_t difference(const struct kotak *k)
{
	const struct core *c = k->o.core;

	for (uint32_t i = 0; i < c->s->strategies; i++)
		if (c->slot[i].book.qty != 0 && own_net(c, c->slot[i].book.instrument) != broker_net(k, c->slot[i].book.instrument))
			return c->slot[i].book.instrument;
	for (size_t i = 0; i < k->positions; i++)
		if (k->position[i].instrument != INSTRUMENT_NONE && own_net(c, k->position[i].instrument) != broker_net(k, k->position[i].instrument))
			return k->position[i].instrument;
	return INSTRUMENT_NONE;
}

/* Twice in a row, with nothing at work that could explain it. */
static void compare(struct kotak *k, nanos_t began)
{
	uint32_t at;
	bool before = k->positions_differ;

	if (merge_live(&k->merge) > 0 || merge_needs_trades(&k->merge) || began < k->filled_at + CALM)
		return;
	at = difference(k);
	k->positions_differ = at != INSTRUMENT_NONE;
	if (!k->positions_differ)
		k->positions_noted = false;
	if (!before || !k->positions_differ || k->positions_noted)
		return;
	k->positions_noted = true;
	kotak_note(k, NOTE_POSITION, "%s: the broker holds %lld, our fills make %lld", k->o.core->instrument[at].symbol, (long long)broker_net(k, at),
	           (long long)own_net(k->o.core, at));
}

/* Holding something today, the broker cannot truly have no row for it: even a closed position keeps one for the day. */
static bool empty_is_possible(const struct kotak *k)
{
	for (size_t i = 0; i < k->merge.n; i++)
		if (k->merge.order[i].traded > 0)
			return false;
	return true;
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
	if (n == 0 && !empty_is_possible(k))
		return false;
	memcpy(k->position, position, n * sizeof(position[0]));
	k->positions = n;
	k->positions_began = began;
	compare(k, began);
	return true;
}

/* -- exits ------------------------------------------------------------------------------------------------------------------------------ */

static enum product product_of(const struct slot *s)
{
	return s->params[COMMON_product] ? PRODUCT_NRML : PRODUCT_MIS;
}

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
		if (i != r->strategy && c->slot[i].book.qty != 0 && c->slot[i].book.instrument == instrument && product_of(&c->slot[i]) == r->product)
			others += c->slot[i].book.qty;
	return r->side == SIDE_SELL ? held - r->qty >= others : held + r->qty <= others;
}

/* Somebody else's trades went the same way as this exit, and a reading that knows of our own fills agrees: it was closed already. One of the two alone
 * forbids nothing, since an exit that waits for a slow report costs money too. */
static bool closed_by_others(const struct kotak *k, const struct order_request *r, uint32_t instrument)
{
	qty_t strangers = merge_strangers(&k->merge, k->o.core->instrument[instrument].symbol);

	return (r->side == SIDE_SELL ? strangers < 0 : strangers > 0) && k->positions_began >= k->filled_at + CALM && !covers(k, r, instrument);
}

const char *positions_forbid(struct kotak *k, const struct order_request *r, uint32_t instrument)
{
	bool late = stamp_time_of_day(k->merge.stamp) >= SQUARE_OFF, fresh = k->positions_began > 0 && kotak_span(k) - k->positions_began <= FRESH;

	if (r->purpose != PURPOSE_EXIT || r->strategy >= k->o.core->s->strategies) /* nobody's book to close */
		return NULL;
	if (late ? fresh && covers(k, r, instrument) : !closed_by_others(k, r, instrument))
		return NULL;
	books_soon(k, BOOK_POSITIONS, 0);
	return late && !fresh ? "the positions are read first" : "the broker holds less than this closes";
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
