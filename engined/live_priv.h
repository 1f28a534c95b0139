/* Between live.c, live_master.c and answer/live.c. */
#pragma once

#include <stdatomic.h>

#include "engined/live.h"
#include "lib/base/obj.h"
#include "lib/broker/kotak/kotak.h"
#include "lib/feed/kotak/live.h"
#include "lib/kotak/master_fetch.h"

#define LIVE_MAGIC 0x4C495645u
#define LIVE_UNDERLYINGS 16
#define LIVE_SEARCH_MAX 200

struct live {
	uint32_t magic;
	_Atomic bool stopped;                              /* the journal's thread looks at it */
	struct app *app;
	struct kotak_session *session;
	struct rest *rest;
	struct kotak_feed *feed;
	const char *underlying[LIVE_UNDERLYINGS];
	size_t underlyings;
	bool day_seen;
	nanos_t began;                                     /* the account's clock at the start */
	struct clock_forward forward;                      /* the engine's time */
	unsigned holds, adopted;                           /* of the clock's base, as told */
	/* the day's scrip master */
	struct master *master;
	struct master_fetch *fetch;
	struct kotak_listener listener;
	char master_dir[560], master_text[256];
	/* the loop */
	uv_prepare_t before_sleep;
	uv_timer_t wake;
	uv_async_t durable;
	_Atomic uint64_t durable_seq;
};

/* live_clock.c */
void live_clock_ask(struct live *l);   /* the broker's time, while the journal is read */
void live_clock_look(struct live *l);  /* once a turn */

/* live_master.c */
const struct master *live_master(struct live *l);  /* of today, or NULL: yesterday's tokens are no tokens */
void live_master_begin(struct live *l);
void live_master_stop(struct live *l);
