/* POST /api/stop/probe, outcome `ask`: whether a stop may rest for what is held is asked of the broker itself, by two questions that place nothing. An order that closes one lot must
 * need no margin; one that sells a lot more than is held must need some, else the answer knows nothing of positions and proves nothing. docs/stops.md */
#include "engined/probe.h"

#include <stdio.h>

#include "engined/live.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/broker/kotak/kotak.h"

#define NOTHING (1 * NUM_SCALE) /* rupees: rounding and stamps, no margin */

static void fail(struct app *a, const char *remedy, const char *what)
{
	struct control_call *call = a->probe.call;
	struct control_fault fault;

	a->probe.call = NULL;
	control_fault_set(&fault, CODE_CONFLICT, remedy, "%s", what);
	control_fail_with(call, &fault);
}

static bool option_held(const struct core *c, const struct slot *s)
{
	const struct instrument *i = s->book.qty > 0 ? &c->instrument[s->book.instrument] : NULL;

	return i && (i->kind == INSTRUMENT_CALL || i->kind == INSTRUMENT_PUT) && s->book.qty >= i->lot && c->quote[s->book.instrument].last > 4 * i->tick;
}

static qty_t held(const struct core *c, uint32_t instrument, enum product product)
{
	qty_t net = 0;

	for (uint32_t i = 0; i < c->s->strategies; i++)
		if (c->slot[i].book.qty != 0 && c->slot[i].book.instrument == instrument && slot_product(&c->slot[i]) == product)
			net += c->slot[i].book.qty;
	return net;
}

/* A stop far below the market, of one lot of it. */
static bool stop_of(const struct core *c, struct probe *p)
{
	for (uint32_t n = 0; n < c->s->strategies; n++) {
		const struct slot *s = &c->slot[n];

		if (!option_held(c, s))
			continue;
		const struct instrument *i = &c->instrument[s->book.instrument];
		price_t trigger = price_floor(c->quote[s->book.instrument].last / 2, i->tick);
		p->instrument = s->book.instrument;
		p->request = (struct order_request){ .strategy = n, .side = SIDE_SELL, .type = ORDER_SL, .purpose = PURPOSE_STOP, .product = (uint8_t)slot_product(s),
		                                     .qty = i->lot, .price = trigger - i->tick, .trigger = trigger };
		return true;
	}
	return false;
}

static void record(struct app *a, money_t beyond)
{
	struct probe *p = &a->probe;
	struct control_call *call = p->call;
	char none[NUM_TEXT], some[NUM_TEXT];
	struct event e;

	p->call = NULL;
	event_init(&e, EVENT_COMMAND, 0, INSTRUMENT_NONE);
	if (!handlers_wait(a, call, &e.command.request))
		return;
	num_format(p->closing, none);
	num_format(beyond, some);
	e.command.command = COMMAND_STOP_PROBE;
	e.command.value = 1;
	snprintf(e.command.principal, sizeof(e.command.principal), "%.*s", PRINCIPAL_TEXT - 1, call->principal);
	snprintf(e.command.reason, sizeof(e.command.reason), "asked: a closing lot needs %.8s, one more %.16s", none, some);
	app_post_command(a, &e);
}

static void second(void *ctx, money_t needs, const char *why)
{
	struct app *a = ctx;

	CHECK_OBJ(a, APP_MAGIC);
	if (needs == NUM_UNKNOWN)
		fail(a, "ask again, or try it by hand: docs/stops.md", why);
	else if (needs <= NOTHING)
		fail(a, "try it by hand: docs/stops.md", "the broker asks no margin even for more than is held, so its answer proves nothing");
	else
		record(a, needs);
}

static bool ask(struct app *a, qty_t qty, kotak_margin_done *done)
{
	struct order_request r = a->probe.request;

	r.qty = qty;
	return kotak_broker_margin(a->broker, &r, a->probe.instrument, done, a) == ERR_OK;
}

static void first(void *ctx, money_t needs, const char *why)
{
	struct app *a = ctx;
	char text[NUM_TEXT], what[160];

	CHECK_OBJ(a, APP_MAGIC);
	a->probe.closing = needs;
	if (needs == NUM_UNKNOWN) {
		fail(a, "ask again, or try it by hand: docs/stops.md", why);
		return;
	}
	if (needs > NOTHING) {
		num_format(needs, text);
		snprintf(what, sizeof(what), "the broker names %s rupees for an order that closes a lot; whether it looked at the position it does not say", text);
		fail(a, "try it by hand, and record what the free margin did: docs/stops.md", what);
		return;
	}
	qty_t more = held(a->core, a->probe.instrument, (enum product)a->probe.request.product) + a->core->instrument[a->probe.instrument].lot;
	if (!ask(a, more, second))
		fail(a, "ask again", "the broker is not connected");
}

void probe_ask(struct app *a, struct control_call *call)
{
	if (a->mode != MODE_LIVE) {
		control_fail(call, CODE_CONFLICT, "only live has a broker to ask; in the other modes stops rest without a probe");
		return;
	}
	if (a->probe.call) {
		control_fail(call, CODE_CONFLICT, "it is being asked already");
		return;
	}
	a->probe = (struct probe){ .call = call };
	if (!stop_of(a->core, &a->probe))
		fail(a, "buy one lot of an option first: enginectl order place SYMBOL buy UNITS", "nothing is held for which a stop could rest");
	else if (!ask(a, a->probe.request.qty, first))
		fail(a, "`enginectl status` tells when it is", "the broker is not connected, or has no master of today");
}
