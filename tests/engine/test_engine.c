/* Journal before action, and the same day again after a crash at any moment of it. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/journal/disk.h"
#include "tests/engine/house.h"

#define SEED 6 /* three trades, rejects and parts among them */

/* -- the whole day once ---------------------------------------------------------------------------------------------------- */

struct day { void *bytes; size_t len; uint64_t events, trades; };

static struct day whole_day(uint64_t seed, bool journal)
{
	struct house h = { .seed = seed, .no_journal = !journal };
	struct day d = { 0 };
	struct engine_stats stats;
	const void *bytes;

	house_dir(h.dir);
	assert_int_equal(house_open(&h), ERR_OK);
	assert_int_equal(house_run(&h, UINT64_MAX / 2), 0);
	assert_true(engine_next_at(h.engine) == STAMP_NEVER);
	assert_int_equal(engine_run_until(h.engine, STAMP_NEVER - 1, 10), 0);
	bytes = core_state_bytes(h.core, &d.len);
	d.bytes = malloc(d.len);
	memcpy(d.bytes, bytes, d.len);
	engine_stats(h.engine, &stats);
	assert_true(stats.seq == h.core->s->seq && stats.seq == stats.events + stats.actions);
	d.events = stats.events;
	d.trades = h.core->s->account.trades;
	house_close(&h);
	house_remove(h.dir);
	return d;
}

static void assert_same_end(struct house *h, const struct day *d, const char *how, uint64_t at)
{
	size_t len;
	const char *have = core_state_bytes(h->core, &len), *want = d->bytes;

	assert_int_equal(len, d->len);
	for (size_t i = 0; i < len; i++)
		if (have[i] != want[i])
			fail_msg("%s at event %llu: byte %zu of the state differs", how, (unsigned long long)at, i);
}

static void a_journal_changes_nothing(void **state)
{
	struct day with = whole_day(SEED, true), without = whole_day(SEED, false);

	(void)state;
	assert_true(with.events > 140 && with.trades >= 3); /* else the crashes below would prove little */
	assert_int_equal(with.len, without.len);
	assert_memory_equal(with.bytes, without.bytes, with.len);
	free(with.bytes);
	free(without.bytes);
}

/* A microsecond from reading to reading. */
static nanos_t ticking(void)
{
	static nanos_t now;

	return now += NANOS_US;
}

/* Each request that left is timed, those upon the market from its event on, and what is recovered is not. */
static void timed(void **state)
{
	struct day plain = whole_day(SEED, true);
	struct house h = { .seed = SEED, .clock = ticking };
	struct engine_stats stats;

	(void)state;
	house_dir(h.dir);
	assert_int_equal(house_open(&h), ERR_OK);
	assert_int_equal(house_run(&h, UINT64_MAX / 2), 0);
	assert_same_end(&h, &plain, "timed", 0);
	engine_stats(h.engine, &stats);
	const struct engine_times *t = engine_times(h.engine);
	uint64_t upon_market = histogram_count(&t->decision);

	assert_true(stats.requests > 6 && histogram_count(&t->durable) == stats.requests);
	assert_true(upon_market > 2 && upon_market < stats.requests); /* the script's kill flattens without the market */
	assert_true(t->decision.sum >= upon_market * NANOS_US && t->durable.sum >= stats.requests * NANOS_US);
	house_close(&h);
	assert_int_equal(house_open(&h), ERR_OK);
	assert_int_equal(histogram_count(&engine_times(h.engine)->durable) + histogram_count(&engine_times(h.engine)->decision), 0);
	house_close(&h);
	house_remove(h.dir);
	free(plain.bytes);
}

/* -- crash at every event -------------------------------------------------------------------------------------------------- */

enum crash { CRASH_CLOSED, CRASH_ABANDONED, CRASH_TORN };

