/* The pure state machine. core_step() takes one event, changes the state and returns actions; nothing else happens.
 * No I/O, no clock, no allocation, no globals, integers only where money is.
 *
 * The whole state is one block of memory without pointers: a checkpoint is its bytes, and two cores that saw the same
 * events hold the same bytes. `struct core` is only the view onto the block: pointers into it and the constant tables. */
#pragma once

#include "lib/core/action.h"
#include "lib/core/order.h"
#include "lib/core/plan.h"
#include "lib/core/series.h"
#include "lib/core/session.h"
#include "lib/core/strategy.h"
#include "lib/core/tables.h"

struct core_limits { uint32_t instruments, series, strategies, orders; }; /* capacities; orders a power of two */

enum limit {
#define LIMIT(name, ...) LIMIT_##name,
#include "lib/core/limits.tbl.h"
#undef LIMIT
	LIMIT_COUNT,
};
struct limit_info { const char *name, *unit, *text; int64_t standard; int tighter; };
extern const struct limit_info limit_table[LIMIT_COUNT];

enum kill_rung { KILL_NONE, KILL_STOP, KILL_FLATTEN };
enum stop_state { STOP_NONE, STOP_RUNNING, STOP_FLAT, STOP_KEPT, STOP_NOT_FLAT };

/* Whether the broker lets a stop rest for what is held without asking margin for a short: found out once, by a person. */
enum stop_probe { STOP_PROBE_NONE, STOP_PROBE_PASSED, STOP_PROBE_FAILED };

/* Why entries are locked until tomorrow; everything is closed. */
enum day_lock { DAY_UNLOCKED, DAY_LOCK_LOSS, DAY_LOCK_DRAWDOWN, DAY_LOCK_PROFIT, DAY_LOCKS };

struct account {
	money_t capital;
	money_t realised, charges;            /* since the beginning, gross of and apart from each other */
	money_t unrealised;                   /* sum over open books at their last bid (long) or ask (short) */
	money_t day_realised, day_charges;
	money_t open_cost;                    /* paid for open long books */
	money_t day_base;                     /* unrealised at the day's beginning: carried books */
	uint32_t charges_unknown;             /* bits of kinds that were ever unknown */
	uint32_t charges_assumed;
	uint32_t day_trades;
	uint32_t day_locked;                  /* enum day_lock */
	uint64_t trades;
	money_t day_peak;                     /* best result of the day so far, never below 0 */
	uint32_t day_entries, pad;            /* entries of all strategies that began to fill today */
};

#define RATE_SLOTS 16
struct rate { nanos_t sent[RATE_SLOTS]; uint32_t at, pad; };

struct funnel {
	uint64_t evaluations, signals, entries, unfilled;
	uint64_t passed[STRATEGY_CONDITIONS_MAX];
	uint64_t refused[REFUSAL_COUNT];
};

/* Why a strategy did not trade at its last evaluation: a condition of its own (refusal 0) or a refusal. */
struct why { uint32_t condition, refusal; nanos_t since; };

#define NOT_ACTIVE UINT32_MAX
enum slot_pause { PAUSED_BY_HAND = 1 << 0, PAUSED_REMOVED = 1 << 1 }; /* removed: it is in the settings no longer, and only a definition takes that back */
#define SLOT_PAD (1 + (2 + 64 - REFUSAL_COUNT) % 8) /* to a whole number of cache lines, whatever the number of refusals */
/* One strategy. A bar that changes nothing touches the first two lines, the own parameters and the head of the funnel. */
struct slot {
	uint32_t ops;                         /* index into core.ops */
	uint32_t series;
	uint32_t underlying;                  /* INSTRUMENT_NONE until the feed announced it */
	uint32_t next;                        /* next strategy on the same series, UINT32_MAX */
	struct why why;
	uint32_t active_at;                   /* place in the list of active strategies, NOT_ACTIVE */
	uint32_t paused;                      /* enum slot_pause; 0 = entries are its own affair */
	uint32_t entries_today, trades_today, loss_streak, streak_locked, wins;
	uint32_t runaway;                     /* too many executions in a minute: entries wait for a person */
	uint32_t commons;                     /* common parameters that its definition knew; later commands name parameters by the same count */
	_Alignas(CACHE_LINE) unsigned char state[STRATEGY_STATE_MAX];
	int64_t params[STRATEGY_PARAMS_MAX];
	struct funnel funnel;
	struct plan plan;
	struct book book;
	uint32_t watch_next[2], watch_previous[2]; /* in the lists of plans that watch the contract [0] and the underlying [1] */
	uint64_t trades;
	nanos_t acted, stopped_out;           /* last entry or exit; last stop-out */
	nanos_t window;                       /* beginning of the minute whose executions are counted */
	uint64_t executions;
	nanos_t decided;                      /* start of the last bar that gave a signal */
	money_t realised, charges, day_realised, day_charges;
	money_t open_cost;                    /* of the book, as part of the account's */
	struct outcome_decision signal;       /* the newest */
	nanos_t signal_at;
	char id[24], kind[24], symbol[16];
	uint64_t pad2[SLOT_PAD];
};
static_assert(offsetof(struct slot, pad2) + sizeof(uint64_t) * SLOT_PAD == sizeof(struct slot), "hidden padding: change SLOT_PAD");

