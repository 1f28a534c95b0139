/* Requests out and the broker's words in. An order's state changes here and nowhere else, by order_next() or by a fill. */
#include "lib/base/prng.h"
#include "lib/core/core_priv.h"

static void orders_outcome(struct core *c, const struct order *o)
{
	struct outcome_order *out = &core_append(c, OUTCOME_ORDER, o->instrument)->order;

	out->request = o->request;
	out->state = o->state;
	out->modifies = o->modifies;
	out->filled = o->filled;
	out->average = o->filled ? num_div_round(o->value, o->filled) : 0;
	out->created = o->created;
	memcpy(out->broker_ref, o->broker_ref, sizeof(out->broker_ref));
	memcpy(out->reason, o->reason, sizeof(out->reason));
}

/* The next order finds its slot in the cache. */
static inline void next_number(struct core *c)
{
	const char *slot;

	order_tag_next(c->s->tag);
	slot = (const char *)order_slot(c, ++c->s->next_order);
	for (size_t at = 0; at < sizeof(struct order); at += CACHE_LINE)
		__builtin_prefetch(slot + at, 1);
}

/* Numbers are dense within the epoch; one whose slot still holds a live order is passed over. */
static struct order *free_slot(struct core *c)
{
	for (uint32_t tries = 0; tries < c->s->limits.orders; tries++, next_number(c)) {
		struct order *o = order_slot(c, c->s->next_order);

		if (o->request.order == 0 || order_terminal((enum order_state)o->state))
			return o;
	}
	WRONG("more live orders than slots; the open-order limit is far below");
	return NULL;
}

/* Number and tag of the next order, on the rest of `r`. Written to where it is needed and not copied there: a copy would wait for what
 * was just written. */
static inline void put_request(const struct core *c, const struct order_request *r, struct order_request *ret)
{
	*ret = (struct order_request){ .order = c->s->next_order, .strategy = r->strategy, .side = r->side, .type = r->type, .purpose = r->purpose,
	                               .product = r->product, .qty = r->qty, .price = r->price, .trigger = r->trigger };
	memcpy(ret->tag, c->s->tag, sizeof(ret->tag));
}

static inline struct order *place(struct core *c, const struct order_request *r, uint32_t instrument, const struct reason_text *reason)
{
	struct order *o = free_slot(c);

	assert(r->qty > 0 && r->price > 0);
	put_request(c, r, &core_append(c, ACTION_PLACE, instrument)->request);
	*o = (struct order){ .instrument = instrument, .state = ORDER_INTENT, .created = c->s->now, .updated = c->s->now, .walk_at = STAMP_NEVER };
	put_request(c, r, &o->request);
	memcpy(o->reason, reason->text, sizeof(o->reason));
	next_number(c);
	c->s->live_orders++;
	if (r->purpose == PURPOSE_ENTRY)
		risk_execution(c, r->strategy);
	orders_outcome(c, o);
	core_reschedule(c);
	return o;
}

struct order *orders_place(struct core *c, uint32_t strategy, uint32_t instrument, enum side side, enum order_purpose purpose,
                           qty_t qty, price_t price, const struct reason_text *reason)
{
	const struct order_request r = { .strategy = strategy, .side = (uint8_t)side, .type = ORDER_LIMIT, .purpose = (uint8_t)purpose,
	                                 .product = (uint8_t)slot_product(&c->slot[strategy]), .qty = qty, .price = price };

	return place(c, &r, instrument, reason);
}

struct order *orders_place_stop(struct core *c, uint32_t strategy, uint32_t instrument, enum side side, qty_t qty, price_t price, price_t trigger)
{
	const struct order_request r = { .strategy = strategy, .side = (uint8_t)side, .type = ORDER_SL, .purpose = PURPOSE_STOP,
	                                 .product = (uint8_t)slot_product(&c->slot[strategy]), .qty = qty, .price = price, .trigger = trigger };

	assert(trigger > 0 && (side == SIDE_SELL ? price <= trigger : price >= trigger));
	return place(c, &r, instrument, exit_reason_text(EXIT_OPTION_STOP));
}

void orders_terms(struct order *o, price_t trigger)
{
	o->request.type = trigger > 0 ? ORDER_SL : ORDER_LIMIT;
	o->request.trigger = trigger;
}

