/* Paper and live: Kotak's market data, and in live its order path too; in paper that path is not even made. */
#pragma once

#include "engined/app.h"

/* What strategies() and the first events are told about the source. */
void live_info(struct feed_info *ret);
/* Credentials, hosts and clock fit the mode; says what is wrong. 0 or an exit status. */
int live_check(struct app *a);
/* Session, market data and, in live, the broker; nothing leaves yet. After engine_new(), before recovery. 0 or an exit status. */
int live_open(struct app *a);
void live_clock_settle(struct app *a); /* after recovery, before anything is journalled: waits for the broker's time, 2.5 s at most */
void live_begin(struct app *a);  /* logs in; the loop does the rest */
void live_stop(struct app *a);   /* closes the adapters; the session's tokens are forgotten. Before the loop's last run */
void live_close(struct app *a);  /* after it */
/* Why it neither sees prices nor hears the books while the market is open; "" = it does, or need not. */
void live_blind(struct app *a, char *why, size_t size);
/* From the journal's thread. */
void live_durable(void *app, uint64_t seq);

/* answer/live.c: members of an object that is open */
void live_put_feed(struct app *a, struct json *j);
void live_put_broker(struct app *a, struct json *j);
void live_put_clock(struct app *a, struct json *j); /* live_clock.c */
void live_put_funds_age(struct app *a, struct json *j);
void live_put_debug(struct app *a, struct json *j);
const struct histogram *live_round_trip(const struct app *a, unsigned kind); /* enum kotak_request; empty where no order path is */
nanos_t live_orders_heard(const struct app *a); /* by the account's clock; 0 = never */

/* Rows of today's scrip master that may fit, best first; with an expiry, `text` is the underlying. 0 without a master of today. */
size_t live_search(struct app *a, const struct instrument_query *q, struct instrument *ret, size_t max);
