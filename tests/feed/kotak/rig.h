/* A live feed between doubles: a socket, a session, REST and a master made by hand, a clock that stands until it is moved, and a real core that takes
 * the events. Packets are written byte by byte here, from the layouts and not from the decoder. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/feed/kotak/live_priv.h"

#define RUPEES(x) ((price_t)((x) * 10000.0 + 0.5))
#define RIG_EVENTS 32768
#define RIG_SENT 64
#define RIG_CALLS 16
#define RIG_ROWS 8192

#define TODAY date_from_civil(2026, 11, 23)      /* Monday; Tuesday is a holiday */
#define WEDNESDAY date_from_civil(2026, 11, 25)
#define EXPIRY date_from_civil(2026, 11, 26)
#define S NANOS_SECOND

struct rig_call { bool open; char path[512]; struct rest_call call; };

struct rig {
	struct kotak_feed *feed;
	const char *const *underlyings;
	size_t n_underlyings;
	uint32_t strikes;
	bool after_market;                      /* set before rig_open(), which keeps it */
	struct clock clock;                     /* stands: virtual_from is now */
	nanos_t ahead;                          /* of it, what is too much */
	struct core core;
	void *memory;
	uint64_t seq;
	struct event *events;                   /* everything posted */
	size_t n_events;
	char note[256];                         /* the newest */
	uint32_t notes;
	/* session */
	enum session_state session;
	uint64_t generation;
	uint32_t feed_next;
	/* socket: at most one */
	bool socket;
	struct websocket_events ws;
	uint32_t opened;
	struct { char *text; size_t len; } sent[RIG_SENT];
	size_t n_sent;
	/* rest */
	struct rig_call calls[RIG_CALLS];
	size_t n_calls;
	/* master */
	struct master_row *rows;
	uint32_t n_rows, rests;
	date_t master_date;
};
extern struct rig rig;

nanos_t rig_at(const char *clock);              /* "2026-11-23T09:15:00" IST */
/* A feed on NIFTY and RELIANCE, 10 strikes each side; strategies on NIFTY with bars of 1 and 15 minutes. The session is down. */
void rig_open(const char *at);
void rig_open_nifty(const char *at);             /* without RELIANCE: nothing waits for a master */
void rig_open_with(const char *at, const char *const *underlyings, size_t n, uint32_t strikes);
void rig_reopen(void);                          /* the process starts again on the same core */
void rig_close(void);
const struct market_tables *rig_tables(void);

void rig_move(nanos_t span);                    /* moves the clock at once, then one turn */
void rig_run(nanos_t span);                     /* moves it as kotak_feed_due() asks, turn by turn */
void rig_to(const char *at);

/* Rows: NIFTY chain 23000 to 25000 by 50 of the expiry, its future, RELIANCE-EQ. Tokens start at `first`. */
void rig_master(date_t day, date_t expiry, uint32_t first);
void rig_give(void);                            /* hands it to the feed */
uint32_t rig_token(const char *symbol);
struct universe_slot *rig_slot(const char *symbol);
uint32_t rig_id(const char *symbol);            /* the core's */

void rig_login(void);
void rig_connect(void);                         /* the socket comes up, 1119 and 1117 are sent */
void rig_text(const char *text);
void rig_drop(const char *why);

/* Packets; trade time is now less `age`. */
void rig_index(const char *name, double value, nanos_t age);
void rig_option(const char *symbol, double bid, double ask, double last, int64_t volume, nanos_t age);
void rig_share(double bid, double ask, double last, int64_t volume, nanos_t age);
/* NIFTY, its future and a near option move a little, `times` times, 200 ms apart. */
void rig_alive(unsigned times);

size_t rig_count(enum event_kind kind);
const struct event *rig_last(enum event_kind kind);  /* NULL */
bool rig_said(const char *words);               /* the newest note */
bool rig_sent(const char *words);               /* any frame that was sent on this connection */
bool rig_up(void);                              /* the core's LINK_FEED */

/* Answers the oldest open call. */
void rig_answer(const char *json);
void rig_refuse(enum wire_verdict verdict, const char *text);

/* -- days to begin a test with --------------------------------------------------------------------------------------------- */

const char *rig_option_symbol(int strike, const char *kind); /* good for the next three calls */
void rig_morning(void);  /* TODAY 08:30: logged in, with the day's master and a socket that authenticated */
void rig_trading(void);  /* the same at 09:15:10, with prices that live */
