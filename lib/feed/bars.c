#include "lib/feed/bars.h"

struct bar_prices bars_take(struct load *l, int open, int high, int low, int close)
{
	struct fields *f = &l->fields;
	struct bar_prices p = { fields_price(f, open), fields_price(f, high), fields_price(f, low), fields_price(f, close) };

	if (f->reason == NULL && p.high < p.low)
		f->reason = "the high is below the low";
	return p;
}

void bars_count(struct load *l, struct bar_prices p)
{
	l->inconsistent += p.open > p.high || p.open < p.low || p.close > p.high || p.close < p.low;
}

/* -- index and equity bars ------------------------------------------------------------------------------------------- */

enum column { TIMESTAMP, OPEN, HIGH, LOW, CLOSE, VOLUME, SYMBOL };

static void add_bar(struct load *l, const struct field *symbol)
{
	struct fields *f = &l->fields;
	nanos_t stamp = fields_stamp(f, l->map[TIMESTAMP]);
	struct bar_prices p = bars_take(l, l->map[OPEN], l->map[HIGH], l->map[LOW], l->map[CLOSE]);
	int64_t volume = fields_count(f, l->map[VOLUME]);
	uint32_t contract = f->reason == NULL ? (symbol != NULL ? load_own(l, *symbol) : load_file_own(l)) : CONTRACT_NONE;
	struct row *row = contract != CONTRACT_NONE ? tape_add(l->tape, stamp, contract, 0) : NULL;

	if (row == NULL)
		return;
	row->bar.open = p.open;
	row->bar.high = p.high;
	row->bar.low = p.low;
	row->bar.close = p.close;
	row->bar.volume = volume;
	bars_count(l, p);
}

static void index_row(struct load *l)
{
	add_bar(l, NULL);
}

static void equity_row(struct load *l)
{
	struct field symbol = fields_text(&l->fields, l->map[SYMBOL]);

	add_bar(l, &symbol);
}

const struct layout layout_index_bars = {
	.kind = "index bars", .form = FORM_BARS, .row = index_row,
	.columns = { [TIMESTAMP] = "timestamp", [OPEN] = "open", [HIGH] = "high", [LOW] = "low", [CLOSE] = "close",
	             [VOLUME] = "volume" },
};

const struct layout layout_equity_bars = {
	.kind = "equity bars", .form = FORM_BARS, .row = equity_row,
	.columns = { [TIMESTAMP] = "timestamp", [OPEN] = "open", [HIGH] = "high", [LOW] = "low", [CLOSE] = "close",
	             [VOLUME] = "volume", [SYMBOL] = "symbol" },
};
