#include "tests/neosim/past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/obj.h"

static void *room_for(void *list, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return list;
	*room = *room ? 2 * *room : 64;
	list = realloc(list, *room * size);
	assert(list);
	return list;
}

const struct past_step *past_add_step(struct past *p, const struct sim_order *o, const char *status, int64_t at)
{
	struct past_step *s;

	if (o->index >= p->n_orders) {
		size_t n = (size_t)o->index + 64;

		p->last = realloc(p->last, n * sizeof(*p->last));
		assert(p->last);
		memset(p->last + p->n_orders, 0, (n - p->n_orders) * sizeof(*p->last));
		p->n_orders = n;
	}
	p->steps = room_for(p->steps, p->n_steps, &p->steps_room, sizeof(*p->steps));
	s = &p->steps[p->n_steps++];
	*s = (struct past_step){.order = *o, .at = at, .before = p->last[o->index]};
	snprintf(s->status, sizeof(s->status), "%s", status);
	p->last[o->index] = p->n_steps;
	return s;
}

const struct past_step *past_before(const struct past *p, const struct past_step *s)
{
	return s->before ? &p->steps[s->before - 1] : NULL;
}

const struct past_step *past_step(const struct past *p, uint64_t order, int64_t at)
{
	const struct past_step *s = order < p->n_orders && p->last[order] ? &p->steps[p->last[order] - 1] : NULL;

	while (s && s->at > at)
		s = past_before(p, s);
	return s;
}

void past_add_position(struct past *p, const struct sim_position *x, int64_t at)
{
	p->positions = room_for(p->positions, p->n_positions, &p->positions_room, sizeof(*p->positions));
	p->positions[p->n_positions++] = (struct past_position){*x, at};
}

const struct past_position *past_position(const struct past *p, const struct sim_position *now, int64_t at)
{
	size_t i;

	for (i = p->n_positions; i-- > 0;) {
		const struct past_position *x = &p->positions[i];

		if (x->at <= at && x->position.scrip == now->scrip && strcmp(x->position.product, now->product) == 0)
			return x;
	}
	return NULL;
}

void past_done(struct past *p)
{
	free(p->steps);
	free(p->last);
	free(p->positions);
	*p = (struct past){0};
}
