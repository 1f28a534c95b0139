/* The questions that change nothing: books, history, funds, margin, quotes, candles, as REST calls ready to go. kotak-neo-api.md 2.8-2.17.
 * A builder returns false when its arguments do not fit or cannot stand in a URL. */
#pragma once

#include "lib/core/instrument.h"
#include "lib/kotak/rest.h"

#define REPORT_PATH_MAX 2048
#define REPORT_BODY_MAX 512
struct report {
	struct rest_call call;              /* path and jdata point into this struct; done, ctx and priority are the caller's */
	char path[REPORT_PATH_MAX], jdata[REPORT_BODY_MAX];
};
/* What each returns is valid until the struct moves. Priority is REST_READ. */
void report_orders(struct report *r);
bool report_order(struct report *r, const char *number);
bool report_history(struct report *r, const char *number);
void report_trades(struct report *r);
void report_positions(struct report *r, bool second_version); /* v2 answers 404 on accounts that do not have it: ask the first then */
void report_holdings(struct report *r);
void report_limits(struct report *r);
void report_margin(struct report *r, const char *jdata);      /* jdata must outlive the struct */
/* list: "nse_fo|71472,nse_cm|Nifty 50"; type: "all", "ltp", "depth" ... At most 50 names. */
bool report_quotes(struct report *r, const char *list, const char *type);
void report_paths(struct report *r);
bool report_expiries(struct report *r, const char *segment, const char *underlying);
bool report_candles(struct report *r, const char *symbol /* "nse_cm|1333" */, const char *interval, date_t from, date_t to);
void report_client_ip(struct report *r);

#define SEGMENT_WIRE_TEXT 8
/* "nse_fo", padded with NULs to SEGMENT_WIRE_TEXT bytes, and nothing in it that a form would encode; NULL for none of ours. */
const char *segment_wire_name(enum segment s);
/* SEGMENT_COUNT: a segment of Kotak's that this engine does not trade (mcx_fo ...). False: no segment at all. */
bool segment_of_wire(const char *name, enum segment *ret);
