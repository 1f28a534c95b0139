/* An engine's state across its process's end: the checkpoints, and the journal lived again behind the last of them. */
#include "lib/engine/engine_priv.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"

#define PAGE ((size_t)4096)

/* -- checkpoint ------------------------------------------------------------------------------------------------------------------------------ */

/* Only between market events, when nothing is pulled, queued or held: then three sections are the whole truth. */
int engine_checkpoint(struct engine *e)
{
	struct checkpoint_section section[CHECKPOINT_SECTIONS] = { { .name = "core" }, { .name = "broker" }, { .name = "feed" } };
	struct buf cursor = { 0 };
	size_t n = 1;
	int err;

	if (!e->o.journal || e->peek == PEEK_HELD || e->held_at < e->held_n || e->emitted_at < e->emitted_n)
		return ERR_OK;
	section[0].bytes = core_state_bytes(&e->core, &section[0].len);
	if (e->broker && e->broker->ops->state)
		section[n++].bytes = e->broker->ops->state(e->broker, &section[1].len);
	if (e->feed && (err = e->feed->ops->save(e->feed, &cursor)) == ERR_OK) {
		section[n] = (struct checkpoint_section){ .name = "feed", .bytes = cursor.data, .len = cursor.len };
		n++;
	}
	if ((err = journal_commit(e->o.journal)) == ERR_OK)
		err = checkpoint_write(e->o.journal, e->core.s->seq, section, n);
	e->since_checkpoint = 0;
	buf_done(&cursor);
	return err;
}

/* -- recovery ------------------------------------------------------------------------------------------------------------------------------- */

/* What is zero on both sides stays untouched, and takes no room. */
static void copy_changed(char *to, const char *from, size_t len)
{
	for (size_t at = 0, n; at < len; at += n) {
		n = len - at < PAGE ? len - at : PAGE;
		if (memcmp(to + at, from + at, n) != 0)
			memcpy(to + at, from + at, n);
	}
}

static int restore_section(struct engine *e, const struct checkpoint_section *s)
{
	if (strcmp(s->name, "broker") == 0)
		return e->broker->ops->restore(e->broker, s->bytes, s->len);
	if (strcmp(s->name, "feed") == 0)
		return e->feed ? e->feed->ops->restore(e->feed, s->bytes, s->len) : ERR_OK;
	if (strcmp(s->name, "core") != 0)
		return ERR_VERSION;
	if (s->len != core_size(&e->o.limits))
		return ERR_VERSION; /* other capacities: the journal is replayed from its beginning */
	copy_changed(e->memory, s->bytes, s->len);
	return core_attach(&e->core, e->memory, s->len, e->o.tables, e->o.ops);
}

/* A checkpoint of an older build or other capacities: as if there were none, provided the journal still has its beginning.
 * The core's section is the first, so nothing else was touched. */
static int start_over(struct engine *e, const struct journal_state *state)
{
	if (state->first_seq != 1)
		return ERR_VERSION;
	return core_init(&e->core, e->memory, core_size(&e->o.limits), &e->o.limits, e->o.tables, e->o.ops);
}

static int restore(struct engine *e, struct engine_recovery *ret)
{
	struct checkpoint point;
	struct journal_state state;
	int err;

	journal_state(e->o.journal, &state);
	err = checkpoint_read(e->o.journal_dir, &state, &point);
	if (err != ERR_OK)
		return err == ERR_NOENT ? ERR_OK : err;
	size_t i = 0;
	while (i < point.n && (err = restore_section(e, &point.section[i])) == ERR_OK)
		i++;
	ret->checkpoint_seq = err == ERR_OK ? point.seq : 0;
	checkpoint_done(&point);
	return err == ERR_VERSION && i == 0 ? start_over(e, &state) : err;
}

static bool same(const struct event *a, const struct record *head, const void *payload, size_t len)
{
	return a->head.kind == head->kind && a->head.instrument == head->instrument && a->head.flags == head->flags &&
	       len == event_payload_size(head->kind) && memcmp(&a->head + 1, payload, len) == 0;
}

/* Paper repeats itself from the same requests. A live broker is not asked again: its words are in the journal. */
static bool broker_repeats(const struct engine *e)
{
	return e->broker && e->broker->ops->state;
}

/* The journalled event again: a market event is pulled from the feed, a broker's from its queue, so that their cursors move as
 * they did; anything else comes from the record alone. */
static int repeat_source(struct engine *e, const struct record *head, const void *payload, size_t len)
{
	struct event *next;

	if (head->kind == EVENT_ORDER || head->kind == EVENT_FILL) {
		if (!broker_repeats(e))
			return ERR_OK;
		next = engine_emitted_next(e);
		return next && same(next, head, payload, len) ? ERR_OK : ERR_MISMATCH;
	}
	if (!e->feed || (!from_market(head->kind) && !peeks_first(head->kind)))
		return ERR_OK;
	int err = engine_peek(e);
	if (err != ERR_OK || !from_market(head->kind))
		return err;
	if (e->peek != PEEK_HELD || !same(&e->peeked, head, payload, len))
		return ERR_MISMATCH;
	e->peek = PEEK_NONE;
	return ERR_OK;
}

