/* Is the feed alive? By content, never by the socket: a packet counts when it says something new with a young exchange time. Indices and contracts are
 * watched apart, since a server may serve the one and forget the other. Pure: time is handed in. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/stamp.h"

/* Two clocks: hours and the exchange's stamps are the wall's, silence is measured by one that never steps. `ahead`: the wall's is known to be so much too late, and told
 * nevertheless, since time does not go back (loop/clock_base.h); the exchange does not know of it. */
struct live_now { nanos_t wall, steady, ahead; };
static inline nanos_t live_age(struct live_now now, nanos_t stamped) { return now.wall - now.ahead - stamped; }

enum live_class { LIVE_INDEX, LIVE_CONTRACT, LIVE_CLASSES };
struct liveness_class {
	bool expected;          /* something of the class is subscribed */
	nanos_t expected_since; /* steady */
	nanos_t from, until;    /* when it trades */
	nanos_t heard;          /* newest packet that counted, steady */
	nanos_t traded;         /* newest exchange time */
	nanos_t trade_max;      /* how old the newest exchange time may be */
	uint32_t fresh;         /* packets that counted since the connection began; saturates */
};
struct liveness {
	nanos_t mute_after;     /* nothing that counts for so long = mute */
	nanos_t grace;          /* for the first of a connection */
	nanos_t connected;      /* steady */
	struct liveness_class class[LIVE_CLASSES];
};

void liveness_init(struct liveness *l, nanos_t mute_after, int64_t clock_speed);
void liveness_day(struct liveness *l, enum live_class c, nanos_t from, nanos_t until);
void liveness_expect(struct liveness *l, enum live_class c, bool expected, nanos_t steady);
void liveness_connected(struct liveness *l, nanos_t steady); /* subscriptions left; what was heard before counts no more */
/* A packet of a liquid instrument. `news` = it differs from the one before it. */
void liveness_packet(struct liveness *l, enum live_class c, struct live_now now, nanos_t traded, bool news);

enum liveness_verdict {
	LIVE_IDLE,    /* nothing is expected now: outside market hours, or nothing is subscribed */
	LIVE_WAITING, /* the first packets are not there yet, and not overdue */
	LIVE_FRESH,
	LIVE_MUTE,
};
/* *ret_due: when to ask again at the latest, by the wall. `reason` is a sentence for LIVE_MUTE. */
enum liveness_verdict liveness_at(const struct liveness *l, struct live_now now, nanos_t *ret_due, char reason[96]);
