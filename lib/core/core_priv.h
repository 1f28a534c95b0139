/* What the core's own files share. Nothing outside lib/core and its tests includes this. */
#pragma once

#include <string.h>

#include "lib/base/obj.h"
#include "lib/core/core.h"

/* -- core.c: actions out of a step ----------------------------------------------------------------------------------- */
static inline struct action *core_append(struct core *c, uint16_t kind, uint32_t instrument) /* the caller writes every byte of the payload */
{
	assert(c->out->count < ACTIONS_PER_STEP);
	struct action *a = &c->out->at[c->out->count++];

	a->head = (struct record){ .stamp = c->s->now, .kind = kind, .instrument = instrument };
	return a;
}

static inline struct action *core_emit(struct core *c, uint16_t kind, uint32_t instrument) /* zeroed payload */
{
	struct action *a = core_append(c, kind, instrument);

	memset((char *)a + sizeof(a->head), 0, action_payload_size(kind));
	return a;
}

void core_alert(struct core *c, enum alert alert, uint32_t strategy, uint32_t instrument, int64_t value, const char *text);
void core_state_changed(struct core *c, uint32_t strategy, const char *by, const char *reason);
void core_wake(struct core *c, nanos_t at);      /* not later than `at` */
static inline void core_reschedule(struct core *c) { c->s->reschedule = 1; }
static inline bool core_flag(const struct core *c, enum start_flag f) { return (c->s->start.flags & f) != 0; }
/* Cuts, pads with NULs: equal histories keep equal bytes. */
static inline void text_copy(char *to, size_t size, const char *from)
{
	size_t at = 0;

	memset(to, 0, size);
	for (; at < size - 1 && from[at]; at++)
		to[at] = from[at];
}

/* -- market.c: days, instruments, prices ------------------------------------------------------------------------------ */
void market_session(struct core *c, const struct event_session *e);
void market_instrument(struct core *c, const struct instrument *i);
void market_tick(struct core *c, uint32_t instrument, const struct event_tick *t, uint16_t flags);
void market_bar(struct core *c, const struct event *e);
void market_clock(struct core *c);               /* closes bars whose time is over */
uint32_t market_series(struct core *c, uint32_t instrument, uint32_t interval_s); /* finds or makes; SERIES_NONE when full */

/* -- dry.c: strategies look on after the close --------------------------------------------------------------------------- */
/* The market is closed and a dry run is wanted: what comes goes to the copies, and no entry leaves. */
static inline bool dry_hours(const struct core *c, nanos_t at)
{
	return core_flag(c, START_AFTER_MARKET) && (!c->s->day_active || at >= c->s->day.close);
}
struct core dry_view(struct core *c);            /* onto the copies, made now unless they are of this night */
static inline void dry_forget(struct core *c) { c->s->dry_run = 0; } /* a day, a strategy or its bars became others: the copies are of no use */

/* -- evaluate.c: strategies ------------------------------------------------------------------------------------------- */
void evaluate_define(struct core *c, const struct event_strategy *told);
uint32_t evaluate_param(const struct slot *s, uint32_t param); /* its place in params, of a command as its time counted */
void evaluate_bind(struct core *c);              /* connects strategies to underlyings that now exist */
void evaluate_instrument(struct core *c, uint32_t instrument); /* connects those that waited for it */
void evaluate_session(struct core *c);
bool evaluate_bar_fits(struct core *c, const struct slot *s, int64_t bar); /* room for a series of that bar length */
void evaluate_closed(struct core *c, uint32_t series); /* a bar of that series closed */
void evaluate_history(struct core *c, uint32_t series); /* one of the past: indicators see it, nobody acts */
void evaluate_dry(struct core *c, uint32_t series); /* one of after the close, in the dry run's view: a wish is told and refused */

/* -- chain.c: which contract ------------------------------------------------------------------------------------------- */
enum refusal chain_choose(const struct core *c, const struct slot *s, int direction, uint32_t *ret_contract);

/* -- risk.c: the gate, in the order of refusal.tbl.h ------------------------------------------------------------------- */

