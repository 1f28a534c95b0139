/* Lots, freeze quantities, strike steps and ticks of index contracts as dated rules. It must never invent a value: what no
 * row covers is the nearest row's and marked, what no row names is unknown. */
#include "lib/core/contract.h"

#include <string.h>

#include "lib/base/csv.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"

#define HEADER "underlying,field,value,from,to,expiry_from,expiry_to,source"
enum column { UNDERLYING, FIELD, VALUE, FROM, TO, EXPIRY_FROM, EXPIRY_TO, SOURCE };

static const char *const field_names[CONTRACT_FIELDS] = { "lot", "freeze", "strike_step", "tick" };

/* -- reading --------------------------------------------------------------------------------------------------- */

static int take_field(const struct csv_field *f, uint8_t *ret)
{
	for (uint8_t i = 0; i < CONTRACT_FIELDS; i++) {
		if (csv_is(f, field_names[i])) {
			*ret = i;
			return ERR_OK;
		}
	}
	return ERR_PARSE;
}

/* Lots and freeze are units, steps and ticks are rupees. All must be positive. */
static int take_value(const struct csv_field *f, struct contract_row *row)
{
	bool units = row->field == CONTRACT_LOT || row->field == CONTRACT_FREEZE;
	int err = units ? num_parse_int(f->text, f->len, 1, INT32_MAX, &row->value) : num_parse(f->text, f->len, &row->value);

	return err == ERR_OK && row->value <= 0 ? ERR_RANGE : err;
}

static int take_range(const struct csv_field *from, const struct csv_field *to, date_t *ret_from, date_t *ret_to)
{
	int err = ERR_OK;

	if (from->len > 0)
		err = date_parse(from->text, from->len, ret_from);
	if (err == ERR_OK && to->len > 0)
		err = date_parse(to->text, to->len, ret_to);
	return err == ERR_OK && *ret_to != 0 && *ret_to < *ret_from ? ERR_RANGE : err;
}

static bool rows_clash(const struct contract_row *a, const struct contract_row *b)
{
	return a->field == b->field && strcmp(a->underlying, b->underlying) == 0 && dates_meet(a->from, a->to, b->from, b->to) &&
	       dates_meet(a->expiry_from, a->expiry_to, b->expiry_from, b->expiry_to);
}

static int add_row(void *table, const struct csv_field *f)
{
	struct contract_table *t = table;
	struct contract_row row = { 0 };
	int err;

	if (f[UNDERLYING].len == 0)
		return ERR_PARSE;
	if ((err = csv_copy(&f[UNDERLYING], row.underlying, sizeof(row.underlying))) != ERR_OK ||
	    (err = take_field(&f[FIELD], &row.field)) != ERR_OK || (err = take_value(&f[VALUE], &row)) != ERR_OK ||
	    (err = take_range(&f[FROM], &f[TO], &row.from, &row.to)) != ERR_OK ||
	    (err = take_range(&f[EXPIRY_FROM], &f[EXPIRY_TO], &row.expiry_from, &row.expiry_to)) != ERR_OK)
		return err;
	if (t->count == CONTRACT_ROWS_MAX)
		return ERR_FULL;
	for (uint32_t i = 0; i < t->count; i++)
		if (rows_clash(&t->row[i], &row))
			return ERR_EXIST;
	t->row[t->count++] = row;
	return ERR_OK;
}

int contracts_parse(const char *text, size_t len, struct contract_table *ret, uint32_t *ret_line)
{
	struct contract_table table = { 0 };
	int err = csv_table(text, len, HEADER, add_row, &table, ret_line);

	if (err == ERR_OK)
		*ret = table;
	return err;
}

/* -- looking up ------------------------------------------------------------------------------------------------ */

static int64_t distance(date_t date, date_t from, date_t to)
{
	if (date < from)
		return (int64_t)from - date;
	return to != 0 && date > to ? (int64_t)date - to : 0;
}

/* How far a row is from the question; the expiry weighs first, since a lot belongs to the expiry. */
static int64_t row_distance(const struct contract_row *r, date_t expiry, date_t date)
{
	return distance(expiry, r->expiry_from, r->expiry_to) * INT64_C(0x100000000) + distance(date, r->from, r->to);
}

static const struct contract_row *nearest(const struct contract_table *t, const char *underlying, uint8_t field, date_t expiry,
                                          date_t date, int64_t *ret_distance)
{
	const struct contract_row *best = NULL;

	for (uint32_t i = 0; i < t->count; i++) {
		const struct contract_row *r = &t->row[i];
		if (r->field != field || strcmp(r->underlying, underlying) != 0)
			continue;
		int64_t away = row_distance(r, expiry, date);
		if (!best || away < *ret_distance) {
			best = r;
			*ret_distance = away;
		}
	}
	return best;
}

void contract_lookup(const struct contract_table *t, const char *underlying, date_t expiry, date_t date, struct contract_facts *ret)
{
	int64_t value[CONTRACT_FIELDS] = { 0 }, away = 0;

	*ret = (struct contract_facts){ 0 };
	for (uint8_t f = 0; f < CONTRACT_FIELDS; f++) {
		const struct contract_row *row = nearest(t, underlying, f, expiry ? expiry : date, date, &away);
		if (!row) {
			ret->unknown |= 1u << f;
			continue;
		}
		value[f] = row->value;
		if (away > 0)
			ret->assumed |= 1u << f;
	}
	ret->lot = value[CONTRACT_LOT];
	ret->freeze = value[CONTRACT_FREEZE];
	ret->strike_step = value[CONTRACT_STRIKE_STEP];
	ret->tick = value[CONTRACT_TICK];
}

int64_t contract_divisor(int64_t running, int64_t volume)
{
	while (volume > 0) {
		int64_t rest = running % volume;

		running = volume;
		volume = rest;
	}
	return running;
}
