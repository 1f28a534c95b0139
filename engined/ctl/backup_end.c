/* What a restored journal ends in: equity and positions, as the core of this build lives it again from the newest checkpoint. */
#include <stdio.h>
#include <string.h>

#include "engined/ctl/backup.h"
#include "engined/ctl/ctl.h"
#include "lib/base/err.h"

int backup_live(struct relive *r, const char *dir, const char *points, const struct backup_journal *j, struct journal_error *error)
{
	struct journal_report report;

	if (journal_verify(dir, &report) != ERR_OK) {
		snprintf(error->text, sizeof(error->text), "%.255s", report.damage);
		return ERR_CORRUPT;
	}
	r->dir = dir;
	r->exact = true;
	return relive_run(r, points, &report.state, j->last_seq, error);
}

static void position_json(const struct relive *r, const struct book *b, uint32_t strategy, struct json *out)
{
	json_object(out, NULL);
	json_str(out, "strategy", r->core.slot[strategy].id);
	json_str(out, "symbol", b->instrument < r->core.s->instruments ? r->core.instrument[b->instrument].symbol : NULL);
	json_int(out, "qty", b->qty);
	json_object_end(out);
}

static void state_json(const struct relive *r, struct json *out)
{
	json_uint(out, "checkpoint", r->checkpoint);
	json_uint(out, "differences", r->differences);
	json_str(out, "engine", engine_state_name(core_engine_state(&r->core)));
	json_decimal(out, "equity", core_equity(&r->core));
	json_decimal(out, "day_pnl", core_day_pnl(&r->core));
	json_array(out, "positions");
	for (uint32_t i = 0; i < r->core.s->strategies; i++) {
		if (r->core.slot[i].book.qty != 0)
			position_json(r, &r->core.slot[i].book, i, out);
	}
	json_array_end(out);
}

void backup_end_json(const struct relive *r, const struct backup_journal *j, const char *why, struct json *out)
{
	json_object(out, NULL);
	json_str(out, "mode", j->mode);
	json_uint(out, "first_seq", j->first_seq);
	json_uint(out, "last_seq", j->last_seq);
	json_stamp(out, "last_stamp", j->last_stamp);
	json_str(out, "hash", j->hash);
	json_str(out, "unknown", why); /* null = what follows is known */
	if (why == NULL)
		state_json(r, out);
	json_object_end(out);
}

static void state_text(const struct relive *r)
{
	char equity[CTL_NUMBER_TEXT], pnl[CTL_NUMBER_TEXT];
	bool flat = true;

	ctl_format_money(equity, core_equity(&r->core), false);
	ctl_format_money(pnl, core_day_pnl(&r->core), true);
	printf("          equity %s, day's result %s, engine %s\n", equity, pnl, engine_state_name(core_engine_state(&r->core)));
	for (uint32_t i = 0; i < r->core.s->strategies; i++) {
		const struct book *b = &r->core.slot[i].book;

		if (b->qty == 0)
			continue;
		printf("          %+lld %s (%s)\n", (long long)b->qty,
		       b->instrument < r->core.s->instruments ? r->core.instrument[b->instrument].symbol : "?", r->core.slot[i].id);
		flat = false;
	}
	if (flat)
		puts("          no open position");
	if (r->differences > 0)
		printf("          %llu decisions of this build differ from those recorded; what was recorded stands\n", (unsigned long long)r->differences);
}

void backup_end_text(const struct relive *r, const struct backup_journal *j, const char *why)
{
	char stamp[STAMP_TEXT];

	stamp_format(j->last_stamp, stamp);
	printf("%-8s  records %llu to %llu, the last of %s; hash %.16s...\n", j->mode, (unsigned long long)j->first_seq, (unsigned long long)j->last_seq, stamp, j->hash);
	if (why)
		printf("          its state is not known: %s\n", why);
	else
		state_text(r);
}
