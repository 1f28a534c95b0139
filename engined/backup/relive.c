#include "engined/backup/relive.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/core/strategy.h"
#include "lib/journal/disk.h"

const struct core_limits relive_limits = { 8192, 64, 64, 4096 };

static int core_fresh(struct relive *r)
{
	return core_init(&r->core, r->memory, core_size(&relive_limits), &relive_limits, &r->tables, strategy_builtin);
}

/* Between events, so one before the record is before the event that led to it or after its last action. */
static int restore(struct relive *r, const char *points, const struct journal_state *journal)
{
	struct journal_state state = *journal;
	struct checkpoint point;

	r->checkpoint = 0;
	state.last_seq = r->exact ? r->until : r->until - 1;
	if (checkpoint_read(points, &state, &point) != ERR_OK)
		return core_fresh(r);
	const struct checkpoint_section *core = &point.section[0];
	int err = ERR_VERSION;

	if (point.n > 0 && core->len == core_size(&relive_limits)) {
		memcpy(r->memory, core->bytes, core->len);
		err = core_attach(&r->core, r->memory, core->len, &r->tables, strategy_builtin);
	}
	r->checkpoint = err == ERR_OK ? point.seq : 0;
	checkpoint_done(&point);
	return err == ERR_OK ? ERR_OK : core_fresh(r);
}

static void event_ended(struct relive *r)
{
	r->differences += r->recorded != r->actions.count;
}

static void take_event(struct relive *r, const struct record *head, const void *payload, size_t len)
{
	event_ended(r);
	memset(&r->event, 0, sizeof(r->event));
	r->event.head = *head;
	memcpy(&r->event.head + 1, payload, len);
	core_step(&r->core, &r->event, &r->actions);
	r->recorded = 0;
}

/* What was recorded stands; a newer build may decide otherwise, and that is said. */
static void take_action(struct relive *r, const struct record *head, const void *payload, size_t len)
{
	struct action *a = r->recorded < r->actions.count ? &r->actions.at[r->recorded] : NULL;

	if (!a || a->head.kind != head->kind || a->head.instrument != head->instrument || memcmp(&a->head + 1, payload, len) != 0)
		r->differences++;
	if (a)
		a->head.seq = head->seq;
	r->recorded += a != NULL;
	r->core.s->seq = head->seq;
}

static bool fits(const struct record *head, size_t len)
{
	return head->kind < ACTION_PLACE ? len == event_payload_size(head->kind) : len == action_payload_size(head->kind);
}

/* One record; 0, or why it cannot be lived. */
static int take(struct relive *r, const struct record *head, const void *payload, size_t len, uint64_t next, struct journal_error *error)
{
	if (head->seq != next)
		return journal_error_set(error, ERR_NOENT, "the ticks before record %llu were pruned: its day cannot be lived again", (unsigned long long)head->seq);
	if (!fits(head, len))
		return journal_error_set(error, ERR_VERSION, "record %llu is of another version", (unsigned long long)head->seq);
	(head->kind < ACTION_PLACE ? take_event : take_action)(r, head, payload, len);
	return ERR_OK;
}

/* Up to the end of the event that the record belongs to. */
static int live_again(struct relive *r, struct journal_error *error)
{
	struct journal_reader *reader;
	struct record head;
	const void *payload;
	size_t len;
	uint64_t next = r->checkpoint + 1;
	int got = journal_reader_open(r->dir, next, &reader, error), err = ERR_OK;

	if (got != ERR_OK)
		return got;
	while (err == ERR_OK && (got = journal_reader_next(reader, &head, &payload, &len)) == 1 &&
	       (head.seq <= r->until || (head.kind >= ACTION_PLACE && !r->exact)))
		err = take(r, &head, payload, len, next++, error);
	journal_reader_close(&reader);
	if (!r->exact)
		event_ended(r);
	return err != ERR_OK ? err : got < 0 ? got : ERR_OK;
}

/* -- the whole --------------------------------------------------------------------------------------------------------------------- */

int relive_open(struct relive *r, const char *tables_dir, struct market_error *error)
{
	int err = market_load(tables_dir, &r->tables, error);

	if (err == ERR_OK && (r->memory = aligned_alloc(64, (core_size(&relive_limits) + 63) / 64 * 64)) == NULL) {
		snprintf(error->text, sizeof(error->text), "out of memory");
		err = ERR_NOMEM;
	}
	return err;
}

int relive_run(struct relive *r, const char *points, const struct journal_state *state, uint64_t until, struct journal_error *error)
{
	r->until = until;
	r->differences = 0;
	r->recorded = r->actions.count = 0;
	memset(&r->event, 0, sizeof(r->event));
	if (restore(r, points, state) != ERR_OK)
		return journal_error_set(error, ERR_NOMEM, "%s: the state does not fit into memory", r->dir);
	if (r->checkpoint == 0 && state->first_seq != 1)
		return journal_error_set(error, ERR_NOENT, "neither the journal's beginning nor a checkpoint before that record is there");
	return live_again(r, error);
}

void relive_hash(const struct relive *r, uint8_t ret[JOURNAL_HASH])
{
	crypto_generichash(ret, JOURNAL_HASH, r->memory, core_size(&relive_limits), NULL, 0);
}

void relive_done(struct relive *r)
{
	free(r->memory);
	r->memory = NULL;
}
