/* A strategy's trade from signal to flat: entry walk, stops, exit walk. At most one per strategy. */
#pragma once

#include "lib/core/action.h"

enum plan_state { PLAN_IDLE, PLAN_ENTERING, PLAN_OPEN, PLAN_EXITING };
enum plan_touch { TOUCH_OPTION_STOP = 1, TOUCH_TARGET = 2 };
enum stop_flag {
	STOP_WITHDRAWN = 1 << 0, /* its cancel is ours */
	STOP_REFUSED   = 1 << 1, /* the broker would not make an exit of it: cancelled first */
	STOP_OTHER     = 1 << 2, /* it rests at terms that were not asked for */
	STOP_SAID      = 1 << 3, /* that none can rest was said */
};

/* That what was ordered flat is not: an operator knows. */
enum plan_late { LATE_NOT, LATE_SAID, LATE_KNOWN };

/* That an exit was refused for this cause was said then. */
#define PLAN_REFUSALS 2
struct plan_refusal { uint64_t cause; nanos_t said; };

struct plan {
	uint32_t state;             /* enum plan_state */
	int32_t direction;          /* of the underlying: +1, -1 */
	uint32_t contract;          /* what is traded */
	uint32_t underlying;
	uint32_t side;              /* of the entry: bearish by a bought put is SIDE_BUY */
	uint32_t exit_reason;       /* enum exit_reason; set = wants out */
	uint32_t touched;           /* enum plan_touch seen in the contract's newest bar */
	uint32_t trailing;          /* the trailing stop works */
	uint64_t order;             /* the one order at work; 0 = none */
	uint64_t aside;             /* an entry proven absent and cancelled, which no exit waits for; it may yet turn up. 0 = none */
	qty_t want;                 /* entry quantity wished */
	qty_t entered;              /* of it filled */
	price_t signal_price;       /* underlying's close at the signal */
	price_t index_stop, index_target; /* on the underlying; target 0 = none */
	price_t risk;               /* r on the underlying */
	price_t stop, target;       /* on the contract, from the fill; 0 = none */
	price_t trail;              /* trailing stop on the underlying; 0 = not yet */
	nanos_t since;              /* entry order sent */
	nanos_t exit_since;         /* first wish to leave */
	nanos_t retry_at;           /* when an exit that could not be sent is tried again; 0 = not waiting */
	nanos_t said_at;            /* when it was said last that it is late; 0 = never */
	struct plan_refusal refused[PLAN_REFUSALS]; /* of its exits, the newest two causes: they may come by turns */
	uint32_t late, pad;         /* enum plan_late */
	uint32_t exit_walk;
	uint32_t stop_flags;        /* enum stop_flag */
	price_t stop_rests;         /* trigger of the stop at the broker, without a modify still under way; 0 = none there, or a limit by now */
	date_t stop_day;            /* of the count; 0 = none yet */
	uint32_t stop_tries;        /* stops lost or put right on that day */
	price_t limit;              /* a person's: its entry stays at this price, or its exit; 0 = the market's */
	qty_t leave;                /* units that a person's exit is still to close at the limit; 0 = none is wanted */
};

/* What is held, folded from fills. Kept after the close until the next entry or day, for the day's view. */
struct book {
	uint32_t instrument;        /* INSTRUMENT_NONE */
	uint32_t side;              /* of the entry */
	qty_t qty;                  /* signed */
	qty_t bought, sold;
	money_t buy_value, sell_value;
	money_t unrealised;
	nanos_t opened, closed;
	struct charge_set charges;
};
