#include "lib/engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"

#define ENGINE_MAGIC 0x454E474Eu
#define HELD_MAX 1024
#define HELD_ENTRIES (HELD_MAX / 2) /* the rest is for what lowers risk; orders at work bound that */

struct held { nanos_t decided; /* by the options' clock; 0 = not measured */ struct action action; };

struct engine {
	uint32_t magic;
	struct engine_options o;
	struct core core;
	void *memory;
	struct actions *actions;
	struct broker *broker;
	struct feed *feed;
	/* events of the broker port that wait for their turn */
	struct event *emitted;
	size_t emitted_at, emitted_n, emitted_cap;
	/* the next market event, pulled and not yet posted */
	struct event peeked;
	enum { PEEK_NONE, PEEK_HELD, PEEK_ENDED } peek;
	/* requests that wait for durability */
	struct held held[HELD_MAX];
	size_t held_at, held_n;
	bool recovering, failed;
	bool records_events;      /* somebody wants events, not only what came of them */
	uint64_t since_checkpoint;
	struct engine_stats stats;
	struct engine_times times;
	nanos_t came;             /* the market event at hand, by the options' clock; 0 = not measured, or none */
};

/* -- life -------------------------------------------------------------------------------------------------------------------- */

#define HUGE_PAGE ((size_t)2 << 20)
#define HUGE_FROM (8 * HUGE_PAGE)
#define PAGE ((size_t)4096)

/* The state of thousands of instruments is visited in no order: with small pages every event would miss the page table's cache. */
static void *core_memory(const struct engine_options *o, size_t size)
{
	size_t align = size >= HUGE_FROM ? HUGE_PAGE : 64;
	void *memory = aligned_alloc(align, (size + align - 1) / align * align);

	if (memory && size >= HUGE_FROM)
		(void)madvise(memory, size, MADV_HUGEPAGE); /* advice: without it all is as right, and slower */
	if (memory && o->journal && !o->wait_durable)
		memset(memory, 0, size); /* a live loop waits for nothing, neither the disk nor a page that is used for the first time */
	return memory;
}

int engine_new(const struct engine_options *o, struct engine **ret)
{
	struct engine *e = calloc(1, sizeof(*e));
	size_t size = core_size(&o->limits);
	int err;

	if (!e)
		return ERR_NOMEM;
	*e = (struct engine){ .magic = ENGINE_MAGIC, .o = *o, .records_events = o->journal || (o->recorded && !o->outcomes_only) };
	e->memory = core_memory(o, size);
	e->actions = malloc(sizeof(*e->actions));
	err = e->memory && e->actions ? core_init(&e->core, e->memory, size, &o->limits, o->tables, o->ops) : ERR_NOMEM;
	if (err != ERR_OK) {
		engine_free(&e);
		return err;
	}
	*ret = e;
	return ERR_OK;
}

void engine_free(struct engine **e)
{
	if (!*e)
		return;
	free((*e)->memory);
	free((*e)->actions);
	free((*e)->emitted);
	free(*e);
	*e = NULL;
}

struct core *engine_core(struct engine *e)
{
	CHECK_OBJ(e, ENGINE_MAGIC);
	return &e->core;
}

void engine_plug(struct engine *e, struct broker *broker, struct feed *feed)
{
	CHECK_OBJ(e, ENGINE_MAGIC);
	e->broker = broker;
	e->feed = feed;
}

bool engine_waiting(void *engine, uint32_t instrument)
{
	struct engine *e = engine;

	return e->broker && e->broker->resting && e->broker->ops->waiting && e->broker->ops->waiting(e->broker, instrument);
}

void engine_stats(const struct engine *e, struct engine_stats *ret)
{
	*ret = e->stats;
	ret->seq = e->core.s->seq;
}

const struct engine_times *engine_times(const struct engine *e)
{
	return &e->times;
}

/* -- the broker's events wait their turn --------------------------------------------------------------------------------------- */

