/* When what trades, and when it ends: India's holidays, special sessions, the dated timetable of each segment and the expiry days.
 * Compiled in, so that the program needs no file. Years without a list of holidays trade on every weekday. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool calendar_trades(int32_t date);
int32_t calendar_next(int32_t date);     /* the next trading day after `date` */
int32_t calendar_previous(int32_t date); /* the last one before it */

/* Times of day, ns since Indian midnight. `cash_end`: continuous trading of shares that close by auction ends, the spot index stands still;
 * `auction_end`: their closing price is known. Without an auction both are the close. */
struct day_times { int64_t pre_open, open, close, cash_end, auction_end; };

/* False when the segment does not trade that day. */
bool calendar_times(int segment, int32_t date, struct day_times *ret);
bool calendar_has_auction(int32_t date); /* the closing auction of shares, since 2026-08-03 */
int calendar_status(int segment, int32_t date, int64_t time_of_day); /* the feed's market status code */

enum expiry_rule { EXPIRY_NSE_WEEKLY, EXPIRY_NSE_MONTHLY, EXPIRY_BSE_WEEKLY, EXPIRY_BSE_MONTHLY };
struct expiry { int32_t date; bool monthly; };
/* The first n expiry days at or after `from`, holidays already moved. */
void calendar_expiries(enum expiry_rule rule, int32_t from, size_t n, struct expiry *ret);
