#include "tests/store/faulty.h"

#include <stdio.h>

#include "lib/base/err.h"
#include "lib/base/prng.h"
#include "lib/store/sqlite/priv.h"
#include "tests/store/fixture.h"

struct faulty faulty;

static int roll(void)
{
	static const int errs[] = { ERR_BUSY, ERR_FULL, ERR_IO };
	unsigned sides = atomic_load(&faulty.dice);

	return sides && prng_below(&faulty.seed, sides) == 0 ? errs[prng_below(&faulty.seed, 3)] : 0;
}

static int faulty_open(const struct store_place *place, struct backend **ret, struct progress *ret_progress, struct store_error *error)
{
	int err = atomic_load(&faulty.open);

	return err ? err : fixture_ops()->open(place, ret, ret_progress, error);
}

static int faulty_begin(struct backend *b)
{
	char sql[64];
	int pages = atomic_load(&faulty.max_pages);
	int err = atomic_load(&faulty.begin);

	snprintf(sql, sizeof(sql), "PRAGMA max_page_count=%d", pages);
	if (pages && !err)
		err = sqlite_exec(b, sql);
	err = err ? err : roll();
	return err ? err : fixture_ops()->begin(b);
}

static int faulty_apply(struct backend *b, const struct row *row)
{
	int err = atomic_exchange(&faulty.apply_once, 0);

	err = err ? err : atomic_load(&faulty.apply);
	err = err ? err : roll();
	return err ? err : fixture_ops()->apply(b, row);
}

static int faulty_commit(struct backend *b, const struct progress *progress)
{
	int err = atomic_load(&faulty.commit);

	err = err ? err : roll();
	return err ? err : fixture_ops()->commit(b, progress);
}

static void faulty_rollback(struct backend *b)
{
	fixture_ops()->rollback(b);
	if (faulty.rolled_back)
		faulty.rolled_back();
}

const struct store_ops *faulty_ops(void)
{
	static struct store_ops ops;

	ops = *fixture_ops();
	ops.name = "faulty";
	ops.remote = false;
	ops.open = faulty_open;
	ops.begin = faulty_begin;
	ops.apply = faulty_apply;
	ops.commit = faulty_commit;
	ops.rollback = faulty_rollback;
	return &ops;
}