void engine_emit(void *ctx, struct event *event)
{
	struct engine *e = ctx;

	CHECK_OBJ(e, ENGINE_MAGIC);
	if (e->emitted_at == e->emitted_n)
		e->emitted_at = e->emitted_n = 0;
	if (e->emitted_n == e->emitted_cap) {
		size_t cap = e->emitted_cap ? e->emitted_cap * 2 : 64;
		struct event *grown = realloc(e->emitted, cap * sizeof(*grown));

		assert(grown); /* a fill that is lost is worse than a crash: restart finds it again */
		e->emitted = grown;
		e->emitted_cap = cap;
	}
	memcpy(&e->emitted[e->emitted_n++], event, sizeof(event->head) + event_payload_size(event->head.kind));
}

static struct event *emitted_next(struct engine *e)
{
	return e->emitted_at < e->emitted_n ? &e->emitted[e->emitted_at++] : NULL;
}

/* -- requests leave ---------------------------------------------------------------------------------------------------------------- */

static void send_request(struct engine *e, const struct action *a)
{
	const struct broker_ops *ops = e->broker->ops;

	e->stats.requests++;
	if (a->head.kind == ACTION_PLACE)
		ops->place(e->broker, &a->request, a->head.instrument, a->head.stamp);
	else if (a->head.kind == ACTION_MODIFY)
		ops->modify(e->broker, &a->request, a->head.instrument, a->head.stamp);
	else
		ops->cancel(e->broker, &a->request, a->head.instrument, a->head.stamp);
}

static bool is_request(uint16_t kind)
{
	return kind == ACTION_PLACE || kind == ACTION_MODIFY || kind == ACTION_CANCEL;
}

/* Nothing became durable for so long that its price is worth nothing: it ends here, as an order the broker never saw. */
static void refuse_entry(struct engine *e, const struct action *a)
{
	struct event event;

	event_init(&event, EVENT_ORDER, a->head.stamp, a->head.instrument);
	event.order.order = a->request.order;
	event.order.report = REPORT_REJECTED;
	event.order.filled = -1;
	snprintf(event.order.reason, sizeof(event.order.reason), "the journal is too far behind: it did not leave");
	engine_emit(e, &event);
}

/* When it was decided, for how long it takes to leave. */
static nanos_t decided_now(struct engine *e)
{
	nanos_t now = e->o.clock && !e->recovering ? e->o.clock() : 0;

	if (now && e->came)
		histogram_add(&e->times.decision, now - e->came);
	return now;
}

static void hold(struct engine *e, const struct action *a)
{
	size_t waiting = e->held_n - e->held_at;
	struct held *h;

	if (waiting >= HELD_ENTRIES && a->head.kind == ACTION_PLACE && a->request.purpose == PURPOSE_ENTRY) {
		refuse_entry(e, a);
		return;
	}
	if (waiting == 0 || e->held_n == HELD_MAX) {
		memmove(e->held, e->held + e->held_at, waiting * sizeof(e->held[0]));
		e->held_at = 0;
		e->held_n = waiting;
	}
	assert(e->held_n < HELD_MAX);
	h = &e->held[e->held_n++];
	h->decided = decided_now(e);
	memcpy(&h->action, a, sizeof(a->head) + sizeof(a->request));
}

void engine_durable(struct engine *e, uint64_t seq)
{
	nanos_t now = 0;

	CHECK_OBJ(e, ENGINE_MAGIC);
	while (e->held_at < e->held_n && e->held[e->held_at].action.head.seq <= seq) {
		const struct held *h = &e->held[e->held_at++];

		now = now || !h->decided ? now : e->o.clock();
		if (h->decided)
			histogram_add(&e->times.durable, now - h->decided);
		send_request(e, &h->action);
	}
}

int engine_submit(struct engine *e, bool sync)
{
	return e->o.journal ? journal_submit(e->o.journal, sync) : ERR_OK;
}

static int release(struct engine *e)
{
	int err = ERR_OK;

	if (e->held_at == e->held_n)
		return ERR_OK;
	if (e->o.journal && !e->recovering) {
		err = e->o.wait_durable ? journal_commit(e->o.journal) : journal_submit(e->o.journal, true);
		if (err != ERR_OK || !e->o.wait_durable)
			return err;
	}
	engine_durable(e, e->core.s->seq);
	return ERR_OK;
}

