/* Quotes, candles, expiries and the option chain: what the data gateway answers to a consumer key. */
#include "tests/sim/broker_priv.h"

#include <stdio.h>

/* -- quotes: prices with four places, all values strings ------------------------------------------------------------------------------- */

static void put_price4(struct sim_broker *b, const char *name, int64_t paise)
{
	buf_printf(&b->answer, ",\"%s\":\"", name);
	text_put_paise(&b->answer, paise);
	buf_puts(&b->answer, "00\"");
}

static void put_count(struct sim_broker *b, const char *name, int64_t value)
{
	buf_printf(&b->answer, ",\"%s\":\"%lld\"", name, (long long)value);
}

static int64_t total(const struct level *levels, int n)
{
	int64_t sum = 0;

	for (int i = 0; i < n; i++)
		sum += levels[i].qty;
	return sum * 40;
}

static void put_side(struct sim_broker *b, const char *name, const struct level *levels, int n)
{
	static const struct level nothing;

	buf_printf(&b->answer, "\"%s\":[", name);
	for (int i = 0; i < SIM_DEPTH; i++) {
		const struct level *l = i < n ? &levels[i] : &nothing;

		buf_printf(&b->answer, "%s{\"price\":\"", i ? "," : "");
		text_put_paise(&b->answer, l->price);
		buf_printf(&b->answer, "00\",\"quantity\":\"%lld\",\"orders\":\"%d\"}", (long long)l->qty, l->orders);
	}
	buf_putc(&b->answer, ']');
}

static void put_depth(struct sim_broker *b, const struct instrument *in)
{
	struct level buy[SIM_DEPTH], sell[SIM_DEPTH];
	int n_buy = market_levels(b, in, 0, buy), n_sell = market_levels(b, in, 1, sell);

	put_count(b, "total_buy", total(buy, n_buy));
	put_count(b, "total_sell", total(sell, n_sell));
	buf_puts(&b->answer, ",\"depth\":{");
	put_side(b, "buy", buy, n_buy);
	buf_putc(&b->answer, ',');
	put_side(b, "sell", sell, n_sell);
	buf_putc(&b->answer, '}');
}

static void put_ohlc(struct sim_broker *b, const struct instrument *in)
{
	buf_puts(&b->answer, ",\"ohlc\":{\"open\":\"");
	text_put_paise(&b->answer, in->open);
	buf_puts(&b->answer, "00\",\"high\":\"");
	text_put_paise(&b->answer, in->high);
	buf_puts(&b->answer, "00\",\"low\":\"");
	text_put_paise(&b->answer, in->low);
	buf_puts(&b->answer, "00\",\"close\":\"");
	text_put_paise(&b->answer, in->previous);
	buf_puts(&b->answer, "00\"}");
}

static void put_all(struct sim_broker *b, const struct instrument *in)
{
	put_count(b, "lstup_time", in->traded / SECOND);
	put_price4(b, "ltp", in->ltp);
	put_count(b, "last_traded_quantity", in->ltq);
	put_count(b, "last_volume", in->volume);
	put_price4(b, "avg_cost", in->volume ? in->turnover / in->volume : 0);
	put_count(b, "open_int", in->interest);
	put_price4(b, "change", in->ltp ? in->ltp - in->previous : 0);
	put_price4(b, "per_change", in->ltp ? (in->ltp - in->previous) * 10000 / in->previous : 0);
	put_price4(b, "low_price_range", in->band_low);
	put_price4(b, "high_price_range", in->band_high);
	put_price4(b, "year_high", in->previous * 3 / 2);
	put_price4(b, "year_low", in->previous / 2);
	put_ohlc(b, in);
	put_depth(b, in);
}

