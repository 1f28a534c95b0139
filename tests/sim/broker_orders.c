/* The desk that takes orders: place, modify and cancel as calls: who may, is it well-formed, was it here before; then the answer, and what a gateway makes of the answer. */
#include "tests/sim/broker_priv.h"

#include <stdio.h>

/* -- the limit of ten a second, and what goes wrong before a call is looked at ----------------------------------------------------- */

static uint32_t in_the_last_second(struct sim_broker *b)
{
	uint32_t n = 0;

	for (uint64_t i = 0; i < ARRAY_LEN(b->recent) && i < b->n_recent; i++)
		n += b->recent[i] > b->now - SECOND;
	return n;
}

static bool too_many(struct sim_broker *b, struct sim_answer *ret)
{
	b->recent[b->n_recent++ % ARRAY_LEN(b->recent)] = b->now;
	uint32_t n = in_the_last_second(b);
	bool by_dial = dice(b, SIM_TOO_MANY);

	b->counts.most_in_a_second = n > b->counts.most_in_a_second ? n : b->counts.most_in_a_second;
	if (!by_dial && n <= 10)
		return false;
	answer_json(b, ret, 429, "{\"code\":429,\"error\":\"Rate limit exceeded\",\"message\":\"too many request received\"}");
	if (below(&b->dice_life, 2))
		snprintf(ret->retry_after, sizeof(ret->retry_after), "%u", 1 + (unsigned)below(&b->dice_life, 3));
	return true;
}

static int gateway_status(struct sim_broker *b)
{
	static const int status[] = { 500, 502, 503, 504, 403 };

	return status[below(&b->dice_fault, ARRAY_LEN(status))];
}

/* Orders are taken from the two newest sessions, and from the address the session was made from. */
static bool session_may(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret)
{
	struct session *s = session_of(b, r);
	uint32_t newer = 0;

	if (s)
		session_troubles(b, s);
	if (!s || s->ended || s->stolen) {
		session_refuse(b, r, ret);
		return false;
	}
	for (size_t i = 0; i < SIM_SESSIONS; i++)
		newer += b->sessions[i].trade && b->sessions[i].number > s->number;
	if (!s->wrong_ip && dice(b, SIM_IP_MISMATCH))
		s->wrong_ip = below(&b->dice_fault, 4) ? 1037 : 100008;
	if (s->wrong_ip == 1037 || newer > 1)
		answer_not_ok(b, ret, 1037, "session ip doesnt match with reqest ip");
	else if (s->wrong_ip)
		answer_not_ok(b, ret, 100008, "unauthorized");
	else
		return true;
	return false;
}

static bool body_invalid(struct sim_broker *b, struct sim_answer *ret)
{
	answer_json(b, ret, 400, "{\"stCode\":1007,\"errMsg\":\"body invalid\",\"stat\":\"bad request\"}");
	return false;
}

static bool admitted(struct sim_broker *b, const struct sim_request *r, struct fields *f, struct sim_answer *ret)
{
	if (too_many(b, ret))
		return false;
	if (dice(b, SIM_ERROR_BEFORE)) {
		answer_gateway(b, ret, gateway_status(b));
		return false;
	}
	if (!session_may(b, r, ret))
		return false;
	return fields_of_form(f, r->body, r->body_len) || body_invalid(b, ret);
}

/* Done, and the answer says so, unless something between us and the client eats it. */
static void conclude(struct sim_broker *b, const char *number, struct sim_answer *ret)
{
	answer_json(b, ret, 200, "{\"stat\":\"Ok\",\"nOrdNo\":\"%s\",\"stCode\":200}", number);
	if (dice(b, SIM_ERROR_AFTER_ACCEPT))
		answer_gateway(b, ret, gateway_status(b));
	else if (dice(b, SIM_BODY_CUT))
		ret->len = 1 + below(&b->dice_fault, ret->len - 1);
	else if (dice(b, SIM_BODY_HTML))
		answer_gateway(b, ret, 200);
	else if (dice(b, SIM_BODY_EMPTY))
		ret->len = 0;
}