bool orders_modify(struct core *c, struct order *o, price_t price)
{
	if (o->modifying || o->cancelling || !order_live((enum order_state)o->state))
		return false;
	o->request.price = price;
	o->modifying = 1;
	o->modifies++;
	o->updated = c->s->now;
	core_append(c, ACTION_MODIFY, o->instrument)->request = o->request;
	core_reschedule(c);
	return true;
}

bool orders_cancel(struct core *c, struct order *o)
{
	if (o->cancelling || !order_live((enum order_state)o->state))
		return false;
	o->cancelling = 1;
	o->updated = c->s->now;
	core_append(c, ACTION_CANCEL, o->instrument)->request = o->request;
	core_reschedule(c);
	return true;
}

/* The one setter of an order's state. */
static void set_state(struct core *c, struct order *o, enum order_state state)
{
	bool was_live = order_live((enum order_state)o->state);

	o->state = state;
	o->updated = c->s->now;
	if (was_live && order_terminal(state)) {
		assert(c->s->live_orders > 0);
		c->s->live_orders--;
		o->modifying = o->cancelling = 0;
		o->walk_at = STAMP_NEVER;
	}
	core_reschedule(c);
}

void orders_resend(struct core *c, struct order *o, price_t price)
{
	assert(o->state == ORDER_ABSENT);
	o->request.price = price;
	set_state(c, o, ORDER_INTENT);
	core_append(c, ACTION_PLACE, o->instrument)->request = o->request;
	orders_outcome(c, o);
}

void orders_report(struct core *c, const struct event_order *e)
{
	struct order *o = order_find(c, e->order);
	enum order_state state;

	if (!o || !order_next((enum order_state)o->state, (enum order_report)e->report, &state)) {
		core_alert(c, ALERT_FOREIGN, o ? o->request.strategy : UINT32_MAX, INSTRUMENT_NONE, (int64_t)e->order,
		           "a report that does not fit the order's state");
		return;
	}
	if (e->report == REPORT_MODIFIED || e->report == REPORT_MODIFY_REJECTED)
		o->modifying = 0;
	if (e->report == REPORT_CANCEL_REJECTED)
		o->cancelling = 0;
	if (e->broker_ref[0])
		text_copy(o->broker_ref, sizeof(o->broker_ref), e->broker_ref);
	if (e->reason[0])
		text_copy(o->reason, sizeof(o->reason), e->reason);
	if (e->price > 0)
		o->request.price = e->price;
	bool changed = state != (enum order_state)o->state;
	if (changed)
		set_state(c, o, state);
	if (changed || e->report == REPORT_MODIFIED)
		orders_outcome(c, o);
	if (e->report == REPORT_REJECTED && changed && late_refusal_is_news(c, o))
		core_alert(c, ALERT_REJECTED, o->request.strategy, o->instrument, (int64_t)e->order, o->reason);
	if (changed && order_terminal(state))
		plan_order_ended(c, o);
	else if (o->request.purpose == PURPOSE_STOP)
		stop_reported(c, o, e);
}

/* -- fills ---------------------------------------------------------------------------------------------------------------- */

static uint32_t fill_room(const struct core *c)
{
	return c->s->limits.orders * CORE_FILLS_PER_ORDER;
}

static void forget_fills(struct core *c)
{
	memset(c->fill_key, 0, sizeof(*c->fill_key) * fill_room(c));
	c->s->known_fills = 0;
}

/* A broker tells the day's executions anew after a restart, so within a day none may be forgotten. */
static bool must_remember(const struct core *c)
{
	return c->s->start.mode == MODE_LIVE;
}

void orders_day_begin(struct core *c)
{
	if (must_remember(c) && c->s->known_fills >= fill_room(c) / 4)
		forget_fills(c);
}

bool orders_day_full(const struct core *c)
{
	return must_remember(c) && c->s->known_fills >= fill_room(c) / 2;
}

