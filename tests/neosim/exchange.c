/* The account's orders: received, shown, found again. Steps, matching, money and the day's course have files of their own. */
#include "tests/neosim/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "tests/neosim/exchange_priv.h"

static const char *const status_text[SIM_STATUSES] = {
	[SIM_PUT_RECEIVED] = "put order req received", [SIM_VALIDATION_PENDING] = "validation pending", [SIM_OPEN_PENDING] = "open pending", [SIM_OPEN] = "open",
	[SIM_TRIGGER_PENDING] = "trigger pending", [SIM_MODIFY_VALIDATION] = "modify validation pending", [SIM_MODIFY_PENDING] = "modify pending", [SIM_MODIFIED] = "modified",
	[SIM_NOT_MODIFIED] = "not modified", [SIM_CANCEL_PENDING] = "cancel pending", [SIM_NOT_CANCELLED] = "not cancelled", [SIM_AMO_RECEIVED] = "after market order req received",
	[SIM_COMPLETE] = "complete", [SIM_REJECTED] = "rejected", [SIM_CANCELLED] = "cancelled", [SIM_AMO_CANCELLED] = "cancelled after market order",
};

const char *sim_status_text(enum sim_status s)
{
	return s < SIM_STATUSES ? status_text[s] : "";
}

bool sim_status_terminal(enum sim_status s)
{
	return s == SIM_COMPLETE || s == SIM_REJECTED || s == SIM_CANCELLED || s == SIM_AMO_CANCELLED;
}

void *exchange_grow(void *list, size_t n, size_t *cap)
{
	if (n < *cap)
		return list;
	*cap = *cap ? *cap * 2 : 64;
	list = realloc(list, *cap * sizeof(void *));
	assert(list);
	return list;
}

/* -- showing ----------------------------------------------------------------------------------------------------------------- */

void exchange_show(struct exchange *x, struct order *o, enum sim_status status)
{
	int64_t now = exchange_now(x);

	o->o.status = status;
	o->o.updated = now > o->o.updated ? now : o->o.updated + 1;
	if (x->events.order && !o->o.hidden)
		x->events.order(x->events.ctx, &o->o);
}

static void leave(struct exchange *x, const struct order *o)
{
	size_t kept = 0;

	for (size_t i = 0; i < x->n_live; i++)
		if (x->live[i] != o)
			x->live[kept++] = x->live[i];
	x->n_live = kept;
}

void exchange_end(struct exchange *x, struct order *o, enum sim_status status, const char *reason)
{
	o->step = STEP_NONE;
	o->due = o->match_at = STAMP_NEVER;
	o->at_exchange = o->untriggered = o->cancel_wanted = o->modify_wanted = false;
	o->blocked = 0;
	if (status == SIM_CANCELLED || status == SIM_AMO_CANCELLED)
		o->o.cancelled = o->o.asked.qty - o->o.filled;
	if (reason)
		snprintf(o->o.reason, sizeof(o->o.reason), "%s", reason);
	leave(x, o);
	exchange_show(x, o, status);
}

/* -- receiving ---------------------------------------------------------------------------------------------------------------- */

/* Other accounts' orders are numbered in between. */
static void number_next(struct exchange *x, char ret[20])
{
	struct civil c = date_to_civil(x->date);

	x->numbers += 1 + prng_below(&x->random, 40);
	snprintf(ret, 20, "%02u%02u%02u%09llu", (unsigned)c.year % 100, (unsigned)c.month % 100, (unsigned)c.day % 100, (unsigned long long)(x->numbers % 1000000000));
}

struct order *exchange_enter(struct exchange *x, const struct sim_request *r, bool ours)
{
	struct order *o = calloc(1, sizeof(*o));
	int64_t now = exchange_now(x);

	assert(o);
	o->due = o->match_at = STAMP_NEVER;
	o->o = (struct sim_order){ .index = x->n_orders, .asked = *r, .scrip = market_find_symbol(x->market, r->segment, r->symbol), .reason = "--", .entered = now, .ours = ours };
	number_next(x, o->o.number);
	snprintf(o->o.asked.number, sizeof(o->o.asked.number), "%s", o->o.number);
	snprintf(o->o.gui_id, sizeof(o->o.gui_id), "%s", r->has_tag ? r->tag : "");
	x->order = exchange_grow(x->order, x->n_orders, &x->cap_orders);
	x->order[x->n_orders++] = o;
	x->live = exchange_grow(x->live, x->n_live, &x->cap_live);
	x->live[x->n_live++] = o;
	if (!strcmp(r->type, "MKT") && o->o.scrip)
		exchange_protect(x, o->o.scrip, &o->o.asked);
	if (r->amo && !(o->o.scrip && exchange_takes_orders(x, o->o.scrip))) {
		o->step = STEP_AMO;
		o->due = exchange_next_open(x, o->o.scrip);
		exchange_show(x, o, SIM_AMO_RECEIVED);
	} else {
		o->step = STEP_VALIDATE;
		o->due = now + x->opt.step_delay;
		exchange_show(x, o, SIM_PUT_RECEIVED);
	}
	return o;
}

