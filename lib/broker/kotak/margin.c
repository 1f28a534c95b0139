/* What the broker says an order would need. A question, at the priority of questions: nothing is placed. kotak-neo-api.md 2.14 */
#include <stdio.h>

#include "lib/base/err.h"
#include "lib/broker/kotak/kotak_priv.h"
#include "lib/kotak/wire.h"

static void answered(void *ctx, const struct wire_answer *a)
{
	struct kotak_call *c = ctx;
	money_t needs = NUM_UNKNOWN;
	const char *why = a->text[0] ? a->text : wire_verdict_name(a->verdict);

	if (a->verdict == WIRE_OK && a->json && !wire_decimal_or(a->json, "ordMrgn", NUM_UNKNOWN, &needs))
		needs = NUM_UNKNOWN;
	if (a->verdict == WIRE_OK)
		why = needs == NUM_UNKNOWN ? "its answer names no margin" : "";
	c->margin_done(c->margin_ctx, needs, why);
	call_done(c);
}

int margin_ask(struct kotak *k, const struct order_request *r, uint32_t instrument, kotak_margin_done *done, void *ctx)
{
	const char *why;
	const struct master_row *row = kotak_row(k, &k->o.core->instrument[instrument], &why);
	struct kotak_call *c;

	if (!row)
		return ERR_NOENT;
	c = call_new(k);
	c->margin_done = done;
	c->margin_ctx = ctx;
	if (order_margin_body(r, row, c->body) > 0) {
		report_margin(&c->report, c->body);
		c->report.call.done = answered;
		c->report.call.ctx = c;
		if (rest_call(k->o.rest, &c->report.call) == ERR_OK)
			return ERR_OK;
	}
	call_done(c);
	return ERR_CLOSED;
}
