/* The operator's hand on the market: prices pinned, bands, halts, a side taken away. */
#include <stdlib.h>
#include <string.h>

#include "tests/neosim/market_priv.h"

/* What was only listed begins to live. */
static bool wake(struct instrument *in)
{
	if (!in->quote && !(in->quote = calloc(1, sizeof(*in->quote))))
		return false;
	if (in->quote->close == 0)
		in->quote->close = in->pin ? in->pin : in->s.tick;
	return true;
}

static void redraw(struct market *m, struct instrument *in)
{
	int32_t step = m->step < 0 ? 0 : m->step;

	if (!wake(in))
		return;
	if (in->kind == KIND_LISTED && !in->pin)
		return;
	market_quote_show(m, in, in->pin ? (double)in->pin : market_fair(m, in, step), step);
	if (!market_scrip_trades(m, &in->s, sim_now(m->clock)) && in->kind != KIND_INDEX)
		market_quote_shut(in);
}

/* The market itself prints nothing more once it is over: an index set by hand then is a print of now, as in a mock session. */
static void print_after_hours(const struct market *m, struct instrument *in)
{
	int64_t now = sim_now(m->clock) / NANOS_SECOND;

	if (in->kind == KIND_INDEX && in->quote && m->step == m->steps && now > in->quote->trade_time)
		in->quote->trade_time = in->quote->update_time = now;
}

void market_set_price(struct market *m, const struct scrip *s, int64_t last)
{
	instrument_of(s)->pin = last;
	redraw(m, instrument_of(s));
	print_after_hours(m, instrument_of(s));
}

void market_free_price(struct market *m, const struct scrip *s)
{
	instrument_of(s)->pin = 0;
	redraw(m, instrument_of(s));
}

void market_set_band(struct market *m, const struct scrip *s, int64_t low, int64_t high)
{
	instrument_of(s)->s.band_low = low;
	instrument_of(s)->s.band_high = high;
	redraw(m, instrument_of(s));
}

void market_set_halted(struct market *m, const struct scrip *s, bool halted)
{
	instrument_of(s)->s.halted = halted;
	if (!halted)
		redraw(m, instrument_of(s));
}

void market_set_side(struct market *m, const struct scrip *s, bool bids, bool asks)
{
	instrument_of(s)->no_bids = !bids;
	instrument_of(s)->no_asks = !asks;
	redraw(m, instrument_of(s));
}