/* A slot that no strategy decides for: it holds what others traded and the engine took over (adopt.c). */
#define OPS_ADOPTED UINT32_MAX
static inline bool slot_adopted(const struct slot *s)
{
	return s->ops == OPS_ADOPTED;
}

/* Why what others hold was not taken over. */
enum adopt_why { ADOPT_FREE, ADOPT_KILLED, ADOPT_STOPPING, ADOPT_LOCKED, ADOPT_SQUARED_OFF, ADOPT_CONTRACT, ADOPT_OPPOSITE, ADOPT_NO_PRICE, ADOPT_FULL, ADOPT_WHYS };
const char *adopt_why(enum adopt_why why); /* NULL for ADOPT_FREE */

/* A contract of which the account holds, or may come to hold, what is in no book of ours. */
#define FOREIGN_MAX 64
#define FOREIGN_ALL "*" /* as symbol and underlying: more contracts than have room, so every one */
struct foreign {
	char symbol[40], underlying[16];
	qty_t manual, broker, unexplained;    /* struct event_foreign */
	uint32_t orders;
	uint32_t acknowledged;                /* an operator knows of this quantity; another ends it */
	qty_t followed;                       /* of it in our books, by his word or the policy `adopt`, since the positions were last compared */
	uint32_t not_taken, pad;              /* enum adopt_why */
	nanos_t since;
	char by[PRINCIPAL_TEXT], reason[REASON_TEXT];
};
/* Its product and contract are bound: exits are of the product that was entered. */
static inline bool slot_at_work(const struct slot *s)
{
	return s->plan.state != PLAN_IDLE || s->book.qty != 0;
}

static inline enum product slot_product(const struct slot *s)
{
	return s->params[COMMON_product] ? PRODUCT_NRML : PRODUCT_MIS;
}

/* A key under which a person's order was placed. What is asked under it again gets the first one's answer. */
#define MANUAL_KEYS 256
struct manual_key { uint64_t hash[2]; uint64_t terms; uint64_t order; nanos_t at; uint32_t strategy, pad; };

struct link_state { uint32_t up; char reason[REASON_TEXT]; };

/* Ordered flat and not: not acknowledged yet. times 0 = nothing. */
struct not_flat {
	uint32_t times, reason;               /* how often since the last acknowledgement; enum exit_reason of the newest */
	uint32_t books, orders;               /* open then */
	nanos_t since, said_at;
};

