#include "lib/core/parity.h"

#include <stdint.h>

#define STRIKES 3

struct candidate { int64_t distance; price_t forward; };

static bool leg_forward(const struct parity_leg *leg, struct candidate *ret)
{
	int64_t difference, forward;

	if (leg->strike <= 0 || leg->call <= 0 || leg->put <= 0)
		return false;
	if (!num_sub(leg->call, leg->put, &difference) || !num_add(leg->strike, difference, &forward) || forward <= 0)
		return false;
	*ret = (struct candidate){ difference < 0 ? -difference : difference, forward };
	return true;
}

/* Keeps the nearest few, sorted; of equals the earlier leg stays, so that the answer does not depend on chance. */
static size_t keep(struct candidate *best, size_t count, struct candidate c)
{
	size_t at = count;

	while (at > 0 && c.distance < best[at - 1].distance)
		at--;
	if (at == STRIKES)
		return count;
	if (count < STRIKES)
		count++;
	for (size_t i = count - 1; i > at; i--)
		best[i] = best[i - 1];
	best[at] = c;
	return count;
}

bool parity_forward(const struct parity_leg *legs, size_t n, price_t *ret)
{
	struct candidate best[STRIKES], c;
	size_t count = 0;
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		if (leg_forward(&legs[i], &c))
			count = keep(best, count, c);
	if (count == 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!num_add(sum, best[i].forward, &sum))
			return false;
	*ret = num_div_round(sum, (int64_t)count);
	return true;
}
