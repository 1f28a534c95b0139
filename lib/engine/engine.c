#include "lib/engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/err.h"
#include "lib/engine/engine_priv.h"

#define HELD_ENTRIES (HELD_MAX / 2) /* the rest is for what lowers risk; orders at work bound that */

/* -- life -------------------------------------------------------------------------------------------------------------------- */

#define HUGE_PAGE ((size_t)2 << 20)
#define HUGE_FROM (8 * HUGE_PAGE)

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

struct event *engine_emitted_next(struct engine *e)
{
	return e->emitted_at < e->emitted_n ? &e->emitted[e->emitted_at++] : NULL;
}

/* -- requests leave ---------------------------------------------------------------------------------------------------------------- */

void engine_send(struct engine *e, const struct action *a)
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

void engine_hold(struct engine *e, const struct action *a)
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
		engine_send(e, &h->action);
	}
}

int engine_submit(struct engine *e, bool sync)
{
	return e->o.journal ? journal_submit(e->o.journal, sync) : ERR_OK;
}

int engine_release(struct engine *e)
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

SELDOM int engine_take_actions(struct engine *e, uint32_t from)
{
	const struct action *end = e->actions->at + e->actions->count;
	int err = ERR_OK;

	e->stats.actions += e->actions->count - from;
	for (struct action *a = e->actions->at + from; a < end; a++) {
		a->head.seq = ++e->core.s->seq;
		if ((err = record(e, &a->head, action_payload_size(a->head.kind))) != ERR_OK)
			return err;
		if (is_request(a->head.kind))
			engine_hold(e, a);
	}
	return err;
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
	if ((err = engine_take_actions(e, 0)) != ERR_OK)
		return err;
	return engine_release(e);
}

/* What the port told meanwhile, in order. */
SELDOM int engine_step_emitted(struct engine *e)
{
	struct event *next;
	int err = ERR_OK;

	while (err == ERR_OK && (next = engine_emitted_next(e)) != NULL) {
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
		err = engine_step_emitted(e);
	e->failed = err != ERR_OK;
	e->since_checkpoint++;
	return err;
}

int engine_post(struct engine *e, struct event *event)
{
	CHECK_OBJ(e, ENGINE_MAGIC);
	if (e->feed && peeks_first(event->head.kind) && !e->failed)
		(void)engine_peek(e); /* a feed that fails says so again at the next advance */
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

int engine_peek(struct engine *e)
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

	if (e->feed == NULL || engine_peek(e) != ERR_OK || e->peek != PEEK_HELD)
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
	int err = engine_peek(e);

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
	err = engine_step_emitted(e);
	e->failed = err != ERR_OK;
	if (err == ERR_OK && core_wake_at(&e->core) <= now) {
		event_init(&timer, EVENT_TIMER, now, INSTRUMENT_NONE);
		err = engine_post(e, &timer);
	}
	return err == ERR_OK ? checkpoint_if_due(e) : err;
}
