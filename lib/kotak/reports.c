#include "lib/kotak/reports.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"

#define QUOTES_MAX 50
#define NUMBER_MAX 24

/* -- segments -------------------------------------------------------------------------------------------------------------- */

static const char segment_name[SEGMENT_COUNT][SEGMENT_WIRE_TEXT] = {
	[SEGMENT_NSE_CM] = "nse_cm", [SEGMENT_NSE_FO] = "nse_fo", [SEGMENT_BSE_CM] = "bse_cm", [SEGMENT_BSE_FO] = "bse_fo",
};
static const char *const foreign_segment[] = { "mcx_fo", "cde_fo", "nse_com", "bse_cd", "bse_co", "ncd_co" };

const char *segment_wire_name(enum segment s)
{
	return (unsigned)s < SEGMENT_COUNT ? segment_name[s] : NULL;
}

bool segment_of_wire(const char *name, enum segment *ret)
{
	for (unsigned i = 0; i < SEGMENT_COUNT; i++)
		if (strcmp(segment_name[i], name) == 0) {
			*ret = (enum segment)i;
			return true;
		}
	for (unsigned i = 0; i < ARRAY_LEN(foreign_segment); i++)
		if (strcmp(foreign_segment[i], name) == 0) {
			*ret = SEGMENT_COUNT;
			return true;
		}
	return false;
}

/* -- pieces ------------------------------------------------------------------------------------------------------------------ */

static struct rest_call *begin(struct report *r, const char *method, const char *path, enum rest_headers headers)
{
	r->call = (struct rest_call){ .method = method, .path = path, .headers = headers, .budget = GOVERN_REPORTS, .priority = REST_READ,
	                              .kind = WIRE_REPORT };
	r->path[0] = r->jdata[0] = '\0';
	return &r->call;
}

/* Broker order numbers are digits; anything else would be a path or a JSON text of somebody else's making. */
static bool number_fits(const char *number)
{
	size_t len = strnlen(number, NUMBER_MAX);

	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)number[i]))
			return false;
	return len > 0 && len < NUMBER_MAX;
}

static bool plain(const char *text)
{
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_' && *p != '-')
			return false;
	return text[0] != '\0';
}

/* Percent-encodes what may not stand in a URL; the comma between names stays. False when it does not fit. */
static bool put_encoded(char *to, size_t size, const char *text)
{
	size_t at = strlen(to);

	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		bool stays = isalnum(*p) || strchr("-_.~,", *p);

		if (at + 4 > size)
			return false;
		at += (size_t)snprintf(to + at, size - at, stays ? "%c" : "%%%02X", *p);
	}
	return true;
}

/* -- books ------------------------------------------------------------------------------------------------------------------- */

void report_orders(struct report *r)
{
	begin(r, "GET", "/quick/user/orders", REST_REPORT);
}

bool report_order(struct report *r, const char *number)
{
	begin(r, "GET", r->path, REST_REPORT);
	if (!number_fits(number))
		return false;
	snprintf(r->path, sizeof(r->path), "/quick/user/orders/%s", number);
	return true;
}

bool report_history(struct report *r, const char *number)
{
	begin(r, "POST", "/quick/order/history", REST_FORM)->jdata = r->jdata;
	if (!number_fits(number))
		return false;
	snprintf(r->jdata, sizeof(r->jdata), "{\"nOrdNo\":\"%s\"}", number);
	return true;
}

void report_trades(struct report *r)
{
	begin(r, "GET", "/quick/user/trades", REST_REPORT);
}

void report_positions(struct report *r, bool second_version)
{
	begin(r, "GET", second_version ? "/portfolio/v2/positions" : "/quick/user/positions", REST_REPORT);
}

void report_holdings(struct report *r)
{
	begin(r, "GET", "/portfolio/v1/holdings", REST_HOLDINGS)->kind = WIRE_DATA;
}

void report_limits(struct report *r)
{
	begin(r, "POST", "/quick/user/limits", REST_FORM)->jdata = "{\"seg\":\"ALL\",\"exch\":\"ALL\",\"prod\":\"ALL\"}";
}

void report_margin(struct report *r, const char *jdata)
{
	begin(r, "POST", "/quick/user/check-margin", REST_FORM)->jdata = jdata;
}

/* -- market data --------------------------------------------------------------------------------------------------------------- */

bool report_quotes(struct report *r, const char *list, const char *type)
{
	struct rest_call *c = begin(r, "GET", r->path, REST_DATA);
	size_t names = 1;

	c->budget = GOVERN_QUOTES;
	c->kind = WIRE_ARRAY;
	for (const char *p = list; *p; p++)
		names += *p == ',';
	strcpy(r->path, "/script-details/1.0/quotes/neosymbol/");
	if (!list[0] || names > QUOTES_MAX || !plain(type) || !put_encoded(r->path, sizeof(r->path) - 32, list) || strlen(type) > 30)
		return false;
	strcat(r->path, "/");
	strcat(r->path, type);
	return true;
}

void report_paths(struct report *r)
{
	begin(r, "GET", "/script-details/1.0/masterscrip/file-paths", REST_DATA)->kind = WIRE_DATA;
}

bool report_expiries(struct report *r, const char *segment, const char *underlying)
{
	struct rest_call *c = begin(r, "GET", r->path, REST_DATA);

	c->budget = GOVERN_QUOTES;
	c->kind = WIRE_DATA;
	if (!plain(segment) || !underlying[0])
		return false;
	snprintf(r->path, sizeof(r->path), "/market-data/1.0/watchlist/expiries?exchange=%.16s&underlying=", segment);
	return put_encoded(r->path, sizeof(r->path), underlying);
}

bool report_candles(struct report *r, const char *symbol, const char *interval, date_t from, date_t to)
{
	struct rest_call *c = begin(r, "GET", r->path, REST_DATA);
	char first[STAMP_TEXT], last[STAMP_TEXT];
	size_t len;

	c->budget = GOVERN_QUOTES;
	c->kind = WIRE_DATA;
	if (!symbol[0] || !plain(interval) || from <= 0 || to < from)
		return false;
	date_format(from, first);
	date_format(to, last);
	strcpy(r->path, "/market-data/1.0/historical/details?neosymbol=");
	if (!put_encoded(r->path, sizeof(r->path) - 128, symbol))
		return false;
	len = strlen(r->path);
	snprintf(r->path + len, sizeof(r->path) - len, "&interval=%.16s&fromdate=%s&todate=%s", interval, first, last);
	return true;
}

void report_client_ip(struct report *r)
{
	begin(r, "GET", "/login/1.0/get-client-ip", REST_CLIENT_IP)->kind = WIRE_DATA;
}
