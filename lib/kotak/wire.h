/* Reading Kotak's JSON: a number may come as a number or a string, "" "--" "NA" and null mean nothing, and the answer's verdict is
 * spread over stat, stCode, errMsg and the HTTP status (kotak-neo-api.md 2.4, 1.5). This is the one place that classifies. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "lib/base/num.h"
#include "lib/base/stamp.h"
#include "lib/loop/http.h"

enum wire_verdict {
	WIRE_OK,
	WIRE_EMPTY,        /* 5203: an empty list, said by the server in a valid session */
	WIRE_REFUSED,      /* a definite no to this request: it was not done (1004 1006 1007 1009 1017 1021 5204 32 14 ... with a JSON body) */
	WIRE_SESSION,      /* 1003, 100022, 401/403 with a session error body: not done; log in again once */
	WIRE_IP,           /* 100008 or 1037: not done; st_code tells which */
	WIRE_RATE,         /* 429: not done; wait retry_after */
	WIRE_NOT_SENT,     /* no byte left */
	WIRE_UNKNOWN,      /* may have been done: timeout, cut, 5xx, HTML, not JSON, JSON that is no known answer, 403 without a session error */
};
struct wire_answer {
	enum wire_verdict verdict;
	long http;
	int64_t st_code;            /* 0 = none */
	char text[160];             /* what the server said, one line, printable, no secret; for people */
	nanos_t retry_after;        /* length; 0 = not told */
	nanos_t server_date;        /* 0 = none */
	const cJSON *json;          /* NULL unless the body is JSON; valid during the callback */
};
const char *wire_verdict_name(enum wire_verdict v);
/* `login`: login and validate have success and error shapes of their own. *ret_json is to be deleted by the caller. Bodies: at most 16 MiB, depth
 * 64, no NUL inside, else not JSON. */
enum wire_kind { WIRE_ORDER, WIRE_REPORT, WIRE_LOGIN, WIRE_ARRAY /* quotes */, WIRE_DATA };
void wire_classify(const struct http_answer *a, enum wire_kind kind, struct wire_answer *ret, cJSON **ret_json);

/* Fields. False when the field is absent or of no such form: absent is an error, never 0 (a renamed field must not read as flat). */
bool wire_text(const cJSON *row, const char *key, const char **ret);          /* string; "" stays "" */
bool wire_int(const cJSON *row, const char *key, int64_t *ret);               /* exact beyond 2^53 */
bool wire_decimal(const cJSON *row, const char *key, int64_t *ret);           /* 1/10,000, rounded */
/* Present but nothing ("", "--", "NA", null) or absent: *ret = otherwise; malformed: false. */
bool wire_int_or(const cJSON *row, const char *key, int64_t otherwise, int64_t *ret);
bool wire_decimal_or(const cJSON *row, const char *key, int64_t otherwise, int64_t *ret);
/* "22-Jan-2025 14:28:01", also with blanks after the colons, and "2025/01/22 14:28:01": IST. */
bool wire_stamp(const char *text, nanos_t *ret);
/* cJSON keeps numbers as doubles: integers of 17 digits (updRecvTm) are lost. This parse keeps the text of integers longer than 15 digits as strings. Below the root
 * it leaves out the fields of an order's row that nobody reads (list in wire_parse.c: a reader of one takes it off). */
cJSON *wire_parse(const char *text, size_t len);