static void crash_at(uint64_t n, enum crash how, uint64_t checkpoint_events, const struct day *whole)
{
	static const char *const names[] = { "closed", "abandoned", "torn" };
	struct house first = { .seed = SEED, .checkpoint_events = checkpoint_events }, second = first;

	house_dir(first.dir);
	house_dir(second.dir);
	assert_int_equal(house_open(&first), ERR_OK);
	house_run(&first, n);
	if (how == CRASH_CLOSED) { /* all that was handed over is on disk */
		assert_int_equal(journal_submit(first.journal, true), ERR_OK);
		assert_int_equal(journal_wait(first.journal, first.core->s->seq), ERR_OK);
	}
	house_copy(first.dir, second.dir);
	if (how == CRASH_TORN)
		house_tear(second.dir);
	house_close(&first);
	if (house_open(&second) != ERR_OK)
		fail_msg("%s at event %llu: %s", names[how], (unsigned long long)n, second.error.text);
	assert_int_equal(second.recovery.differences, 0);
	house_run(&second, UINT64_MAX / 2);
	assert_same_end(&second, whole, names[how], n);
	house_close(&second);
	house_remove(first.dir);
	house_remove(second.dir);
}

static void crash_everywhere(enum crash how, uint64_t checkpoint_events, uint64_t step)
{
	struct day whole = whole_day(SEED, true);

	for (uint64_t n = 1; n <= whole.events; n += step)
		crash_at(n, how, checkpoint_events, &whole);
	free(whole.bytes);
}

static void closed_at_every_event(void **state)
{
	(void)state;
	crash_everywhere(CRASH_CLOSED, 0, 1);
}

static void abandoned(void **state)
{
	(void)state;
	crash_everywhere(CRASH_ABANDONED, 0, 3);
}

static void torn_at_every_event(void **state)
{
	(void)state;
	crash_everywhere(CRASH_TORN, 0, 1);
}

static void with_checkpoints(void **state)
{
	(void)state;
	crash_everywhere(CRASH_CLOSED, 9, 3);
	crash_everywhere(CRASH_ABANDONED, 9, 3);
	crash_everywhere(CRASH_TORN, 9, 3);
}

/* A crash in the recovery of a crash, three times over. */
static void again_and_again(void **state)
{
	struct day whole = whole_day(SEED, true);
	struct house h = { .seed = SEED, .checkpoint_events = 20 };

	(void)state;
	house_dir(h.dir);
	for (int life = 0; life < 6; life++) {
		assert_int_equal(house_open(&h), ERR_OK);
		assert_int_equal(h.recovery.fresh, life == 0);
		assert_int_equal(h.recovery.checkpoint_seq != 0, life > 0);
		house_run(&h, whole.events / 5);
		assert_int_equal(journal_submit(h.journal, true), ERR_OK);
		if (life < 5)
			house_close(&h);
	}
	house_run(&h, UINT64_MAX / 2);
	assert_same_end(&h, &whole, "six lives", 0);
	house_close(&h);
	house_remove(h.dir);
	free(whole.bytes);
}

/* -- what recovery refuses or reports -------------------------------------------------------------------------------------- */

static void half_a_day(struct house *h, uint64_t events)
{
	house_dir(h->dir);
	assert_int_equal(house_open(h), ERR_OK);
	house_run(h, events);
	assert_int_equal(journal_submit(h->journal, true), ERR_OK);
	house_close(h);
}

static void other_data(void **state)
{
	struct house h = { .seed = SEED };

	(void)state;
	half_a_day(&h, 100);
	h.seed = SEED + 1;
	assert_int_equal(house_open(&h), ERR_MISMATCH);
	assert_non_null(strstr(h.error.text, "was the data file or its order changed?"));
	house_close(&h);
	house_remove(h.dir);
	h.seed = SEED;
	h.checkpoint_events = 20;
	half_a_day(&h, 100);
	h.seed = SEED + 1;
	assert_int_equal(house_open(&h), ERR_MISMATCH); /* the checkpoint's cursor says so already */
	house_close(&h);
	house_remove(h.dir);
}

static void no_wish(void *state, const int64_t *params, const struct series *series, nanos_t open, struct signal *ret)
{
	(void)state; (void)params; (void)series; (void)open; (void)ret;
}

