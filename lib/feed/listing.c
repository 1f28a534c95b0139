/* Recorded contracts as instruments: ids in order of first appearance, lots and ticks from the contract table checked against
 * what the recorded volumes show. A lot is never invented: the table's, or one the table knows for that underlying. */
#include "lib/feed/recording.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"

#define TICK_INDEX 500 /* 0.05 rupee */

/* -- what the volumes show ------------------------------------------------------------------------------------------- */

static struct lot_shown *lot_find(const struct recording *r, uint32_t underlying, date_t expiry, date_t date)
{
	for (size_t i = r->lot_count; i > 0; i--) /* the newest day is last */
		if (r->lots[i - 1].date == date && r->lots[i - 1].expiry == expiry && r->lots[i - 1].underlying == underlying)
			return &r->lots[i - 1];
	return NULL;
}

static struct lot_shown *lot_add(struct recording *r, uint32_t underlying, date_t expiry, date_t date)
{
	struct lot_shown *moved = reallocarray(r->lots, r->lot_count + 1, sizeof(*moved));

	if (moved == NULL)
		return NULL;
	r->lots = moved;
	moved += r->lot_count++;
	*moved = (struct lot_shown){ underlying, expiry, date, 0 };
	return moved;
}

int recording_lots(struct recording *r)
{
	struct lot_shown *lot = NULL;

	for (size_t i = 0; i < r->tape.row_count && r->layout->volume_in_units; i++) {
		const struct row *row = &r->tape.rows[i];
		const struct contract *c = &r->tape.contracts[row->contract];
		date_t date = stamp_date(row->stamp);
		if ((row->flags & ROW_DERIVED) || row->bar.volume == 0)
			continue;
		if (lot == NULL || lot->date != date || lot->expiry != c->expiry || lot->underlying != c->underlying)
			lot = lot_find(r, c->underlying, c->expiry, date);
		if (lot == NULL && (lot = lot_add(r, c->underlying, c->expiry, date)) == NULL)
			return ERR_NOMEM;
		lot->divisor = contract_divisor(lot->divisor, row->bar.volume);
	}
	return ERR_OK;
}

/* -- lot and tick ---------------------------------------------------------------------------------------------------- */

/* The largest lot the table knows for the underlying, at any date, that divides the volumes; 0 = none. */
static qty_t lot_known(const struct contract_table *t, const char *underlying, int64_t divisor)
{
	qty_t best = 0;

	for (uint32_t i = 0; i < t->count; i++) {
		const struct contract_row *row = &t->row[i];
		if (row->field == CONTRACT_LOT && strcmp(row->underlying, underlying) == 0 && divisor % row->value == 0 &&
		    row->value > best)
			best = row->value;
	}
	return best;
}

/* Lot of the contract on the date. *ret_assumed: neither the table's row for the date nor the volumes vouch for it. */
static qty_t lot_of(const struct recording *r, const struct contract *c, const struct contract_facts *facts, date_t date,
                    bool *ret_assumed)
{
	const char *underlying = r->tape.contracts[c->underlying].symbol;
	const struct lot_shown *shown = lot_find(r, c->underlying, c->expiry, date);
	int64_t divisor = c->divisor != 0 ? c->divisor : shown != NULL ? shown->divisor : 0;
	bool unknown = facts->unknown & 1u << CONTRACT_LOT;
	qty_t known;

	*ret_assumed = unknown || (facts->assumed & 1u << CONTRACT_LOT);
	if (unknown)
		return divisor > 0 ? divisor : 1;
	if (divisor == facts->lot)
		*ret_assumed = false;
	if (divisor == 0 || divisor % facts->lot == 0 || (known = lot_known(&r->tables->contracts, underlying, divisor)) == 0)
		return facts->lot;
	*ret_assumed = false;
	return known;
}

/* The largest tick usual at the price that divides all recorded prices: the slab of the month is not recorded, and before
 * April 2025 dear shares had small ticks too. */
