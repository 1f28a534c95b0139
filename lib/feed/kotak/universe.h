/* Which instruments are watched, and which token means which of them today: each underlying (index by name, or the share itself), its near future, the
 * nearest expiry's strikes around the money, and whatever is held. Tokens come from the master of the day and from nowhere else; the core's ids
 * outlive days and restarts. */
#pragma once

#include "lib/core/core.h"
#include "lib/feed/kotak/notes.h"
#include "lib/feed/kotak/ticks.h"
#include "lib/kotak/index_names.h"
#include "lib/kotak/master.h"

enum universe_level { LEVEL_INDEX, LEVEL_TOUCH = 4, LEVEL_DEPTH = 8 };
#define UNIVERSE_UNDERLYINGS_MAX 16
#define UNIVERSE_STRIKES_MAX 1024

struct universe_slot {
	struct instrument instrument;   /* as announced */
	const struct index_name *index; /* NULL: known by its token */
	char trading[32];               /* the master's symbol: an acknowledgement must name it */
	uint32_t token;
	uint32_t underlying;            /* its place in universe.underlying; UINT32_MAX = of none */
	uint8_t exchange;               /* the feed's id of the segment */
	uint8_t level;                  /* enum universe_level */
	bool own;                       /* it is an underlying itself */
	bool liquid;                    /* watched for signs of life */
	bool sent;                      /* subscribed on this connection */
	bool again;                     /* and asked for a second time */
	bool blocked;                   /* its token is another instrument's: nothing of it is believed today */
	bool held;                      /* bars of the past go first: its ticks wait */
	bool untold;                    /* `seen.last` came while they waited, in market hours */
	nanos_t sent_at, heard;         /* of this connection; heard 0 = not yet */
	price_t price;                  /* newest last or close, also outside the session: where the money is */
	struct tick_seen seen;
};

struct universe_underlying {
	char symbol[16];
	const struct index_name *index; /* NULL = a share */
	uint32_t slot;                  /* UINT32_MAX = not announced yet */
	enum segment derivatives;
	date_t expiry;                  /* nearest with options; 0 = none known */
	uint32_t strikes, low, high;    /* strikes listed; the watched ones are [low, high), empty until a price is known */
	uint32_t money;                 /* strike nearest the price */
	price_t strike[UNIVERSE_STRIKES_MAX];
};

struct universe {
	const struct core *core;
	struct notes *notes;
	bool (*post)(void *ctx, struct event *e); /* an EVENT_INSTRUMENT */
	void *ctx;
	uint32_t reach;                 /* strikes each side of the money */
	uint8_t level;                  /* of contracts and shares */
	const struct master *master;    /* of `day`; NULL = none yet */
	date_t day;
	uint32_t underlyings;
	struct universe_underlying underlying[UNIVERSE_UNDERLYINGS_MAX];
	uint32_t slots, unsent;         /* unsent: slots that wait for a subscription */
	struct universe_slot *slot;     /* room for SFEED_TOKENS_MAX: pointers stay good for the day */
	uint16_t *table;                /* token to slot + 1 */
	bool *held;                     /* by the core's id: held or ordered, and seen to */
};

struct universe_options {
	const struct core *core;
	struct notes *notes;
	const char *const *underlyings;
	size_t n_underlyings;
	uint32_t strikes;
	bool depth;
	bool (*post)(void *ctx, struct event *e);
	void *ctx;
};
/* ERR_INVAL for no underlying, too many, or a symbol that does not fit. */
int universe_open(struct universe *u, const struct universe_options *o);
void universe_done(struct universe *u);

/* A new day: every token is forgotten. Indices are announced at once, they need none. */
void universe_day(struct universe *u, date_t day, nanos_t now);
/* The day's master. False when it is of another day: it is not used. */
bool universe_master(struct universe *u, const struct master *m, nanos_t now);
/* A price of an underlying: the first one opens its window of strikes, later ones widen it. */
void universe_price(struct universe *u, const struct universe_slot *slot, price_t price, nanos_t now);

/* What came to be held meanwhile, wherever the money is: what others traded and is taken over may lie outside every window. */
void universe_held(struct universe *u, nanos_t now);

/* The exchange moved the day's price band: the core refuses orders by it. */
void universe_band(struct universe *u, struct universe_slot *slot, price_t low, price_t high, nanos_t now);

struct universe_slot *universe_by_token(struct universe *u, uint8_t exchange, uint32_t token);
struct universe_slot *universe_by_name(struct universe *u, uint8_t exchange, const char *name, size_t len);

/* The feed's name of a segment. */
const char *universe_segment(uint8_t exchange);
/* "nse_fo|56526", "nse_cm|Nifty 50". */
#define UNIVERSE_KEY 64
void universe_key(const struct universe_slot *s, char ret[UNIVERSE_KEY]);
struct universe_slot *universe_by_key(struct universe *u, const char *key);