struct core_state {
	uint32_t magic, version;
	uint64_t size;
	struct core_limits limits;
	uint64_t seq;
	nanos_t now;
	struct event_start start;
	char tag[ORDER_TAG_TEXT];             /* of this epoch and the next order */
	uint32_t started, instruments, series, strategies;
	uint64_t next_order;                  /* intent number of the next order, from 1, never reused */
	uint32_t live_orders, open_books;
	uint32_t active;                      /* strategies with a plan at work */
	uint32_t dry_run;                     /* 1 = the dry run's copies are of this night; 0 = its next price makes them */
	struct session_day day;
	uint32_t day_active, day_flags, squared_off, late_alarm;
	struct account account;
	struct event_funds funds;
	struct link_state link[LINK_COUNT];
	uint32_t paused, kill, stop, stop_keep, feed_ended;
	uint32_t delivery, delivery_done;     /* a contract settled by delivery was ever bought; today's were closed */
	uint32_t stop_probe;                  /* enum stop_probe */
	char control_by[PRINCIPAL_TEXT], control_reason[REASON_TEXT];
	nanos_t control_at, stop_at;
	nanos_t killed_at;                    /* when a kill was ordered last, the same rung again too */
	int64_t limit[LIMIT_COUNT];
	struct rate rate;
	nanos_t bars_at;                      /* earliest end of a bar in the making; STAMP_NEVER */
	nanos_t plans_at;                     /* no plan is due before; STAMP_NEVER */
	nanos_t wake_at;                      /* earliest instant at which something is due; STAMP_NEVER */
	nanos_t touched_at;                   /* contract bars touched a stop or target: decided with the underlying's bar */
	nanos_t equity_at;
	uint32_t reschedule;
	uint32_t known_fills;                 /* executions remembered in core.fill_key */
	struct event_account books;           /* all read unless live says otherwise */
	uint32_t foreigns, pad4;
	struct foreign foreign[FOREIGN_MAX];  /* `foreigns` of them, the others zero */
	uint64_t manual_orders;               /* placed under a key so far */
	struct manual_key manual_key[MANUAL_KEYS]; /* a ring: the next goes to manual_orders % MANUAL_KEYS */
	struct not_flat not_flat;
};

struct feedlink { uint32_t series, watch; }; /* per instrument: first series; first plan that watches its price, a watch node */

/* Watch nodes: 2 * strategy for its contract, 2 * strategy + 1 for its underlying when that is another instrument. */
#define WATCH_NONE UINT32_MAX

/* Where an underlying's options of the nearest expiry stand among the instruments, others perhaps between them: found once a day. */
#define CHAIN_MEMO 8
struct option_chain { uint32_t known, underlying; date_t today, expiry; uint32_t first, end; }; /* expiry 0 = it has none alive */

#define CORE_MAGIC 0x434F5245u
#define CORE_VERSION 12
#define CORE_FILLS_PER_ORDER 4 /* executions remembered, times limits.orders; a power of two */
struct core {
	uint32_t magic;
	struct core_state *s;
	struct quote *quote;
	struct feedlink *link;
	struct instrument *instrument;
	struct series *series;
	struct slot *slot;
	struct order *order;
	uint32_t *series_slot;                /* per series: first strategy on it, UINT32_MAX */
	uint32_t *waits_for;                  /* per strategy: hash of the symbol it waits for; 0 = it has its underlying */
	uint32_t *active;                     /* strategies whose plan is not idle, s->active of them */
	uint64_t *fill_key;                   /* hashes of (order, trade id) folded already: each counts once */
	struct quote *dry_quote;              /* the dry run's copies (dry.c): of quote, series and the slots' state */
	struct series *dry_series;
	unsigned char *dry_state;             /* STRATEGY_STATE_MAX each */
	const struct market_tables *tables;
	const struct strategy_ops *const *ops;
	uint32_t n_ops;
	struct actions *out;                  /* during a step */
	bool dry;                             /* this view is the dry run's: quote and series are the copies */
	struct charge_memo charges;           /* what the tables say, found before: no state */
	struct option_chain chain[CHAIN_MEMO]; /* found before, forgotten when an instrument is announced: no state */
	nanos_t midnight;                     /* the beginning of s->now's Indian day, and that day: found once a day, no state */
	date_t today;
};

static inline const struct strategy_ops *core_ops(const struct core *c, const struct slot *s)
{
	return slot_adopted(s) ? &strategy_adopted : c->ops[s->ops];
}

size_t core_size(const struct core_limits *l);

/* A fresh core in mem (core_size() bytes, aligned to 64). ops: NULL-terminated, constant order (strategy_builtin). */
int core_init(struct core *c, void *mem, size_t len, const struct core_limits *l, const struct market_tables *tables,
              const struct strategy_ops *const *ops);