static void newer_build(void **state)
{
	struct strategy_ops lazy = *rig_ops[0];
	const struct strategy_ops *const ops[] = { &lazy, NULL };
	struct house h = { .seed = SEED };

	(void)state;
	lazy.bar = no_wish; /* recorded trades are not decided again: what was recorded stands, the rest is counted */
	half_a_day(&h, 120);
	h.ops = ops;
	assert_int_equal(house_open(&h), ERR_OK);
	assert_true(h.recovery.differences > 2);
	assert_non_null(strstr(h.recovery.first_difference, "record "));
	house_close(&h);
	h.ops = NULL; /* and the old build still finds nothing strange */
	assert_int_equal(house_open(&h), ERR_OK);
	assert_int_equal(h.recovery.differences, 0);
	house_close(&h);
	house_remove(h.dir);
}

/* A build of other capacities cannot read the checkpoint; the journal from its beginning says the same. */
static void other_capacities(void **state)
{
	struct house h = { .seed = SEED, .checkpoint_events = 20 };
	struct engine_recovery r;
	struct journal_error error;
	struct engine *engine;
	struct broker *broker;

	(void)state;
	half_a_day(&h, 100);
	assert_int_equal(house_open(&h), ERR_OK);
	assert_true(h.recovery.checkpoint_seq > 0);
	money_t equity = core_equity(h.core);
	uint64_t seq = h.core->s->seq;
	struct engine_options o = { .limits = { 8, 8, 4, 64 }, .tables = h.core->tables, .ops = rig_ops, .journal = h.journal,
	                            .journal_dir = h.dir, .wait_durable = true };
	assert_int_equal(engine_new(&o, &engine), ERR_OK);
	assert_int_equal(paper_open(&(struct paper_options){ .seed = 5, .partial_pct = 40, .reject_pct = 15, .slippage_ticks = 1 },
	                            engine_core(engine), engine_emit, engine, &broker), ERR_OK);
	engine_plug(engine, broker, NULL);
	assert_int_equal(engine_recover(engine, &r, &error), ERR_OK);
	assert_int_equal(r.checkpoint_seq, 0);
	assert_int_equal(r.differences, 0);
	assert_true(core_equity(engine_core(engine)) == equity && engine_core(engine)->s->seq == seq);
	engine_free(&engine);
	broker->ops->close(broker);
	house_close(&h);
	house_remove(h.dir);
}

/* The disk has no room for a checkpoint, and the journal has. */
static ssize_t no_checkpoint(int fd, const void *bytes, size_t len, off_t at)
{
	char link[64], path[512] = "";

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (readlink(link, path, sizeof(path) - 1) > 0 && strstr(path, "/checkpoint-") != NULL) {
		errno = ENOSPC;
		return -1;
	}
	return pwrite(fd, bytes, len, at);
}

static void a_refused_checkpoint_is_no_end(void **state)
{
	const struct disk_calls *real = journal_disk;
	struct disk_calls calls = *real;
	struct house h = { .seed = SEED, .checkpoint_events = 20 };
	struct day whole = whole_day(SEED, false);
	struct engine_stats stats;

	(void)state;
	calls.pwrite = no_checkpoint;
	journal_disk = &calls;
	house_dir(h.dir);
	assert_int_equal(house_open(&h), ERR_OK);
	assert_int_equal(house_run(&h, UINT64_MAX / 2), 0);
	assert_same_end(&h, &whole, "without a checkpoint", whole.events);
	engine_stats(h.engine, &stats);
	assert_true(stats.checkpoints_failed > 3);
	assert_int_equal(engine_checkpoint(h.engine), ERR_FULL); /* who asks for one is told */
	journal_disk = real;
	assert_int_equal(engine_checkpoint(h.engine), ERR_OK);
	house_close(&h);
	house_remove(h.dir);
	free(whole.bytes);
}

