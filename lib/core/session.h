/* The exchange's calendar and timetable, from tables/holidays.csv, tables/special_sessions.csv and tables/timetable.csv.
 * A year without a stored list is unknown: it is never assumed to be a working day. Special sessions are looked up
 * before weekends and holidays. Sources: docs/market.md. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/stamp.h"
#include "lib/core/instrument.h"

enum session_group { GROUP_FO, GROUP_CASH_CAS, GROUP_CASH, GROUP_COUNT }; /* CAS: stocks in the closing auction session */
enum day_kind { DAY_UNKNOWN, DAY_CLOSED, DAY_NORMAL, DAY_SPECIAL };

struct session_day {
	date_t date;
	uint8_t kind;                 /* enum day_kind */
	uint8_t no_trade;             /* special session in which strategies take no entry (muhurat) */
	uint8_t pad[2];
	nanos_t pre_open, open, close;/* instants; continuous trading is [open, close) */
	nanos_t auction_from, auction_to; /* closing auction session of cash stocks; 0 = none that day */
	nanos_t entries_from, entries_to; /* default entry window 09:20-14:45, cut to the session */
	nanos_t square_off, flat_by;  /* MIS: min(15:05, close - 25 min), min(15:10, close - 20 min) */
	char name[48];                /* holiday or special session */
};

enum session_phase { PHASE_CLOSED, PHASE_PRE_OPEN, PHASE_OPEN, PHASE_SQUARE_OFF, PHASE_AUCTION, PHASE_AFTER, PHASE_UNKNOWN };

#define CALENDAR_HOLIDAYS_MAX 256
#define CALENDAR_SPECIAL_MAX 64
#define CALENDAR_TIMES_MAX 32
struct holiday { date_t date; uint8_t segments; uint8_t pad[3]; char name[48]; }; /* bit 0 = CM, bit 1 = FO */
struct special_session { date_t date; uint8_t segments, no_trade, times_known, pad; nanos_t open, close; char name[48]; };
struct timetable_row { date_t from, to; uint8_t group; uint8_t pad[7]; nanos_t pre_open, open, close, auction_from, auction_to; };
struct calendar {
	uint32_t holidays, specials, times;
	int16_t year_from, year_to;   /* years for which the holiday list is complete */
	struct holiday holiday[CALENDAR_HOLIDAYS_MAX];
	struct special_session special[CALENDAR_SPECIAL_MAX];
	struct timetable_row timetable[CALENDAR_TIMES_MAX];
};

/* Each adds one CSV text to the calendar; a holiday or special session of an earlier text is replaced, so that an operator's
 * file can go after the shipped one. On failure the calendar is unchanged and *ret_line is the line that is wrong. */
int calendar_parse_holidays(const char *text, size_t len, struct calendar *c, uint32_t *ret_line);
int calendar_parse_specials(const char *text, size_t len, struct calendar *c, uint32_t *ret_line);
int calendar_parse_timetable(const char *text, size_t len, struct calendar *c, uint32_t *ret_line);

/* What that date is. DAY_UNKNOWN for a year without a list and no special row; a special session whose times are not
 * known is DAY_SPECIAL with open = close = 0 and no_trade. */
void session_lookup(const struct calendar *c, date_t date, enum session_group group, struct session_day *ret);

/* A day made from given times (replay: the file's own bars), with the same derived marks. A session that does not span noon
 * (evening, a demo at night) keeps the marks' distances from its open and close instead of their clock times. */
void session_from_times(date_t date, nanos_t open, nanos_t close, struct session_day *ret);

enum session_phase session_phase(const struct session_day *day, nanos_t now);
const char *session_phase_name(enum session_phase p); /* "pre_open" */

/* The first day after `date` on which the group trades; 0 when the calendar does not know. It may be a special session
 * whose times are not known (open = 0). */
date_t session_next(const struct calendar *c, date_t date, enum session_group group);
