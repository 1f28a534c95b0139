#include "lib/kotak/governor.h"

#include "lib/base/num.h"
#include "lib/base/obj.h"

#define SHUT_FIRST  NANOS_SECOND
#define SHUT_MOST   (30 * NANOS_SECOND)
#define SHUT_URGENT NANOS_SECOND

static uint32_t within(uint32_t n, uint32_t low, uint32_t high)
{
	return n < low ? low : n > high ? high : n;
}

void governor_orders(struct governor *g, uint32_t orders)
{
	uint32_t rate = within(orders, 1, GOVERN_ORDERS_MAX), half = rate / 2;

	g->rate[GOVERN_ORDERS] = rate;
	g->reserve = within(g->reserve_set > half ? g->reserve_set : half, 0, rate - 1);
}

void governor_init(struct governor *g, uint32_t orders, uint32_t reserve, uint32_t reports, uint32_t quotes)
{
	*g = (struct governor){ .reserve_set = reserve, .rate = { within(orders, 1, GOVERN_ORDERS_MAX), within(reports, 1, GOVERN_SLOTS), within(quotes, 1, GOVERN_SLOTS) } };
	g->reserve = within(reserve, 0, g->rate[GOVERN_ORDERS] - 1);
	for (unsigned b = 0; b < GOVERN_BUDGETS; b++)
		for (unsigned i = 0; i < GOVERN_SLOTS; i++)
			g->sent[b][i] = NUM_UNKNOWN;
}

static nanos_t span(enum governor_budget b)
{
	return b == GOVERN_ORDERS ? GOVERN_ORDERS_SPAN : NANOS_SECOND;
}

/* When the request `share` back has left every rolling second, both ends of it counted. */
static nanos_t room_at(const struct governor *g, enum governor_budget b, bool urgent)
{
	uint32_t share = b == GOVERN_ORDERS && !urgent ? g->rate[b] - g->reserve : g->rate[b];
	nanos_t sent = g->sent[b][(g->at[b] + GOVERN_SLOTS - share) % GOVERN_SLOTS];

	return sent == NUM_UNKNOWN ? NUM_UNKNOWN : sent + span(b) + 1;
}

static nanos_t open_at(const struct governor *g, enum governor_budget b, bool urgent)
{
	nanos_t soon = g->shut_at[b] + SHUT_URGENT;

	return b == GOVERN_ORDERS && urgent && soon < g->shut_until[b] ? soon : g->shut_until[b];
}

nanos_t governor_free_at(const struct governor *g, enum governor_budget b, bool urgent, nanos_t now)
{
	nanos_t room = room_at(g, b, urgent), open = open_at(g, b, urgent), at = room > open ? room : open;

	assert(b < GOVERN_BUDGETS);
	return at > now ? at : now;
}

bool governor_take(struct governor *g, enum governor_budget b, bool urgent, nanos_t now)
{
	if (governor_free_at(g, b, urgent, now) > now) {
		g->waited[b]++;
		return false;
	}
	g->sent[b][g->at[b]] = now;
	g->at[b] = (g->at[b] + 1) % GOVERN_SLOTS;
	return true;
}

void governor_429(struct governor *g, enum governor_budget b, nanos_t now, nanos_t wait)
{
	assert(b < GOVERN_BUDGETS);
	g->refused_429[b]++;
	if (wait <= 0) {
		wait = SHUT_FIRST << (g->strikes[b] < 5 ? g->strikes[b] : 5);
		wait = wait < SHUT_MOST ? wait : SHUT_MOST;
		g->strikes[b]++;
	}
	g->shut_at[b] = now;
	if (now + wait > g->shut_until[b])
		g->shut_until[b] = now + wait;
}

void governor_good(struct governor *g, enum governor_budget b)
{
	assert(b < GOVERN_BUDGETS);
	g->strikes[b] = 0;
}
