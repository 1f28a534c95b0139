/* The broker's REST calls: a table of routes, what each asks for before it is served, and how its answer is written. */
#pragma once

#include <cjson/cJSON.h>

#include "tests/neosim/rows.h"
#include "tests/neosim/sim.h"

enum { CALL_SESSION = 1 /* Sid and Auth of a trade session */, CALL_KEY = 2 /* Authorization */, CALL_FORM = 4 /* jData */, CALL_ORDER = 8 /* IP, rate */,
       CALL_BOOK = 16, CALL_PLACE = 32, CALL_LOGIN = 64 };

struct call {
	struct sim *sim;
	const struct net_request *r;
	struct net_reply *reply;
	struct session *session;     /* with CALL_SESSION */
	cJSON *jdata;                /* with CALL_FORM */
	const char *rest;            /* what follows a prefix route's path */
	unsigned needs;
	struct buf out;
	struct json j;
	struct row_style style;
	int64_t as_of;               /* the books of this instant */
	int64_t hide_until;          /* 0 = the order that is placed is not hidden */
	bool empty_book, vanish;
};

typedef void call_serve(struct call *c);
struct route { const char *method, *path; bool prefix; unsigned needs; call_serve *serve; };

void api_serve(void *sim, const struct net_request *r, struct net_reply *ret);

/* Answers. The body so far is replaced. */
void call_text(struct call *c, int status, const char *type, const char *text);
/* {"stCode":..,"errMsg":..,"stat":..} with HTTP 200, as business refusals come. */
void call_refuse(struct call *c, int code, const char *text, const char *stat);
void call_bad_form(struct call *c);
/* A string of jData; NULL = absent, null or not a string. */
const char *call_field(const struct call *c, const char *name);
/* What the data calls answer when something in the query does not fit. */
void call_fault(struct call *c, int code, const char *text);
/* "https://127.0.0.1:PORT" as this request came, with another scheme if wanted. */
void call_origin(const struct call *c, const char *plain, const char *tls, char *ret, size_t size);
/* The segment and instrument of "nse_fo|56526"; NULL = there is none. */
const struct scrip *call_scrip(const struct call *c, const char *text);

call_serve api_login, api_validate, api_config, api_client_ip, api_registration;
call_serve api_place, api_modify, api_cancel;
call_serve api_orders, api_order, api_history, api_trades, api_positions_v1, api_positions_v2;
call_serve api_holdings, api_limits, api_margin;
call_serve api_quotes, api_expiries, api_chain, api_candles;
call_serve api_master_paths, api_master_file;

/* /sim/...: sim_api.c does, sim_show.c shows. */
call_serve sim_api_serve, sim_show_ledger, sim_show_stats, sim_show_quote;
void sim_api_wrong(struct call *c, const char *text);
/* The instrument, or NULL and the answer says so. */
const struct scrip *sim_api_scrip(struct call *c, const char *segment, const char *id);
