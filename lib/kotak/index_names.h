/* The names by which Kotak's feed and quotes know an index (case-sensitive, kotak-neo-api.md 6.8), beside the master's symbol. */
#pragma once

#include "lib/core/instrument.h"

struct index_name { const char *symbol, *feed; enum segment segment; };
const struct index_name *index_by_symbol(const char *symbol); /* "NIFTY" -> "Nifty 50"; NULL */
