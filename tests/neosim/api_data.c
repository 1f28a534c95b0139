/* The market-data calls: expiries, option chain, candles. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/stamp.h"
#include "tests/neosim/api.h"
#include "tests/neosim/form.h"

struct contracts { int segment; const char *underlying; char kind; /* o f or both */ int32_t today; };

static bool take_contracts(struct call *c, struct contracts *ret, char **exchange, char **underlying)
{
	char *type = query_field(c->r->query, "instrument_type");

	*exchange = query_field(c->r->query, "exchange");
	*underlying = query_field(c->r->query, "underlying");
	*ret = (struct contracts){.segment = *exchange ? sim_segment_find(*exchange) : 0, .underlying = *underlying, .kind = type && *type ? type[0] : 0,
		.today = sim_date(sim_time(c->sim))};
	free(type);
	if (ret->segment && *underlying && **underlying && (ret->kind == 0 || ret->kind == 'o' || ret->kind == 'f'))
		return true;
	call_fault(c, 400, !ret->segment ? "Invalid exchange value" : !*underlying || !**underlying ? "Invalid underlying value" : "Invalid instrument_type value");
	return false;
}

static bool fits(const struct contracts *w, const struct scrip *s)
{
	bool future = strcmp(s->option, "XX") == 0;

	return s->expiry >= w->today && strcmp(s->name, w->underlying) == 0 && (w->kind == 0 || (w->kind == 'f') == future);
}

/* -- expiries ----------------------------------------------------------------------------------------------------- */

#define EXPIRIES_MAX 64

static void insert(int32_t *list, size_t *n, int32_t day)
{
	size_t i = 0;

	while (i < *n && list[i] < day)
		i++;
	if (*n == EXPIRIES_MAX || (i < *n && list[i] == day))
		return;
	memmove(list + i + 1, list + i, (*n - i) * sizeof(*list));
	list[i] = day;
	++*n;
}

static size_t list_expiries(const struct call *c, const struct contracts *w, int32_t list[EXPIRIES_MAX])
{
	size_t n = 0, i, count = market_count(c->sim->market, w->segment);

	for (i = 0; i < count; i++) {
		const struct scrip *s = market_at(c->sim->market, w->segment, i);

		if (fits(w, s))
			insert(list, &n, s->expiry);
	}
	return n;
}

void api_expiries(struct call *c)
{
	char *exchange, *underlying;
	int32_t list[EXPIRIES_MAX];
	struct contracts w;
	size_t i, n;

	if (take_contracts(c, &w, &exchange, &underlying)) {
		n = list_expiries(c, &w, list);
		json_object(&c->j, NULL);
		json_str(&c->j, "exchange", exchange);
		json_str(&c->j, "underlying", underlying);
		json_array(&c->j, "expiries");
		for (i = 0; i < n; i++)
			json_date(&c->j, NULL, list[i]);
		json_array_end(&c->j);
		json_object_end(&c->j);
		if (n == 0)
			call_fault(c, 404, "No data found for the given underlying");
	}
	free(exchange);
	free(underlying);
}

/* -- option chain ------------------------------------------------------------------------------------------------- */

static void put_price(struct json *j, const char *key, const struct scrip *s, int64_t value)
{
	char text[MONEY_TEXT];

	json_str(j, key, money_text(text, s->segment, value, 2));
}

static void put_text(struct json *j, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	json_str(j, key, text);
}

static void put_symbol(struct json *j, const struct scrip *s)
{
	char text[40];

	snprintf(text, sizeof(text), "%s|%u", sim_segment_name(s->segment), s->token);
	json_str(j, "neoSymbol", text);
	json_str(j, "symbol", s->symbol);
}

static const char *moneyness(const struct scrip *s, int64_t spot)
{
	int64_t in = s->option[0] == 'C' ? spot - s->strike : s->strike - spot;

	return llabs(in) * 500 < spot ? "ATM" : in > 0 ? "ITM" : "OTM";
}

static void put_option(struct json *j, const struct scrip *s, const struct sim_quote *q, int64_t spot)
{
	json_object(j, NULL);
	json_object(j, "instrument");
	put_symbol(j, s);
	json_str(j, "optionType", s->option);
	put_price(j, "strikePrice", s, s->strike);
	json_str(j, "moneyness", moneyness(s, spot));
	json_object_end(j);
	json_object(j, "quote");
	put_price(j, "ltp", s, q->last);
	put_price(j, "open", s, q->open);
	put_price(j, "high", s, q->high);
	put_price(j, "low", s, q->low);
	put_price(j, "prevClose", s, q->close);
	json_null(j, "close");
	json_int(j, "volume", q->volume);
	json_object_end(j);
	json_object(j, "openInterest");
	json_int(j, "current", q->oi);
	json_int(j, "previous", q->oi);
	json_int(j, "change", 0);
	json_str(j, "changePct", "0.00");
	json_object_end(j);
	json_object_end(j);
}

