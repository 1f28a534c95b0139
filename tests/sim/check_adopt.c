/* What was taken over from others, against the ledger. Its book began with no trade of ours, so the account's own net in that contract and product tells what an exit may still close:
 * it may not turn what others hold round, nor make more of it. Only he who trades in the same seconds may be met: the engine looks at the positions five seconds before, no later. */
#include <string.h>

#include "lib/base/obj.h"
#include "tests/sim/check_priv.h"

#define UNSEEN (5 * NANOS_SECOND + 500 * NANOS_MS) /* as old as the positions may be that an exit leaves by, and their answer's way */

static const char *const product_name[] = { [PRODUCT_MIS] = "MIS", [PRODUCT_NRML] = "NRML", [PRODUCT_CNC] = "CNC" };

bool check_adopted(const struct check *c, uint32_t strategy)
{
	return strategy >= c->node->o->strategies;
}

static int64_t net_of(const struct check *c, const char *symbol, const char *product, bool adopted)
{
	int64_t net = 0;

	for (size_t i = 0; i < c->n_held; i++)
		if (check_adopted(c, c->held[i].strategy) == adopted && strcmp(c->held[i].symbol, symbol) == 0 && strcmp(product_name[c->held[i].product], product) == 0)
			net += c->held[i].net;
	return net;
}

int64_t check_adopted_net(const struct check *c, const char *symbol, const char *product)
{
	return net_of(c, symbol, product, true);
}

static const char *product_of(const char *number)
{
	const struct sim_order *o;
	size_t n = sim_broker_orders(sim_world->broker, &o);

	while (n-- > 0)
		if (strcmp(o[n].number, number) == 0)
			return o[n].product;
	return "";
}

struct check_account *check_account_of(struct check *c, const struct sim_trade *t)
{
	const char *symbol = t->symbol, *product = product_of(t->order);
	size_t i = 0;

	while (i < c->n_account && (strcmp(c->account[i].symbol, symbol) != 0 || strcmp(c->account[i].product, product) != 0))
		i++;
	assert(i < CHECK_ACCOUNT);
	if (i == c->n_account) {
		c->account[c->n_account++] = (struct check_account){ .others_at = STAMP_NEVER };
		memcpy(c->account[i].symbol, symbol, sizeof(c->account[i].symbol));
		memcpy(c->account[i].product, product, sizeof(c->account[i].product));
	}
	return &c->account[i];
}

/* They traded when the engine could not have seen it before the order left, or while it worked. */
static bool met(const struct check_account *a, const struct chain *k)
{
	return a->others_at != STAMP_NEVER && (a->others_at >= k->left_at - UNSEEN || sim_world->frozen_at >= k->left_at - UNSEEN);
}

void check_adopt_trade(struct check *c, const struct sim_trade *t, const struct chain *k)
{
	struct check_account *a = check_account_of(c, t);
	int64_t change = t->sell ? -t->qty : t->qty, after;

	a->net += change;
	a->people = a->people || t->actor != SIM_OURS;
	if (t->actor != SIM_OURS || !k) /* whom nobody knows is somebody else */
		a->others_at = t->at;
	if (!k || !check_adopted(c, k->strategy))
		return;
	after = a->net - net_of(c, t->symbol, a->product, false);
	check_that(c, 11, (t->sell ? after >= 0 : after <= 0) || met(a, k) || check_may_flip(c), "exit %s of what was taken over took it from %lld to %lld of %s", k->tag,
	           (long long)(after - change), (long long)after, t->symbol);
}
