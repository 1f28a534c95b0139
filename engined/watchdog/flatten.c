#include "engined/watchdog/flatten.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/core/order.h"

#define CANCEL_AGAIN (3 * NANOS_SECOND)
#define STEP_EDGE 8 /* beyond 128 %: the edge of the band */
#define TICK_USUAL 500

/* -- how much ------------------------------------------------------------------------------------------------------------------ */

static qty_t signed_fill(const struct flatten_order *o)
{
	return o->side == SIDE_BUY ? o->filled : -o->filled;
}

/* It may still fill. */
static bool alive(const struct flatten_order *o)
{
	return !o->ended && o->sent != SENT_REFUSED;
}

struct holding { qty_t ours, all; bool traded; };

static struct holding holding_of(const struct flatten *f, uint32_t contract)
{
	struct holding h = { 0 };

	for (size_t i = 0; i < f->n; i++) {
		const struct flatten_order *o = &f->order[i];

		if (o->contract != contract || !o->mis)
			continue;
		h.all += signed_fill(o);
		h.ours += o->ours ? signed_fill(o) : 0;
		h.traded = h.traded || o->filled > 0;
	}
	return h;
}

static qty_t least(qty_t a, qty_t b) { return a < b ? a : b; }

/* What may be closed, signed: never more than anybody's count of it, and nothing where they disagree about the side. */
static qty_t closable(const struct flatten *f, uint32_t contract)
{
	const struct flatten_contract *c = &f->contract[contract];
	struct holding h = holding_of(f, contract);
	qty_t sign, most;

	if (f->foreign)
		return c->net;
	sign = h.ours > 0 ? 1 : -1;
	most = least(h.ours * sign, least(c->net * sign, h.all * sign));
	return most > 0 ? most * sign : 0;
}

/* Every order of ours that would make it smaller, as far as it may still fill. */
static qty_t at_work(const struct flatten *f, uint32_t contract, enum side side)
{
	qty_t sum = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct flatten_order *o = &f->order[i];

		if (o->ours && o->contract == contract && o->side == side && alive(o))
			sum += o->qty - o->filled;
	}
	return sum;
}

static qty_t size_of(qty_t held) { return held > 0 ? held : -held; }

static enum side closing(qty_t held)
{
	return held > 0 ? SIDE_SELL : SIDE_BUY;
}

/* Somebody else closed a part: what is at work would go beyond flat. One reading is not enough: between book and positions an exit may have filled. */
static void look_for_surplus(struct flatten *f)
{
	for (uint32_t i = 0; i < f->contracts; i++) {
		qty_t held = closable(f, i), sell = at_work(f, i, SIDE_SELL), buy = at_work(f, i, SIDE_BUY);
		bool over = held > 0 ? sell > held : held < 0 ? buy > -held : sell > 0 || buy > 0;

		f->contract[i].surplus = over ? f->contract[i].surplus + 1 : 0;
	}
}

void flatten_positions_end(struct flatten *f, bool whole)
{
	CHECK_OBJ(f, FLATTEN_MAGIC);
	f->positions_whole = whole;
	if (whole)
		look_for_surplus(f);
}

/* -- at what price -------------------------------------------------------------------------------------------------------------- */

static price_t average_of(const struct flatten *f, uint32_t contract)
{
	for (size_t i = f->n; i-- > 0;)
		if (f->order[i].contract == contract && f->order[i].average > 0)
			return f->order[i].average;
	return 0;
}

static price_t on_tick(price_t price, price_t tick, bool up)
{
	price_t down = num_div_floor(price, tick) * tick;

	return up && down < price ? down + tick : down;
}

static price_t within(const struct flatten_contract *c, price_t price, price_t tick)
{
	if (c->low > 0 && price < c->low)
		price = on_tick(c->low, tick, true);
	if (c->high > 0 && price > c->high)
		price = on_tick(c->high, tick, false);
	return price < tick ? tick : price;
}

/* Two ticks through the market, then 1, 2, 4 ... percent, to the edge of the band. 0 without any price to start from. */
static price_t exit_price(const struct flatten *f, uint32_t contract, enum side side)
{
	const struct flatten_contract *c = &f->contract[contract];
	price_t tick = c->tick > 0 ? c->tick : TICK_USUAL, base = side == SIDE_SELL ? c->bid : c->ask, edge = side == SIDE_SELL ? c->low : c->high, away;

	base = base > 0 ? base : c->last > 0 ? c->last : average_of(f, contract);
	if (edge > 0 && (base <= 0 || c->step > STEP_EDGE))
		return within(c, edge, tick);
	if (base <= 0)
		return 0;
	away = c->step == 0 ? 0 : base / 100 * (INT64_C(1) << (c->step - 1));
	away = away > 2 * tick ? away : 2 * tick;
	return within(c, side == SIDE_SELL ? on_tick(base - away, tick, false) : on_tick(base + away, tick, true), tick);
}

bool flatten_priced(const struct flatten *f, uint32_t contract)
{
	return closable(f, contract) != 0;
}

