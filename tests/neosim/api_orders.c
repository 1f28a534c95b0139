/* Place, modify, cancel: from jData, strict about its types, to the exchange, and its verdict in Kotak's words. */
#include <stdio.h>
#include <string.h>

#include "tests/neosim/api.h"
#include "tests/neosim/form.h"

static void accepted(struct call *c, const struct sim_order *o)
{
	json_object(&c->j, NULL);
	json_str(&c->j, "stat", "Ok");
	json_str(&c->j, "nOrdNo", o->number);
	json_int(&c->j, "stCode", 200);
	json_object_end(&c->j);
}

static void verdict(struct call *c, int code, const char *text, const struct sim_order *o)
{
	if (code == 200)
		accepted(c, o);
	else
		call_refuse(c, code, text, code == 1021 ? "please provide valid order number" : code == 1007 ? "bad request" : "Not_Ok");
}

/* -- fields ------------------------------------------------------------------------------------------------------- */

static bool take_text(const struct call *c, const char *name, char *ret, size_t size)
{
	const char *v = call_field(c, name);

	return v && *v && (size_t)snprintf(ret, size, "%s", v) < size;
}

/* "0.0" is refused where "0" is taken. */
static bool take_price(const struct call *c, const char *name, int segment, int64_t *ret)
{
	const char *v = call_field(c, name);

	return v && decimal_parse(v, segment == SIM_CDE_FO ? 4 : 2, ret) && (*ret != 0 || strcmp(v, "0") == 0);
}

/* A trigger of null is none. */
static bool take_trigger(const struct call *c, const char *name, int segment, int64_t *ret)
{
	*ret = 0;
	return cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(c->jdata, name)) || take_price(c, name, segment, ret);
}

static bool take_whole(const struct call *c, const char *name, int64_t *ret)
{
	const char *v = call_field(c, name);

	return v && whole_parse(v, ret);
}

static bool one_of(const char *value, const char *list)
{
	size_t n = strlen(value);
	const char *at = strstr(list, value);

	return n && at && (at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == 0);
}

static bool take_amo(const struct call *c, bool needed, bool *ret)
{
	const char *v = call_field(c, "am");

	*ret = v && strcmp(v, "YES") == 0;
	return v ? *ret || strcmp(v, "NO") == 0 : !needed;
}

/* -- place -------------------------------------------------------------------------------------------------------- */

static bool take_tag(const struct call *c, struct sim_request *q)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(c->jdata, "ig");

	if (!v || cJSON_IsNull(v))
		return true;
	q->has_tag = take_text(c, "ig", q->tag, sizeof(q->tag));
	return q->has_tag;
}

static bool take_place(const struct call *c, struct sim_request *q)
{
	const char *side = call_field(c, "tt"), *segment = call_field(c, "es"), *protection = call_field(c, "mp");

	if (!side || !one_of(side, "B S") || !segment || !protection)
		return false;
	q->side = side[0];
	q->segment = sim_segment_find(segment);
	return q->segment && take_text(c, "ts", q->symbol, sizeof(q->symbol)) && take_text(c, "pc", q->product, sizeof(q->product)) &&
	       take_text(c, "pt", q->type, sizeof(q->type)) && take_text(c, "rt", q->validity, sizeof(q->validity)) && one_of(q->product, "CNC NRML MIS MTF") &&
	       one_of(q->type, "L MKT SL SL-M") && one_of(q->validity, "DAY IOC") && take_price(c, "pr", q->segment, &q->price) &&
	       take_trigger(c, "tp", q->segment, &q->trigger) && take_whole(c, "qt", &q->qty) && q->qty > 0 && take_whole(c, "dq", &q->disclosed) &&
	       take_amo(c, true, &q->amo) && take_tag(c, q);
}

void api_place(struct call *c)
{
	struct sim_request q = {0};
	const struct sim_order *o = NULL;
	const char *text = "";
	int code;

	if (!take_place(c, &q)) {
		call_bad_form(c);
		return;
	}
	code = exchange_place(c->sim->exchange, &q, &o, &text);
	if (code == 200 && c->hide_until)
		exchange_hide(c->sim->exchange, o, c->hide_until);
	verdict(c, code, text, o);
}

/* -- modify ------------------------------------------------------------------------------------------------------- */

/* Prices are read in the segment's decimals, and only the order knows its segment: the SDK sends none. */
static bool take_modify(const struct call *c, struct sim_request *q)
{
	const struct sim_order *o;

	if (!take_text(c, "no", q->number, sizeof(q->number)))
		return false;
	o = exchange_find(c->sim->exchange, q->number);
	if (o) {
		q->segment = o->asked.segment;
		q->side = o->asked.side;
		memcpy(q->symbol, o->asked.symbol, sizeof(q->symbol));
		memcpy(q->product, o->asked.product, sizeof(q->product));
	}
	return take_text(c, "pt", q->type, sizeof(q->type)) && take_text(c, "vd", q->validity, sizeof(q->validity)) && one_of(q->type, "L MKT SL SL-M") &&
	       one_of(q->validity, "DAY IOC") && take_price(c, "pr", q->segment, &q->price) && take_trigger(c, "tp", q->segment, &q->trigger) &&
	       take_whole(c, "qt", &q->qty) && q->qty > 0 && take_whole(c, "dq", &q->disclosed) && call_field(c, "mp") && take_amo(c, false, &q->amo);
}

void api_modify(struct call *c)
{
	struct sim_request q = {0};
	const struct sim_order *o = NULL;
	const char *text = "";
	int code;

	if (!take_modify(c, &q)) {
		call_bad_form(c);
		return;
	}
	code = exchange_modify(c->sim->exchange, &q, &o, &text);
	verdict(c, code, text, o);
}

/* -- cancel ------------------------------------------------------------------------------------------------------- */

void api_cancel(struct call *c)
{
	const struct sim_order *o = NULL;
	const char *text = "";
	char number[20];
	bool amo;
	int code;

	if (!take_text(c, "on", number, sizeof(number)) || !take_amo(c, false, &amo)) {
		call_bad_form(c);
		return;
	}
	code = exchange_cancel(c->sim->exchange, number, amo, &o, &text);
	verdict(c, code, text, o);
}
