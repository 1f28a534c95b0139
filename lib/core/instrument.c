#include "lib/core/instrument.h"

#include <string.h>

#define SPREAD_PER_MILLE 3
#define SPREAD_TICKS 2
#define FLAGS_KNOWN (INSTRUMENT_TRADABLE | INSTRUMENT_SYNTHETIC | INSTRUMENT_LTP_ONLY | INSTRUMENT_ASSUMED | INSTRUMENT_DERIVED)

/* Half the spread assumed around a last price, in 1/10,000 rupee, rounded up: data without quotes must not look cheap. */
static price_t half_spread(const struct quote *q, const struct instrument *i)
{
	int64_t spread;

	if (!num_mul_div(q->last, SPREAD_PER_MILLE, 1000, &spread) || spread < SPREAD_TICKS * i->tick)
		spread = SPREAD_TICKS * i->tick;
	return (spread + 1) / 2;
}

price_t quote_bid_assumed(const struct quote *q, const struct instrument *i)
{
	price_t bid = q->last > 0 ? price_floor(q->last - half_spread(q, i), i->tick) : 0;
	return bid > 0 ? bid : 0; /* so near to nothing that nobody bids */
}

price_t quote_ask_assumed(const struct quote *q, const struct instrument *i)
{
	price_t ask;

	if (q->last <= 0 || !num_add(q->last, half_spread(q, i) + i->tick, &ask))
		return 0;
	return price_ceil(ask - i->tick, i->tick);
}

/* Data of last prices alone is taken at its word; two sides must both be there and not cross. */
price_t quote_mid(const struct quote *q, const struct instrument *i)
{
	if (i->flags & (INSTRUMENT_LTP_ONLY | INSTRUMENT_SYNTHETIC))
		return q->last > 0 ? q->last : 0;
	if (q->bid <= 0 || q->ask < q->bid)
		return 0;
	return q->bid + (q->ask - q->bid) / 2;
}

static bool printable(const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	if (len == 0 || len == size)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return true;
}

bool instrument_valid(const struct instrument *i)
{
	bool option = i->kind == INSTRUMENT_CALL || i->kind == INSTRUMENT_PUT;

	if (!printable(i->symbol, sizeof(i->symbol)) || !printable(i->underlying, sizeof(i->underlying)))
		return false;
	if (i->kind > INSTRUMENT_PUT || i->segment >= SEGMENT_COUNT || (i->flags & ~FLAGS_KNOWN))
		return false;
	if (i->tick <= 0 || i->lot <= 0 || i->freeze < 0 || i->strike < 0 || i->expiry < 0 || i->band_low < 0 || i->band_high < 0)
		return false;
	if (option && (i->strike == 0 || i->expiry == 0))
		return false;
	return i->band_low == 0 || i->band_high == 0 || i->band_low <= i->band_high;
}