static bool one_of(const char *text, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(text, list[i]))
			return true;
	return false;
}

static bool well_formed(const struct sim_request *r)
{
	static const char *const types[] = { "L", "MKT", "SL", "SL-M" }, *const validities[] = { "DAY", "IOC" }, *const products[] = { "CNC", "NRML", "MIS", "MTF" };

	return sim_segment_name(r->segment) && r->symbol[0] && (r->side == 'B' || r->side == 'S') && r->qty > 0 && r->price >= 0 && r->trigger >= 0 && r->disclosed >= 0 &&
		one_of(r->type, types, ARRAY_LEN(types)) && one_of(r->validity, validities, ARRAY_LEN(validities)) && one_of(r->product, products, ARRAY_LEN(products));
}

static bool tag_used(const struct exchange *x, const char *tag)
{
	for (size_t i = 0; i < x->n_orders; i++) {
		const struct sim_order *o = &x->order[i]->o;
		if (o->asked.has_tag && !strcmp(o->asked.tag, tag) && stamp_date(o->entered) == x->date)
			return true;
	}
	return false;
}

static int answer(int code, const char *text, const char **ret_text)
{
	*ret_text = text;
	return code;
}

int exchange_place(struct exchange *x, const struct sim_request *r, const struct sim_order **ret, const char **ret_text)
{
	CHECK_OBJ(x, SIM_EXCHANGE_MAGIC);
	exchange_session(x);
	if (!well_formed(r))
		return answer(1007, "body invalid", ret_text);
	if (!strcmp(r->product, "MTF"))
		return answer(1017, "algo order not allowed", ret_text);
	if (r->has_tag && tag_used(x, r->tag))
		return answer(5204, "Put Order Response : Client OrderID already exists", ret_text);
	*ret = &exchange_enter(x, r, !r->human)->o;
	return answer(200, "", ret_text);
}

static struct order *find(const struct exchange *x, const char *number)
{
	for (size_t i = x->n_orders; i-- > 0;)
		if (!strcmp(x->order[i]->o.number, number))
			return x->order[i];
	return NULL;
}

static void new_tag(struct exchange *x, struct order *o, bool cancelled)
{
	if (!x->opt.replace_tag)
		return;
	if (cancelled)
		snprintf(o->o.gui_id, sizeof(o->o.gui_id), "TAG-%u", (unsigned)prng_below(&x->random, 1000000000));
	else
		snprintf(o->o.gui_id, sizeof(o->o.gui_id), "%lld-%06u-SIM-ADMINAPI", (long long)(exchange_now(x) / NANOS_SECOND), (unsigned)prng_below(&x->random, 1000000));
}

/* A modification keeps what names the order. */
static struct sim_request new_terms(const struct sim_order *o, const struct sim_request *r)
{
	struct sim_request t = o->asked;

	memcpy(t.type, r->type, sizeof(t.type));
	memcpy(t.validity, r->validity, sizeof(t.validity));
	t.qty = r->qty;
	t.price = r->price;
	t.trigger = r->trigger;
	t.disclosed = r->disclosed;
	return t;
}

int exchange_modify(struct exchange *x, const struct sim_request *r, const struct sim_order **ret, const char **ret_text)
{
	struct order *o = find(x, r->number);

	CHECK_OBJ(x, SIM_EXCHANGE_MAGIC);
	exchange_session(x);
	if (!o || o->o.hidden)
		return answer(1006, "Order already cancelled or not found.", ret_text);
	if (sim_status_terminal(o->o.status))
		return answer(1021, "order is completed", ret_text);
	if (o->step == STEP_CANCEL || o->cancel_wanted)
		return answer(1006, "Order cannot be modified as it is already being cancelled.", ret_text);
	struct sim_request terms = new_terms(&o->o, r);
	if (!well_formed(&terms))
		return answer(1007, "body invalid", ret_text);
	new_tag(x, o, false);
	if (o->o.status == SIM_AMO_RECEIVED) {
		o->o.asked = terms;
		exchange_show(x, o, SIM_AMO_RECEIVED);
	} else if (o->at_exchange) {
		exchange_begin_modify(x, o, &terms);
	} else {
		o->modify_wanted = true;
		o->wanted = terms;
	}
	*ret = &o->o;
	return answer(200, "", ret_text);
}

int exchange_cancel(struct exchange *x, const char *number, bool amo, const struct sim_order **ret, const char **ret_text)
{
	struct order *o = find(x, number);

	CHECK_OBJ(x, SIM_EXCHANGE_MAGIC);
	exchange_session(x);
	if (!o || o->o.hidden)
		return answer(1006, "Order already cancelled or not found.", ret_text);
	if (sim_status_terminal(o->o.status))
		return answer(1021, "order is completed", ret_text);
	if (o->o.status == SIM_AMO_RECEIVED && !amo)
		return answer(14, "ErrorCode(16) -> ErrorText(hash error)", ret_text);
	new_tag(x, o, true);
	if (o->o.status == SIM_AMO_RECEIVED)
		exchange_end(x, o, SIM_AMO_CANCELLED, NULL);
	else if (o->at_exchange)
		exchange_begin_cancel(x, o);
	else
		o->cancel_wanted = true;
	*ret = &o->o;
	return answer(200, "", ret_text);
}

