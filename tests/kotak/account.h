/* A made-up account at a scripted server, and a session of it on a fast clock; what its listener heard is kept. */
#pragma once

#include "lib/kotak/session.h"
#include "tests/loop/peer.h"

#define ACCOUNT_KEY    "11111111-2222-3333-4444-555555555555"
#define ACCOUNT_SECRET "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
#define ACCOUNT_HEARD  64

struct account {
	uv_loop_t loop;
	struct clock clock;
	struct kotak_options options;
	struct kotak_session *session;
	struct { enum session_state state; char reason[256]; nanos_t at; uint64_t generation; } heard[ACCOUNT_HEARD];
	unsigned n;
	const struct peer *peer;
};

/* 23 November 2026 at the time of day, running `speed` times faster. Options may be changed before account_open(). */
void account_init(struct account *a, const struct peer *p, nanos_t time_of_day, int64_t speed);
void account_open(struct account *a);
void account_close(struct account *a);
/* The server answers a login and a validate call; `more`: further fields of validate's data, as `,"a":"b"`. */
void account_script(const struct account *a, const char *more);
void account_until(struct account *a, enum session_state state);      /* runs the loop until the listener heard it, from now on */
void account_until_requests(struct account *a, const char *prefix, unsigned n);
void account_run(struct account *a, nanos_t span);                    /* of the clock's time */
/* The clock's time of the n-th request whose target begins with prefix, and a field of its JSON body or a header ("" = none). */
nanos_t account_request_at(const struct account *a, const char *prefix, unsigned n);
void account_request_field(const struct account *a, const char *prefix, unsigned n, const char *field, char ret[512]);