/* Where this execution is remembered, or would be; one place is always free. */
static uint32_t fill_place(const struct core *c, uint64_t order, uint64_t key)
{
	uint32_t mask = fill_room(c) - 1;
	uint32_t at = (uint32_t)(order * CORE_FILLS_PER_ORDER) & mask; /* orders that follow each other lie together */

	while (c->fill_key[at] && c->fill_key[at] != key)
		at = (at + 1) & mask;
	return at;
}

static void remember_fill(struct core *c, const struct event_fill *e, uint64_t key)
{
	if (!must_remember(c) && c->s->known_fills >= fill_room(c) / 2) /* days old by now; forgetting all keeps the probes short */
		forget_fills(c);
	if (c->s->known_fills + 1 == fill_room(c)) {
		core_alert(c, ALERT_LATE_FILL, UINT32_MAX, INSTRUMENT_NONE, (int64_t)e->order,
		           "too many executions in a day to remember: this one may be counted again after a restart");
		return;
	}
	c->fill_key[fill_place(c, e->order, key)] = key;
	c->s->known_fills++;
}

/* True when this execution was folded before: a feed, a poll and a replay after a reconnect may all tell of it. */
static bool fill_known(struct core *c, const struct event_fill *e)
{
	uint64_t key = prng_mix(prng_mix(e->order) + e->trade);

	if (e->trade == 0)
		return false;
	key = key ? key : 1;
	if (c->fill_key[fill_place(c, e->order, key)] == key)
		return true;
	remember_fill(c, e, key);
	return false;
}

/* Ours, and of a size that no sum of such fills can overflow. */
static bool fill_fits(const struct order *o, const struct event_fill *e, uint32_t instrument)
{
	int64_t value;

	return o && o->instrument == instrument && o->request.side == e->side && e->qty > 0 && e->price > 0 &&
	       num_mul(e->qty, e->price, &value) && value <= NUM_DECIMAL_MAX && e->qty <= NUM_DECIMAL_MAX / NUM_SCALE;
}

/* A strategy holds one contract. A late fill in an earlier one cannot join the book of the present one. */
static bool fill_elsewhere(const struct core *c, const struct order *o)
{
	const struct slot *s = &c->slot[o->request.strategy];

	if (s->book.qty != 0)
		return s->book.instrument != o->instrument;
	return s->plan.state != PLAN_IDLE && s->plan.contract != o->instrument;
}

/* A fill is a fact whatever the state: it may come before the ack and after a cancel. Quantity decides the new state. */
void orders_fill(struct core *c, const struct event_fill *e, uint32_t instrument)
{
	struct order *o = order_find(c, e->order);
	bool first;

	if (!fill_fits(o, e, instrument)) {
		core_alert(c, ALERT_FOREIGN, UINT32_MAX, instrument, (int64_t)e->trade, "a fill that belongs to no order of ours");
		return;
	}
	if (fill_known(c, e))
		return;
	bool late = order_terminal((enum order_state)o->state);
	first = o->filled == 0;
	o->filled += e->qty;
	o->value += e->qty * e->price;
	if (e->broker_ref[0])
		text_copy(o->broker_ref, sizeof(o->broker_ref), e->broker_ref);
	if (o->filled >= o->request.qty)
		set_state(c, o, ORDER_FILLED);
	else if (!late)
		set_state(c, o, ORDER_PARTIAL);
	if (late || o->filled > o->request.qty)
		core_alert(c, ALERT_LATE_FILL, o->request.strategy, instrument, (int64_t)e->order,
		           late ? "a fill after the order had ended" : "filled beyond the order's quantity");
	if (fill_elsewhere(c, o)) {
		core_alert(c, ALERT_LATE_FILL, o->request.strategy, instrument, o->request.side == SIDE_BUY ? e->qty : -e->qty,
		           "filled late in a contract given up before: it is in no book, close it by hand");
		orders_outcome(c, o);
		return;
	}
	if (o->request.purpose == PURPOSE_STOP)
		stop_filling(c, o);
	account_fill(c, o, e, first);
	if (o->request.purpose == PURPOSE_ENTRY)
		risk_execution(c, o->request.strategy);
	orders_outcome(c, o);
	day_lock_check(c); /* the last fill of a losing trade leaves no price to wait for */
	plan_filled(c, o);
	if (order_terminal((enum order_state)o->state))
		plan_order_ended(c, o);
}
