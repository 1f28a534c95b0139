/* Text of requests taken apart: form bodies, queries, decimals. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The value of a field of "a=b&c=d", decoded (+ and %xx), malloc'ed; NULL = absent or badly encoded. */
char *form_field(const char *form, size_t len, const char *name);
char *query_field(const char *query, const char *name);

/* "184.35" -> 18435 with 2 decimals. The whole text must be the number, not negative, with no more than `decimals` that count. */
bool decimal_parse(const char *text, int decimals, int64_t *ret);
bool whole_parse(const char *text, int64_t *ret); /* not negative */

/* "2026-11-23" -> days since 1970, and "2026-11-23T09:00:00+05:30" -> ns. */
bool day_parse(const char *text, int32_t *ret);
bool instant_parse(const char *text, int64_t *ret);

struct sim_day { int year, month, day, hour, minute, second; };
struct sim_day day_split(int64_t at);              /* India's clock */
extern const char *const month_names[12];          /* "Jan" ... */
