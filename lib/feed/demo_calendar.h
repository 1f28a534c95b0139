/* When the demo trades, and which weekly expiry it trades: the calendar where it knows, else plain weekdays marked assumed. */
#pragma once

#include "lib/core/tables.h"

struct demo_session { date_t date; uint32_t flags; nanos_t open, close; }; /* flags: enum session_flag */

/* The calendar's session that is open at `from` for three hours more, else one of 6 h 15 min that begins then. */
void demo_session_first(const struct calendar *c, nanos_t from, struct demo_session *ret);

/* The next day's session after one that closed. */
void demo_session_next(const struct calendar *c, const struct demo_session *before, struct demo_session *ret);

/* NIFTY's weekly expiry that still trades at the session's close: Tuesdays from 2025-09-01, Thursdays before; the trading
 * day before when that is a holiday. *ret_close: when the contracts expire. */
date_t demo_expiry(const struct calendar *c, const struct demo_session *s, nanos_t *ret_close);