static price_t tick_shown(int64_t divisor, price_t high)
{
	static const struct { price_t tick, above; } slabs[] = {
		{ 50000, 20000 * NUM_SCALE }, { 10000, 10000 * NUM_SCALE }, { 5000, 5000 * NUM_SCALE }, { 1000, 1000 * NUM_SCALE }, { 500, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(slabs); i++)
		if (high > slabs[i].above && divisor % slabs[i].tick == 0)
			return slabs[i].tick;
	return 100;
}

static void list_derivative(const struct recording *r, const struct contract *c, date_t date, struct instrument *ret)
{
	struct contract_facts facts;
	bool assumed;

	contract_lookup(&r->tables->contracts, ret->underlying, c->expiry != 0 ? c->expiry : date, date, &facts);
	bool tick_unknown = facts.unknown & 1u << CONTRACT_TICK;
	ret->lot = lot_of(r, c, &facts, date, &assumed);
	ret->tick = tick_unknown ? TICK_INDEX : facts.tick;
	ret->freeze = facts.unknown & 1u << CONTRACT_FREEZE ? 0 : facts.freeze;
	if (assumed || tick_unknown || (facts.assumed & 1u << CONTRACT_TICK))
		ret->flags |= INSTRUMENT_ASSUMED;
}

static bool is_bse(const char *underlying)
{
	return strcmp(underlying, "SENSEX") == 0 || strcmp(underlying, "BANKEX") == 0 || strcmp(underlying, "SENSEX50") == 0 ||
	       strncmp(underlying, "BSE_", 4) == 0;
}

static bool has_quotes(const struct layout *l)
{
	return l == &layout_chain_quotes || l == &layout_depth_ticks;
}

void recording_instrument(const struct recording *r, uint32_t contract, date_t date, struct instrument *ret)
{
	const struct contract *c = &r->tape.contracts[contract], *u = &r->tape.contracts[c->underlying];
	bool cash = c->kind == INSTRUMENT_INDEX || c->kind == INSTRUMENT_EQUITY, bse = is_bse(u->symbol);

	memset(ret, 0, sizeof(*ret));
	memcpy(ret->symbol, c->symbol, sizeof(ret->symbol));
	memcpy(ret->underlying, u->symbol, sizeof(ret->underlying) - 1);
	ret->id = c->id;
	ret->underlying_id = u->id;
	ret->kind = c->kind;
	ret->segment = cash ? (bse ? SEGMENT_BSE_CM : SEGMENT_NSE_CM) : bse ? SEGMENT_BSE_FO : SEGMENT_NSE_FO;
	ret->flags = c->flags;
	ret->expiry = c->expiry;
	ret->strike = c->strike;
	ret->lot = 1;
	ret->tick = c->kind == INSTRUMENT_EQUITY ? tick_shown(c->price_divisor, c->price_high) : TICK_INDEX;
	if (c->kind == INSTRUMENT_EQUITY)
		ret->flags |= INSTRUMENT_TRADABLE | INSTRUMENT_ASSUMED; /* the tick is a reading of the data */
	else if (c->kind == INSTRUMENT_INDEX && !c->derived)
		ret->flags |= INSTRUMENT_TRADABLE | INSTRUMENT_SYNTHETIC;
	else if (c->kind != INSTRUMENT_INDEX) {
		ret->flags |= INSTRUMENT_TRADABLE;
		list_derivative(r, c, date, ret);
	}
	if (c->kind != INSTRUMENT_INDEX && !has_quotes(r->layout))
		ret->flags |= INSTRUMENT_LTP_ONLY;
}

/* -- announcements --------------------------------------------------------------------------------------------------- */

/* What may change from day to day. */
struct terms { date_t date; qty_t lot, freeze; price_t tick; uint16_t flags; };

static void note_lot(struct recording *r, const struct contract *c, const struct instrument *i, date_t date)
{
	struct contract_facts facts;
	char expiry[STAMP_TEXT];

	contract_lookup(&r->tables->contracts, i->underlying, c->expiry != 0 ? c->expiry : date, date, &facts);
	if ((facts.unknown & 1u << CONTRACT_LOT) || facts.lot == i->lot)
		return;
	date_format(c->expiry, expiry);
	tape_note(&r->tape, "lot %lld of %s %s by the recorded volumes; the table says %lld", (long long)i->lot, i->underlying,
	          c->expiry != 0 ? expiry : "futures", (long long)facts.lot);
}

/* True when the contract's definition must go out before this row, the first of its day. */
static bool terms_change(struct recording *r, uint32_t contract, date_t date, struct terms *t)
{
	struct contract *c = &r->tape.contracts[contract];
	struct instrument i;

	recording_instrument(r, contract, date, &i);
	bool same = c->id != INSTRUMENT_NONE && t->lot == i.lot && t->freeze == i.freeze && t->tick == i.tick && t->flags == i.flags;
	*t = (struct terms){ date, i.lot, i.freeze, i.tick, i.flags };
	if (same)
		return false;
	if (c->kind >= INSTRUMENT_FUTURE)
		note_lot(r, c, &i, date);
	if (c->id == INSTRUMENT_NONE)
		c->id = r->instruments++;
	return true;
}

static void gather_price(struct contract *c, price_t price)
{
	c->price_divisor = contract_divisor(c->price_divisor, price);
	if (price > c->price_high)
		c->price_high = price;
}

static void gather_tick(const struct recording *r, const struct row *row)
{
	struct contract *c = &r->tape.contracts[row->contract];

	if (c->kind != INSTRUMENT_EQUITY)
		return;
	if (r->layout->form != FORM_BARS) {
		gather_price(c, row->tick.last);
		return;
	}
	gather_price(c, row->bar.open);
	gather_price(c, row->bar.high);
	gather_price(c, row->bar.low);
	gather_price(c, row->bar.close);
}

static void mark_row(struct recording *r, size_t at, struct terms *terms)
{
	struct row *row = &r->tape.rows[at];
	struct contract *c = &r->tape.contracts[row->contract];
	date_t date = stamp_date(row->stamp);

	if (c->first_row == SIZE_MAX)
		c->first_row = at;
	if (c->derived || terms[row->contract].date == date)
		return;
	if (terms_change(r, row->contract, date, &terms[row->contract]))
		row->flags |= ROW_ANNOUNCE;
}

int recording_announce(struct recording *r)
{
	struct terms *terms = calloc(r->tape.contract_count, sizeof(*terms));

	if (terms == NULL)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < r->tape.contract_count; i++)
		if (r->tape.contracts[i].derived)
			r->tape.contracts[i].id = r->instruments++;
	r->underlyings = r->instruments;
	for (size_t i = 0; i < r->tape.row_count; i++)
		gather_tick(r, &r->tape.rows[i]);
	for (size_t i = 0; i < r->tape.row_count; i++)
		mark_row(r, i, terms);
	free(terms);
	return ERR_OK;
}
