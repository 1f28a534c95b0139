/* A core on a bench: a few instruments, stub strategies that answer what the test tells them, and one function for each kind
 * of event. Every step is followed by rig_check(), which counts by hand what the core keeps in counters. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/core/core_priv.h"

#define RUPEES(x) ((int64_t)((x) * 10000.0 + ((x) < 0 ? -0.5 : 0.5)))
#define RIG_STRATEGIES 12
#define RIG_LOG 4096

enum rig_instrument {
	RIG_NIFTY,                       /* an index that is only watched */
	RIG_CALL, RIG_PUT,               /* its 24000 options, lot 75, freeze 300 */
	RIG_CALL_HIGH, RIG_PUT_HIGH,     /* its 24100 options */
	RIG_INDEX,                       /* an index as instrument: one synthetic unit */
	RIG_SHARE,                       /* a share with lot 1 and no freeze */
	RIG_INSTRUMENTS,
};

struct rig {
	struct core core;
	void *memory;
	size_t size;
	struct market_tables tables;
	struct actions actions;          /* of the newest step */
	struct event event;
	struct event_start start;
	struct event_strategy strategy[RIG_STRATEGIES];
	uint32_t strategies;
	struct core_limits limits;
	nanos_t at;                      /* the clock; events take it as their stamp */
	date_t date;
	uint64_t trade;                  /* trade ids given */
	uint32_t timers;                 /* timer events so far */
	void (*posted)(void *ctx, const struct actions *a); /* after every step; may be NULL */
	void *ctx;
};

/* What stub `which` answers at its next closed bar; cleared once given. */
extern struct signal rig_signal[RIG_STRATEGIES];
extern const struct strategy_ops *const rig_ops[];

/* Standards: paper mode, tick feed, capital of 10 lakh, one strategy "s0" on NIFTY trading options, all tables known. Change
 * the struct between rig_init() and rig_begin(). */
void rig_init(struct rig *r);
void rig_strategy(struct rig *r, uint32_t index, const char *underlying); /* defines a further one */
int64_t *rig_param(struct rig *r, uint32_t index, const char *name);      /* before rig_begin() */
void rig_begin(struct rig *r);           /* start, strategies, instruments, links up; no day yet */
void rig_open(struct rig *r);            /* rig_init + rig_begin + rig_day(2026-01-05) + 09:20 + prices */
void rig_done(struct rig *r);

struct event *rig_event(struct rig *r, enum event_kind kind, uint32_t instrument);
void rig_post(struct rig *r);            /* posts r->event as the engine would */
void rig_day(struct rig *r, const char *date, uint16_t flags);
void rig_day_end(struct rig *r);
nanos_t rig_time(const struct rig *r, const char *time_of_day);
/* Posts a timer whenever the core asked for one, up to that time of day, then sets the clock. */
void rig_clock(struct rig *r, const char *time_of_day);
void rig_wait(struct rig *r, nanos_t length);
void rig_start_again(struct rig *r, uint32_t epoch);
void rig_tick(struct rig *r, uint32_t instrument, double bid, double ask);
void rig_prices(struct rig *r);          /* a young quote for every instrument */
/* A closed minute bar ending now. */
void rig_bar(struct rig *r, uint32_t instrument, double open, double high, double low, double close);
/* Sets the stub's answer, lets one minute pass and closes a bar of NIFTY at 24,000: the signal reaches the gate. */
void rig_ask(struct rig *r, uint32_t which, int direction, double stop);
void rig_report(struct rig *r, uint64_t order, enum order_report report, const char *reason);
void rig_fill(struct rig *r, uint64_t order, qty_t qty, double price);
void rig_link(struct rig *r, enum link link, bool up);
const struct action *rig_command(struct rig *r, enum command command, uint32_t index, uint32_t param, int64_t value, const char *reason);
/* A person's order; a book for it is made as the engine does. price 0 = the market's. Returns the reply. And the cancel of one. */
const struct outcome_reply *rig_manual(struct rig *r, uint32_t instrument, enum side side, qty_t qty, double price, const char *key);
const struct outcome_reply *rig_manual_cancel(struct rig *r, uint64_t order);
/* The policy `adopt` with so many books for it, adopted1 ...; before rig_begin(). */
void rig_adopt(struct rig *r, unsigned n);
/* What the broker's adapter offers then: others hold so much more than our books, which were `ours` (lib/core/adopt.c). */
void rig_offer(struct rig *r, uint32_t instrument, enum product product, qty_t qty, qty_t ours, double price);
/* An option position of the strategy's whole wish, entered at the ask and filled; returns the entry order. */
uint64_t rig_enter(struct rig *r, uint32_t which);

/* The n-th action of a kind in the newest step; NULL. */
const struct action *rig_action(const struct rig *r, uint16_t kind, unsigned n);
unsigned rig_count(const struct rig *r, uint16_t kind);
/* Refusal of the newest decision in the newest step; fails when there was none. */
enum refusal rig_refusal(const struct rig *r);

void rig_check(struct rig *r);
