/* Amounts as Indian traders read them: 12,34,567.50. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RUPEES_TEXT 48

/* Commas before the last three of the digits and then before every two; returns the length. `out` holds RUPEES_TEXT bytes. */
size_t rupees_group(char *out, const char *digits, size_t count);
/* Charges have more digits than anybody pays: rounded, half away from zero, for whoever reads it. */
int64_t rupees_to_paisa(int64_t value);
/* 1/10,000 rupee; sign_always puts + before gains, never before zero. NUM_UNKNOWN prints what num_format() does. */
size_t rupees_format(char *out, int64_t value, bool sign_always);
