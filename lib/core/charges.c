/* What a fill costs besides its price. Reads a dated table, answers with amounts and with how sure they are; it must
 * never answer 0 for a charge it does not know. */
#include "lib/core/charges.h"

#include <string.h>

#include "lib/base/csv.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"

#define BOTH_SIDES 3
#define HEADER "segment,product,underlying,charge,basis,side,rate,from,to,source"
enum column { SEGMENT, PRODUCT, UNDERLYING, CHARGE, BASIS, SIDE, RATE, FROM, TO, SOURCE };

struct word { const char *text; uint8_t value; };

#define CM (1 << SEGMENT_NSE_CM | 1 << SEGMENT_BSE_CM)
#define FO (1 << SEGMENT_NSE_FO | 1 << SEGMENT_BSE_FO)
static const struct word segment_words[] = {
	{ "NSE_CM", 1 << SEGMENT_NSE_CM }, { "NSE_FO", 1 << SEGMENT_NSE_FO }, { "BSE_CM", 1 << SEGMENT_BSE_CM },
	{ "BSE_FO", 1 << SEGMENT_BSE_FO }, { "ALL_CM", CM }, { "ALL_FO", FO }, { "ALL", CM | FO },
};
static const struct word product_words[] = {
	{ "delivery", CHARGE_DELIVERY }, { "intraday", CHARGE_INTRADAY }, { "futures", CHARGE_FUTURES },
	{ "options", CHARGE_OPTIONS }, { "any", CHARGE_ANY },
};
static const struct word kind_words[] = {
	{ "brokerage", CHARGE_BROKERAGE }, { "stt", CHARGE_STT }, { "exchange", CHARGE_EXCHANGE }, { "ipft", CHARGE_IPFT },
	{ "sebi", CHARGE_SEBI }, { "stamp", CHARGE_STAMP }, { "gst", CHARGE_GST },
};
static const struct word basis_words[] = {
	{ "turnover", BASIS_TURNOVER }, { "order", BASIS_ORDER }, { "charges", BASIS_CHARGES },
};
static const struct word side_words[] = { { "buy", 1 }, { "sell", 2 }, { "both", BOTH_SIDES } };

static_assert(ARRAY_LEN(kind_words) == CHARGE_COUNT, "every charge has a name, in the enum's order");

const char *charge_kind_name(enum charge_kind k)
{
	return (size_t)k < CHARGE_COUNT ? kind_words[k].text : "unknown";
}

/* -- reading --------------------------------------------------------------------------------------------------- */

static int take_word(const struct csv_field *f, const struct word *words, size_t n, uint8_t *ret)
{
	for (size_t i = 0; i < n; i++) {
		if (csv_is(f, words[i].text)) {
			*ret = words[i].value;
			return ERR_OK;
		}
	}
	return ERR_PARSE;
}

/* A fraction in [0, 1] with up to twelve decimals, in 1e-12. num_parse() keeps four, too few for a rate. */
static int take_fraction(const struct csv_field *f, int64_t *ret)
{
	const char *point = memchr(f->text, '.', f->len);
	size_t whole_len = point ? (size_t)(point - f->text) : f->len;
	int64_t whole, value, unit = CHARGE_RATE_SCALE;
	int err = num_parse_int(f->text, whole_len, 0, 1, &whole);

	if (err != ERR_OK)
		return err;
	if (f->text[0] == '-') /* "-0.1": its whole part is 0, in range */
		return ERR_RANGE;
	value = whole * CHARGE_RATE_SCALE;
	for (const char *at = f->text + whole_len + 1; point && at < f->text + f->len; at++) {
		unit /= 10;
		if (*at < '0' || *at > '9')
			return ERR_PARSE;
		if (unit == 0)
			return ERR_RANGE;
		value += (*at - '0') * unit;
	}
	if (value > CHARGE_RATE_SCALE)
		return ERR_RANGE;
	*ret = value;
	return ERR_OK;
}

static int take_rate(const struct csv_field *f, enum charge_basis basis, int64_t *ret)
{
	int64_t rate;
	int err = basis == BASIS_ORDER ? num_parse(f->text, f->len, &rate) : take_fraction(f, &rate);

	if (err == ERR_OK && rate < 0)
		err = ERR_RANGE;
	if (err == ERR_OK)
		*ret = rate;
	return err;
}

static int take_dates(const struct csv_field *f, struct charge_row *row)
{
	int err = date_parse(f[FROM].text, f[FROM].len, &row->from);

	if (err == ERR_OK && f[TO].len > 0)
		err = date_parse(f[TO].text, f[TO].len, &row->to);
	return err == ERR_OK && row->to != 0 && row->to < row->from ? ERR_RANGE : err;
}

