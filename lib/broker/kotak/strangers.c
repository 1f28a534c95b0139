/* Others in the account: what people and the broker itself trade of each contract in a day, and how many orders of theirs are at work. */
#include <string.h>

#include "lib/broker/kotak/order_merge_priv.h"

const struct merge_stranger *merge_stranger_of(const struct merge *m, const char *symbol)
{
	for (size_t i = 0; i < m->n_strangers; i++)
		if (strcmp(m->stranger[i].symbol, symbol) == 0)
			return &m->stranger[i];
	return NULL;
}

qty_t merge_strangers(const struct merge *m, const char *symbol)
{
	const struct merge_stranger *s = merge_stranger_of(m, symbol);

	return s ? s->people + s->broker : 0;
}

/* Beyond that many contracts in a day what they hold is unexplained. NULL then. */
static struct merge_stranger *stranger(struct merge *m, const char *symbol)
{
	const struct merge_stranger *known = merge_stranger_of(m, symbol);
	struct merge_stranger *s;

	if (known)
		return &m->stranger[known - m->stranger];
	if (m->n_strangers == MERGE_STRANGERS)
		return NULL;
	s = &m->stranger[m->n_strangers++];
	*s = (struct merge_stranger){ 0 };
	merge_text(s->symbol, sizeof(s->symbol), symbol);
	return s;
}

/* One value beyond reckoning makes the whole so. */
static void count(struct tally *t, qty_t qty, price_t price)
{
	money_t value;

	t->qty += qty;
	t->value = t->value != NUM_UNKNOWN && num_mul(qty, price, &value) && num_add(t->value, value, &t->value) ? t->value : NUM_UNKNOWN;
}

static void remember_number(struct merge_stranger *s, const char *number)
{
	size_t used = strlen(s->numbers), len = strlen(number);

	if (strstr(s->numbers, number))
		return;
	if (used + len + 5 >= sizeof(s->numbers)) {
		used = 0;
		memcpy(s->numbers, "... ", 5);
		used = 4;
	}
	memset(s->numbers + used, 0, sizeof(s->numbers) - used);
	memcpy(s->numbers + used, number, len);
	s->numbers[used + len] = ' ';
}

void merge_stranger_settle(struct merge_stranger *s)
{
	s->settled_people = s->people;
	s->settled_broker = s->broker;
	s->settled_bought = s->bought;
	s->settled_sold = s->sold;
	memset(s->numbers, 0, sizeof(s->numbers));
}

qty_t merge_stranger_traded(const struct merge_stranger *s, enum side side)
{
	return side == SIDE_BUY ? s->bought.qty - s->settled_bought.qty : s->sold.qty - s->settled_sold.qty;
}

price_t merge_stranger_price(const struct merge_stranger *s, enum side side)
{
	const struct tally *all = side == SIDE_BUY ? &s->bought : &s->sold, *settled = side == SIDE_BUY ? &s->settled_bought : &s->settled_sold;
	qty_t qty = merge_stranger_traded(s, side);

	if (all->value == NUM_UNKNOWN || settled->value == NUM_UNKNOWN || qty <= 0 || all->value <= settled->value)
		return 0;
	return num_div_round(all->value - settled->value, qty);
}

/* No field of a trade tells who made it, so the hour does. */
void merge_stranger_trade(struct merge *m, const struct trade_row *t, int sign)
{
	struct merge_stranger *s = stranger(m, t->symbol);
	qty_t qty = (t->side == SIDE_BUY ? t->qty : -t->qty) * sign;

	if (s)
		count(t->side == SIDE_BUY ? &s->bought : &s->sold, t->qty * sign, t->price);
	if (s && sign > 0)
		remember_number(s, t->number);

	if (s && stamp_time_of_day(t->stamp ? t->stamp : m->stamp) >= MERGE_SQUARE_OFF)
		s->broker += qty;
	else if (s)
		s->people += qty;
}

/* An order of ours whose number is not known yet looks like it: the next book says whose it is. One that was given up is never known, but by its tag. A tag of
 * this form is its order's own: the broker replaces one or cuts it, and never puts that of another order there. */
bool merge_may_be_ours(const struct merge *m, const struct order_row *r)
{
	uint32_t epoch;
	uint64_t order;

	if (order_tag_parse(r->tag, &epoch, &order))
		return false;
	for (size_t i = 0; i < m->n; i++)
		if (m->order[i].number[0] == '\0' && (m->order[i].placing || (merge_findable(&m->order[i]) && !m->order[i].lost)) && merge_same_terms(&m->order[i], r))
			return true;
	return false;
}

void merge_stranger_row(struct merge *m, const struct order_row *r)
{
	bool ours = merge_may_be_ours(m, r);
	struct merge_stranger *s = row_status_terminal(r->status) || ours ? NULL : stranger(m, r->symbol);

	if (!ours)
		idmap_add(&m->apart, merge_key(r->number), 0);
	if (s)
		s->counted++;
}

void merge_strangers_book(struct merge *m, bool ended)
{
	for (size_t i = 0; i < m->n_strangers; i++) {
		m->stranger[i].orders = ended ? m->stranger[i].counted : m->stranger[i].orders;
		m->stranger[i].counted = 0;
	}
}
