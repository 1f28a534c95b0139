/* One REST call in the account's session: headers, jData encoding, budgets with priority, deadline, verdict. Reads are repeated by their callers as they see
 * fit; nothing here ever repeats a request. kotak-neo-api.md 2. */
#pragma once

#include "lib/kotak/session.h"

enum rest_headers { REST_ORDER, REST_REPORT, REST_HOLDINGS, REST_FORM, REST_DATA, REST_CLIENT_IP };
enum rest_priority { REST_EXIT, REST_CANCEL, REST_ENTRY, REST_READ, REST_IDLE }; /* of what waits for the governor: lower first */

struct rest_call {
	const char *method, *path;  /* "GET", "/quick/user/orders": below the session's base */
	enum rest_headers headers;
	enum governor_budget budget;
	enum rest_priority priority;
	enum wire_kind kind;
	const char *jdata;          /* compact JSON; encoded here as jData=... ; NULL = no body */
	const char *form;           /* or the body as it goes out, encoded already */
	unsigned timeout_ms;        /* real time; 0 = 10 s */
	size_t body_max;            /* 0 = 16 MiB */
	nanos_t give_up_at;         /* the session's clock; not sent by then (governor): WIRE_NOT_SENT; 0 = never gives up */
	/* The request leaves now: the last chance to refuse it (a kill, an order that ended meanwhile): false = WIRE_NOT_SENT. It must not
	 * close the client. May be NULL. */
	bool (*leaving)(void *ctx);
	/* Of an order, after it: the connection stands and the first byte would go. It looks and changes nothing, and calls nobody. May be NULL. */
	bool (*goes)(void *ctx);
	void (*done)(void *ctx, const struct wire_answer *a); /* once, never from within rest_call() */
	void *ctx;
};
struct rest;
int rest_open(struct kotak_session *s, struct rest **ret);
void rest_close(struct rest **r); /* what waits or is under way ends with WIRE_NOT_SENT or WIRE_UNKNOWN */
/* ERR_CLOSED when the session is not up or, for orders, disarmed: then done() is not called. */
int rest_call(struct rest *r, const struct rest_call *c);
#define REST_LATENCIES 16
struct rest_stats {
	uint64_t calls, waiting, under_way, verdicts[WIRE_UNKNOWN + 1];
	/* From request to whole answer: [i] below 2^i ms, the last: all above. Orders (place, modify, cancel) and reads apart. */
	uint64_t latency_orders[REST_LATENCIES], latency_reads[REST_LATENCIES];
	nanos_t last_good;          /* the session's clock; 0 = never */
};
void rest_stats(const struct rest *r, struct rest_stats *ret);
/* The form body: "jData=" and the percent-encoded JSON (vector B of kotak-neo-api.md 2.3). */
struct buf;
void rest_form(const char *jdata, struct buf *out);