/* -- time -------------------------------------------------------------------------------------------------------------------- */

/* The earliest thing to do for an order. */
static int64_t order_due(const struct exchange *x, const struct order *o)
{
	int64_t due = o->due < o->match_at ? o->due : o->match_at, ends = o->at_exchange ? exchange_order_ends(x, o) : STAMP_NEVER;

	return due < ends ? due : ends;
}

static struct order *most_urgent(const struct exchange *x, int64_t *ret_due)
{
	struct order *first = NULL;

	*ret_due = STAMP_NEVER;
	for (size_t i = 0; i < x->n_live; i++) {
		int64_t due = order_due(x, x->live[i]);
		if (due < *ret_due) {
			*ret_due = due;
			first = x->live[i];
		}
	}
	return first;
}

static void serve(struct exchange *x, struct order *o)
{
	int64_t now = exchange_now(x);

	if (o->at_exchange && exchange_order_ends(x, o) <= now)
		exchange_end(x, o, SIM_CANCELLED, NULL);
	else if (o->match_at <= now && o->match_at <= o->due)
		exchange_match(x, o);
	else
		exchange_step(x, o);
}

void exchange_advance(struct exchange *x)
{
	int64_t due;

	CHECK_OBJ(x, SIM_EXCHANGE_MAGIC);
	exchange_session(x);
	for (struct order *o = most_urgent(x, &due); o && due <= exchange_now(x); o = most_urgent(x, &due))
		serve(x, o);
}

int64_t exchange_next_at(const struct exchange *x)
{
	int64_t due, session = exchange_session_next(x);

	CHECK_OBJ(x, SIM_EXCHANGE_MAGIC);
	most_urgent(x, &due);
	return due < session ? due : session;
}

/* -- faults ------------------------------------------------------------------------------------------------------------------- */

static struct order *order_of(struct exchange *x, const struct sim_order *o)
{
	assert(o->index < x->n_orders && &x->order[o->index]->o == o);
	return x->order[o->index];
}

void exchange_hide(struct exchange *x, const struct sim_order *o, int64_t until)
{
	struct order *order = order_of(x, o);

	if (sim_status_terminal(o->status))
		return;
	order->paused = order->step;
	order->step = STEP_APPEAR;
	order->due = until;
	order->o.hidden = true;
}

void exchange_refuse_next(struct exchange *x, const char *reason, unsigned times)
{
	snprintf(x->refusal, sizeof(x->refusal), "%s", reason);
	x->refusals = times;
}

/* -- looking ------------------------------------------------------------------------------------------------------------------- */

size_t exchange_orders(const struct exchange *x)
{
	return x->n_orders;
}

const struct sim_order *exchange_order(const struct exchange *x, size_t i)
{
	return i < x->n_orders ? &x->order[i]->o : NULL;
}

const struct sim_order *exchange_find(const struct exchange *x, const char *number)
{
	struct order *o = find(x, number);

	return o ? &o->o : NULL;
}

size_t exchange_trades(const struct exchange *x)
{
	return x->n_trades;
}

const struct sim_trade *exchange_trade(const struct exchange *x, size_t i)
{
	return i < x->n_trades ? x->trade[i] : NULL;
}

size_t exchange_positions(const struct exchange *x)
{
	return x->n_positions;
}

const struct sim_position *exchange_position(const struct exchange *x, size_t i)
{
	return i < x->n_positions ? &x->position[i]->p : NULL;
}

/* -- opening ------------------------------------------------------------------------------------------------------------------- */

int exchange_open(const struct exchange_options *o, struct market *m, const struct sim_clock *clock, const struct exchange_events *e, struct exchange **ret)
{
	struct exchange *x = calloc(1, sizeof(*x));

	if (!x)
		return ERR_NOMEM;
	*x = (struct exchange){ .magic = SIM_EXCHANGE_MAGIC, .opt = *o, .market = m, .clock = clock, .cash = o->cash, .random = o->seed };
	if (e)
		x->events = *e;
	x->date = sim_date(sim_now(clock));
	x->numbers = 100000;
	*ret = x;
	return ERR_OK;
}

static void free_all(void *list, size_t n)
{
	void **at = list;

	for (size_t i = 0; i < n; i++)
		free(at[i]);
	free(list);
}

void exchange_close(struct exchange **exchange)
{
	struct exchange *x = *exchange;

	if (!x)
		return;
	CHECK_OBJ(x, SIM_EXCHANGE_MAGIC);
	free_all(x->order, x->n_orders);
	free_all(x->trade, x->n_trades);
	free_all(x->position, x->n_positions);
	free_all(x->past, x->n_past);
	free(x->live);
	free(x);
	*exchange = NULL;
}