/* A state is built from a checkpoint behind the pruned ticks; without one nothing is made up. */
static void pruned_ticks(void **state)
{
	struct house h = { .seed = SEED };
	struct journal_archived done;
	struct event e;
	char command[HOUSE_PATH + 32];

	(void)state;
	house_dir(h.dir);
	assert_int_equal(house_open(&h), ERR_OK);
	assert_int_equal(house_run(&h, 5), 1);
	for (int i = 0; i < 6000; i++) {
		event_init(&e, EVENT_TICK, h.core->s->now + NANOS_MS, 0);
		e.tick = (struct event_tick){ .last = 1000000, .bid = 999500, .ask = 1000500 };
		assert_int_equal(engine_post(h.engine, &e), ERR_OK);
	}
	uint64_t seq = h.core->s->seq;

	assert_int_equal(engine_checkpoint(h.engine), ERR_OK);
	house_close(&h);
	const struct journal_archive_options o = { .before = journal_needed_from(h.dir), .ticks_before = INT64_MAX };

	assert_int_equal(journal_archive(h.dir, &o, &done, &h.error), ERR_OK);
	assert_true(done.pruned > 1000);
	assert_int_equal(house_open(&h), ERR_OK);
	assert_int_equal(h.core->s->seq, seq);
	house_close(&h);
	snprintf(command, sizeof(command), "rm -f %s/checkpoint-*", h.dir);
	assert_int_equal(system(command), 0);
	assert_int_equal(house_open(&h), ERR_NOENT);
	assert_non_null(strstr(h.error.text, "were pruned"));
	house_close(&h);
	house_remove(h.dir);
}

/* -- journal before action -------------------------------------------------------------------------------------------------- */

struct witness { struct broker broker; const char *dir; unsigned placed, modified, cancelled; };

static bool on_disk(const char *dir, uint16_t kind, uint64_t order, price_t price)
{
	struct journal_reader *reader;
	struct journal_error error;
	struct record head;
	const void *payload;
	bool found = false;
	size_t len;

	assert_int_equal(journal_reader_open(dir, 1, &reader, &error), ERR_OK);
	while (journal_reader_next(reader, &head, &payload, &len) == 1) {
		const struct order_request *r = payload;
		found = found || (head.kind == kind && r->order == order && r->price == price);
	}
	journal_reader_close(&reader);
	return found;
}

static void see_place(struct broker *b, const struct order_request *r, uint32_t instrument, nanos_t now)
{
	struct witness *w = (struct witness *)b;

	(void)instrument; (void)now;
	assert_true(on_disk(w->dir, ACTION_PLACE, r->order, r->price));
	w->placed++;
}

static void see_modify(struct broker *b, const struct order_request *r, uint32_t instrument, nanos_t now)
{
	struct witness *w = (struct witness *)b;

	(void)instrument; (void)now;
	assert_true(on_disk(w->dir, ACTION_MODIFY, r->order, r->price));
	w->modified++;
}

static void see_cancel(struct broker *b, const struct order_request *r, uint32_t instrument, nanos_t now)
{
	struct witness *w = (struct witness *)b;

	(void)instrument; (void)now;
	assert_true(on_disk(w->dir, ACTION_CANCEL, r->order, r->price));
	w->cancelled++;
}

static const struct broker_ops witness_ops = { .name = "witness", .place = see_place, .modify = see_modify, .cancel = see_cancel };

/* A broker that answers only "open" keeps orders at work, so the walk modifies and cancels them. */
static void answer_open(struct house *h, uint64_t order)
{
	struct event e;

	event_init(&e, EVENT_ORDER, h->core->s->now, 0);
	e.order = (struct event_order){ .order = order, .report = REPORT_OPEN, .filled = -1 };
	assert_int_equal(engine_post(h->engine, &e), ERR_OK);
}

static void journal_before_action(void **state)
{
	struct house h = { .seed = SEED };
	struct witness w = { .broker = { .magic = BROKER_MAGIC, .ops = &witness_ops } };

	(void)state;
	house_dir(h.dir);
	assert_int_equal(house_open(&h), ERR_OK);
	w.dir = h.dir;
	engine_plug(h.engine, &w.broker, h.feed);
	assert_false(engine_waiting(h.engine, 0)); /* this port cannot tell */
	for (unsigned acked = 0; w.cancelled == 0 && engine_advance(h.engine) > 0;)
		while (acked < w.placed)
			answer_open(&h, ++acked);
	assert_true(w.placed > 0 && w.modified > 0 && w.cancelled > 0);
	const struct market_tables *tables = h.core->tables;
	house_close(&h);
	/* a live port has no state of its own: its words come from the journal alone, and nothing is sent twice */
	w.placed = w.modified = w.cancelled = 0;
	struct journal_options jo = { .dir = h.dir, .segment_bytes = 1 << 18 };
	struct engine_recovery r;
	struct engine *engine;
	assert_int_equal(journal_open(&jo, &h.journal, &h.error), ERR_OK);
	struct engine_options o = { .limits = { 4, 4, 2, 64 }, .tables = tables, .ops = rig_ops, .journal = h.journal, .journal_dir = h.dir };
	assert_int_equal(engine_new(&o, &engine), ERR_OK);
	engine_plug(engine, &w.broker, NULL);
	assert_int_equal(engine_recover(engine, &r, &h.error), ERR_OK);
	assert_true(r.records > 0 && r.differences == 0);
	assert_int_equal(w.placed + w.modified + w.cancelled, 0);
	engine_free(&engine);
	journal_close(&h.journal);
	house_remove(h.dir);
}

