/* The engine's insides for `enginectl debug`. No secret is ever part of them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "engined/app.h"
#include "engined/live.h"

static void debug_core(struct app *a, struct json *j)
{
	const struct core_state *s = a->core->s;
	struct engine_stats stats;

	engine_stats(a->engine, &stats);
	json_object(j, "core");
	json_uint(j, "state_bytes", s->size);
	json_uint(j, "instruments", s->instruments);
	json_uint(j, "series", s->series);
	json_uint(j, "strategies", s->strategies);
	json_uint(j, "live_orders", s->live_orders);
	json_uint(j, "open_books", s->open_books);
	json_uint(j, "next_order", s->next_order);
	json_stamp(j, "wake_at", s->wake_at);
	json_uint(j, "events", stats.events);
	json_uint(j, "market_events", stats.market_events);
	json_uint(j, "actions", stats.actions);
	json_uint(j, "requests", stats.requests);
	json_object_end(j);
}

static void debug_recovery(const struct app *a, struct json *j)
{
	const struct engine_recovery *r = &a->recovery;

	json_object(j, "recovery");
	json_bool(j, "fresh", r->fresh);
	json_uint(j, "checkpoint_seq", r->checkpoint_seq);
	json_uint(j, "records", r->records);
	json_uint(j, "differences", r->differences);
	json_str(j, "first_difference", r->differences ? r->first_difference : NULL);
	json_object_end(j);
}

static void debug_storage(struct app *a, struct json *j)
{
	struct store_state store;
	struct journal_state journal;

	store_state(a->store, &store);
	journal_state(a->journal, &journal);
	json_object(j, "journal");
	json_uint(j, "seq", a->core->s->seq);
	json_uint(j, "durable", journal.last_seq);
	json_uint(j, "batches", journal.batches);
	json_uint(j, "bytes", journal.bytes);
	json_uint(j, "torn_bytes", journal.torn_bytes);
	json_object_end(j);
	json_object(j, "store");
	json_bool(j, "ok", store.ok);
	json_uint(j, "seq", store.seq);
	json_uint(j, "queued", store.queued);
	json_uint(j, "errors", store.errors);
	json_str(j, "last_error", store.errors ? store.last_error : NULL);
	json_object_end(j);
}

static void debug_feed(struct app *a, struct json *j)
{
	struct feed_progress p;
	struct buf bad = { 0 };

	if (a->live) {
		live_put_debug(a, j);
		return;
	}
	a->feed->ops->progress(a->feed, &p);
	json_object(j, "feed");
	json_str(j, "kind", a->feed_info.kind);
	json_uint(j, "rows", p.rows);
	json_uint(j, "bad", p.bad);
	json_uint(j, "events", p.events);
	json_stamp(j, "first", p.first);
	json_stamp(j, "last", p.last);
	json_int(j, "step_ms", a->feed_info.step / NANOS_MS);
	if (a->feed->ops->bad_rows)
		a->feed->ops->bad_rows(a->feed, &bad, 10);
	json_raw(j, "bad_rows", bad.data && !bad.failed ? bad.data : "[]");
	json_object_end(j);
	buf_done(&bad);
}

static void debug_errors(const struct app *a, struct json *j)
{
	json_array(j, "errors");
	for (uint64_t i = a->n_errors > APP_ERRORS ? a->n_errors - APP_ERRORS : 0; i < a->n_errors; i++) {
		json_object(j, NULL);
		json_stamp(j, "at", a->errors[i % APP_ERRORS].at);
		json_str(j, "text", a->errors[i % APP_ERRORS].text);
		json_object_end(j);
	}
	json_array_end(j);
}

void answer_debug(struct app *a, struct json *j)
{
	struct control_server_stats clients = control_server_stats(a->control);
	struct buf config = { 0 };
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	json_object(j, NULL);
	json_object(j, "loop");
	json_int(j, "lag_us", a->lag_max / NANOS_US);
	json_uint(j, "turns", a->turns);
	json_uint(j, "published", a->published);
	json_int(j, "peak_rss_kb", usage.ru_maxrss);
	json_object_end(j);
	json_object(j, "control");
	json_uint(j, "clients", clients.clients);
	json_uint(j, "requests", clients.requests);
	json_uint(j, "faults", clients.faults);
	json_uint(j, "dropped", clients.dropped);
	json_object_end(j);
	debug_core(a, j);
	debug_recovery(a, j);
	debug_storage(a, j);
	debug_feed(a, j);
	notify_put_debug(a->notify, j, "telegram");
	config_show(a->config, &config);
	json_str(j, "config", config.data);
	debug_errors(a, j);
	json_object_end(j);
	buf_done(&config);
}