static void put_quote(struct sim_broker *b, const struct instrument *in, const char *type)
{
	if (in->kind == KIND_INDEX)
		buf_printf(&b->answer, "{\"exchange_token\":\"%s\",\"display_symbol\":\"%s\",\"exchange\":\"nse_cm\"", sim_index_name, in->display);
	else
		buf_printf(&b->answer, "{\"exchange_token\":\"%u\",\"display_symbol\":\"%s\",\"exchange\":\"%s\"", in->token, in->symbol, master_segment(in));
	if (!strcmp(type, "ltp"))
		put_price4(b, "ltp", in->ltp);
	else if (!strcmp(type, "ohlc"))
		put_ohlc(b, in);
	else if (!strcmp(type, "depth"))
		put_depth(b, in);
	else if (!strcmp(type, "oi"))
		buf_puts(&b->answer, ",\"oi_las\":\"0\",\"oi_high\":\"0\",\"oi_low\":\"0\""); /* as seen; `all` has it */
	else if (!strcmp(type, "circuit_limits"))
		put_price4(b, "low_price_range", in->band_low), put_price4(b, "high_price_range", in->band_high);
	else
		put_all(b, in);
	buf_putc(&b->answer, '}');
}

/* rest: nse_fo|43100,nse_cm|Nifty 50/all, percent-encoded wherever the client likes. */
void data_quotes(struct sim_broker *b, const char *rest, struct sim_answer *ret)
{
	char list[4096], *type, *save = NULL;
	size_t n = 0, found = 0;

	text_unescape(rest, strlen(rest), list, sizeof(list), false);
	type = strrchr(list, '/');
	if (type)
		*type++ = '\0';
	buf_clear(&b->answer);
	buf_putc(&b->answer, '[');
	for (char *one = strtok_r(list, ",", &save); one; one = strtok_r(NULL, ",", &save), n++) {
		char *bar = strchr(one, '|');

		if (bar)
			*bar = '\0';
		int i = bar ? master_token(b, one, bar + 1, strlen(bar + 1)) : -1;

		if (i < 0)
			continue;
		if (found++)
			buf_putc(&b->answer, ',');
		put_quote(b, &b->instruments[i], type ? type : "all");
	}
	buf_putc(&b->answer, ']');
	if (n > 50)
		answer_json(b, ret, 200, "{\"stat\":\"Not_Ok\",\"emsg\":\"Please set the Neo symbol max value to 50.\",\"stCode\":1009}");
	else if (!found)
		answer_json(b, ret, 200, "{\"stat\":\"Not_Ok\",\"emsg\":\"Invalid instrument/code\",\"stCode\":1009}");
	else
		answer_text(b, ret, 200, "application/json");
}

/* -- queries ---------------------------------------------------------------------------------------------------------------------------- */

static bool query_get(const char *query, const char *name, char *ret, size_t cap)
{
	size_t len = strlen(name);

	for (const char *at = query + (*query == '?'); *at; at += strcspn(at, "&"), at += *at == '&')
		if (!strncmp(at, name, len) && at[len] == '=') {
			text_unescape(at + len + 1, strcspn(at + len + 1, "&"), ret, cap, true);
			return true;
		}
	return false;
}

static void fault(struct sim_broker *b, struct sim_answer *ret, const char *text)
{
	answer_json(b, ret, 400, "{\"status\":\"ERROR\",\"fault\":{\"code\":400,\"message\":\"%s\"}}", text);
}