/* The records before the first intent, in a journal of their own; returns the intent's number. */
static uint64_t copy_before_intent(const char *from, const char *to)
{
	struct journal_options o = { .dir = to, .segment_bytes = 1 << 18 };
	struct journal_reader *reader;
	struct journal *j;
	struct record head;
	const void *payload;
	size_t len;

	assert_int_equal(journal_reader_open(from, 1, &reader, NULL), ERR_OK);
	assert_int_equal(journal_open(&o, &j, NULL), ERR_OK);
	while (journal_reader_next(reader, &head, &payload, &len) == 1 && head.kind != ACTION_PLACE)
		assert_int_equal(journal_append(j, &head, payload, len), ERR_OK);
	assert_int_equal(head.kind, ACTION_PLACE);
	journal_close(&j);
	journal_reader_close(&reader);
	return head.seq;
}

/* Recovers what is in `dir`; the port counts what it is sent. */
static void recover_before_intent(const char *dir, const struct market_tables *tables, bool lost_tail, uint64_t intent, struct witness *w)
{
	struct journal_options jo = { .dir = dir, .segment_bytes = 1 << 18 };
	struct engine_options o = { .limits = { 4, 4, 2, 64 }, .tables = tables, .ops = rig_ops, .journal_dir = dir, .lost_tail = lost_tail };
	struct journal_error error = { "" };
	struct engine_recovery r;
	struct engine *engine;

	assert_int_equal(journal_open(&jo, &o.journal, &error), ERR_OK);
	assert_int_equal(engine_new(&o, &engine), ERR_OK);
	engine_plug(engine, &w->broker, NULL);
	assert_int_equal(engine_recover(engine, &r, &error), ERR_OK);
	assert_true(engine_core(engine)->s->seq >= intent); /* decided again and recorded */
	assert_int_equal(engine_core(engine)->s->live_orders, 1);
	assert_int_equal(journal_commit(o.journal), ERR_OK);
	engine_durable(engine, engine_core(engine)->s->seq);
	engine_free(&engine);
	journal_close(&o.journal);
}

/* The journal ends between an event and its intent. After a crash nothing of it had left; after a lost disk it may have, and is not sent a second time. */
static void a_lost_tail_is_not_sent(void **state)
{
	struct house h = { .seed = SEED };
	struct witness w = { .broker = { .magic = BROKER_MAGIC, .ops = &witness_ops } };
	char crashed[HOUSE_PATH], lost[HOUSE_PATH];

	(void)state;
	house_dir(h.dir);
	assert_int_equal(house_open(&h), ERR_OK);
	w.dir = h.dir;
	engine_plug(h.engine, &w.broker, h.feed);
	while (w.placed == 0 && engine_advance(h.engine) > 0)
		;
	const struct market_tables *tables = h.core->tables;
	house_close(&h);
	house_dir(crashed);
	house_dir(lost);
	uint64_t intent = copy_before_intent(h.dir, crashed);
	copy_before_intent(h.dir, lost);
	w.placed = 0;
	w.dir = crashed;
	recover_before_intent(crashed, tables, false, intent, &w);
	assert_int_equal(w.placed, 1);
	w.placed = 0;
	recover_before_intent(lost, tables, true, intent, &w);
	assert_int_equal(w.placed, 0);
	house_remove(crashed);
	house_remove(lost);
	house_remove(h.dir);
}

