/* What of the truth the control endpoint shows: the ledger, an instrument's quote, the counts. Money in paise, as the world keeps it. */
#include <stdlib.h>

#include "tests/neosim/api.h"
#include "tests/neosim/form.h"

/* -- ledger ------------------------------------------------------------------------------------------------------- */

static void put_ledger_order(struct json *j, const struct sim_order *o)
{
	const struct sim_request *a = &o->asked;

	json_object(j, NULL);
	json_str(j, "number", o->number);
	json_str(j, "exchange_number", o->exchange_number);
	json_str(j, "segment", sim_segment_name(a->segment));
	json_uint(j, "token", o->scrip ? o->scrip->token : 0);
	json_str(j, "symbol", a->symbol);
	json_str(j, "side", a->side == 'B' ? "B" : "S");
	json_str(j, "type", a->type);
	json_str(j, "product", a->product);
	json_str(j, "validity", a->validity);
	json_int(j, "qty", a->qty);
	json_int(j, "price", a->price);
	json_int(j, "trigger", a->trigger);
	json_int(j, "disclosed", a->disclosed);
	json_bool(j, "amo", a->amo);
	json_str(j, "tag", a->has_tag ? a->tag : NULL);
	json_str(j, "gui_id", o->gui_id);
	json_str(j, "status", sim_status_text(o->status));
	json_str(j, "reason", o->reason);
	json_int(j, "filled", o->filled);
	json_int(j, "cancelled", o->cancelled);
	json_int(j, "value", o->value);
	json_int(j, "entered", o->entered);
	json_int(j, "confirmed", o->confirmed);
	json_int(j, "updated", o->updated);
	json_bool(j, "ours", o->ours);
	json_bool(j, "hidden", o->hidden);
	json_object_end(j);
}

static void put_ledger_trade(struct call *c, const struct sim_trade *t)
{
	json_object(&c->j, NULL);
	json_str(&c->j, "order", exchange_order(c->sim->exchange, (size_t)t->order)->number);
	json_str(&c->j, "id", t->id);
	json_int(&c->j, "qty", t->qty);
	json_int(&c->j, "price", t->price);
	json_int(&c->j, "stamp", t->stamp);
	json_object_end(&c->j);
}

static void put_ledger_position(struct json *j, const struct sim_position *p)
{
	json_object(j, NULL);
	json_str(j, "segment", sim_segment_name(p->scrip->segment));
	json_uint(j, "token", p->scrip->token);
	json_str(j, "symbol", p->scrip->symbol);
	json_str(j, "product", p->product);
	json_int(j, "cf_buy", p->cf_buy);
	json_int(j, "cf_sell", p->cf_sell);
	json_int(j, "cf_buy_value", p->cf_buy_value);
	json_int(j, "cf_sell_value", p->cf_sell_value);
	json_int(j, "buy", p->buy);
	json_int(j, "sell", p->sell);
	json_int(j, "buy_value", p->buy_value);
	json_int(j, "sell_value", p->sell_value);
	json_object_end(j);
}

static void put_funds(struct call *c)
{
	struct sim_funds f;

	exchange_funds(c->sim->exchange, &f);
	json_object(&c->j, "funds");
	json_int(&c->j, "cash", f.cash);
	json_int(&c->j, "collateral", f.collateral);
	json_int(&c->j, "used", f.used);
	json_int(&c->j, "premium", f.premium);
	json_int(&c->j, "realised", f.realised);
	json_int(&c->j, "unrealised", f.unrealised);
	json_object_end(&c->j);
}

void sim_show_ledger(struct call *c)
{
	const struct exchange *x = c->sim->exchange;
	size_t i;

	json_object(&c->j, NULL);
	json_array(&c->j, "orders");
	for (i = 0; i < exchange_orders(x); i++)
		put_ledger_order(&c->j, exchange_order(x, i));
	json_array_end(&c->j);
	json_array(&c->j, "trades");
	for (i = 0; i < exchange_trades(x); i++)
		put_ledger_trade(c, exchange_trade(x, i));
	json_array_end(&c->j);
	json_array(&c->j, "positions");
	for (i = 0; i < exchange_positions(x); i++)
		put_ledger_position(&c->j, exchange_position(x, i));
	json_array_end(&c->j);
	put_funds(c);
	json_object_end(&c->j);
}

