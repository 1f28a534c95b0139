#include "lib/feed/symbol.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"

void symbol_option(const char *underlying, date_t expiry, price_t strike, bool call, char *ret)
{
	static const char months[12][4] = { "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC" };
	struct civil day = date_to_civil(expiry);
	char number[NUM_TEXT], symbol[128];
	size_t len = num_format(strike, number);

	assert(strike > 0 && strike <= SYMBOL_STRIKE_MAX && strlen(underlying) <= SYMBOL_UNDERLYING_MAX);
	if (strike % NUM_SCALE == 0)
		number[len - 3] = '\0';
	snprintf(symbol, sizeof(symbol), "%s%02d%s%02d%s%s", underlying, day.day, months[day.month - 1], day.year % 100, number,
	         call ? "CE" : "PE");
	len = strlen(symbol);
	assert(len < SYMBOL_TEXT);
	memcpy(ret, symbol, len + 1);
}