/* The house's journal under an engine that does not wait for it, with an order of its own decided. */
static void open_unwaiting(struct house *h, struct witness *w)
{
	struct engine_options o;
	struct engine *engine;
	struct journal_state js;

	house_dir(h->dir);
	w->dir = h->dir;
	assert_int_equal(house_open(h), ERR_OK);
	o = (struct engine_options){ .limits = { 4, 4, 2, 64 }, .tables = h->core->tables, .ops = rig_ops, .journal = h->journal, .journal_dir = h->dir };
	assert_int_equal(journal_submit(h->journal, true), ERR_OK);
	assert_int_equal(engine_new(&o, &engine), ERR_OK);
	house_take(h, engine);
	engine_plug(h->engine, &w->broker, NULL);
	do
		journal_state(h->journal, &js);
	while (js.last_seq < 4); /* the writer has taken the start over */
	assert_int_equal(engine_recover(h->engine, &h->recovery, &h->error), ERR_OK);
	engine_plug(h->engine, &w->broker, h->feed);
	while (h->core->s->live_orders == 0 && engine_advance(h->engine) > 0)
		;
	assert_int_equal(h->core->s->live_orders, 1);
}

/* Without waiting, requests leave only when the journal says it is durable. */
static void held_until_durable(void **state)
{
	struct house h = { .seed = SEED };
	struct witness w = { .broker = { .magic = BROKER_MAGIC, .ops = &witness_ops } };
	struct engine_stats stats = { 0 };

	(void)state;
	open_unwaiting(&h, &w);
	assert_int_equal(w.placed, 0);
	engine_durable(h.engine, h.core->s->seq - 5); /* not far enough */
	assert_int_equal(w.placed, 0);
	assert_int_equal(journal_wait(h.journal, h.core->s->seq), ERR_OK);
	engine_durable(h.engine, h.core->s->seq);
	assert_int_equal(w.placed, 1);
	engine_stats(h.engine, &stats);
	assert_int_equal(stats.requests, 1);
	house_close(&h);
	house_remove(h.dir);
}

static void count_place(struct broker *b, const struct order_request *r, uint32_t instrument, nanos_t now)
{
	(void)r; (void)instrument; (void)now;
	((struct witness *)b)->placed++;
}

static void count_cancel(struct broker *b, const struct order_request *r, uint32_t instrument, nanos_t now)
{
	(void)r; (void)instrument; (void)now;
	((struct witness *)b)->cancelled++;
}

static const struct broker_ops count_ops = { .name = "count", .place = count_place, .modify = count_place, .cancel = count_cancel };

static void report(struct house *h, uint64_t order, enum order_report report)
{
	struct event e;

	event_init(&e, EVENT_ORDER, h->core->s->now, 0);
	e.order = (struct event_order){ .order = order, .report = report, .filled = -1 };
	assert_int_equal(engine_post(h->engine, &e), ERR_OK);
}

static void command(struct house *h, enum command command)
{
	struct event e;

	event_init(&e, EVENT_COMMAND, h->core->s->now + NANOS_SECOND / 5, INSTRUMENT_NONE); /* within the order rate */
	e.command = (struct event_command){ .command = command, .principal = "test", .reason = "test" };
	assert_int_equal(engine_post(h->engine, &e), ERR_OK);
}

/* One order's cancel, asked for and refused again and again. */
static void cancels(struct house *h, unsigned n)
{
	while (n-- > 0) {
		command(h, COMMAND_KILL_STOP);
		report(h, 1, REPORT_CANCEL_REJECTED);
	}
}