/* -- requests -------------------------------------------------------------------------------------------------------------------- */

static bool wants_cancel(const struct flatten_contract *c, const struct flatten_order *o, nanos_t now)
{
	bool stale = !o->exit || o->modifies >= FLATTEN_MODIFIES || c->surplus >= 2;

	return o->ours && stale && alive(o) && o->number[0] && !o->changing && (o->cancelled == 0 || now - o->cancelled >= CANCEL_AGAIN);
}

static bool next_cancel(struct flatten *f, nanos_t now, struct flatten_act *ret)
{
	for (size_t i = 0; i < f->n; i++) {
		struct flatten_order *o = &f->order[i];

		if (!wants_cancel(&f->contract[o->contract], o, now))
			continue;
		o->changing = true;
		o->cancelled = now;
		f->cancels++;
		*ret = (struct flatten_act){ .what = FLATTEN_CANCEL, .order = (uint32_t)i };
		return true;
	}
	return false;
}

/* One step a second while an exit rests. */
static void walk(struct flatten *f, nanos_t now)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct flatten_order *o = &f->order[i];
		struct flatten_contract *c = &f->contract[o->contract];

		if (!o->exit || o->sent != SENT_TOLD || o->ended || now - c->walked < FLATTEN_WALK)
			continue;
		c->walked = now;
		c->step += c->step <= STEP_EDGE;
	}
}

static bool next_modify(struct flatten *f, nanos_t now, struct flatten_act *ret)
{
	for (size_t i = 0; i < f->n; i++) {
		struct flatten_order *o = &f->order[i];
		price_t price;

		if (!o->exit || o->sent != SENT_TOLD || o->ended || o->changing || o->cancelled || !o->seen || o->modifies >= FLATTEN_MODIFIES)
			continue;
		price = exit_price(f, o->contract, (enum side)o->side);
		if (price == 0 || price == o->price || (o->modified && now - o->modified < FLATTEN_WALK))
			continue;
		o->changing = true;
		o->modified = now;
		o->modifies++;
		f->modifies++;
		*ret = (struct flatten_act){ .what = FLATTEN_MODIFY, .order = (uint32_t)i, .price = price };
		return true;
	}
	return false;
}

/* The letters a symbol begins with: contracts of one underlying share them. */
static size_t underlying(const char *symbol)
{
	return strcspn(symbol, "0123456789");
}

static bool same_underlying(const struct flatten_contract *a, const struct flatten_contract *b)
{
	size_t len = underlying(a->symbol);

	return len == underlying(b->symbol) && strncmp(a->symbol, b->symbol, len) == 0;
}

/* A long that may be the hedge of a short that is not closed yet. */
static bool is_hedge(const struct flatten *f, uint32_t contract)
{
	if (closable(f, contract) <= 0)
		return false;
	for (uint32_t i = 0; i < f->contracts; i++)
		if (i != contract && same_underlying(&f->contract[i], &f->contract[contract]) && closable(f, i) < 0)
			return true;
	return false;
}

static qty_t largest_taken(const struct flatten *f, uint32_t contract)
{
	qty_t most = 0;

	for (size_t i = 0; i < f->n; i++)
		if (f->order[i].contract == contract && f->order[i].filled > 0 && f->order[i].qty > most)
			most = f->order[i].qty;
	return most;
}

static qty_t slice(const struct flatten *f, uint32_t contract, qty_t want)
{
	const struct flatten_contract *c = &f->contract[contract];
	qty_t most = c->freeze >= c->lot && c->freeze > 0 ? c->freeze : largest_taken(f, contract);

	want = most > 0 && want > most ? most : want;
	return c->lot > 1 && want > c->lot ? want / c->lot * c->lot : want;
}

static uint32_t add_exit(struct flatten *f, uint32_t contract, enum side side, qty_t qty, nanos_t now)
{
	struct flatten_order *o = flatten_add(f);

	*o = (struct flatten_order){ .contract = contract, .side = (uint8_t)side, .sent = SENT_DUE, .mis = true, .ours = true, .exit = true, .qty = qty,
	                             .created = now };
	order_tag(f->epoch, f->next++, o->tag);
	f->contract[contract].walked = now;
	return (uint32_t)(o - f->order);
}

static bool give_place(struct flatten *f, uint32_t at, price_t price, struct flatten_act *ret)
{
	struct flatten_order *o = &f->order[at];

	o->sent = SENT_UNDER_WAY;
	o->price = price;
	o->proofs = 0;
	o->late_proof = false;
	f->exits++;
	*ret = (struct flatten_act){ .what = FLATTEN_PLACE, .order = at, .price = price };
	return true;
}

