/* The engine's insides for `enginectl debug`, and its numbers for Prometheus. No secret is ever part of either. */
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

/* -- Prometheus ------------------------------------------------------------------------------------------------------------------ */

static void metric(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP sauda_%s %s\n# TYPE sauda_%s %s\n", name, help, name, type);
}

static void gauge(struct buf *out, const char *name, const char *help, int64_t value)
{
	metric(out, name, "gauge", help);
	buf_printf(out, "sauda_%s %" PRId64 "\n", name, value);
}

static void counter(struct buf *out, const char *name, const char *help, uint64_t value)
{
	metric(out, name, "counter", help);
	buf_printf(out, "sauda_%s %" PRIu64 "\n", name, value);
}

static void money(struct buf *out, const char *name, const char *help, money_t value)
{
	char text[NUM_TEXT];

	num_format(value, text);
	metric(out, name, "gauge", help);
	buf_printf(out, "sauda_%s %s\n", name, text);
}

static void strategy_metrics(struct app *a, struct buf *out)
{
	metric(out, "strategy_signals_total", "counter", "Signals by strategy.");
	for (uint32_t i = 0; i < a->core->s->strategies; i++)
		buf_printf(out, "sauda_strategy_signals_total{strategy=\"%s\"} %" PRIu64 "\n", a->core->slot[i].id, a->core->slot[i].funnel.signals);
	metric(out, "refusals_total", "counter", "Refused signals by strategy and reason.");
	for (uint32_t i = 0; i < a->core->s->strategies; i++)
		for (int r = 1; r < REFUSAL_COUNT; r++)
			if (a->core->slot[i].funnel.refused[r])
				buf_printf(out, "sauda_refusals_total{strategy=\"%s\",reason=\"%s\"} %" PRIu64 "\n", a->core->slot[i].id,
				           refusal_code((enum refusal)r), a->core->slot[i].funnel.refused[r]);
}

static void metrics_text(struct app *a, struct buf *out)
{
	const struct core_state *s = a->core->s;
	struct engine_stats stats;
	struct store_state store;
	struct journal_state journal;

	engine_stats(a->engine, &stats);
	store_state(a->store, &store);
	journal_state(a->journal, &journal);
	metric(out, "info", "gauge", "Build and mode.");
	buf_printf(out, "sauda_info{mode=\"%s\",state=\"%s\"} 1\n", mode_name(a->mode), engine_state_name(core_engine_state(a->core)));
	gauge(out, "ready", "1 when entries are possible.", core_ready(a->core) == REFUSAL_NONE);
	counter(out, "events_total", "Events stepped by the core.", stats.events);
	counter(out, "market_events_total", "Of them from the market.", stats.market_events);
	counter(out, "requests_total", "Orders, modifies and cancels sent.", stats.requests);
	gauge(out, "live_orders", "Orders at work.", s->live_orders);
	gauge(out, "open_positions", "Books that are not flat.", s->open_books);
	counter(out, "trades_total", "Closed round trips.", s->account.trades);
	money(out, "equity_rupees", "Account value.", core_equity(a->core));
	money(out, "day_pnl_rupees", "The day's profit and loss after known charges.", core_day_pnl(a->core));
	gauge(out, "journal_sequence", "Newest record.", (int64_t)s->seq);
	gauge(out, "journal_durable_sequence", "Newest record on disk.", (int64_t)journal.last_seq);
	gauge(out, "store_sequence", "Newest record projected.", (int64_t)store.seq);
	counter(out, "checkpoints_failed_total", "Checkpoints the disk refused; the next start replays more.", stats.checkpoints_failed);
	counter(out, "store_errors_total", "Failed writes to the store.", store.errors);
	gauge(out, "loop_lag_max_microseconds", "Longest delay of the loop seen.", a->lag_max / NANOS_US);
	strategy_metrics(a, out);
}

void answer_metrics(struct app *a, struct json *j)
{
	struct buf text = { 0 };

	metrics_text(a, &text);
	json_str(j, NULL, text.data ? text.data : "");
	buf_done(&text);
}
