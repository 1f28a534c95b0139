/* What is said by the clock: ready before the open, next year's holidays missing, and what the day's end adds to its record. */
#pragma once

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/core/core.h"
#include "lib/journal/journal.h"

#define DAY_READY_AT TIME_OF_DAY(9, 5)

/* On a day with a session, or one that the calendar does not know, from 09:05 to its end. */
bool day_ready_due(const struct calendar *c, nanos_t now, date_t told);
/* Login, prices, funds, lots, expiry, limits, calendar: what is good and what is not. */
void day_ready(const struct core *c, nanos_t now, struct buf *out);

/* From 1 December while the calendar ends with the year; once a day from 09:05. */
bool day_holidays_due(const struct calendar *c, nanos_t now, date_t told);
void day_holidays(const struct calendar *c, struct buf *out);

/* Behind the words of OUTCOME_DAY: do the broker's books agree, and the journal's root up to here. */
void day_end(const struct core *c, const struct journal_state *j, struct buf *out);