/* One rung. The gate stops at the first that refuses; a preview hands a set in, and the ladder is walked to its end. */
#define REFUSAL_BIT(r) (UINT64_C(1) << (r))
static_assert(REFUSAL_COUNT <= 64, "a set of refusals is one word");
#define RUNG(fails, name) \
	do { \
		if (fails) { \
			if (!all) \
				return REFUSAL_##name; \
			*all |= REFUSAL_BIT(REFUSAL_##name); \
		} \
	} while (0)

/* An order that raises risk, as the gate looks at it. What its own strategy has out already is not counted twice. market: what is
 * bid or asked now, which the band is held against; 0 = the price. */
struct intent { uint32_t strategy, contract; enum side side; enum product product; qty_t qty; price_t price; price_t market; };

/* all = NULL: the first rung that refuses. Else REFUSAL_NONE, and in *all every rung that refuses. */
enum refusal risk_engine(const struct core *c, uint64_t *all); /* the rungs that bind everyone */
enum refusal risk_account(const struct core *c, const char *underlying, uint64_t *all); /* who trades beside us too */
enum refusal risk_strategy(const struct core *c, const struct slot *s, uint64_t *all);
enum refusal risk_contract(const struct core *c, uint32_t contract, uint64_t *all);
enum refusal risk_order(const struct core *c, const struct intent *n, uint64_t *all);
bool risk_may_add(const struct core *c, const struct slot *s);
bool risk_may_reprice(const struct core *c, const struct intent *n);
static inline bool risk_beyond(const struct core *c, enum limit l, int64_t value)
{
	return c->s->limit[l] != NUM_UNKNOWN && value > c->s->limit[l];
}
/* Counts an entry sent, or an execution of one, where it happens; the strategy is not asked. */
void risk_execution(struct core *c, uint32_t strategy);
bool risk_rate_take(struct core *c, bool entry); /* false: not now */
nanos_t risk_rate_free(const struct core *c);    /* when the next request may go */
bool risk_fresh(const struct core *c, const struct quote *q);
bool risk_price_away(const struct core *c, uint32_t contract, price_t price); /* out of the band, or a fat finger */

/* -- day_lock.c ---------------------------------------------------------------------------------------------------------- */
void day_lock_check(struct core *c); /* after every change of the day's result and of its bounds */

/* -- delivery.c ----------------------------------------------------------------------------------------------------------- */
bool delivery_settled(const struct core *c, const struct instrument *i);
bool delivery_near(const struct core *c, const struct instrument *i); /* too near its expiry for an entry */
void delivery_day(struct core *c);               /* a day began */
nanos_t delivery_at(const struct core *c);       /* when positions must go today; STAMP_NEVER */
void delivery_due(struct core *c);

/* -- exposure.c: what is held and what may still become so ---------------------------------------------------------------- */
bool exposure_value(const struct intent *n, money_t *ret); /* false: beyond all reckoning */
enum refusal exposure_notional(const struct core *c, const struct intent *n, uint64_t *all);
enum refusal exposure_rungs(const struct core *c, const struct intent *n, uint64_t *all);
money_t exposure_of_plans(const struct core *c);
static inline money_t exposure_in_flight(const struct core *c) /* what entries at work may still cost, later slices included */
{
	return c->s->live_orders > 0 ? exposure_of_plans(c) : 0;
}
static inline money_t exposure_account(const struct core *c) /* cost of all books if every entry at work filled */
{
	return c->s->account.open_cost + exposure_in_flight(c);
}
bool exposure_instrument(const struct core *c, const struct intent *n, money_t *ret); /* the same of its contract, with it; false: beyond reckoning */
qty_t exposure_rest(const struct plan *p, const struct order *o); /* what an entry at work may still buy, its later slices included */
/* What the order may cost at most: own free cash, or the broker's when that is less, without what other entries will need. */
money_t exposure_free(const struct core *c, const struct intent *n);
/* Value and charges; false when nobody can tell, as for a written option, whose margin is the exchange's sum. */
bool exposure_cost(const struct core *c, const struct intent *n, money_t *ret);

/* -- sizing.c ----------------------------------------------------------------------------------------------------------- */
struct sizing { enum refusal refusal; uint32_t lots; qty_t qty; price_t premium, price /* limit of the first order */, stop, target; money_t risk_per_unit; };
void sizing_compute(struct core *c, const struct slot *s, uint32_t contract, enum side side, price_t close,
                    price_t index_stop, struct sizing *ret);
/* Risk of one unit of the contract when the underlying's stop is `risk` away. */
price_t sizing_unit_risk(const struct instrument *i, price_t risk);
bool sizing_is_option(const struct instrument *i);

/* -- plan.c: a trade from signal to flat --------------------------------------------------------------------------------- */
#define PLAN_MODIFIES_MAX 15 /* of one order, then it is cancelled and placed anew */
static inline struct order *order_slot(const struct core *c, uint64_t number)
{
	return &c->order[number & (c->s->limits.orders - 1)];
}
static inline struct order *order_find(const struct core *c, uint64_t number)
{
	struct order *o = order_slot(c, number);

	return number != 0 && o->request.order == number ? o : NULL;
}
void plan_enter(struct core *c, uint32_t strategy, const struct signal *signal, uint32_t contract, enum side side,
                const struct sizing *z, price_t close);
void plan_enter_by_hand(struct core *c, const struct intent *n); /* at a price that stays */
void plan_give_up_entry(struct core *c, struct order *o); /* now, or as soon as the rate allows */
price_t plan_entry_price(const struct core *c, const struct slot *s, uint32_t contract, enum side side); /* limit of its first order */
void plan_exit(struct core *c, uint32_t strategy, enum exit_reason reason);
void plan_exit_all(struct core *c, enum exit_reason reason); /* shorts before the longs that may hedge them */
void plan_cancel_entries(struct core *c);
void plan_advance(struct core *c, uint32_t strategy);
void plan_underlying(struct core *c, uint32_t strategy, price_t low, price_t high);
void plan_contract_bar(struct core *c, uint32_t strategy, price_t low, price_t high);
void plan_contract_tick(struct core *c, uint32_t strategy);
void plan_touched(struct core *c);
void plan_filled(struct core *c, struct order *o);       /* after the book took a fill */
void plan_order_ended(struct core *c, struct order *o);
bool plan_market_open(const struct core *c);              /* continuous trading: outside it no order, modify or cancel leaves */
nanos_t plan_interval(const struct core *c);              /* between two steps of a walk */
void plan_timer(struct core *c);                          /* walks that are due */
/* Some plan may be due by then; later ones are found when the clock gets there. */
static inline void plan_due_by(struct core *c, nanos_t at)
{
	if (at < c->s->plans_at)
		c->s->plans_at = at;
	core_reschedule(c);
}
void plan_book_closed(struct core *c, uint32_t strategy, enum exit_reason reason);
void plan_take_over(struct core *c, uint32_t strategy, uint32_t contract); /* after its book took it */

price_t plan_exit_price(const struct core *c, const struct slot *s, enum side side); /* of the walk's present step; 0 = no price at all */
price_t plan_within_band(const struct instrument *i, price_t price);
qty_t plan_slice(const struct instrument *i, qty_t qty);  /* of it what one order may hold */
void plan_retry_later(struct core *c, struct plan *p, nanos_t at); /* plan_advance() then */

/* -- stop.c: the stop that rests at the broker ------------------------------------------------------------------------------ */
void stop_tend(struct core *c, uint32_t strategy);       /* of a position that stays: places it, moves it, withdraws it */
void stop_tend_all(struct core *c, uint32_t instrument); /* what the account holds of it changed */
void stop_exit(struct core *c, uint32_t strategy, struct order *o); /* the position leaves: the stop becomes the exit */
void stop_reported(struct core *c, struct order *o, const struct event_order *e);
void stop_filling(struct core *c, const struct order *o); /* before the book takes the fill */
void stop_ended(struct core *c, uint32_t strategy, const struct order *o);
bool stop_untriggered(const struct order *o);
bool stop_probed(const struct core *c);                  /* live: the broker is known to let stops rest */
uint32_t stop_resting(const struct core *c);             /* stops that a kept position leaves at the broker */

/* -- manual.c: a person's orders ------------------------------------------------------------------------------------------------ */
void manual_apply(struct core *c, const struct event_manual *e, uint32_t instrument);
enum refusal manual_gate(const struct core *c, const struct intent *n, uint64_t *all); /* of an entry */
enum refusal manual_exit_gate(const struct core *c, const struct intent *n, uint64_t *all);
bool manual_closes(const struct core *c, uint32_t strategy, const struct intent *n); /* it leaves what that book holds */
const char *manual_conflict(const struct core *c, const struct intent *n); /* why an exit cannot be taken beside what is at work; NULL = it can */
bool manual_tend(struct core *c, uint32_t strategy); /* of a position that stays; false = no exit of a person's is wanted */
void manual_exit(struct core *c, uint32_t strategy, struct order *o); /* the position leaves: a person's exit becomes the walk's */
void manual_ended(struct core *c, uint32_t strategy, const struct order *o);
void manual_withdraw_all(struct core *c);

/* -- late.c: exits that take too long -------------------------------------------------------------------------------------- */
nanos_t late_at(const struct core *c, const struct plan *p); /* when it is to be said, or again; STAMP_NEVER */
void late_say(struct core *c, uint32_t strategy);
bool late_refusal_is_news(struct core *c, const struct order *o); /* that an order of ours was refused is to be said */

/* -- not_flat.c: that it was ordered flat and is not ------------------------------------------------------------------------ */
bool not_flat_ordered(enum exit_reason reason);         /* somebody or a limit wanted all gone, not a strategy its own */
void not_flat_latch(struct core *c, enum exit_reason reason);
void not_flat_said(struct core *c);                     /* one alert that tells of it is enough */
void not_flat_start(struct core *c);
nanos_t not_flat_at(const struct core *c);              /* when it is said again; STAMP_NEVER */
void not_flat_due(struct core *c);
int not_flat_acknowledge(struct core *c, const struct event_command *e, const char **why);

/* -- orders.c: requests out, reports in ----------------------------------------------------------------------------------- */
struct order *orders_place(struct core *c, uint32_t strategy, uint32_t instrument, enum side side, enum order_purpose purpose,
                           qty_t qty, price_t price, const struct reason_text *reason);
struct order *orders_place_stop(struct core *c, uint32_t strategy, uint32_t instrument, enum side side, qty_t qty, price_t price, price_t trigger);
void orders_terms(struct order *o, price_t trigger); /* what its next request will ask for: a stop, or with 0 a limit */
bool orders_modify(struct core *c, struct order *o, price_t price);
bool orders_cancel(struct core *c, struct order *o);
void orders_resend(struct core *c, struct order *o, price_t price); /* proven absent: the same order, the same tag */
void orders_report(struct core *c, const struct event_order *e);
void orders_fill(struct core *c, const struct event_fill *e, uint32_t instrument);
void orders_day_begin(struct core *c);
bool orders_day_full(const struct core *c); /* the day's executions take half of the room for them: no entries */

/* What a fill of it pays today. The memo is no state: who may only look at the core may have it remember. */
static inline const struct charge_rates *core_rates(const struct core *c, const struct instrument *i, enum product product)
{
	return charges_recall((struct charge_memo *)&c->charges, &c->tables->charges, c->today, i, product);
}

/* -- account.c: books and money -------------------------------------------------------------------------------------------- */
void account_fill(struct core *c, struct order *o, const struct event_fill *e, bool first);
/* So much left the book by no order of ours: settled, or closed by somebody else. What that cost is not known. */
void account_outside(struct core *c, uint32_t strategy, qty_t qty, price_t price, enum exit_reason reason);
/* So much came into the book by no order of ours. What that cost beside the price is not known. */
void account_taken_over(struct core *c, uint32_t strategy, uint32_t instrument, qty_t qty, price_t price);
void account_open_cost(struct core *c, struct slot *s); /* after its book changed */
static inline money_t book_gross(const struct book *b)
{
	return b->sell_value - b->buy_value;
}
/* What the book would bring if closed at the bid (long) or ask (short); without a price the last mark stays. */
static inline void account_mark(struct core *c, struct slot *s)
{
	struct book *b = &s->book;
	const struct quote *q;
	price_t price;

	if (b->qty == 0)
		return;
	q = &c->quote[b->instrument];
	price = b->qty > 0 ? quote_bid(q, &c->instrument[b->instrument]) : quote_ask(q, &c->instrument[b->instrument]);
	if (price <= 0)
		return;
	money_t value = book_gross(b) + b->qty * price;
	c->s->account.unrealised += value - b->unrealised;
	b->unrealised = value;
}
void account_equity(struct core *c);
void account_day_begin(struct core *c);
void account_day_end(struct core *c);
void account_expire(struct core *c);                      /* settles books in contracts that expired */

/* -- reconcile.c: what the account holds that is not ours --------------------------------------------------------------------- */
void reconcile_start(struct core *c);
void reconcile_foreign(struct core *c, const struct event_foreign *told, uint32_t instrument);
void reconcile_account(struct core *c, const struct event_account *e);
qty_t reconcile_own_net(const struct core *c, uint32_t instrument);
bool reconcile_closed_by_others(const struct core *c, const struct slot *s); /* the account holds less than its book */
enum refusal reconcile_refusal(const struct core *c, const char *underlying, uint64_t *all); /* rungs of the gate */
int reconcile_acknowledge(struct core *c, const struct event_command *e, const char **why);

/* -- adopt.c: what of that becomes a book of ours -------------------------------------------------------------------------------- */
void adopt_apply(struct core *c, const struct event_adopt *e, uint32_t instrument);

/* -- command.c --------------------------------------------------------------------------------------------------------------- */
void command_apply(struct core *c, const struct event_command *e);
void command_reply(struct core *c, uint64_t request, int err, enum refusal refusal, const char *text);
void command_stop_progress(struct core *c);

/* -- schedule.c -------------------------------------------------------------------------------------------------------------- */
void schedule_due(struct core *c);
void schedule_next(struct core *c);