/* Proven absent: once more under its own tag, if there is still that much to close. Its quantity counted as at work all the time. */
static bool next_again(struct flatten *f, struct flatten_act *ret)
{
	for (uint32_t i = 0; i < f->n; i++) {
		struct flatten_order *o = &f->order[i];
		qty_t held;
		price_t price;

		if (!o->exit || o->sent != SENT_DUE)
			continue;
		held = closable(f, o->contract);
		if (held == 0 || closing(held) != o->side || at_work(f, o->contract, (enum side)o->side) > size_of(held)) {
			o->sent = SENT_REFUSED; /* not wanted any more; should it turn up, it is a row like any other */
			o->exit = false;
			continue;
		}
		if ((price = exit_price(f, o->contract, (enum side)o->side)) > 0)
			return give_place(f, i, price, ret);
	}
	return false;
}

static bool next_place(struct flatten *f, nanos_t now, bool shorts, struct flatten_act *ret)
{
	for (uint32_t i = 0; i < f->contracts; i++) {
		struct flatten_contract *c = &f->contract[i];
		qty_t held = closable(f, i), want;
		price_t price;

		if (held == 0 || (held < 0) != shorts || is_hedge(f, i) || now < c->again || c->segment == SEGMENT_COUNT)
			continue;
		want = size_of(held) - at_work(f, i, closing(held));
		price = want > 0 ? exit_price(f, i, closing(held)) : 0;
		if (price > 0)
			return give_place(f, add_exit(f, i, closing(held), slice(f, i, want), now), price, ret);
	}
	return false;
}

bool flatten_next(struct flatten *f, nanos_t now, bool open, struct flatten_act *ret)
{
	CHECK_OBJ(f, FLATTEN_MAGIC);
	if (!open || !f->book_whole)
		return false;
	if (next_cancel(f, now, ret))
		return true;
	if (!f->positions_whole)
		return false;
	walk(f, now);
	return next_modify(f, now, ret) || next_again(f, ret) || next_place(f, now, true, ret) || next_place(f, now, false, ret);
}

/* -- answers ------------------------------------------------------------------------------------------------------------------------ */

static void placed(struct flatten *f, struct flatten_order *o, enum flatten_answer answer, const char *number, nanos_t now)
{
	struct flatten_contract *c = &f->contract[o->contract];

	o->tried = now;
	if (o->sent == SENT_TOLD) /* a book was quicker */
		return;
	if (answer == FLATTEN_OK && number[0]) {
		snprintf(o->number, sizeof(o->number), "%s", number);
		o->sent = SENT_TOLD;
	} else if (answer == FLATTEN_NOT_DONE) {
		o->sent = SENT_REFUSED;
		c->refusals++;
		c->step = 0;
		c->again = now + flatten_patience(c->refusals);
	} else
		o->sent = SENT_UNKNOWN;
}

void flatten_answer(struct flatten *f, const struct flatten_act *act, enum flatten_answer answer, const char *number, nanos_t now)
{
	struct flatten_order *o = &f->order[act->order];

	CHECK_OBJ(f, FLATTEN_MAGIC);
	if (act->what == FLATTEN_PLACE)
		placed(f, o, answer, number, now);
	else {
		o->changing = false;
		if (act->what == FLATTEN_MODIFY && answer == FLATTEN_OK)
			o->price = act->price; /* until a row says otherwise */
	}
}

/* -- is it done? -------------------------------------------------------------------------------------------------------------------- */

static bool contract_flat(const struct flatten *f, uint32_t contract)
{
	struct holding h = holding_of(f, contract);

	/* Even a closed position keeps its row for the day: one that is missing was not read. */
	return h.traded && !f->contract[contract].shown ? h.ours == 0 : closable(f, contract) == 0;
}

static unsigned open_orders(const struct flatten *f)
{
	unsigned n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += f->order[i].ours && alive(&f->order[i]);
	return n;
}

enum flatten_verdict flatten_judge(struct flatten *f, nanos_t now)
{
	bool flat = !f->overfull && open_orders(f) == 0;

	CHECK_OBJ(f, FLATTEN_MAGIC);
	if (!f->book_whole || !f->positions_whole)
		return FLATTEN_READING; /* what was flat before is not made doubtful by a reading that failed */
	for (uint32_t i = 0; i < f->contracts; i++)
		flat = flat && contract_flat(f, i);
	if (!flat) {
		f->flat_readings = 0;
		return FLATTEN_WORKING;
	}
	if (f->flat_readings++ == 0)
		f->flat_since = now;
	return f->flat_readings >= 3 && now - f->flat_since >= FLATTEN_SETTLED ? FLATTEN_FLAT : FLATTEN_WORKING;
}

void flatten_text(const struct flatten *f, char *text, size_t size)
{
	unsigned orders = open_orders(f);
	size_t len = 0;

	snprintf(text, size, "nothing");
	for (uint32_t i = 0; i < f->contracts && len + 64 < size; i++)
		if (!contract_flat(f, i))
			len += (size_t)snprintf(text + len, size - len, "%s%s %+" PRId64, len ? ", " : "", f->contract[i].symbol, holding_of(f, i).ours);
	if (orders > 0 && len + 32 < size)
		snprintf(text + len, size - len, "%s%u orders open", len ? ", " : "", orders);
}
