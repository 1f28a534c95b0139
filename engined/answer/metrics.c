/* The engine's numbers for Prometheus: gauges, counters, and how long things take. Seconds and rupees; no other unit of either. */
#include <inttypes.h>
#include <stdio.h>

#include "engined/app.h"
#include "engined/live.h"
#include "lib/base/obj.h"

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

/* -- how long things take -------------------------------------------------------------------------------------------------------- */

/* Each is told within a range of its own: more buckets than can be told apart would only be more to read. */
static const struct histogram_range decisions = { 7, 24 }, turns = { 10, 34 }, disk = { 14, 34 }, network = { 20, 36 }, ages = { 24, 36 };

static void timing(struct buf *out, const char *name, const char *help, const struct histogram *h, struct histogram_range range)
{
	char full[64];

	metric(out, name, "histogram", help);
	snprintf(full, sizeof(full), "sauda_%s", name);
	histogram_put(h, out, full, "", range);
}

static void order_timings(struct app *a, struct buf *out)
{
	static const char *const labels[] = { "kind=\"place\"", "kind=\"modify\"", "kind=\"cancel\"" };
	const struct engine_times *t = engine_times(a->engine);

	timing(out, "decision_seconds", "From a market event to the request it led to, recorded.", &t->decision, decisions);
	timing(out, "order_durable_seconds", "From the decision until the request was on disk and left.", &t->durable, disk);
	metric(out, "order_round_trip_seconds", "histogram", "From the request as it left to the broker's answer.");
	for (unsigned i = 0; i < ARRAY_LEN(labels); i++)
		histogram_put(live_round_trip(a, i), out, "sauda_order_round_trip_seconds", labels[i], network);
}

static void feed_timings(struct app *a, struct buf *out)
{
	static const char *const labels[FEED_AGES] = { "feed=\"market\"", "feed=\"orders\"" };

	metric(out, "feed_age_seconds", "histogram", "Age of the newest news, looked at ten times a second in market hours.");
	for (unsigned i = 0; i < FEED_AGES; i++)
		histogram_put(&a->feed_age[i], out, "sauda_feed_age_seconds", labels[i], ages);
}

static void timings(struct app *a, struct buf *out)
{
	struct histogram lag;

	store_lag(a->store, &lag);
	timing(out, "loop_turn_seconds", "Time a turn of the loop worked.", &a->beat.turn, turns);
	timing(out, "command_seconds", "From a command's line to its answer.", control_server_service(a->control), turns);
	timing(out, "store_lag_seconds", "From a batch's oldest record on disk until it was in the database.", &lag, disk);
	order_timings(a, out);
	feed_timings(a, out);
}

/* Whether news are to be expected: the market trades, and its clock is not held. */
static bool news_due(const struct app *a, nanos_t now)
{
	enum session_phase phase = session_phase(&a->core->s->day, now);

	return a->core->s->day_active && !a->pacer.paused && (phase == PHASE_OPEN || phase == PHASE_SQUARE_OFF);
}

void metrics_look(struct app *a)
{
	nanos_t now = a->live ? clock_now(&a->clock) : a->core->s->now, heard;

	if (!news_due(a, now))
		return;
	if (a->last_market_mono)
		histogram_add(&a->feed_age[FEED_AGE_MARKET], app_mono() - a->last_market_mono);
	if (a->live && (heard = live_orders_heard(a)) != 0)
		histogram_add(&a->feed_age[FEED_AGE_ORDERS], now - heard);
}

/* -- all of them ---------------------------------------------------------------------------------------------------------------- */

/* What an alarm must know besides: whether anybody trades at this hour, and how long the journal has room. */
static void disk_and_market(struct app *a, struct buf *out)
{
	struct disk_room room;

	journal_room(a, &room);
	if (room.used >= 0)
		gauge(out, "disk_free_bytes", "Room on the disk of the journal.", (int64_t)room.left);
	gauge(out, "market_open", "1 while the market trades.", news_due(a, a->live ? clock_now(&a->clock) : a->core->s->now));
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
	disk_and_market(a, out);
	gauge(out, "journal_sequence", "Newest record.", (int64_t)s->seq);
	gauge(out, "journal_durable_sequence", "Newest record on disk.", (int64_t)journal.last_seq);
	gauge(out, "store_sequence", "Newest record projected.", (int64_t)store.seq);
	counter(out, "checkpoints_failed_total", "Checkpoints the disk refused; the next start replays more.", stats.checkpoints_failed);
	counter(out, "store_errors_total", "Failed writes to the store.", store.errors);
	metric(out, "loop_lag_max_seconds", "gauge", "Longest delay of the loop seen.");
	buf_printf(out, "sauda_loop_lag_max_seconds %" PRId64 ".%09" PRId64 "\n", a->lag_max / NANOS_SECOND, a->lag_max % NANOS_SECOND);
	strategy_metrics(a, out);
	timings(a, out);
}

void answer_metrics(struct app *a, struct json *j)
{
	struct buf text = { 0 };

	metrics_text(a, &text);
	json_str(j, NULL, text.data ? text.data : "");
	buf_done(&text);
}
