/* What lies under the adapter, made of cardboard: session, REST, websocket, master and clock, all in the test's hands. No loop turns. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/broker/kotak/kotak_priv.h"

#define RUPEES(x) ((int64_t)((x) * 10000.0 + ((x) < 0 ? -0.5 : 0.5)))
#define FAKE_CALLS 4096
#define SYMBOL "NIFTY26NOV24000CE"
#define NUMBER "261123000000042"

struct fake_call { struct rest_call c; char path[128], jdata[ORDER_BODY_MAX]; bool answered; };
struct fake {
	struct core core;
	void *memory;
	struct actions actions;
	struct market_tables tables;
	struct broker *broker;
	struct kotak *k;
	nanos_t mono, wall;
	nanos_t away;                    /* the machine's wall clock from `wall` */
	enum session_state session;
	uint64_t generation;
	bool disarmed, has_master, socket_open;
	date_t master_day;
	struct kotak_clock_span offset;
	struct governor governor;
	struct kotak_listener listener;
	struct websocket_events feed;
	unsigned sockets;
	char sent[512];                  /* the newest text on the socket */
	struct fake_call call[FAKE_CALLS];
	unsigned calls;
	void (*connecting)(void);        /* happens between the last look and the first byte; NULL = nothing */
	struct event said[256];
	unsigned n_said, notes;
	char note[256];
};
extern struct fake fake;

void fake_open(void);                    /* core with one contract, session up, adapter open and not started */
void fake_close(void);
void fake_start(void);                   /* started, books answered empty, feed acknowledged: the link is up */
void fake_wait(nanos_t length);          /* time passes in steps of 100 ms, a tick each; polls are answered as empty */
void fake_pass(nanos_t length);          /* the same, and nothing is answered */
/* The newest unanswered call to a path; NULL = none. */
struct fake_call *fake_find(const char *path);
void fake_answer(struct fake_call *c, enum wire_verdict verdict, int64_t st_code, const char *json);
void fake_answer_polls(void);
void fake_frame(const char *text);
void fake_ack(void);
const struct event *fake_last(enum event_kind kind); /* the newest event of that kind; NULL = none */
bool fake_reported(enum order_report report);
uint64_t fake_timed(enum kotak_request kind); /* round trips of it */
void fake_place(uint64_t order, enum order_purpose purpose);
void fake_modify(uint64_t order, double price);
void fake_cancel(uint64_t order);
