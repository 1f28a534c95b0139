/* Progress is the last thing written: a target that was left half-way still says that it has nothing beyond what it had, and is filled up from the journal
 * or by another migration, whichever comes first. */
#include "lib/store/migrate.h"

#include <stdio.h>

#include "lib/base/err.h"

struct migration {
	const struct store_ops *from, *to;
	struct backend *source, *target;
	struct progress there;          /* the target's own, kept until all rows are over */
	struct migrate_report report;
	uint64_t total;
	uint32_t pending;               /* rows in the open batch */
	migrate_moved *moved;
	void *ctx;
};

static int count_row(void *ctx, const struct row *row)
{
	(void)row;
	++*(uint64_t *)ctx;
	return 0;
}

static int count_rows(struct migration *m)
{
	int err = 0;

	for (uint32_t t = 0; t < TABLE_COUNT && !err; t++)
		if (t != TABLE_MARKS)
			err = m->from->scan(m->source, t, count_row, &m->total);
	return err;
}

static int end_batch(struct migration *m, const struct progress *progress)
{
	int err = m->to->commit(m->target, progress);

	m->pending = 0;
	if (!err && m->moved)
		m->moved(m->ctx, m->report.rows + m->report.refused, m->total);
	return err;
}

static int move_row(void *ctx, const struct row *row)
{
	struct migration *m = ctx;
	int err = m->to->apply(m->target, row);

	if (err == ERR_INVAL) {
		m->report.refused++;
		return 0;
	}
	if (err)
		return err;
	m->report.rows++;
	if (++m->pending < m->to->batch)
		return 0;
	err = end_batch(m, &m->there);
	return err ? err : m->to->begin(m->target);
}

static int move_rows(struct migration *m, const struct progress *reached)
{
	int err = m->to->begin(m->target);

	for (uint32_t t = 0; t < TABLE_COUNT && !err; t++)
		if (t != TABLE_MARKS)
			err = m->from->scan(m->source, t, move_row, m);
	err = err ? err : end_batch(m, reached);
	if (err)
		m->to->rollback(m->target);
	return err;
}

static int check(const struct progress *source, const struct progress *target, struct store_error *error)
{
	if (source->seq == 0) {
		snprintf(error->text, sizeof(error->text), "there are no rows of this journal to migrate");
		return ERR_NOENT;
	}
	if (target->seq <= source->seq)
		return 0;
	snprintf(error->text, sizeof(error->text), "the target already has rows up to record %llu, the source only to %llu: migrate the other way, or not at all",
	         (unsigned long long)target->seq, (unsigned long long)source->seq);
	return ERR_RANGE;
}

static int run(struct migration *m, const struct migrate_side *from, const struct migrate_side *to, struct store_error *error)
{
	struct progress reached = { 0 };
	int err = from->ops->open(&from->place, &m->source, &reached, error);

	err = err ? err : to->ops->open(&to->place, &m->target, &m->there, error);
	err = err ? err : check(&reached, &m->there, error);
	err = err ? err : count_rows(m);
	err = err ? err : move_rows(m, &reached);
	m->report.progress = reached;
	if (err && !error->text[0])
		snprintf(error->text, sizeof(error->text), "%s; from %s: %s; to %s: %s", err_text(err), from->ops->name,
		         m->source ? from->ops->reason(m->source) : "", to->ops->name, m->target ? to->ops->reason(m->target) : "");
	return err;
}

int store_migrate(const struct migrate_side *from, const struct migrate_side *to, migrate_moved *moved, void *ctx, struct migrate_report *ret,
                  struct store_error *error)
{
	struct migration m = { .from = from->ops, .to = to->ops, .moved = moved, .ctx = ctx };
	int err = run(&m, from, to, error);

	to->ops->close(&m.target);
	from->ops->close(&m.source);
	if (!err)
		*ret = m.report;
	return err;
}