static int take_row(const struct csv_field *f, struct charge_row *row)
{
	int err;

	*row = (struct charge_row){ 0 };
	if ((err = take_word(&f[SEGMENT], segment_words, ARRAY_LEN(segment_words), &row->segments)) != ERR_OK ||
	    (err = take_word(&f[PRODUCT], product_words, ARRAY_LEN(product_words), &row->product)) != ERR_OK ||
	    (err = csv_copy(&f[UNDERLYING], row->underlying, sizeof(row->underlying))) != ERR_OK ||
	    (err = take_word(&f[CHARGE], kind_words, ARRAY_LEN(kind_words), &row->kind)) != ERR_OK ||
	    (err = take_word(&f[BASIS], basis_words, ARRAY_LEN(basis_words), &row->basis)) != ERR_OK ||
	    (err = take_word(&f[SIDE], side_words, ARRAY_LEN(side_words), &row->sides)) != ERR_OK ||
	    (err = take_rate(&f[RATE], row->basis, &row->rate)) != ERR_OK)
		return err;
	/* GST is the one charge on charges: it is computed last, from the others. */
	if ((row->basis == BASIS_CHARGES) != (row->kind == CHARGE_GST))
		return ERR_INVAL;
	return take_dates(f, row);
}

/* Two rows that could both answer the same question make the table ambiguous. */
static bool rows_clash(const struct charge_row *a, const struct charge_row *b)
{
	return a->kind == b->kind && (a->segments & b->segments) && (a->sides & b->sides) &&
	       (a->product == b->product || a->product == CHARGE_ANY || b->product == CHARGE_ANY) &&
	       strcmp(a->underlying, b->underlying) == 0 && dates_meet(a->from, a->to, b->from, b->to);
}

static void insert_row(struct charge_table *t, const struct charge_row *row)
{
	struct charge_row *at = &t->row[t->from[row->kind + 1]];

	memmove(at + 1, at, sizeof(*at) * (size_t)(&t->row[t->count] - at));
	*at = *row;
	for (int k = row->kind + 1; k <= CHARGE_COUNT; k++)
		t->from[k]++;
	t->count++;
}

static int add_row(void *table, const struct csv_field *f)
{
	struct charge_table *t = table;
	struct charge_row row;
	int err = take_row(f, &row);

	if (err != ERR_OK)
		return err;
	if (t->count == CHARGE_ROWS_MAX)
		return ERR_FULL;
	for (uint32_t i = 0; i < t->count; i++)
		if (rows_clash(&t->row[i], &row))
			return ERR_EXIST;
	insert_row(t, &row);
	return ERR_OK;
}

int charges_parse(const char *text, size_t len, struct charge_table *ret, uint32_t *ret_line)
{
	struct charge_table table = { 0 };
	int err = csv_table(text, len, HEADER, add_row, &table, ret_line);

	if (err == ERR_OK)
		*ret = table;
	return err;
}

/* -- computing ------------------------------------------------------------------------------------------------- */

/* Days between a date and a row; 0 when the row covers it. */
static int64_t row_distance(const struct charge_row *row, date_t date)
{
	if (date < row->from)
		return (int64_t)row->from - date;
	return row->to != 0 && date > row->to ? (int64_t)date - row->to : 0;
}

struct question { date_t date; const char *underlying; enum charge_product product; enum charge_kind kind; uint8_t segment, side; };
struct answer { bool found, named; int64_t distance, rate; enum charge_basis basis; };

static bool row_concerns(const struct charge_row *row, const struct question *q)
{
	return (row->segments & q->segment) && (row->product == q->product || row->product == CHARGE_ANY) &&
	       (row->underlying[0] == '\0' || strcmp(row->underlying, q->underlying) == 0);
}

/* The row nearest in time answers. A row of the other side alone says that this side pays nothing. */
static struct answer look_up(const struct charge_table *table, const struct question *q)
{
	struct answer best = { 0 };

	for (uint32_t i = table->from[q->kind]; i < table->from[q->kind + 1]; i++) {
		const struct charge_row *row = &table->row[i];
		if (!row_concerns(row, q))
			continue;
		struct answer a = { true, row->underlying[0] != '\0', row_distance(row, q->date), 0, (enum charge_basis)row->basis };
		bool ours = (row->sides & q->side) != 0;
		bool nearer = a.named != best.named ? a.named : a.distance < best.distance;
		bool level = a.named == best.named && a.distance == best.distance;
		if (ours)
			a.rate = row->rate;
		if (!best.found || nearer || (level && ours))
			best = a;
	}
	return best;
}

#define GST_BASE (1u << CHARGE_BROKERAGE | 1u << CHARGE_EXCHANGE | 1u << CHARGE_IPFT | 1u << CHARGE_SEBI)

static void find_side(const struct charge_table *table, struct question q, struct charge_side *ret)
{
	*ret = (struct charge_side){ 0 };
	for (int k = 0; k < CHARGE_COUNT; k++) {
		q.kind = (enum charge_kind)k;
		struct answer a = look_up(table, &q);

		ret->rate[k] = a.rate;
		ret->unknown |= (uint32_t)!a.found << k;
		ret->assumed |= (uint32_t)(a.distance > 0) << k;
		ret->per_order |= (uint32_t)(a.basis == BASIS_ORDER) << k;
		ret->on_charges |= (uint32_t)(a.basis == BASIS_CHARGES) << k;
	}
}