/* -- tags are unique for the day -------------------------------------------------------------------------------------------------- */

static uint32_t *tag_slot(struct sim_broker *b, const char *tag)
{
	uint64_t hash = UINT64_C(0xCBF29CE484222325);

	for (const char *c = tag; *c; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001B3);
	size_t i = hash % SIM_TAGS;

	while (b->tags[i] && strcmp(b->orders[b->tags[i] - 1].tag, tag))
		i = (i + 1) % SIM_TAGS;
	return &b->tags[i];
}

/* -- place ------------------------------------------------------------------------------------------------------------------------ */

struct place { struct terms terms; int instrument; bool sell, amo; const char *product, *tag; };

static bool one_of(const char *text, const char *const *list, size_t *ret)
{
	for (size_t i = 0; text && list[i]; i++)
		if (!strcmp(text, list[i])) {
			if (ret)
				*ret = i;
			return true;
		}
	return false;
}

/* "0" is a price, "0.0" is not. */
static bool price_given(const char *text, int64_t *ret)
{
	return text && text_paise(text, ret) && (*ret || !strcmp(text, "0"));
}

static bool terms_given(const struct fields *f, const char *validity, struct terms *ret)
{
	static const char *const types[] = { "L", "MKT", "SL", "SL-M", NULL }, *const validities[] = { "DAY", "IOC", NULL };
	const char *qty = fields_get(f, "qt");
	size_t type, valid;

	if (!one_of(fields_get(f, "pt"), types, &type) || !one_of(fields_get(f, validity), validities, &valid))
		return false;
	ret->type = (enum order_type)type;
	ret->ioc = valid == 1;
	return qty && text_count(qty, &ret->qty) && ret->qty > 0 && price_given(fields_get(f, "pr"), &ret->price) && price_given(fields_get(f, "tp"), &ret->trigger);
}

static bool place_given(struct sim_broker *b, const struct fields *f, struct place *ret)
{
	static const char *const products[] = { "CNC", "NRML", "MIS", "MTF", NULL }, *const sides[] = { "B", "S", NULL }, *const amos[] = { "NO", "YES", NULL };
	size_t side, amo;
	const char *symbol = fields_get(f, "ts"), *segment = fields_get(f, "es");

	if (!symbol || !segment || !fields_get(f, "dq") || !fields_get(f, "mp") || !terms_given(f, "rt", &ret->terms))
		return false;
	if (!one_of(fields_get(f, "pc"), products, NULL) || !one_of(fields_get(f, "tt"), sides, &side) || !one_of(fields_get(f, "am"), amos, &amo))
		return false;
	ret->product = fields_get(f, "pc");
	ret->tag = fields_get(f, "ig") ? fields_get(f, "ig") : "";
	ret->sell = side == 1;
	ret->amo = amo == 1 && !(b->now >= b->market_open && b->now < b->day + (15 * 60 + 40) * MINUTE);
	ret->instrument = master_find(b, symbol);
	if (ret->instrument >= 0 && strcmp(segment, master_segment(&b->instruments[ret->instrument])))
		ret->instrument = -1;
	return strlen(ret->tag) < sizeof(b->orders[0].tag) && strlen(symbol) < sizeof(b->orders[0].symbol);
}

/* Buy above, sell below the last price by the published grid; each band ends below its bound. */
int64_t desk_protected(const struct instrument *in, bool sell)
{
	static const struct { int64_t below, ten_thousandths; } options[] = { { 500, 1000 }, { 1000, 500 }, { 10000, 300 }, { 50000, 200 }, { INT64_MAX, 100 } };
	static const struct { int64_t below, ten_thousandths; } shares[] = { { 10000, 200 }, { 50000, 100 }, { INT64_MAX, 50 } };
	int64_t band = 10;

	if (!in->ltp)
		return 0;
	if (!master_option(in)) {
		size_t i = 0;

		while (in->ltp >= shares[i].below)
			i++;
		band = in->ltp * shares[i].ten_thousandths / 10000;
	} else if (in->ltp >= 100) {
		size_t i = 0;

		while (in->ltp >= options[i].below)
			i++;
		band = in->ltp * options[i].ten_thousandths / 10000;
	}
	int64_t price = (sell ? in->ltp - band : in->ltp + band) / in->tick * in->tick;

	return price < in->tick ? in->tick : price;
}

