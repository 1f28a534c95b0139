/* POST /api/orders and DELETE /api/orders/{id}: a person's orders. They become EVENT_MANUAL, so that the journal holds who asked for what, under which key,
 * before anything leaves; the gate and the plans of lib/core do the rest. docs/manual-orders.md */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engined/app.h"
#include "lib/base/err.h"

static bool bad(struct control_call *call, enum control_code code, const char *remedy, const char *what)
{
	struct control_fault fault;

	control_fault_set(&fault, code, remedy, "%s", what);
	control_fail_with(call, &fault);
	return false;
}

bool order_ask(struct app *a, struct control_call *call, struct preview_ask *ret)
{
	const struct instrument *i;
	char what[80], tick[NUM_TEXT];

	*ret = (struct preview_ask){ .strategy = UINT32_MAX, .instrument = core_find_instrument(a->core, control_arg_text(&call->args, "symbol")) };
	if (ret->instrument == INSTRUMENT_NONE)
		return bad(call, CODE_NOT_FOUND, "GET /api/instruments lists what is watched", "this instrument is not watched");
	i = &a->core->instrument[ret->instrument];
	ret->side = (enum side)control_arg_number(&call->args, "side", 0);
	ret->product = control_arg_number(&call->args, "product", 0) ? PRODUCT_NRML : PRODUCT_MIS;
	ret->qty = control_arg_number(&call->args, "qty", 0);
	ret->price = control_arg_number(&call->args, "price", 0);
	if (ret->qty % i->lot != 0) {
		snprintf(what, sizeof(what), "the quantity is not a multiple of the lot, %" PRId64 " units", i->lot);
		return bad(call, CODE_BAD_PARAMETER, "units are asked for, not lots", what);
	}
	num_format(i->tick, tick);
	snprintf(what, sizeof(what), "the price is not a multiple of the tick, %s", tick);
	return ret->price % i->tick == 0 || bad(call, CODE_BAD_PARAMETER, "round it to the tick", what);
}

/* -- what is asked ------------------------------------------------------------------------------------------------------------ */

/* "" = none */
static const char *key_of(const struct control_call *call)
{
	const char *key = control_arg_text(&call->args, "key");

	return key && key[0] ? key : call->request_id;
}

static void post(struct app *a, struct control_call *call, struct event *e)
{
	const char *reason = control_arg_text(&call->args, "reason");

	if (!handlers_wait(a, call, &e->manual.request))
		return;
	snprintf(e->manual.principal, sizeof(e->manual.principal), "%.*s", PRINCIPAL_TEXT - 1, call->principal);
	snprintf(e->manual.reason, sizeof(e->manual.reason), "%s", reason ? reason : "");
	app_post_command(a, e);
}

/* The first order, and the first in a further contract, finds no book. */
static void make_book(struct app *a, uint32_t instrument)
{
	struct event_strategy book;
	struct event e;

	if (core_manual_slot(a->core, instrument) != UINT32_MAX || !core_manual_define(a->core, &book))
		return;
	event_init(&e, EVENT_STRATEGY, 0, INSTRUMENT_NONE);
	e.strategy = book;
	app_post_command(a, &e);
}

void order_place(struct app *a, struct control_call *call)
{
	const char *key = key_of(call);
	struct preview_ask ask;
	struct event e;

	if (!key[0]) {
		bad(call, CODE_BAD_PARAMETER, "send an Idempotency-Key, such as a UUID: the same key never places twice", "an order needs a key of its own");
		return;
	}
	if (!order_ask(a, call, &ask))
		return;
	make_book(a, ask.instrument);
	event_init(&e, EVENT_MANUAL, 0, ask.instrument);
	e.manual.side = (uint32_t)ask.side;
	e.manual.product = (uint32_t)ask.product;
	e.manual.qty = ask.qty;
	e.manual.price = ask.price;
	snprintf(e.manual.key, sizeof(e.manual.key), "%s", key);
	post(a, call, &e);
}

void order_cancel(struct app *a, struct control_call *call)
{
	struct event e;

	event_init(&e, EVENT_MANUAL, 0, INSTRUMENT_NONE);
	e.manual.cancel = (uint64_t)control_arg_number(&call->args, "id", 0);
	if (e.manual.cancel == 0)
		bad(call, CODE_NOT_FOUND, "GET /api/orders lists them", "there is no order 0");
	else
		post(a, call, &e);
}

/* -- what became of it ---------------------------------------------------------------------------------------------------------- */

static void put_order(const struct core *c, const struct order *o, struct json *j)
{
	json_uint(j, "order", o->request.order);
	json_str(j, "tag", o->request.tag);
	json_str(j, "state", o->cancelling ? "cancelling" : order_state_name((enum order_state)o->state));
	json_str(j, "symbol", c->instrument[o->instrument].symbol);
	json_str(j, "side", o->request.side == SIDE_BUY ? "buy" : "sell");
	json_int(j, "qty", o->request.qty);
	json_int(j, "filled", o->filled);
	json_decimal(j, "price", o->request.price);
}

/* No order: the exit walk has none out at this moment, or it is long forgotten. */
static void put(const struct core *c, const struct order *o, uint32_t strategy, struct json *j)
{
	json_object(j, NULL);
	json_str(j, "strategy", strategy < c->s->strategies ? c->slot[strategy].id : NULL);
	if (o)
		put_order(c, o, j);
	else
		json_null(j, "order");
	json_object_end(j);
}

void answer_order(struct app *a, struct control_call *call)
{
	const struct core *c = a->core;
	const struct manual_key *k = call->command->id == CTL_ORDER_PLACE ? core_manual_find(c, key_of(call)) : NULL;
	const struct order *o = core_find_order(c, k ? k->order : (uint64_t)control_arg_number(&call->args, "id", 0));
	struct json j;

	buf_clear(&a->scratch);
	json_begin(&j, &a->scratch);
	put(c, o, k ? k->strategy : o ? o->request.strategy : UINT32_MAX, &j);
	control_reply(call, &a->scratch);
}

void answer_refused(struct control_call *call, enum refusal r)
{
	char what[160];

	snprintf(what, sizeof(what), "%s: %s", refusal_code(r), refusal_text(r));
	control_fail(call, CODE_REFUSED, what);
}