static bool query_date(const char *query, const char *name, int64_t *ret)
{
	char text[16];
	int64_t year, month, day;

	if (!query_get(query, name, text, sizeof(text)) || strlen(text) != 10 || text[4] != '-' || text[7] != '-')
		return false;
	text[4] = text[7] = '\0';
	if (!text_count(text, &year) || !text_count(text + 5, &month) || !text_count(text + 8, &day) || year < 2000 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	*ret = text_date_of((int)year, (int)month, (int)day);
	return true;
}

/* -- candles ---------------------------------------------------------------------------------------------------------------------------- */

static const struct interval { const char *name; int minutes /* a day: 0 */, days; } intervals[] = {
	{ "1min", 1, 30 }, { "3min", 3, 30 }, { "5min", 5, 30 }, { "10min", 10, 60 }, { "15min", 15, 60 }, { "30min", 30, 90 }, { "60min", 60, 90 }, { "D", 0, 180 },
};

struct sums { int64_t open, high, low, close, volume; };

static void merge(struct sums *s, int64_t open, int64_t high, int64_t low, int64_t close, int64_t volume)
{
	s->open = s->open ? s->open : open;
	s->high = high > s->high ? high : s->high;
	s->low = !s->low || low < s->low ? low : s->low;
	s->close = close;
	s->volume += volume;
}

static int minutes_of(const struct instrument *in, const struct sim_broker *b)
{
	return (int)((in->close - b->market_open) / MINUTE);
}

/* One minute of any day into `s`. The last one of the day before is the close that everything else calls the previous one. */
static void add_minute(const struct sim_broker *b, size_t i, int64_t date, int minute, int64_t yesterday, struct sums *s)
{
	if (date == b->date) {
		const struct bar *bar = &b->bars[i][minute];

		if (bar->open)
			merge(s, bar->open, bar->high, bar->low, bar->close, bar->volume);
		return;
	}
	int last = minutes_of(&b->instruments[i], b) - 1;
	int64_t open = market_past(b, i, date, minute), close = date == yesterday && minute == last ? b->instruments[i].previous : market_past(b, i, date, minute + 1);
	int64_t over = (open > close ? open : close) + b->instruments[i].tick, under = open < close ? open : close;

	merge(s, open, over, under, close, i ? 1000 + minute : 0);
}

static bool first_candle(const struct sim_broker *b)
{
	return b->answer.data[b->answer.len - 1] == '[';
}

static void put_candle(struct sim_broker *b, int64_t date, int minute, const struct sums *s)
{
	struct ist t = text_date(date);

	if (!s->open)
		return;
	buf_printf(&b->answer, "%s[\"%04d-%02d-%02dT%02d:%02d:00+0530\"", first_candle(b) ? "" : ",", t.year, t.month, t.day, 9 + (15 + minute) / 60, (15 + minute) % 60);
	for (size_t k = 0; k < 4; k++) {
		buf_putc(&b->answer, ',');
		text_put_paise(&b->answer, (const int64_t[]){ s->open, s->high, s->low, s->close }[k]);
	}
	buf_printf(&b->answer, ",%lld,0]", (long long)s->volume);
}

static void put_day(struct sim_broker *b, size_t i, int64_t date, int step, int64_t yesterday)
{
	int all = minutes_of(&b->instruments[i], b);

	step = step > 0 ? step : all;
	for (int minute = 0; minute < all; minute += step) {
		struct sums s = { 0 };

		for (int k = minute; k < minute + step && k < all; k++)
			add_minute(b, i, date, k, yesterday, &s);
		put_candle(b, date, minute, &s);
	}
}

static bool traded(const struct sim_broker *b, int64_t date)
{
	int weekday = text_date(date).weekday;

	return date < b->date ? weekday != 0 && weekday != 6 : date == b->date && b->trading_day;
}

static int symbol_of(const struct sim_broker *b, const char *query)
{
	char symbol[64], *bar;

	if (!query_get(query, "neosymbol", symbol, sizeof(symbol)) || !(bar = strchr(symbol, '|')))
		return -1;
	*bar = '\0';
	return master_token(b, symbol, bar + 1, strlen(bar + 1));
}

/* Weeks are not served: nobody asks for them. */
void data_candles(struct sim_broker *b, const char *query, struct sim_answer *ret)
{
	char name[16];
	const struct interval *interval = NULL;
	int64_t from, to, yesterday = b->date - 1;
	int i = symbol_of(b, query);

	for (size_t k = 0; query_get(query, "interval", name, sizeof(name)) && k < ARRAY_LEN(intervals); k++)
		interval = strcmp(name, intervals[k].name) ? interval : &intervals[k];
	if (!interval) {
		fault(b, ret, "Invalid interval value");
		return;
	}
	if (i < 0 || !query_date(query, "fromdate", &from) || !query_date(query, "todate", &to) || from > to || to - from >= interval->days) {
		fault(b, ret, i < 0 ? "Invalid neosymbol" : "Invalid date range");
		return;
	}
	while (!traded(b, yesterday))
		yesterday--;
	buf_clear(&b->answer);
	buf_printf(&b->answer, "{\"status\":\"success\",\"interval\":\"%s\",\"data\":{\"candles\":[", name);
	for (int64_t date = from; date <= to; date++)
		if (traded(b, date))
			put_day(b, (size_t)i, date, interval->minutes, yesterday);
	buf_puts(&b->answer, "]}}");
	answer_text(b, ret, 200, "application/json");
}

/* -- expiries and chain ------------------------------------------------------------------------------------------------------------------ */

static bool nifty_options(const char *query)
{
	char exchange[16], underlying[24];

	return query_get(query, "exchange", exchange, sizeof(exchange)) && !strcmp(exchange, "nse_fo") && query_get(query, "underlying", underlying, sizeof(underlying)) &&
		!strcmp(underlying, "NIFTY");
}

void data_expiries(struct sim_broker *b, const char *query, struct sim_answer *ret)
{
	struct ist e = text_ist(b->expiry);

	if (!nifty_options(query))
		fault(b, ret, "Invalid underlying");
	else
		answer_json(b, ret, 200, "{\"exchange\":\"nse_fo\",\"underlying\":\"NIFTY\",\"expiries\":[\"%04d-%02d-%02d\"]}", e.year, e.month, e.day);
}

static void put_option(struct sim_broker *b, const struct instrument *in)
{
	bool in_the_money = in->kind == KIND_CALL ? b->forward > in->strike : b->forward < in->strike;

	buf_printf(&b->answer, "%s{\"instrument\":{\"neoSymbol\":\"nse_fo|%u\",\"symbol\":\"%s\",\"optionType\":\"%s\",\"strikePrice\":\"%lld.00\",\"moneyness\":\"%s\"},"
		"\"quote\":{\"ltp\":\"", b->answer.data[b->answer.len - 1] == '[' ? "" : ",", in->token, in->symbol, in->kind == KIND_CALL ? "CE" : "PE",
		(long long)in->strike / 100, in_the_money ? "ITM" : "OTM");
	text_put_paise(&b->answer, in->ltp);
	buf_puts(&b->answer, "\",\"prevClose\":\"");
	text_put_paise(&b->answer, in->previous);
	buf_printf(&b->answer, "\",\"close\":null,\"volume\":%lld},\"openInterest\":{\"current\":%lld,\"previous\":%lld,\"change\":0,\"changePct\":0}}",
		(long long)in->volume, (long long)in->interest, (long long)in->interest);
}

void data_chain(struct sim_broker *b, const char *query, struct sim_answer *ret)
{
	struct ist e = text_ist(b->expiry);

	if (!nifty_options(query)) {
		fault(b, ret, "Invalid underlying");
		return;
	}
	buf_clear(&b->answer);
	buf_printf(&b->answer, "{\"data\":{\"common_data\":{\"mktLot\":\"%lld\",\"multiplier\":\"1\",\"unlSymbol\":\"NIFTY\",\"exSeg\":\"nse_fo\",\"expiryDt\":\"%04d-%02d-%02d\"},",
		(long long)b->instruments[3].lot, e.year, e.month, e.day);
	for (int kind = KIND_CALL; kind <= KIND_PUT; kind++) {
		buf_printf(&b->answer, "\"%s\":[", kind == KIND_CALL ? "call" : "put");
		for (size_t i = 3; i < SIM_INSTRUMENTS; i++)
			if ((int)b->instruments[i].kind == kind)
				put_option(b, &b->instruments[i]);
		buf_puts(&b->answer, "],");
	}
	buf_puts(&b->answer, "\"fut\":[]}}");
	answer_text(b, ret, 200, "application/json");
}
