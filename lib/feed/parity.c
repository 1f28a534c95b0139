/* The underlying of an option recording that has neither a spot nor a near future: the forward that the nearest expiry's
 * calls and puts imply, once a group of rows (bars: from closes; quotes: from mids, else last prices). One price a group:
 * highs and lows of a forward cannot be known from those of its legs. */
#include "lib/feed/recording.h"

#include <stdlib.h>

#include "lib/base/err.h"
#include "lib/core/parity.h"

#define LEGS_MAX 512 /* strikes of one expiry in one group; more are left out */

struct legs { struct parity_leg leg[LEGS_MAX]; size_t count; };

static price_t row_price(const struct recording *r, const struct row *row)
{
	if (r->layout->form == FORM_BARS)
		return row->bar.close;
	if (row->quote.bid > 0 && row->quote.ask >= row->quote.bid)
		return row->quote.bid + (row->quote.ask - row->quote.bid) / 2;
	return row->quote.last;
}

static bool is_leg(const struct recording *r, const struct row *row, uint32_t underlying)
{
	const struct contract *c = &r->tape.contracts[row->contract];

	return (c->kind == INSTRUMENT_CALL || c->kind == INSTRUMENT_PUT) && c->underlying == underlying &&
	       c->expiry >= stamp_date(row->stamp);
}

/* The nearest expiry of the underlying among rows [from, to); 0 = none. */
static date_t nearest_expiry(const struct recording *r, size_t from, size_t to, uint32_t underlying)
{
	date_t nearest = 0;

	for (size_t i = from; i < to; i++) {
		date_t expiry = r->tape.contracts[r->tape.rows[i].contract].expiry;
		if (is_leg(r, &r->tape.rows[i], underlying) && (nearest == 0 || expiry < nearest))
			nearest = expiry;
	}
	return nearest;
}

static void legs_add(struct legs *legs, const struct contract *c, price_t price)
{
	size_t i = legs->count;

	while (i > 0 && legs->leg[i - 1].strike != c->strike) /* rows of a strike are neighbours: found at once */
		i--;
	if (i == 0 && legs->count == LEGS_MAX)
		return;
	if (i == 0) {
		legs->leg[legs->count++] = (struct parity_leg){ .strike = c->strike };
		i = legs->count;
	}
	if (c->kind == INSTRUMENT_CALL)
		legs->leg[i - 1].call = price;
	else
		legs->leg[i - 1].put = price;
}

static bool group_forward(const struct recording *r, struct legs *legs, size_t from, size_t to, uint32_t underlying, price_t *ret)
{
	date_t expiry = nearest_expiry(r, from, to, underlying);

	legs->count = 0;
	for (size_t i = from; i < to && expiry != 0; i++) {
		const struct contract *c = &r->tape.contracts[r->tape.rows[i].contract];
		if (is_leg(r, &r->tape.rows[i], underlying) && c->expiry == expiry)
			legs_add(legs, c, row_price(r, &r->tape.rows[i]));
	}
	return parity_forward(legs->leg, legs->count, ret) && *ret > 0 && *ret <= UINT32_MAX;
}

static void add_forward(struct recording *r, nanos_t stamp, uint32_t underlying, price_t forward)
{
	struct row *row = tape_add(&r->tape, stamp, underlying, ROW_DERIVED);
	uint32_t price = (uint32_t)forward;

	if (row == NULL)
		return;
	if (r->layout->form == FORM_BARS)
		row->bar.open = row->bar.high = row->bar.low = row->bar.close = price;
	else
		row->quote.last = price;
}

static bool has_rows(const struct tape *t, uint32_t contract)
{
	for (size_t i = 0; i < t->row_count; i++)
		if (t->rows[i].contract == contract)
			return true;
	return false;
}

static void price_underlying(struct recording *r, struct legs *legs, uint32_t underlying)
{
	size_t rows = r->tape.row_count;
	price_t forward;

	for (size_t from = 0, to; from < rows; from = to) {
		nanos_t stamp = r->tape.rows[from].stamp;
		for (to = from + 1; to < rows && r->tape.rows[to].stamp == stamp;)
			to++;
		if (group_forward(r, legs, from, to, underlying, &forward))
			add_forward(r, stamp, underlying, forward);
	}
}

int recording_parity(struct recording *r)
{
	struct legs *legs = malloc(sizeof(*legs));

	if (legs == NULL)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < r->tape.contract_count; i++) {
		if (!r->tape.contracts[i].derived || has_rows(&r->tape, i))
			continue;
		r->tape.contracts[i].flags |= INSTRUMENT_DERIVED;
		r->underlying_source = "parity forward";
		price_underlying(r, legs, i);
	}
	free(legs);
	return r->tape.failed ? ERR_NOMEM : tape_sort(&r->tape);
}
