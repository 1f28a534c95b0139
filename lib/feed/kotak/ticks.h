/* Is a packet to be believed, and what it says as events. The rules: within the price band and on the tick, not crossed, neither time nor volume
 * going back within a day, not from the future; what only repeats is not news. Pure. */
#pragma once

#include "lib/feed/kotak/sfeed.h"

enum tick_verdict {
	TICK_NEWS,
	TICK_REPEAT,    /* the same again, or the first of a connection and old: nothing new, and no proof of life */
	TICK_EMPTY,     /* no price at all */
	TICK_BAND,      /* from here on: bad */
	TICK_OFF_TICK,
	TICK_CROSSED,
	TICK_BACK,      /* older than what was seen */
	TICK_AHEAD,     /* from the future: a wrong clock, ours or theirs */
	TICK_VERDICTS,
};
const char *tick_verdict_name(enum tick_verdict v);

/* What was last believed of one instrument, this day. */
struct tick_seen {
	bool any;                 /* `last` holds a packet */
	bool connected;           /* one of this connection was seen */
	uint32_t back;            /* in a row that were older than `last` */
	struct sfeed_packet last;
};
void tick_reconnected(struct tick_seen *s);

/* `midnight`: where the Indian day of `now` began. A last price from before it is none. */
struct tick_now { nanos_t now, midnight; };
enum tick_verdict tick_judge(struct tick_seen *s, const struct sfeed_packet *p, const struct instrument *i, struct tick_now t);

void tick_event(const struct sfeed_packet *p, const struct instrument *i, struct tick_now t, struct event *ret);
/* False when the packet has less than two levels on both sides: a touch line is no depth. */
bool tick_depth(const struct sfeed_packet *p, const struct instrument *i, nanos_t now, struct event *ret);
