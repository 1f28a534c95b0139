/* What the broker model reads and prints, by hand: url-encoded forms, flat JSON objects, decimals in paise, times of India. */
#pragma once

#include "lib/base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_FIELDS 48
#define TEXT_STORE 8192

struct fields {
	size_t n;
	struct { const char *key, *value /* NULL: null */; } field[TEXT_FIELDS];
	size_t used;
	char store[TEXT_STORE];
};

bool fields_of_json(struct fields *f, const char *text, size_t len);  /* one flat object; numbers and words come as their text */
bool fields_of_form(struct fields *f, const char *body, size_t len);  /* jData=<percent-encoded object> */
const char *fields_get(const struct fields *f, const char *key);      /* NULL: absent or null */

size_t text_unescape(const char *text, size_t len, char *ret, size_t cap, bool plus); /* of %41 and, if `plus`, of + */
bool text_paise(const char *text, int64_t *ret);   /* a decimal of at most two places that is not negative */
bool text_count(const char *text, int64_t *ret);   /* digits alone */
void text_copy(char *to, size_t cap, const char *from); /* must fit */
void text_put_paise(struct buf *b, int64_t paise); /* 184.35, -1.05 */
void text_put_json(struct buf *b, const char *text);

/* IST of a virtual time, which never has a year before 1970. */
struct ist { int year, month /* 1.. */, day, hour, minute, second, milli, weekday /* 0 = Sunday */; int64_t date /* days since 1970 */; };
struct ist text_ist(int64_t ns);
struct ist text_date(int64_t date);
int64_t text_date_of(int year, int month, int day);
const char *text_month(int month);  /* "Jan" */
void text_put_time(struct buf *b, int64_t ns);     /* 22-Jan-2025 14:28:01 */