static void put_future(struct json *j, const struct scrip *s, const struct sim_quote *q)
{
	struct civil d = date_to_civil(s->expiry);
	char text[24];
	int i;

	json_object(j, NULL);
	json_object(j, "inst");
	put_symbol(j, s);
	snprintf(text, sizeof(text), "%02d-%s-%04d", d.day, month_names[d.month - 1], d.year % 10000);
	for (i = 3; i < 6; i++)
		text[i] = (char)(text[i] & ~0x20); /* JUL */
	json_str(j, "expiryDt", text);
	json_object_end(j);
	json_object(j, "quote");
	put_price(j, "ltp", s, q->last);
	put_price(j, "o", s, q->open);
	put_price(j, "h", s, q->high);
	put_price(j, "l", s, q->low);
	put_price(j, "c", s, q->last);
	put_price(j, "pc", s, q->close);
	put_text(j, "vol", q->volume);
	json_object_end(j);
	json_object(j, "oi");
	put_text(j, "cur", q->oi);
	put_text(j, "prev", q->oi);
	put_text(j, "chg", 0);
	json_str(j, "chgPct", "0.00");
	json_object_end(j);
	json_object_end(j);
}

/* Price of what the contracts are on; 0 = not listed here. */
static int64_t spot_of(const struct call *c, const struct scrip *s)
{
	static const int cash[] = {SIM_NSE_CM, SIM_BSE_CM};
	size_t k, i;

	for (k = 0; k < ARRAY_LEN(cash); k++)
		for (i = 0; i < market_count(c->sim->market, cash[k]); i++) {
			const struct scrip *x = market_at(c->sim->market, cash[k], i);

			if (x->token == s->underlying && strcmp(x->name, s->name) == 0)
				return sim_quote(c->sim, x)->last;
		}
	return 0;
}

struct chain { const struct scrip **list; size_t n; int64_t spot, count; }; /* count: strikes */

static int by_strike(const void *a, const void *b)
{
	const struct scrip *x = *(const struct scrip *const *)a, *y = *(const struct scrip *const *)b;

	return x->strike < y->strike ? -1 : x->strike > y->strike ? 1 : x->expiry - y->expiry;
}

/* The contracts of the expiry, and every future. */
static void collect(const struct call *c, const struct contracts *w, int32_t expiry, struct chain *ret)
{
	size_t i, count = market_count(c->sim->market, w->segment);

	ret->list = calloc(count + 1, sizeof(*ret->list));
	assert(ret->list);
	for (i = 0; i < count; i++) {
		const struct scrip *s = market_at(c->sim->market, w->segment, i);

		if (fits(w, s) && (s->expiry == expiry || strcmp(s->option, "XX") == 0))
			ret->list[ret->n++] = s;
	}
	qsort(ret->list, ret->n, sizeof(*ret->list), by_strike);
	ret->spot = ret->n ? spot_of(c, ret->list[0]) : 0;
}

/* Each strike's place in the chain is its distance from the money: so many of each kind are shown. */
static bool near(const struct chain *x, const struct scrip *s)
{
	int64_t nearer = 0;
	size_t i;

	for (i = 0; i < x->n; i++)
		nearer += strcmp(x->list[i]->option, s->option) == 0 && llabs(x->list[i]->strike - x->spot) < llabs(s->strike - x->spot);
	return nearer < x->count;
}

static void put_rows(struct call *c, const struct chain *x, const char *key, const char *option)
{
	size_t i;

	json_array(&c->j, key);
	for (i = 0; i < x->n; i++) {
		const struct scrip *s = x->list[i];

		if (strcmp(s->option, option) != 0)
			continue;
		if (option[0] == 'X')
			put_future(&c->j, s, sim_quote(c->sim, s));
		else if (near(x, s))
			put_option(&c->j, s, sim_quote(c->sim, s), x->spot);
	}
	json_array_end(&c->j);
}

static void put_common(struct call *c, const struct scrip *s)
{
	char text[STAMP_TEXT];

	date_format(s->expiry, text);
	json_object(&c->j, "common_data");
	put_text(&c->j, "mktLot", s->lot);
	json_str(&c->j, "multiplier", "1");
	json_str(&c->j, "unlSymbol", s->name);
	json_str(&c->j, "exSeg", sim_segment_name(s->segment));
	json_str(&c->j, "expiryDt", text);
	json_object_end(&c->j);
}

/* The chain that was asked for: nearest expiry when none is named, count a multiple of ten. */
static bool take_chain(struct call *c, const struct contracts *w, int32_t *expiry, int64_t *count)
{
	char *day = query_field(c->r->query, "expiry"), *many = query_field(c->r->query, "count");
	int32_t list[EXPIRIES_MAX];
	bool ok = true;

	*count = 40;
	if (many && (!whole_parse(many, count) || *count == 0 || *count % 10)) {
		call_fault(c, 400, "Invalid count value");
		ok = false;
	} else if (day && !day_parse(day, expiry)) {
		call_fault(c, 400, "Invalid expiry value");
		ok = false;
	} else if (!day) {
		*expiry = list_expiries(c, w, list) ? list[0] : 0;
	}
	free(day);
	free(many);
	return ok;
}