/* A market order becomes a limit; a limit of nothing becomes one of a rupee. */
static void settle_price(const struct instrument *in, bool sell, struct terms *t)
{
	if (t->type == TYPE_MARKET)
		t->price = desk_protected(in, sell);
	if (t->type == TYPE_LIMIT && !t->price)
		t->price = 100;
}

uint32_t desk_order(struct sim_broker *b, enum sim_actor actor, size_t instrument, bool sell, const char *product, const struct terms *t)
{
	uint32_t i = (uint32_t)b->n_orders++;
	struct ist day = text_ist(b->now);

	assert(b->n_orders <= SIM_ORDERS);
	struct sim_order *o = &b->orders[i];
	struct order_more *m = &b->more[i];

	snprintf(o->number, sizeof(o->number), "%02d%02d%02d%09u", day.year % 100, day.month, day.day, 1000 + i);
	text_copy(o->symbol, sizeof(o->symbol), b->instruments[instrument].symbol);
	text_copy(o->product, sizeof(o->product), product);
	o->actor = actor;
	o->sell = sell;
	o->accepted = o->changed = b->now;
	m->instrument = (uint32_t)instrument;
	m->terms = *t;
	settle_price(&b->instruments[instrument], sell, &m->terms);
	o->qty = m->terms.qty;
	o->price = m->terms.price;
	o->trigger = m->terms.trigger;
	m->updated = b->last_update = b->now > b->last_update ? b->now : b->last_update + 1;
	b->work[b->n_work++] = i;
	b->version[BOOK_ORDERS]++;
	return i;
}

static bool reject_at_once(struct sim_broker *b, bool place, struct sim_answer *ret)
{
	static const struct { int code; const char *text; } known[] = { { 1004, "Insufficient balance." }, { 1017, "algo order not allowed" }, { 32, "error from core" } };
	size_t i = below(&b->dice_fault, place ? 2 : 1);

	b->counts.rejected++;
	if (place)
		answer_not_ok(b, ret, known[i].code, known[i].text);
	else
		answer_not_ok(b, ret, known[2].code, known[2].text);
	return true;
}

static bool refused(struct sim_broker *b, const struct place *p, struct sim_answer *ret)
{
	if (p->instrument < 0)
		answer_not_ok(b, ret, 1009, "Invalid instrument/code");
	else if (*p->tag && *tag_slot(b, p->tag))
		answer_not_ok(b, ret, below(&b->dice_life, 2) ? 5204 : 32, "Put Order Response : Client OrderID already exists");
	else if (dice(b, SIM_REJECT_AT_ONCE))
		return reject_at_once(b, true, ret);
	else
		return false;
	b->counts.rejected++;
	return true;
}

static void show_tag(struct sim_broker *b, uint32_t order)
{
	struct order_more *m = &b->more[order];
	const char *tag = b->orders[order].tag;

	if (*tag)
		text_copy(m->shown_tag, sizeof(m->shown_tag), tag);
	else if (below(&b->dice_life, 2))
		snprintf(m->shown_tag, sizeof(m->shown_tag), "%lld-%u-%s-ADMINAPI", (long long)(b->now / SECOND), 266187 + order, sim_broker_account()->ucc);
	if (strlen(tag) > 1 && dice(b, SIM_TAG_CUT))
		m->shown_tag[1 + below(&b->dice_fault, strlen(tag) - 1)] = '\0';
}

