#include "tests/store/faulty.h"

#include <stdio.h>

#include "lib/base/err.h"
#include "lib/base/prng.h"
#include "lib/store/sqlite/priv.h"

struct faulty faulty;

static int roll(void)
{
	static const int errs[] = { ERR_BUSY, ERR_FULL, ERR_IO };
	unsigned sides = atomic_load(&faulty.dice);

	return sides && prng_below(&faulty.seed, sides) == 0 ? errs[prng_below(&faulty.seed, 3)] : 0;
}

static int faulty_open(const char *path, const uint8_t journal_id[16], struct backend **ret, struct progress *ret_progress, struct store_error *error)
{
	int err = atomic_load(&faulty.open);

	return err ? err : sqlite_open_backend(path, journal_id, ret, ret_progress, error);
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
	return err ? err : sqlite_begin(b);
}

static int faulty_apply(struct backend *b, const struct row *row)
{
	int err = atomic_exchange(&faulty.apply_once, 0);

	err = err ? err : atomic_load(&faulty.apply);
	err = err ? err : roll();
	return err ? err : sqlite_apply(b, row);
}

static int faulty_commit(struct backend *b, const struct progress *progress)
{
	int err = atomic_load(&faulty.commit);

	err = err ? err : roll();
	return err ? err : sqlite_commit(b, progress);
}

const struct store_ops faulty_ops = {
	.name = "faulty",
	.open = faulty_open,
	.close = sqlite_close_backend,
	.set_aside = sqlite_set_aside,
	.begin = faulty_begin,
	.apply = faulty_apply,
	.commit = faulty_commit,
	.rollback = sqlite_rollback,
	.forget = sqlite_forget,
	.scan = sqlite_scan,
	.query = sqlite_query,
	.reason = sqlite_reason,
};