static void answer_chain(struct call *c, const struct chain *x)
{
	json_object(&c->j, NULL);
	json_object(&c->j, "data");
	put_common(c, x->list[0]);
	put_rows(c, x, "call", "CE");
	put_rows(c, x, "put", "PE");
	put_rows(c, x, "fut", "XX");
	json_object_end(&c->j);
	json_object_end(&c->j);
}

void api_chain(struct call *c)
{
	char *exchange, *underlying;
	struct contracts w;
	struct chain x = {0};
	int32_t expiry;

	if (take_contracts(c, &w, &exchange, &underlying) && take_chain(c, &w, &expiry, &x.count)) {
		w.kind = w.kind ? w.kind : 'o';
		collect(c, &w, expiry, &x);
		if (x.n)
			answer_chain(c, &x);
		else
			call_fault(c, 404, "No data found for the given underlying");
		free(x.list);
	}
	free(exchange);
	free(underlying);
}

/* -- candles ------------------------------------------------------------------------------------------------------ */

#define BARS_MAX 20000

static const struct { const char *name; int seconds, days; } intervals[] = {
	{"1min", 60, 30}, {"3min", 180, 30}, {"5min", 300, 30}, {"10min", 600, 60}, {"15min", 900, 60}, {"30min", 1800, 90}, {"60min", 3600, 90},
	{"D", 86400, 180}, {"W", 7 * 86400, 180},
};

static const char *check_candles(const struct scrip *s, size_t k, bool from_ok, bool to_ok, int32_t from, int32_t to)
{
	if (!s || s->segment == SIM_MCX_FO || s->segment == SIM_CDE_FO)
		return "Invalid neosymbol value";
	if (k == ARRAY_LEN(intervals))
		return "Invalid interval value";
	if (!from_ok || !to_ok || to < from)
		return "Invalid date range";
	return to - from > intervals[k].days ? "Date range exceeds the limit of the interval" : NULL;
}

static void put_bars(struct call *c, const struct scrip *s, const struct sim_bar *bars, size_t n, const char *interval)
{
	char text[MONEY_TEXT];
	size_t i;

	json_object(&c->j, NULL);
	json_str(&c->j, "status", "success");
	json_str(&c->j, "interval", interval);
	json_object(&c->j, "data");
	json_array(&c->j, "candles");
	for (i = 0; i < n; i++) {
		struct sim_day d = day_split(bars[i].start * NANOS_SECOND);
		char stamp[40];

		snprintf(stamp, sizeof(stamp), "%04d-%02d-%02dT%02d:%02d:%02d+0530", d.year % 10000, d.month, d.day, d.hour, d.minute, d.second);
		json_array(&c->j, NULL);
		json_str(&c->j, NULL, stamp);
		json_raw(&c->j, NULL, money_text(text, s->segment, bars[i].open, 2));
		json_raw(&c->j, NULL, money_text(text, s->segment, bars[i].high, 2));
		json_raw(&c->j, NULL, money_text(text, s->segment, bars[i].low, 2));
		json_raw(&c->j, NULL, money_text(text, s->segment, bars[i].close, 2));
		json_int(&c->j, NULL, bars[i].volume);
		json_int(&c->j, NULL, 0);
		json_array_end(&c->j);
	}
	json_array_end(&c->j);
	json_object_end(&c->j);
	json_object_end(&c->j);
}

void api_candles(struct call *c)
{
	char *symbol = query_field(c->r->query, "neosymbol"), *interval = query_field(c->r->query, "interval"), *from_text = query_field(c->r->query, "fromdate"),
	     *to_text = query_field(c->r->query, "todate");
	const struct scrip *s = symbol ? call_scrip(c, symbol) : NULL;
	int32_t from = 0, to = 0;
	bool from_ok = from_text && day_parse(from_text, &from), to_ok = to_text && day_parse(to_text, &to);
	const char *wrong;
	size_t k;

	for (k = 0; k < ARRAY_LEN(intervals) && !(interval && strcmp(intervals[k].name, interval) == 0); k++)
		;
	wrong = check_candles(s, k, from_ok, to_ok, from, to);
	if (wrong) {
		call_fault(c, 400, wrong);
	} else {
		struct sim_bar *bars = calloc(BARS_MAX, sizeof(*bars));

		assert(bars);
		put_bars(c, s, bars, market_bars(c->sim->market, s, from, to, intervals[k].seconds, bars, BARS_MAX), interval);
		free(bars);
	}
	free(symbol);
	free(interval);
	free(from_text);
	free(to_text);
}