#define ROUNDING 16 /* each of fourteen amounts is rounded by half a unit, and GST is taken on what was */

/* Each of what GST is taken on counts with its GST. */
static bool most_of(const struct charge_side *side, int64_t *ret_rate, money_t *ret_order)
{
	int64_t rate = 0, order = ROUNDING, taxed;

	if ((side[0].on_charges | side[1].on_charges) & ~(1u << CHARGE_GST))
		return false;
	for (int k = 0; k < 2 * CHARGE_COUNT; k++) {
		const struct charge_side *s = &side[k / CHARGE_COUNT];
		uint32_t bit = 1u << k % CHARGE_COUNT;
		int64_t *sum = s->per_order & bit ? &order : &rate, tax = s->on_charges & 1u << CHARGE_GST ? s->rate[CHARGE_GST] : 0;

		if (s->on_charges & bit)
			continue;
		if (!num_mul_div(s->rate[k % CHARGE_COUNT], GST_BASE & bit ? tax : 0, CHARGE_RATE_SCALE, &taxed) ||
		    !num_add(*sum, s->rate[k % CHARGE_COUNT], sum) || !num_add(*sum, taxed + 1, sum))
			return false;
	}
	*ret_rate = rate;
	*ret_order = order;
	return true;
}

void charges_find(const struct charge_table *table, date_t date, const struct instrument *i, enum charge_product product, struct charge_rates *ret)
{
	*ret = (struct charge_rates){ .date = date, .segment = i->segment, .product = (uint8_t)product };
	memcpy(ret->underlying, i->underlying, sizeof(ret->underlying));
	for (int side = 0; side < 2; side++)
		find_side(table, (struct question){ date, i->underlying, product, CHARGE_BROKERAGE, (uint8_t)(1 << i->segment), (uint8_t)(1 << side) }, &ret->side[side]);
	if (!most_of(ret->side, &ret->most_rate, &ret->most_order))
		ret->most_rate = CHARGE_RATE_NONE;
}

struct fill_value { money_t turnover, taxed; int first_fill; };

static bool amount_of(const struct charge_side *s, uint32_t kind, const struct fill_value *v, const struct charge_set *so_far, money_t *ret)
{
	if (s->unknown & 1u << kind)
		return false;
	if (s->on_charges & 1u << kind)
		return !(so_far->unknown & GST_BASE) && num_mul_div(v->taxed, s->rate[kind], CHARGE_RATE_SCALE, ret);
	if (s->per_order & 1u << kind)
		*ret = v->first_fill ? s->rate[kind] : 0;
	else if (s->rate[kind] != 0)
		return num_mul_div(v->turnover, s->rate[kind], CHARGE_RATE_SCALE, ret);
	return true;
}

void charges_of(const struct charge_rates *rates, int side, qty_t qty, price_t price, int first_fill, struct charge_set *ret)
{
	struct fill_value v = { .first_fill = first_fill };

	assert(qty > 0 && price >= 0 && (side == 0 || side == 1));
	*ret = (struct charge_set){ 0 };
	bool fits = num_mul(qty, price, &v.turnover);
	/* GST is the last of the enum, so its base is complete when its turn comes. */
	for (uint32_t k = 0; k < CHARGE_COUNT; k++) {
		if (!fits || !amount_of(&rates->side[side], k, &v, ret, &ret->amount[k]) ||
		    ((GST_BASE & 1u << k) && !num_add(v.taxed, ret->amount[k], &v.taxed)))
			ret->unknown |= 1u << k;
	}
	ret->assumed = rates->side[side].assumed & ~ret->unknown;
	if ((ret->assumed & GST_BASE) && !(ret->unknown & 1u << CHARGE_GST))
		ret->assumed |= 1u << CHARGE_GST;
}

void charges_compute(const struct charge_table *table, date_t date, const struct instrument *instrument, enum product product,
                     int side, qty_t qty, price_t price, int first_fill, struct charge_set *ret)
{
	struct charge_rates rates;

	*ret = (struct charge_set){ 0 };
	if (instrument->flags & INSTRUMENT_SYNTHETIC)
		return;
	charges_find(table, date, instrument, charge_product(instrument, product), &rates);
	charges_of(&rates, side, qty, price, first_fill, ret);
}

void charges_add(struct charge_set *a, const struct charge_set *b)
{
	for (int k = 0; k < CHARGE_COUNT; k++)
		if (!num_add(a->amount[k], b->amount[k], &a->amount[k]))
			a->unknown |= 1u << k;
	a->unknown |= b->unknown;
	a->assumed |= b->assumed;
}

money_t charges_total(const struct charge_set *c)
{
	money_t sum = 0;
	bool over = false;

	for (int k = 0; k < CHARGE_COUNT; k++)
		over |= __builtin_add_overflow(sum, c->amount[k], &sum);
	return over ? NUM_UNKNOWN : sum;
}