/* A journal that stands still: what lowers risk queues, what raises it ends at once, and room that became free is used again. */
static void journal_stands_still(void **state)
{
	struct house h = { .seed = SEED };
	struct witness w = { .broker = { .magic = BROKER_MAGIC, .ops = &count_ops } };
	uint64_t seq, next;

	(void)state;
	open_unwaiting(&h, &w);
	cancels(&h, 300);
	seq = h.core->s->seq;
	cancels(&h, 300);
	engine_durable(h.engine, seq);
	assert_int_equal(w.placed, 1);
	assert_int_equal(w.cancelled, 300);
	cancels(&h, 600); /* beyond the array's end */
	report(&h, 1, REPORT_CANCELLED);
	command(&h, COMMAND_RESUME);
	next = h.core->s->next_order;
	while (h.core->s->next_order == next && engine_advance(h.engine) > 0)
		;
	assert_int_equal(h.core->order[next].request.purpose, PURPOSE_ENTRY);
	assert_int_equal(h.core->order[next].state, ORDER_REJECTED);
	assert_int_equal(h.core->s->live_orders, 0);
	engine_durable(h.engine, h.core->s->seq);
	assert_int_equal(w.cancelled, 1200);
	assert_int_equal(w.placed, 1);
	next = h.core->s->next_order;
	while (h.core->s->next_order == next && engine_advance(h.engine) > 0)
		;
	engine_durable(h.engine, h.core->s->seq);
	assert_int_equal(w.placed, 2); /* it moves again, and so do entries */
	house_close(&h);
	house_remove(h.dir);
}

/* Live: the feed pushes, the port tells between events, timers come by the wall's clock. */
static void turns(void **state)
{
	struct house h = { .seed = SEED };
	struct witness w = { .broker = { .magic = BROKER_MAGIC, .ops = &witness_ops } };
	struct event e;

	(void)state;
	house_dir(h.dir);
	w.dir = h.dir;
	assert_int_equal(house_open(&h), ERR_OK);
	engine_plug(h.engine, &w.broker, h.feed);
	while (w.placed == 0 && engine_advance(h.engine) > 0)
		;
	assert_int_equal(w.placed, 1);
	engine_plug(h.engine, &w.broker, NULL);
	uint64_t seq = h.core->s->seq;
	nanos_t wake = core_wake_at(h.core);
	assert_int_equal(engine_turn(h.engine, wake - 1), ERR_OK); /* nothing was told, nothing is due */
	assert_int_equal(h.core->s->seq, seq);
	event_init(&e, EVENT_ORDER, h.core->s->now, 0);
	e.order = (struct event_order){ .order = 1, .report = REPORT_OPEN, .filled = -1 };
	engine_emit(h.engine, &e);
	assert_int_equal(h.core->order[1].state, ORDER_INTENT);
	assert_int_equal(engine_turn(h.engine, wake - 1), ERR_OK);
	assert_int_equal(h.core->order[1].state, ORDER_OPEN);
	assert_int_equal(engine_turn(h.engine, wake + NANOS_HOUR), ERR_OK);
	assert_true(h.core->s->now == wake + NANOS_HOUR); /* late is when it is */
	house_close(&h);
	house_remove(h.dir);
}

/* An open batch that is full is handed over, wherever in an event that happens. */
static void full_batches(void **state)
{
	struct house h = { .seed = SEED };
	struct event e;

	(void)state;
	house_dir(h.dir);
	assert_int_equal(house_open(&h), ERR_OK);
	for (int i = 0; i < 40000; i++) {
		event_init(&e, EVENT_FUNDS, 0, INSTRUMENT_NONE); /* an old stamp is raised to the engine's time */
		assert_int_equal(engine_post(h.engine, &e), ERR_OK);
		assert_true(e.head.stamp == h.core->s->now);
	}
	uint64_t seq = h.core->s->seq;
	house_close(&h);
	assert_int_equal(house_open(&h), ERR_OK);
	assert_int_equal(h.core->s->seq, seq);
	house_close(&h);
	house_remove(h.dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_journal_changes_nothing),
		cmocka_unit_test(timed),
		cmocka_unit_test(closed_at_every_event),
		cmocka_unit_test(abandoned),
		cmocka_unit_test(torn_at_every_event),
		cmocka_unit_test(a_lost_tail_is_not_sent),
		cmocka_unit_test(with_checkpoints),
		cmocka_unit_test(again_and_again),
		cmocka_unit_test(other_data),
		cmocka_unit_test(newer_build),
		cmocka_unit_test(other_capacities),
		cmocka_unit_test(a_refused_checkpoint_is_no_end),
		cmocka_unit_test(pruned_ticks),
		cmocka_unit_test(journal_before_action),
		cmocka_unit_test(held_until_durable),
		cmocka_unit_test(journal_stands_still),
		cmocka_unit_test(turns),
		cmocka_unit_test(full_batches),
	};

	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
