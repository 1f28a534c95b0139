/* POST /api/orders/preview: the gate's verdict on an order that is only thought of. */
#include "engined/app.h"

static void refusal(struct json *j, const char *key, enum refusal r)
{
	json_object(j, key);
	json_str(j, "code", refusal_code(r));
	json_str(j, "text", refusal_text(r));
	json_object_end(j);
}

static void put_verdict(struct json *j, const struct preview *p)
{
	json_bool(j, "allowed", p->first == REFUSAL_NONE && !p->conflict);
	json_bool(j, "closes", p->closes);
	if (p->first == REFUSAL_NONE)
		json_null(j, "refusal");
	else
		refusal(j, "refusal", p->first);
	json_str(j, "conflict", p->conflict);
	json_array(j, "refusals");
	for (unsigned r = 1; r < REFUSAL_COUNT; r++)
		if (p->refused >> r & 1)
			refusal(j, NULL, (enum refusal)r);
	json_array_end(j);
}

static void put(const struct core *c, const struct preview_ask *a, struct json *j)
{
	const struct instrument *i = &c->instrument[a->instrument];
	struct preview p;

	core_preview(c, a, &p);
	json_object(j, NULL);
	json_str(j, "symbol", i->symbol);
	json_str(j, "side", a->side == SIDE_BUY ? "buy" : "sell");
	json_str(j, "product", a->product == PRODUCT_NRML ? "NRML" : "MIS");
	json_int(j, "qty", a->qty);
	json_int(j, "lots", a->qty / i->lot);
	json_decimal(j, "price", p.price);
	put_verdict(j, &p);
	json_decimal(j, "value", p.value);
	json_decimal(j, "charges", p.charges);
	json_decimal(j, "cost", p.cost);
	json_decimal(j, "free", p.free);
	json_decimal(j, "worst_loss", p.worst_loss);
	json_decimal(j, "exposure", p.exposure);
	json_decimal(j, "exposure_instrument", p.exposure_instrument);
	json_object_end(j);
}

static bool take(struct app *a, struct control_call *call, struct preview_ask *ret)
{
	const char *strategy = control_arg_text(&call->args, "strategy");

	if (!order_ask(a, call, ret))
		return false;
	return !strategy || !strategy[0] || strategy_find_named(a, call, strategy, &ret->strategy);
}

void answer_preview(struct app *a, struct control_call *call)
{
	struct preview_ask ask;
	struct json j;

	if (!take(a, call, &ask))
		return;
	buf_clear(&a->scratch);
	json_begin(&j, &a->scratch);
	put(a->core, &ask, &j);
	control_reply(call, &a->scratch);
}
