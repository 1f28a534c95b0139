/* JSON writer onto a buf: commas and escaping are kept right here, numbers of money are printed from the integers.
 * Reading JSON is cJSON's work. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/stamp.h"

/* Length of the valid UTF-8 sequence in s[0..left), 0 when it is not one (overlong, surrogate, cut, above U+10FFFF). */
size_t utf8_len(const unsigned char *s, size_t left);

struct json { struct buf *out; bool comma; };

void json_begin(struct json *j, struct buf *out);

/* key is NULL inside an array or at the top. */
void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);

void json_str(struct json *j, const char *key, const char *value);       /* NULL prints null; bad UTF-8 becomes U+FFFD */
void json_int(struct json *j, const char *key, int64_t value);
void json_uint(struct json *j, const char *key, uint64_t value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);
void json_decimal(struct json *j, const char *key, int64_t value);       /* 1/10,000; NUM_UNKNOWN prints null */
void json_ratio(struct json *j, const char *key, double value, int places); /* not money; NaN and infinity print null */
void json_stamp(struct json *j, const char *key, nanos_t stamp);         /* IST text; 0 prints null */
void json_date(struct json *j, const char *key, date_t date);            /* 0 prints null */
void json_raw(struct json *j, const char *key, const char *text);        /* text must be one JSON value */