/* -- one event ------------------------------------------------------------------------------------------------------------------------ */

static int record(struct engine *e, const struct record *head, size_t payload)
{
	int err = ERR_OK;

	if (e->o.journal)
		err = journal_append(e->o.journal, head, head + 1, payload);
	if (err == ERR_FULL && (err = journal_submit(e->o.journal, false)) == ERR_OK)
		err = journal_append(e->o.journal, head, head + 1, payload);
	if (e->o.recorded)
		e->o.recorded(e->o.ctx, head, head + 1, payload);
	return err;
}

/* Numbers and records what the step wants from action `from` on, and holds its requests back. */
SELDOM static int take_actions(struct engine *e, uint32_t from)
{
	const struct action *end = e->actions->at + e->actions->count;
	int err = ERR_OK;

	e->stats.actions += e->actions->count - from;
	for (struct action *a = e->actions->at + from; a < end; a++) {
		a->head.seq = ++e->core.s->seq;
		if ((err = record(e, &a->head, action_payload_size(a->head.kind))) != ERR_OK)
			return err;
		if (is_request(a->head.kind))
			hold(e, a);
	}
	return err;
}

static bool from_market(uint16_t kind)
{
	static const uint64_t kinds = 1u << EVENT_TICK | 1u << EVENT_BAR | 1u << EVENT_DEPTH | 1u << EVENT_SESSION | 1u << EVENT_FEED_END |
	                              1u << EVENT_INSTRUMENT;

	return kind < EVENT_COUNT && (kinds >> kind & 1);
}

static inline int step(struct engine *e, struct event *event)
{
	int err;

	event->head.seq = e->core.s->seq + 1;
	if (event->head.stamp < e->core.s->now)
		event->head.stamp = e->core.s->now;
	e->stats.events++;
	if (from_market(event->head.kind)) {
		e->stats.market_events++;
		if (e->broker && e->broker->resting)
			e->broker->ops->observe(e->broker, event);
	}
	if (e->records_events && (err = record(e, &event->head, event_payload_size(event->head.kind))) != ERR_OK)
		return err;
	core_step(&e->core, event, e->actions);
	if (e->actions->count == 0)
		return ERR_OK;
	if ((err = take_actions(e, 0)) != ERR_OK)
		return err;
	return release(e);
}

static int peek(struct engine *e);

/* Does its handling find the feed's next event pulled already? What a bar feed gives next depends on the orders that wait
 * when it is asked, so recovery must ask at the same moments. */
static bool peeks_first(uint16_t kind)
{
	return kind == EVENT_TIMER || kind == EVENT_COMMAND;
}

/* What the port told meanwhile, in order. */
SELDOM static int step_emitted(struct engine *e)
{
	struct event *next;
	int err = ERR_OK;

	while (err == ERR_OK && (next = emitted_next(e)) != NULL) {
		struct event copy; /* the queue may grow while it is handled */

		memcpy(&copy, next, sizeof(next->head) + event_payload_size(next->head.kind));
		err = step(e, &copy);
	}
	return err;
}

/* The event, and what the broker made of it. */
static inline int deliver(struct engine *e, struct event *event)
{
	int err = e->failed ? ERR_IO : step(e, event);

	if (err == ERR_OK && e->emitted_at < e->emitted_n)
		err = step_emitted(e);
	e->failed = err != ERR_OK;
	e->since_checkpoint++;
	return err;
}

int engine_post(struct engine *e, struct event *event)
{
	CHECK_OBJ(e, ENGINE_MAGIC);
	if (e->feed && peeks_first(event->head.kind) && !e->failed)
		(void)peek(e); /* a feed that fails says so again at the next advance */
	return deliver(e, event);
}

SELDOM static int deliver_timed(struct engine *e, struct event *event, nanos_t came)
{
	e->came = came;
	int err = deliver(e, event);

	e->came = 0;
	return err;
}

int engine_post_timed(struct engine *e, struct event *event, nanos_t came)
{
	CHECK_OBJ(e, ENGINE_MAGIC);
	assert(!e->feed && from_market(event->head.kind));
	return deliver_timed(e, event, came);
}

