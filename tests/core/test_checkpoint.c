/* The state is its bytes: a core attached to a copy of them goes on exactly as the original, wherever the copy lies and
 * whatever lay there before. */
#include "tests/core/storm.h"

struct twin { struct core core; char *memory; size_t offset; struct actions actions; };

/* Another address each time, and bytes that are not zero around and below. */
static void twin_attach(struct twin *t, struct storm *s)
{
	size_t len;
	const void *bytes = core_state_bytes(&s->rig.core, &len);

	free(t->memory);
	t->offset = 64 * (1 + (size_t)(s->rig.at % 7));
	t->memory = aligned_alloc(64, len + 1024);
	memset(t->memory, 0xC3, len + 1024);
	memcpy(t->memory + t->offset, bytes, len);
	assert_int_equal(core_attach(&t->core, t->memory + t->offset, len, &s->rig.tables, rig_ops), ERR_OK);
}

static struct twin *follower;
static struct storm *leader;

/* The twin takes each event right after the original. */
static void follow(void *ctx, const struct actions *a)
{
	struct twin *t = ctx;

	if (!t->memory)
		return;
	core_step(&t->core, &leader->rig.event, &t->actions);
	t->core.s->seq += t->actions.count;
	assert_int_equal(t->actions.count, a->count);
	for (uint32_t i = 0; i < a->count; i++)
		assert_memory_equal(&t->actions.at[i], &a->at[i], sizeof(struct record) + action_payload_size(a->at[i].head.kind));
}

static void assert_twins(const struct twin *t, const struct storm *s)
{
	size_t len, other;
	const char *a = core_state_bytes(&s->rig.core, &len), *b = core_state_bytes(&t->core, &other);

	assert_int_equal(len, other);
	for (size_t i = 0; i < len; i++)
		if (a[i] != b[i])
			fail_msg("byte %zu of %zu differs", i, len);
}

static void play(uint64_t seed, bool honest)
{
	uint64_t dice = seed * 77;

	storm_begin(leader, seed, honest);
	leader->rig.posted = follow;
	leader->rig.ctx = follower;
	for (unsigned i = 0; i < 1500; i++) {
		if (prng_below(&dice, 200) == 0) {
			if (follower->memory)
				assert_twins(follower, leader);
			twin_attach(follower, leader);
		}
		storm_step(leader);
	}
	twin_attach(follower, leader);
	for (unsigned i = 0; i < 200; i++)
		storm_step(leader);
	assert_twins(follower, leader);
	storm_done(leader);
	free(follower->memory);
	follower->memory = NULL;
}

static void storms(void **state)
{
	(void)state;
	leader = malloc(sizeof(*leader));
	follower = calloc(1, sizeof(*follower));
	for (uint64_t seed = 1000; seed < 1030; seed++)
		play(seed, seed % 2 != 0);
	free(leader);
	free(follower);
}

/* Two fresh cores in memory of other contents, same events: same bytes, padding included. */
static void fresh_cores(void **state)
{
	struct rig *r = malloc(2 * sizeof(*r));
	size_t len;

	(void)state;
	for (int i = 0; i < 2; i++) {
		rig_open(&r[i]);
		memset(r[i].event.depth.bid, i, sizeof(r[i].event.depth.bid)); /* what a short event leaves unused must not matter */
		rig_enter(&r[i], 0);
		rig_tick(&r[i], RIG_NIFTY, 23980, 23980);
	}
	const void *a = core_state_bytes(&r[0].core, &len), *b = core_state_bytes(&r[1].core, &len);
	assert_memory_equal(a, b, len);
	rig_done(&r[0]);
	rig_done(&r[1]);
	free(r);
}

static void damaged(void **state)
{
	struct rig r;
	struct core c;
	void *copy;
	size_t len;

	(void)state;
	rig_open(&r);
	const void *bytes = core_state_bytes(&r.core, &len);
	copy = aligned_alloc(64, len + 64);
	memcpy(copy, bytes, len);
	struct core_state *s = copy;
	assert_int_equal(core_attach(&c, copy, len, &r.tables, rig_ops), ERR_OK);
	assert_int_equal(c.today, stamp_date(s->now)); /* known before the next event */
	assert_int_equal(c.midnight, stamp_at(c.today, 0));
	assert_int_equal(core_attach(&c, copy, 16, &r.tables, rig_ops), ERR_CORRUPT);
	assert_int_equal(core_attach(&c, copy, len + 64, &r.tables, rig_ops), ERR_CORRUPT);
	s->version++;
	assert_int_equal(core_attach(&c, copy, len, &r.tables, rig_ops), ERR_VERSION);
	s->version--;
	s->limits.orders = 3; /* no power of two */
	assert_int_equal(core_attach(&c, copy, len, &r.tables, rig_ops), ERR_CORRUPT);
	s->limits.orders = 128;
	assert_int_equal(core_attach(&c, copy, len, &r.tables, rig_ops), ERR_CORRUPT);
	s->limits.orders = 64;
	s->size++;
	assert_int_equal(core_attach(&c, copy, len, &r.tables, rig_ops), ERR_CORRUPT);
	s->size--;
	memmove((char *)copy + 8, copy, len);
	assert_int_equal(core_attach(&c, (char *)copy + 8, len, &r.tables, rig_ops), ERR_CORRUPT); /* not aligned */
	memmove(copy, (char *)copy + 8, len);
	s->magic = 0;
	assert_int_equal(core_attach(&c, copy, len, &r.tables, rig_ops), ERR_CORRUPT);
	free(copy);
	rig_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(storms),
		cmocka_unit_test(fresh_cores),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