/* A view onto bytes that core_state_bytes() gave earlier. ERR_VERSION, ERR_CORRUPT. */
int core_attach(struct core *c, void *mem, size_t len, const struct market_tables *tables, const struct strategy_ops *const *ops);
const void *core_state_bytes(const struct core *c, size_t *ret_len);

/* seq must grow and time must not go back (asserted). out->count is set to 0 first. */
void core_step(struct core *c, const struct event *e, struct actions *out);

/* The engine posts EVENT_TIMER when its clock reaches this; STAMP_NEVER when nothing is due. */
static inline nanos_t core_wake_at(const struct core *c)
{
	return c->s->wake_at;
}

/* -- questions of adapters, never of the core's own rules ------------------------------------------------------------ */

enum engine_state core_engine_state(const struct core *c);
/* The first rung of the gate that would refuse any entry now; REFUSAL_NONE = may trade. */
enum refusal core_ready(const struct core *c);
/* The last gate, asked when the bytes would go: why a request that raises risk stays here although it was decided. Exits and
 * what only withdraws always may leave. */
enum refusal core_may_leave(const struct core *c, const struct order_request *r);
uint32_t core_order_rate(const struct core *c);                          /* requests in any rolling second */
enum refusal core_day_lock(const struct core *c);                        /* REFUSAL_NONE = not locked */

/* An order that is only thought of. strategy: whose own limits are asked, UINT32_MAX = by hand. price 0 = the market's. */
struct preview_ask { uint32_t strategy, instrument; enum side side; enum product product; qty_t qty; price_t price; };
struct preview {
	bool closes;                          /* it leaves a position by hand: an exit, which the limits on entries do not bind */
	const char *conflict;                 /* why that cannot be beside what is at work; NULL = it can */
	uint64_t refused;                     /* bit 1 << enum refusal: every rung that would refuse */
	enum refusal first;                   /* the gate's answer */
	price_t price;                        /* here and below NUM_UNKNOWN where nobody can tell */
	money_t value, charges;
	money_t cost, free;                   /* needed and there */
	money_t worst_loss;                   /* when it becomes worthless */
	money_t exposure, exposure_instrument; /* afterwards, if all that is at work fills too */
};
void core_preview(const struct core *c, const struct preview_ask *a, struct preview *ret);

/* The book that a person's order in this contract would go to: the one that holds it, else an idle one; UINT32_MAX = none is free. */
uint32_t core_manual_slot(const struct core *c, uint32_t instrument);
/* What would make a further such book; false when there are MANUAL_BOOKS, or no room for a strategy. */
#define MANUAL_BOOKS 8
bool core_manual_define(const struct core *c, struct event_strategy *ret);
bool core_manual_is(const struct core *c, uint32_t strategy);
const struct manual_key *core_manual_find(const struct core *c, const char *key); /* NULL = nothing was placed under it */
const struct order *core_find_order(const struct core *c, uint64_t order);           /* NULL = not remembered */

uint32_t core_find_instrument(const struct core *c, const char *symbol); /* INSTRUMENT_NONE */
uint32_t core_find_strategy(const struct core *c, const char *id);       /* UINT32_MAX */
const char *core_not_flat_text(const struct core *c);                    /* NULL = nothing to be acknowledged */
uint32_t core_find_foreign(const struct core *c, const char *symbol);    /* UINT32_MAX */
/* What others did in the account that holds back entries in this underlying: FOREIGN, UNEXPLAINED, or NONE. */
enum refusal core_foreign_refusal(const struct core *c, const char *underlying);
money_t core_exposure(const struct core *c); /* cost of all books if every entry at work filled */
static inline money_t core_cash_free(const struct core *c)
{
	const struct account *a = &c->s->account;

	return a->capital + a->realised - a->charges - a->open_cost;
}
static inline money_t core_equity(const struct core *c)
{
	const struct account *a = &c->s->account;

	return a->capital + a->realised - a->charges + a->unrealised;
}
static inline money_t core_day_pnl(const struct core *c)
{
	const struct account *a = &c->s->account;

	return a->day_realised - a->day_charges + a->unrealised - a->day_base;
}

nanos_t core_age_limit(const struct core *c);
