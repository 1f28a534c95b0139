/* Which rows of an order book an earlier process of this engine's left behind and the journal does not know: see lost_cancel.c. Their tag tells; but the broker replaces
 * it after a modify, so that any row may be one, as the first book shows it behind a journal without its end. Pure. */
#include <string.h>

#include "lib/broker/kotak/order_merge_priv.h"

/* A tag of a later epoch is somebody's who took over: not ours to touch. */
static bool of_an_earlier_process(const struct merge *m, const struct order_row *r)
{
	uint32_t epoch;
	uint64_t order;

	return order_tag_parse(r->tag, &epoch, &order) && epoch >= ORDER_EPOCH_LIVE && epoch < m->epoch && !idmap_find(&m->by_tag, merge_key(r->tag));
}

static struct merge_lost *find(struct merge *m, const char *number)
{
	for (size_t i = 0; i < m->n_lost; i++)
		if (strcmp(m->lost[i].number, number) == 0)
			return &m->lost[i];
	return NULL;
}

/* A tag of this form that is not an earlier process's is another's; and what an order of ours without a number may be is for that one to find out. */
static bool may_have_been(const struct merge *m, const struct order_row *r)
{
	uint32_t epoch;
	uint64_t order;

	return m->lost_tail && !order_tag_parse(r->tag, &epoch, &order) && !merge_may_be_ours(m, r);
}

static struct merge_lost *add(struct merge *m, const struct order_row *r)
{
	struct merge_lost *l = m->n_lost < MERGE_LOST ? &m->lost[m->n_lost++] : NULL;

	if (!l)
		return NULL;
	*l = (struct merge_lost){ .side = r->side, .qty = r->qty, .amo = r->amo, .tagged = of_an_earlier_process(m, r) };
	merge_text(l->number, sizeof(l->number), r->number);
	merge_text(l->symbol, sizeof(l->symbol), r->symbol);
	return l;
}

void merge_lost_row(struct merge *m, const struct order_row *r, bool first)
{
	struct merge_lost *l = find(m, r->number);

	if (!l && (!first || !(of_an_earlier_process(m, r) || may_have_been(m, r))))
		return;
	if (r->filled > (l ? l->filled : 0)) {
		m->lost_fill = m->span;
		m->want_trades = true;
	}
	if (row_status_terminal(r->status)) {
		if (l)
			*l = m->lost[--m->n_lost];
		return;
	}
	l = l ? l : add(m, r);
	if (l)
		l->filled = r->filled;
}

size_t merge_lost_live(const struct merge *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_lost; i++)
		n += m->lost[i].tagged || m->lost[i].tries > 0;
	return n;
}