/* -- the feed's clock -------------------------------------------------------------------------------------------------------------------- */

/* ERR_OK when e->peek is held or ended. */
static int peek(struct engine *e)
{
	int got;

	if (e->peek != PEEK_NONE)
		return ERR_OK;
	got = e->feed->ops->next(e->feed, &e->peeked);
	if (got < 0)
		return got;
	e->peek = got ? PEEK_HELD : PEEK_ENDED;
	return ERR_OK;
}

nanos_t engine_next_at(struct engine *e)
{
	nanos_t wake = core_wake_at(&e->core), at;

	if (e->feed == NULL || peek(e) != ERR_OK || e->peek != PEEK_HELD)
		return STAMP_NEVER;
	at = e->peeked.head.stamp < e->core.s->now ? e->core.s->now : e->peeked.head.stamp;
	return wake < at ? wake : at;
}

SELDOM static int post_timer(struct engine *e)
{
	struct event timer;
	nanos_t at = core_wake_at(&e->core);

	event_init(&timer, EVENT_TIMER, at < e->core.s->now ? e->core.s->now : at, INSTRUMENT_NONE);
	return engine_post(e, &timer);
}

/* It makes the next start quicker and no more: when the disk refuses it, the journal may still go on in its reserve, and then so does the engine. */
static int checkpoint_if_due(struct engine *e)
{
	if (!e->o.checkpoint_events || e->since_checkpoint < e->o.checkpoint_events || engine_checkpoint(e) == ERR_OK)
		return ERR_OK;
	e->stats.checkpoints_failed++;
	return journal_commit(e->o.journal); /* its own end is one */
}

/* A bar tells of the time before its stamp, so it goes before a timer of the same instant; anything else goes after. */
static bool timer_first(const struct engine *e)
{
	nanos_t wake = core_wake_at(&e->core);

	return wake < e->peeked.head.stamp || (wake == e->peeked.head.stamp && e->peeked.head.kind != EVENT_BAR);
}

int engine_advance(struct engine *e)
{
	int err = peek(e);

	if (err != ERR_OK)
		return err;
	if (e->peek == PEEK_ENDED)
		return 0;
	if (timer_first(e))
		err = post_timer(e);
	else {
		e->peek = PEEK_NONE;
		err = e->o.clock ? deliver_timed(e, &e->peeked, e->o.clock()) : deliver(e, &e->peeked);
		if (err == ERR_OK)
			err = checkpoint_if_due(e);
	}
	return err == ERR_OK ? 1 : err;
}

int engine_run_until(struct engine *e, nanos_t until, unsigned most)
{
	unsigned done = 0;

	for (; done < most && engine_next_at(e) <= until; done++) {
		int err = engine_advance(e);

		if (err <= 0)
			return err < 0 ? err : (int)done;
	}
	return (int)done;
}

/* -- the wall's clock -------------------------------------------------------------------------------------------------------------------- */

int engine_turn(struct engine *e, nanos_t now)
{
	struct event timer;
	int err;

	CHECK_OBJ(e, ENGINE_MAGIC);
	if (e->failed)
		return ERR_IO;
	err = step_emitted(e);
	e->failed = err != ERR_OK;
	if (err == ERR_OK && core_wake_at(&e->core) <= now) {
		event_init(&timer, EVENT_TIMER, now, INSTRUMENT_NONE);
		err = engine_post(e, &timer);
	}
	return err == ERR_OK ? checkpoint_if_due(e) : err;
}

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
		next = emitted_next(e);
		return next && same(next, head, payload, len) ? ERR_OK : ERR_MISMATCH;
	}
	if (!e->feed || (!from_market(head->kind) && !peeks_first(head->kind)))
		return ERR_OK;
	int err = peek(e);
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
		hold(e, &recorded);
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
		send_request(e, &e->held[e->held_at++].action);
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
	err = take_actions(e, seen);
	if (e->o.lost_tail && !broker_repeats(e))
		e->held_at = e->held_n;
	return err == ERR_OK ? release(e) : err;
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
	return err == ERR_OK ? step_emitted(e) : err; /* what the crash kept from being recorded */
}