static void difference(struct engine_recovery *r, uint64_t seq, const char *what)
{
	if (r->differences++ == 0)
		snprintf(r->first_difference, sizeof(r->first_difference), "record %llu: %s", (unsigned long long)seq, what);
}

/* An action record beside the one this build derived. A recorded request is what the broker had, so it has that again. */
static void compare_action(struct engine *e, const struct record *head, const void *payload, size_t len, uint32_t at,
                           struct engine_recovery *ret)
{
	const struct action *a = &e->actions->at[at];
	struct action recorded = { .head = *head };

	if (is_request(head->kind) && len == sizeof(recorded.request) && broker_repeats(e)) {
		memcpy(&recorded.request, payload, len);
		engine_hold(e, &recorded);
	}
	if (at >= e->actions->count)
		difference(ret, head->seq, "recorded, and not decided again");
	else if (a->head.kind != head->kind || len != action_payload_size(head->kind) || memcmp(&a->head + 1, payload, len) != 0)
		difference(ret, head->seq, "decided otherwise than recorded");
}

static int repeat_event(struct engine *e, const struct record *head, const void *payload, size_t len)
{
	struct event event;
	int err;

	if (len != event_payload_size(head->kind) || head->kind >= EVENT_COUNT || head->kind == EVENT_NONE)
		return ERR_CORRUPT;
	memset(&event, 0, sizeof(event));
	event.head = *head;
	memcpy(&event.head + 1, payload, len);
	if ((err = repeat_source(e, head, payload, len)) != ERR_OK)
		return err;
	if (from_market(head->kind) && e->broker && e->broker->resting)
		e->broker->ops->observe(e->broker, &event);
	core_step(&e->core, &event, e->actions);
	return ERR_OK;
}

static void send_held(struct engine *e)
{
	while (e->held_at < e->held_n)
		engine_send(e, &e->held[e->held_at++].action);
}

/* Requests go to the broker when the event's actions have all been read, as in the first life. */
static void finish_event(struct engine *e, uint32_t seen, uint64_t seq, struct engine_recovery *ret)
{
	if (seen < e->actions->count)
		difference(ret, seq, "decided, and not recorded");
	send_held(e);
	if (seq > e->core.s->seq)
		e->core.s->seq = seq;
}

/* The crash came between an event and its last actions: they are recorded now, and only then leave. */
static int complete_last(struct engine *e, uint32_t seen, uint64_t seq)
{
	int err;

	if (seq > e->core.s->seq)
		e->core.s->seq = seq;
	send_held(e);
	e->recovering = false;
	if (seen >= e->actions->count)
		return ERR_OK;
	err = engine_take_actions(e, seen);
	if (e->o.lost_tail && !broker_repeats(e))
		e->held_at = e->held_n;
	return err == ERR_OK ? engine_release(e) : err;
}

static int replay(struct engine *e, struct journal_reader *reader, struct engine_recovery *ret)
{
	struct record head;
	const void *payload;
	uint64_t last = e->core.s->seq;
	uint32_t seen = 0;
	size_t len;
	int got;

	e->actions->count = 0;
	while ((got = journal_reader_next(reader, &head, &payload, &len)) == 1) {
		if (head.seq != last + 1)
			return ERR_NOENT; /* pruned */
		ret->records++;
		if (head.kind >= ACTION_PLACE) {
			compare_action(e, &head, payload, len, seen++, ret);
			last = head.seq;
			continue;
		}
		finish_event(e, seen, last, ret);
		seen = 0;
		last = head.seq;
		ret->events++;
		if ((got = repeat_event(e, &head, payload, len)) != ERR_OK)
			return got;
	}
	return got == 0 ? complete_last(e, seen, last) : got;
}

int engine_recover(struct engine *e, struct engine_recovery *ret, struct journal_error *error)
{
	struct journal_reader *reader;
	struct journal_state state;
	int err;

	CHECK_OBJ(e, ENGINE_MAGIC);
	*ret = (struct engine_recovery){ 0 };
	journal_state(e->o.journal, &state);
	if ((ret->fresh = state.last_seq == 0))
		return ERR_OK;
	e->recovering = true;
	if ((err = restore(e, ret)) == ERR_OK &&
	    (err = journal_reader_open(e->o.journal_dir, e->core.s->seq + 1, &reader, error)) == ERR_OK) {
		err = replay(e, reader, ret);
		if (err == ERR_MISMATCH)
			snprintf(error->text, sizeof(error->text), "record %llu does not come out of this data and broker again: "
			         "was the data file or its order changed?", (unsigned long long)e->core.s->seq + 1);
		else if (err == ERR_NOENT)
			snprintf(error->text, sizeof(error->text), "ticks after record %llu were pruned, so no state can be built from there, and no checkpoint "
			         "behind it can be read: bring back the checkpoints from a backup", (unsigned long long)e->core.s->seq);
		journal_reader_close(&reader);
	}
	e->recovering = false;
	return err == ERR_OK ? engine_step_emitted(e) : err; /* what the crash kept from being recorded */
}
