/* Quotes over REST: several instruments in one path, one of eight slices, every value text. */
#include <stdio.h>
#include <string.h>

#include "lib/base/stamp.h"
#include "tests/neosim/api.h"

#define QUOTES_MAX 50

static const char *price(char ret[MONEY_TEXT], const struct scrip *s, int64_t value)
{
	return money_text(ret, s->segment, value, 4);
}

static void put_price(struct json *j, const char *key, const struct scrip *s, int64_t value)
{
	char text[MONEY_TEXT];

	json_str(j, key, price(text, s, value));
}

static void put_whole(struct json *j, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	json_str(j, key, text);
}

/* -- slices ------------------------------------------------------------------------------------------------------- */

static void put_who(struct json *j, const struct scrip *s)
{
	char text[40];

	if (s->index) {
		snprintf(text, sizeof(text), "%s-IN", s->feed_name);
		json_str(j, "exchange_token", s->feed_name);
		json_str(j, "display_symbol", text);
	} else {
		put_whole(j, "exchange_token", s->token);
		json_str(j, "display_symbol", s->symbol);
	}
	json_str(j, "exchange", sim_segment_name(s->segment));
}

static void put_ohlc(struct json *j, const struct scrip *s, const struct sim_quote *q)
{
	json_object(j, "ohlc");
	put_price(j, "open", s, q->open);
	put_price(j, "high", s, q->high);
	put_price(j, "low", s, q->low);
	put_price(j, "close", s, q->close);
	json_object_end(j);
}

static void put_side(struct json *j, const char *key, const struct scrip *s, const struct level level[5])
{
	int i;

	json_array(j, key);
	for (i = 0; i < 5; i++) {
		json_object(j, NULL);
		put_price(j, "price", s, level[i].price);
		put_whole(j, "quantity", level[i].qty);
		put_whole(j, "orders", level[i].orders);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_depth(struct json *j, const struct scrip *s, const struct sim_quote *q)
{
	json_object(j, "depth");
	put_side(j, "buy", s, q->bid);
	put_side(j, "sell", s, q->ask);
	json_object_end(j);
}

static void put_circuit(struct json *j, const struct scrip *s)
{
	put_price(j, "low_price_range", s, s->band_low);
	put_price(j, "high_price_range", s, s->band_high);
}

static void put_year(struct json *j, const struct scrip *s, const struct sim_quote *q)
{
	put_price(j, "year_high", s, q->year_high);
	put_price(j, "year_low", s, q->year_low);
}

/* "52.1234" percent without a double. */
static void put_change(struct json *j, const struct scrip *s, const struct sim_quote *q)
{
	int64_t change = q->last - q->close;

	put_price(j, "change", s, change);
	put_price(j, "per_change", s, q->close ? change * 10000 / q->close * (s->segment == SIM_CDE_FO ? 100 : 1) : 0);
}

static void put_all(struct json *j, const struct scrip *s, const struct sim_quote *q)
{
	put_whole(j, "lstup_time", q->update_time);
	put_price(j, "ltp", s, q->last);
	put_whole(j, "last_traded_quantity", q->last_qty);
	put_whole(j, "total_buy", q->total_buy);
	put_whole(j, "total_sell", q->total_sell);
	put_whole(j, "last_volume", q->volume);
	put_price(j, "avg_cost", s, q->average);
	put_whole(j, "open_int", q->oi);
	put_change(j, s, q);
	put_circuit(j, s);
	put_year(j, s, q);
	put_ohlc(j, s, q);
	put_depth(j, s, q);
}

/* The three are zeros though open_int is right: so it is at the broker's. */
static void put_oi(struct json *j)
{
	json_str(j, "oi_las", "0");
	json_str(j, "oi_high", "0");
	json_str(j, "oi_low", "0");
}

static void put_details(struct json *j, const struct scrip *s)
{
	json_str(j, "symbol", s->name);
	json_str(j, "instrument_type", s->type);
	json_str(j, "option_type", s->option);
	put_whole(j, "lot_size", s->lot);
	put_price(j, "tick_size", s, s->tick);
	put_price(j, "strike_price", s, s->strike);
}

enum slice { ALL, LTP, OHLC, DEPTH, OI, YEAR, CIRCUIT, DETAILS, SLICES };

static enum slice slice_find(const char *name)
{
	static const char *const names[SLICES] = {"all", "ltp", "ohlc", "depth", "oi", "52w", "circuit_limits", "scrip_details"};
	int i;

	for (i = 0; i < SLICES && strcmp(names[i], name) != 0; i++)
		;
	return strcmp(name, "52W") == 0 ? YEAR : (enum slice)i;
}

static void put_row(struct json *j, const struct scrip *s, const struct sim_quote *q, enum slice slice)
{
	json_object(j, NULL);
	put_who(j, s);
	switch (slice) {
	case LTP: put_price(j, "ltp", s, q->last); break;
	case OHLC: put_ohlc(j, s, q); break;
	case DEPTH: put_depth(j, s, q); break;
	case OI: put_oi(j); break;
	case YEAR: put_year(j, s, q); break;
	case CIRCUIT: put_circuit(j, s); break;
	case DETAILS: put_details(j, s); break;
	case ALL:
	case SLICES: put_all(j, s, q); break;
	}
	json_object_end(j);
}

/* -- the call ----------------------------------------------------------------------------------------------------- */

static void refuse(struct call *c, const char *text)
{
	buf_clear(&c->out);
	json_begin(&c->j, &c->out);
	json_object(&c->j, NULL);
	json_str(&c->j, "stat", "Not_Ok");
	json_str(&c->j, "emsg", text);
	json_int(&c->j, "stCode", 1009);
	json_object_end(&c->j);
}

/* "nse_fo|1,nse_cm|Nifty 50/ltp": the last slash is the slice's, and without one it is all. */
void api_quotes(struct call *c)
{
	char list[8192], *slash, *at, *next;
	enum slice slice = ALL;
	size_t asked = 0, found = 0;

	if ((size_t)snprintf(list, sizeof(list), "%s", c->rest) >= sizeof(list)) {
		refuse(c, "Invalid instrument/code");
		return;
	}
	slash = strrchr(list, '/');
	if (slash) {
		*slash = 0;
		slice = slash[1] ? slice_find(slash + 1) : ALL;
	}
	if (slice == SLICES) {
		refuse(c, "Invalid quote type");
		return;
	}
	json_array(&c->j, NULL);
	for (at = list; at; at = next, asked++) {
		const struct scrip *s;

		next = strchr(at, ',');
		if (next)
			*next++ = 0;
		s = call_scrip(c, at);
		if (!s)
			continue;
		put_row(&c->j, s, sim_quote(c->sim, s), slice);
		found++;
	}
	json_array_end(&c->j);
	if (asked > QUOTES_MAX)
		refuse(c, "Please set the Neo symbol max value to 50.");
	else if (found == 0)
		refuse(c, "Invalid instrument/code");
}