/* -- counts ------------------------------------------------------------------------------------------------------- */

static size_t subscriptions(const struct feed *f)
{
	const struct feed_conn *c;
	size_t n = 0;

	for (c = f->conns; c; c = c->next)
		n += c->n_subs;
	return n;
}

void sim_show_stats(struct call *c)
{
	const struct sim_stats *t = &c->sim->stats;

	json_object(&c->j, NULL);
	json_uint(&c->j, "logins", t->logins);
	json_uint(&c->j, "logins_refused", t->logins_refused);
	capture_print_counts(&c->sim->capture, &c->j, "requests");
	json_uint(&c->j, "requests_forgotten", c->sim->capture.forgotten);
	json_uint(&c->j, "frames_in", t->frames_in);
	json_uint(&c->j, "frames_out", t->frames_out);
	json_uint(&c->j, "packets", t->packets);
	json_uint(&c->j, "connections", net_connections(c->sim->net));
	json_uint(&c->j, "order_feeds", feed_connections(&c->sim->order_feed.feed));
	json_uint(&c->j, "market_feeds", feed_connections(&c->sim->market_feed.feed));
	json_uint(&c->j, "subscriptions", subscriptions(&c->sim->market_feed.feed));
	json_uint(&c->j, "rate", t->rate_max);
	json_uint(&c->j, "limited", t->limited);
	json_object_end(&c->j);
}

/* -- an instrument ------------------------------------------------------------------------------------------------ */

static void put_levels(struct json *j, const char *key, const struct level l[5])
{
	int i;

	json_array(j, key);
	for (i = 0; i < 5; i++) {
		json_array(j, NULL);
		json_int(j, NULL, l[i].price);
		json_int(j, NULL, l[i].qty);
		json_int(j, NULL, l[i].orders);
		json_array_end(j);
	}
	json_array_end(j);
}

static void put_scrip(struct json *j, const struct scrip *s)
{
	json_str(j, "segment", sim_segment_name(s->segment));
	json_uint(j, "token", s->token);
	json_bool(j, "index", s->index);
	json_uint(j, "feed_token", s->feed_token);
	json_str(j, "name", s->name);
	json_str(j, "feed_name", s->feed_name);
	json_str(j, "symbol", s->symbol);
	json_str(j, "type", s->type);
	json_str(j, "option", s->option);
	json_str(j, "series", s->series);
	json_uint(j, "underlying", s->underlying);
	json_int(j, "expiry", s->expiry);
	json_int(j, "strike", s->strike);
	json_int(j, "tick", s->tick);
	json_int(j, "lot", s->lot);
	json_int(j, "freeze", s->freeze);
	json_int(j, "band_low", s->band_low);
	json_int(j, "band_high", s->band_high);
	json_bool(j, "halted", s->halted);
}

static void put_quote(struct json *j, const struct sim_quote *q)
{
	json_int(j, "last", q->last);
	json_int(j, "last_qty", q->last_qty);
	json_int(j, "volume", q->volume);
	json_int(j, "oi", q->oi);
	json_int(j, "open", q->open);
	json_int(j, "high", q->high);
	json_int(j, "low", q->low);
	json_int(j, "close", q->close);
	json_int(j, "average", q->average);
	json_int(j, "total_buy", q->total_buy);
	json_int(j, "total_sell", q->total_sell);
	json_int(j, "trade_time", q->trade_time);
	json_int(j, "update_time", q->update_time);
	json_int(j, "value", q->value);
	json_int(j, "year_high", q->year_high);
	json_int(j, "year_low", q->year_low);
	put_levels(j, "bid", q->bid);
	put_levels(j, "ask", q->ask);
	json_uint(j, "changes", q->changes);
}

void sim_show_quote(struct call *c)
{
	char *segment = query_field(c->r->query, "segment"), *id = query_field(c->r->query, "id");
	const struct scrip *s = sim_api_scrip(c, segment, id);

	if (s) {
		json_object(&c->j, NULL);
		put_scrip(&c->j, s);
		put_quote(&c->j, sim_quote(c->sim, s));
		json_int(&c->j, "status", market_status(c->sim->market, s->segment));
		json_object_end(&c->j);
	}
	free(segment);
	free(id);
}