void desk_place(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret)
{
	struct fields f;
	struct place p;

	b->counts.places++;
	if (!admitted(b, r, &f, ret))
		return;
	if (!place_given(b, &f, &p)) {
		body_invalid(b, ret);
		return;
	}
	if (refused(b, &p, ret))
		return;
	uint32_t i = desk_order(b, SIM_OURS, (size_t)p.instrument, p.sell, p.product, &p.terms);

	text_copy(b->orders[i].tag, sizeof(b->orders[i].tag), p.tag);
	if (*p.tag)
		*tag_slot(b, p.tag) = i + 1;
	show_tag(b, i);
	b->more[i].amo = p.amo;
	b->more[i].late_reject = dice(b, SIM_REJECT_LATE);
	b->counts.accepted++;
	if (dice(b, SIM_LATE_MATERIALISE)) {
		b->orders[i].hidden = true;
		event_add(b, b->now + 1 + (b->dials.late_most > 1 ? (sim_ns)below(&b->dice_fault, (uint64_t)b->dials.late_most) : 0), EVENT_MATERIALISE, i, 0);
		answer_gateway(b, ret, 504);
		return;
	}
	life_begin(b, i, dice(b, SIM_FEED_FIRST));
	conclude(b, b->orders[i].number, ret);
}

/* -- modify and cancel -------------------------------------------------------------------------------------------------------------- */

int desk_find(const struct sim_broker *b, const char *number)
{
	int64_t n;

	if (strlen(number) != 15 || !text_count(number + 6, &n) || n < 1000 || n - 1000 >= (int64_t)b->n_orders)
		return -1;
	return strcmp(b->orders[n - 1000].number, number) || b->orders[n - 1000].hidden ? -1 : (int)(n - 1000);
}

/* The order a modify or cancel means, still working; answered if not. */
static int order_meant(struct sim_broker *b, const char *number, bool cancel, struct sim_answer *ret)
{
	int i = number ? desk_find(b, number) : -1;

	if (!number)
		body_invalid(b, ret);
	else if (i < 0)
		answer_not_ok(b, ret, 1006, cancel ? "Order already cancelled or not found." : "Order cannot be modified as it is already executed.");
	else if (life_over(b->more[i].stage))
		answer_json(b, ret, 200, "{\"stCode\":1021,\"errMsg\":\"order is completed\",\"stat\":\"please provide valid order number\"}");
	else
		return i;
	return -1;
}

void desk_modify(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret)
{
	struct fields f;
	struct terms terms;

	b->counts.modifies++;
	if (!admitted(b, r, &f, ret))
		return;
	if (!fields_get(&f, "dq") || !fields_get(&f, "mp") || !fields_get(&f, "am") || !terms_given(&f, "vd", &terms)) {
		body_invalid(b, ret);
		return;
	}
	int i = order_meant(b, fields_get(&f, "no"), false, ret);

	if (i < 0 || (dice(b, SIM_REJECT_AT_ONCE) && reject_at_once(b, false, ret)))
		return;
	settle_price(&b->instruments[b->more[i].instrument], b->orders[i].sell, &terms);
	b->more[i].next = terms;
	life_change(b, (uint32_t)i, 1);
	conclude(b, b->orders[i].number, ret);
}

void desk_cancel(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret)
{
	struct fields f;

	b->counts.cancels++;
	if (!admitted(b, r, &f, ret))
		return;
	const char *amo = fields_get(&f, "am");
	int i = order_meant(b, fields_get(&f, "on"), true, ret);

	if (i < 0 || (dice(b, SIM_REJECT_AT_ONCE) && reject_at_once(b, false, ret)))
		return;
	if (b->more[i].stage == STAGE_AMO && (!amo || strcmp(amo, "YES"))) {
		answer_json(b, ret, 200, "{\"stCode\":14,\"errMsg\":\"error from core\",\"desc\":\"ErrorCode(16) -> ErrorText(hash error)\",\"stat\":\"Not_Ok\"}");
		return;
	}
	life_change(b, (uint32_t)i, 2);
	conclude(b, b->orders[i].number, ret);
}
