#include "lib/kotak/index_names.h"

#include <string.h>

#include "lib/base/obj.h"

/* The first column is what master, contracts and strategies say (for indices without contracts the same without blanks), the second what the
 * feed and quotes say. */
static const struct index_name names[] = {
	{ "NIFTY", "Nifty 50", SEGMENT_NSE_CM },
	{ "BANKNIFTY", "Nifty Bank", SEGMENT_NSE_CM },
	{ "FINNIFTY", "Nifty Fin Service", SEGMENT_NSE_CM },
	{ "MIDCPNIFTY", "NIFTY MID SELECT", SEGMENT_NSE_CM },
	{ "NIFTYNXT50", "Nifty Next 50", SEGMENT_NSE_CM },
	{ "INDIAVIX", "INDIA VIX", SEGMENT_NSE_CM },
	{ "NIFTY100", "Nifty 100", SEGMENT_NSE_CM },
	{ "NIFTY200", "Nifty 200", SEGMENT_NSE_CM },
	{ "NIFTY500", "Nifty 500", SEGMENT_NSE_CM },
	{ "NIFTYIT", "Nifty IT", SEGMENT_NSE_CM },
	{ "NIFTYAUTO", "Nifty Auto", SEGMENT_NSE_CM },
	{ "NIFTYFMCG", "Nifty FMCG", SEGMENT_NSE_CM },
	{ "NIFTYMETAL", "Nifty Metal", SEGMENT_NSE_CM },
	{ "NIFTYPHARMA", "Nifty Pharma", SEGMENT_NSE_CM },
	{ "NIFTYPSUBANK", "Nifty PSU Bank", SEGMENT_NSE_CM },
	{ "NIFTYPVTBANK", "Nifty Pvt Bank", SEGMENT_NSE_CM },
	{ "NIFTYREALTY", "Nifty Realty", SEGMENT_NSE_CM },
	{ "NIFTYMEDIA", "Nifty Media", SEGMENT_NSE_CM },
	{ "NIFTYENERGY", "Nifty Energy", SEGMENT_NSE_CM },
	{ "NIFTYINFRA", "Nifty Infra", SEGMENT_NSE_CM },
	{ "SENSEX", "SENSEX", SEGMENT_BSE_CM },
	{ "BANKEX", "BANKEX", SEGMENT_BSE_CM },
	{ "SENSEX50", "SNSX50", SEGMENT_BSE_CM },
	{ "BSE100", "BSE100", SEGMENT_BSE_CM },
	{ "BSE200", "BSE200", SEGMENT_BSE_CM },
	{ "BSE500", "BSE500", SEGMENT_BSE_CM },
};

const struct index_name *index_by_symbol(const char *symbol)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i].symbol, symbol) == 0)
			return &names[i];
	return NULL;
}
