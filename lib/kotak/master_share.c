/* Shares have two names: the ticker, by which strategies, the core and the pages know them, and the trading symbol with its series, by which
 * Kotak does. */
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/kotak/master.h"

/* Those that are traded: the ordinary one before trade for trade. */
static const char *const series[] = { "-EQ", "-BE" };

const struct master_row *master_share(const struct master *m, enum segment segment, const char *ticker)
{
	char text[32];

	for (size_t i = 0; i <= ARRAY_LEN(series); i++) {
		const struct master_row *row;

		snprintf(text, sizeof(text), "%s%s", ticker, i < ARRAY_LEN(series) ? series[i] : "");
		if ((row = master_by_symbol(m, segment, text)) && row->kind == INSTRUMENT_EQUITY)
			return row;
	}
	return NULL;
}

void master_ticker(char *symbol)
{
	size_t len = strlen(symbol);

	for (size_t i = 0; i < ARRAY_LEN(series); i++)
		if (len > 3 && strcmp(symbol + len - 3, series[i]) == 0)
			symbol[len - 3] = '\0';
}
