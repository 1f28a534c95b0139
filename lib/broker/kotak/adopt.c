/* What others hold beyond our books, with the broker's evidence, as an offer to the core, which takes it over where the policy says so (lib/core/adopt.c). Made only of positions that
 * were compared: nothing of ours at work, no young trade, no book unread. More than today's trades of others explain is offered to nobody: whose it is is not known. */
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/broker/kotak/kotak_priv.h"

static const char *const product_names[] = { [PRODUCT_MIS] = "MIS", [PRODUCT_NRML] = "NRML" };

/* What the account holds under a product beyond our books. */
static qty_t beyond(const struct kotak *k, uint32_t instrument, enum product product)
{
	const struct core *c = k->o.core;
	qty_t net = 0;

	for (size_t i = 0; i < k->positions; i++)
		if (strcmp(k->position[i].symbol, c->instrument[instrument].symbol) == 0 && strcmp(k->position[i].product, product_names[product]) == 0)
			net += k->position[i].net;
	for (uint32_t i = 0; i < c->s->strategies; i++)
		if (c->slot[i].book.qty != 0 && c->slot[i].book.instrument == instrument && slot_product(&c->slot[i]) == product)
			net -= c->slot[i].book.qty;
	return net;
}

static qty_t own_net(const struct core *c, uint32_t instrument)
{
	qty_t net = 0;

	for (uint32_t i = 0; i < c->s->strategies; i++)
		if (c->slot[i].book.qty != 0 && c->slot[i].book.instrument == instrument)
			net += c->slot[i].book.qty;
	return net;
}

/* Taken over before, and less of it is there: whoever closed it, it is gone. */
static bool given_back(const struct core *c, uint32_t instrument, enum product product, qty_t qty)
{
	for (uint32_t i = 0; i < c->s->strategies; i++) {
		const struct slot *s = &c->slot[i];

		if (slot_adopted(s) && s->book.qty != 0 && s->book.instrument == instrument && slot_product(s) == product && (s->book.qty > 0) != (qty > 0))
			return true;
	}
	return false;
}

/* An entry there that no order book shows may have been what made the difference. */
static bool entry_lost(const struct core *c, uint32_t instrument)
{
	for (uint32_t i = 0; c->s->live_orders > 0 && i < c->s->limits.orders; i++)
		if (c->order[i].request.order != 0 && c->order[i].instrument == instrument && c->order[i].state == ORDER_ABSENT)
			return true;
	return false;
}

/* Others traded as much that way since the account was last as our books are: whoever was taken over from has closed it. */
static bool seen_closing(const struct merge_stranger *s, qty_t qty)
{
	return s && merge_stranger_traded(s, qty > 0 ? SIDE_BUY : SIDE_SELL) >= (qty > 0 ? qty : -qty);
}

/* Explained by trades of today, and no order of theirs is at work that would change it. */
static bool theirs(const struct kotak *k, const struct merge_stranger *s, qty_t qty, qty_t explained)
{
	return (k->o.core->s->start.flags & START_FOREIGN_ADOPT) != 0 && s && s->orders == 0 && (qty > 0 ? explained >= qty : explained <= qty);
}

static void offer(struct kotak *k, uint32_t instrument, enum product product, qty_t qty, const struct merge_stranger *s)
{
	struct event e;

	event_init(&e, EVENT_ADOPT, k->merge.stamp, instrument);
	e.adopt = (struct event_adopt){ .product = (uint32_t)product, .qty = qty, .ours = own_net(k->o.core, instrument),
	                                .price = s ? merge_stranger_price(s, qty > 0 ? SIDE_BUY : SIDE_SELL) : 0 };
	if (s)
		snprintf(e.adopt.orders, sizeof(e.adopt.orders), "%s", s->numbers);
	k->broker.emit(k->broker.emit_ctx, &e);
}

void adopt_offer(struct kotak *k, const char *symbol, qty_t explained)
{
	const struct core *c = k->o.core;
	const struct merge_stranger *s = merge_stranger_of(&k->merge, symbol);
	uint32_t at = core_find_instrument(c, symbol);

	for (enum product p = PRODUCT_MIS; at != INSTRUMENT_NONE && p <= PRODUCT_NRML; p++) {
		qty_t qty = beyond(k, at, p);
		bool back = qty != 0 && given_back(c, at, p, qty) && (!entry_lost(c, at) || seen_closing(s, qty));

		if (back || (qty != 0 && theirs(k, s, qty, explained)))
			offer(k, at, p, qty, s);
	}
}
