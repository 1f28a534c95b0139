/* Memory that runs out while an engine starts: at the k-th allocation once, and from the k-th on for good, for each k there is. The start says so or goes
 * on without it; it never crashes, and the journal is for the next start what it was. After the start there is nothing to run out: the core's state is one
 * block that was taken then. The linker sends every allocation of the libraries here (--wrap). */
#include "tests/engine/house.h"

#include <errno.h>

#define SEED 3

static struct { bool armed, for_good; unsigned calls, fails_at, failed; } memory;

static bool refused(void)
{
	if (!memory.armed)
		return false;
	memory.calls++;
	bool fails = memory.for_good ? memory.calls >= memory.fails_at : memory.calls == memory.fails_at;

	memory.failed += fails;
	if (fails)
		errno = ENOMEM;
	return fails;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *was, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *was, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);

void *__wrap_malloc(size_t size)
{
	return refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refused() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *was, size_t size)
{
	return refused() ? NULL : __real_realloc(was, size);
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
	return refused() ? NULL : __real_aligned_alloc(align, size);
}

/* -- a start ---------------------------------------------------------------------------------------------------------------- */

static const struct market_tables *tables;
static struct journal_error error;

static int recover(struct engine *engine, struct engine_recovery *ret)
{
	const struct paper_options options = { .seed = 5, .partial_pct = 40, .reject_pct = 15, .slippage_ticks = 1 };
	struct broker *broker;
	int err = paper_open(&options, engine_core(engine), engine_emit, engine, &broker);

	if (err != ERR_OK)
		return err;
	engine_plug(engine, broker, NULL);
	err = engine_recover(engine, ret, &error);
	broker->ops->close(broker);
	return err;
}

/* Opened, recovered and closed again; the state's last event through ret_seq. */
static int start(const char *dir, uint64_t *ret_seq)
{
	struct journal_options jo = { .dir = dir, .segment_bytes = 1 << 18, .sync = false };
	struct engine_options eo = { .limits = { 4, 4, 2, 64 }, .tables = tables, .ops = rig_ops, .journal_dir = dir, .wait_durable = true };
	struct engine_recovery recovery;
	struct engine *engine = NULL;
	int err = journal_open(&jo, &eo.journal, &error);

	if (err == ERR_OK)
		err = engine_new(&eo, &engine);
	if (err == ERR_OK)
		err = recover(engine, &recovery);
	if (err == ERR_OK) {
		assert_int_equal(recovery.differences, 0);
		*ret_seq = engine_core(engine)->s->seq;
	}
	memory.armed = false;
	engine_free(&engine);
	journal_close(&eo.journal);
	return err;
}

static void prepare(struct house *h)
{
	house_dir(h->dir);
	assert_int_equal(house_open(h), ERR_OK);
	house_run(h, 120);
	assert_int_equal(journal_submit(h->journal, true), ERR_OK);
	tables = h->core->tables;
	house_close(h);
}

static void out_of_memory(bool for_good)
{
	struct house h = { .seed = SEED, .checkpoint_events = 20 };
	uint64_t whole = 0, seq;
	unsigned k = 0, said = 0;

	prepare(&h);
	assert_int_equal(start(h.dir, &whole), ERR_OK);
	do {
		seq = 0;
		memset(&memory, 0, sizeof(memory));
		memory.for_good = for_good;
		memory.fails_at = ++k;
		memory.armed = true;
		int err = start(h.dir, &seq);

		if (err != ERR_OK && err != ERR_NOMEM)
			fail_msg("allocation %u: %s", k, err_text(err));
		said += err == ERR_NOMEM;
		if (err == ERR_OK) /* what was not had was not needed: a checkpoint may be passed over */
			assert_true(seq == whole);
		assert_int_equal(start(h.dir, &seq), ERR_OK);
		assert_true(seq == whole);
		assert_true(k < 10000);
	} while (memory.failed > 0);
	assert_true(said >= 5); /* the journal, its reader, the engine, its state, its broker */
	print_message("%u allocations, %u starts refused\n", k - 1, said);
	house_remove(h.dir);
}

static void once(void **state)
{
	(void)state;
	out_of_memory(false);
}

static void for_good(void **state)
{
	(void)state;
	out_of_memory(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(once), cmocka_unit_test(for_good) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
