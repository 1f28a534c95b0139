/* The day's books: orders, one order, its history, trades, positions. Faults show them as they were, or not at all. */
#include <string.h>

#include "tests/neosim/api.h"

/* Rows are written behind an envelope that an empty book takes back. */
static void begin(struct call *c, const char *stat)
{
	json_object(&c->j, NULL);
	json_str(&c->j, "stat", stat);
	json_int(&c->j, "stCode", 200);
	json_array(&c->j, "data");
}

static void end(struct call *c, size_t rows)
{
	json_array_end(&c->j);
	json_object_end(&c->j);
	if (rows == 0) {
		buf_clear(&c->out);
		json_begin(&c->j, &c->out);
		json_object(&c->j, NULL);
		json_int(&c->j, "stCode", 5203);
		json_str(&c->j, "errMsg", "No Data");
		json_str(&c->j, "desc", "data not found");
		json_str(&c->j, "stat", "Not_Ok");
		json_object_end(&c->j);
	}
}

static bool shown(const struct call *c, const struct sim_order *o)
{
	return !o->hidden && !c->empty_book && past_step(&c->sim->past, o->index, c->as_of);
}

static size_t put_order(struct call *c, const struct sim_order *o)
{
	if (!shown(c, o))
		return 0;
	row_order(&c->j, NULL, past_step(&c->sim->past, o->index, c->as_of), &c->sim->account, &c->style);
	return 1;
}

void api_orders(struct call *c)
{
	size_t n = exchange_orders(c->sim->exchange), rows = 0, i;

	if (c->vanish && n > 0)
		n--;
	begin(c, "Ok");
	for (i = 0; i < n; i++)
		rows += put_order(c, exchange_order(c->sim->exchange, i));
	end(c, rows);
}

static bool newest(const struct call *c, const struct sim_order *o)
{
	return o->index + 1 == exchange_orders(c->sim->exchange);
}

void api_order(struct call *c)
{
	const struct sim_order *o = exchange_find(c->sim->exchange, c->rest);

	begin(c, "Ok");
	end(c, o && !(c->vanish && newest(c, o)) ? put_order(c, o) : 0);
}

void api_history(struct call *c)
{
	const char *number = call_field(c, "nOrdNo");
	const struct sim_order *o = number ? exchange_find(c->sim->exchange, number) : NULL;
	const struct past_step *s;
	size_t rows = 0;

	if (!number) {
		call_bad_form(c);
		return;
	}
	begin(c, "Ok");
	for (s = o && shown(c, o) ? past_step(&c->sim->past, o->index, c->as_of) : NULL; s; s = past_before(&c->sim->past, s), rows++)
		row_history(&c->j, s, &c->sim->account, &c->style);
	end(c, rows);
}

void api_trades(struct call *c)
{
	size_t n = exchange_trades(c->sim->exchange), rows = 0, i;

	begin(c, "ok");
	for (i = 0; i < n; i++) {
		const struct sim_trade *t = exchange_trade(c->sim->exchange, i);
		const struct sim_order *o = exchange_order(c->sim->exchange, (size_t)t->order);

		if (t->stamp > c->as_of || o->hidden || c->empty_book)
			continue;
		row_trade(&c->j, o, t, &c->sim->account, &c->style);
		rows++;
	}
	end(c, rows);
}

static size_t put_position(struct call *c, const struct sim_position *now, bool with_ltp)
{
	const struct past_position *then = past_position(&c->sim->past, now, c->as_of);

	if (c->empty_book || (c->as_of != INT64_MAX && !then))
		return 0;
	row_position(&c->j, NULL, c->as_of == INT64_MAX ? now : &then->position, with_ltp ? sim_quote(c->sim, now->scrip)->last : -1, then ? then->at : sim_time(c->sim), &c->sim->account, &c->style);
	return 1;
}

static void positions(struct call *c, bool with_ltp)
{
	size_t n = exchange_positions(c->sim->exchange), rows = 0, i;

	begin(c, "ok");
	for (i = 0; i < n; i++)
		rows += put_position(c, exchange_position(c->sim->exchange, i), with_ltp);
	end(c, rows);
}

void api_positions_v1(struct call *c)
{
	positions(c, false);
}

void api_positions_v2(struct call *c)
{
	positions(c, true);
}
