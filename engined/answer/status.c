/* What the daemon says of itself: health, readiness, status, money, shutdown. Numbers come from the core; what is not known
 * is null. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engined/app.h"
#include "engined/live.h"
#include "lib/base/err.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unversioned"
#endif

const char *mode_name(enum engine_mode m)
{
	static const char *const names[] = { "demo", "replay", "paper", "live" };

	return m <= MODE_LIVE ? names[m] : "unknown";
}

static int64_t market_age_ms(const struct app *a)
{
	return a->last_market_mono ? (app_mono() - a->last_market_mono) / NANOS_MS : -1;
}

void answer_health(struct app *a, struct json *j)
{
	(void)a;
	json_object(j, NULL);
	json_bool(j, "alive", true);
	json_object_end(j);
}

static void reason(struct app *a, struct json *j, enum refusal r)
{
	json_object(j, NULL);
	json_str(j, "code", refusal_code(r));
	json_str(j, "text", refusal_text(r));
	if (r == REFUSAL_ACCOUNT_UNREAD)
		answer_unread(a, j, "missing");
	json_object_end(j);
}

void answer_ready(struct app *a, struct json *j)
{
	enum refusal r = core_ready(a->core);

	json_object(j, NULL);
	json_bool(j, "ready", r == REFUSAL_NONE);
	json_array(j, "reasons");
	if (r != REFUSAL_NONE)
		reason(a, j, r);
	json_array_end(j);
	json_str(j, "not_flat", core_not_flat_text(a->core)); /* holds back nothing, and is to be heard */
	json_object_end(j);
}

void answer_kill(struct app *a, struct json *j, const char *key)
{
	const struct core_state *s = a->core->s;

	if (s->kill == KILL_NONE) {
		json_null(j, key);
		return;
	}
	json_object(j, key);
	json_str(j, "rung", s->kill == KILL_FLATTEN ? "flatten" : "stop");
	json_str(j, "by", s->control_by);
	json_str(j, "reason", s->control_reason);
	json_stamp(j, "at", s->control_at);
	json_object_end(j);
}

void answer_not_flat(struct app *a, struct json *j, const char *key)
{
	const struct not_flat *n = &a->core->s->not_flat;

	if (!core_not_flat_text(a->core)) {
		json_null(j, key);
		return;
	}
	json_object(j, key);
	json_str(j, "text", core_not_flat_text(a->core));
	json_stamp(j, "since", n->since);
	json_uint(j, "times", n->times);
	json_uint(j, "positions", n->books);
	json_uint(j, "orders", n->orders);
	json_uint(j, "positions_now", a->core->s->open_books);
	json_object_end(j);
}

static void answer_session(struct app *a, struct json *j)
{
	const struct core_state *s = a->core->s;
	const struct session_day *d = &s->day;

	json_object(j, "session");
	json_date(j, "date", d->date);
	json_str(j, "phase", session_phase_name(s->day_active ? session_phase(d, s->now) : PHASE_CLOSED));
	json_stamp(j, "open", d->open);
	json_stamp(j, "close", d->close);
	json_stamp(j, "square_off", d->square_off);
	json_date(j, "next", d->date ? session_next(&a->tables.calendar, d->date, GROUP_FO) : 0);
	json_bool(j, "assumed", (s->day_flags & SESSION_ASSUMED) != 0);
	json_str(j, "name", d->name);
	json_object_end(j);
}

static void answer_feed(struct app *a, struct json *j)
{
	const struct feed_info *i = &a->feed_info;
	const struct pacer *p = &a->pacer;
	struct feed_progress progress;
	char speed[24];

	if (a->live) {
		live_put_feed(a, j);
		return;
	}
	a->feed->ops->progress(a->feed, &progress);
	snprintf(speed, sizeof(speed), "%lld", (long long)p->speed);
	json_object(j, "feed");
	json_str(j, "kind", i->kind);
	json_str(j, "source", i->source);
	json_str(j, "underlying", i->underlying);
	json_str(j, "underlying_source", i->underlying_source);
	json_bool(j, "up", a->core->s->link[LINK_FEED].up != 0);
	snapshot_put_age(j, "age_ms", market_age_ms(a));
	json_str(j, "speed", p->speed ? speed : "max");
	json_bool(j, "paused", p->paused);
	json_uint(j, "rows", progress.rows);
	if (progress.rows_total)
		json_uint(j, "rows_total", progress.rows_total);
	else
		json_null(j, "rows_total");
	json_uint(j, "bad_rows", progress.bad);
	json_bool(j, "ended", p->ended);
	json_object_end(j);
}

static void answer_broker(struct app *a, struct json *j)
{
	const struct link_state *link = &a->core->s->link[LINK_BROKER];

	json_object(j, "broker");
	json_str(j, "name", a->broker->ops->name);
	json_bool(j, "connected", link->up != 0);
	json_str(j, "reason", link->up ? NULL : link->reason);
	if (a->live)
		live_put_broker(a, j);
	answer_unread(a, j, "unread");
	json_bool(j, "clock_apart", a->core->s->books.apart != 0);
	answer_foreign(a, j, "foreign");
	json_object_end(j);
}

static void hex(const uint8_t *bytes, size_t n, char *ret)
{
	for (size_t i = 0; i < n; i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
}

static void answer_storage(struct app *a, struct json *j)
{
	struct store_state store;
	struct journal_state journal;
	struct journal_health health;
	char id[33];

	store_state(a->store, &store);
	journal_state(a->journal, &journal);
	journal_health(a->journal, &health);
	hex(journal.id, sizeof(journal.id), id);
	json_object(j, "store");
	json_str(j, "backend", store.backend);
	json_bool(j, "ok", store.ok);
	json_uint(j, "seq", store.seq);
	json_uint(j, "lag", journal.last_seq > store.seq ? journal.last_seq - store.seq : 0);
	json_str(j, "error", store.ok ? NULL : store.last_error);
	json_object_end(j);
	json_object(j, "journal");
	json_uint(j, "seq", a->core->s->seq);
	json_uint(j, "durable", journal.last_seq);
	json_str(j, "id", id);
	json_bool(j, "reserve", health.reserve);
	json_str(j, "trouble", health.trouble == ERR_OK ? NULL : err_text(health.trouble));
	json_object_end(j);
}

static void answer_disk(struct app *a, struct json *j)
{
	struct disk_room room;

	journal_room(a, &room);
	json_object(j, "disk");
	if (room.used < 0) {
		json_null(j, "used_pct");
		json_null(j, "free_bytes");
	} else {
		json_int(j, "used_pct", room.used);
		json_uint(j, "free_bytes", room.left);
	}
	json_object_end(j);
}

static void answer_day(struct app *a, struct json *j)
{
	const struct account *c = &a->core->s->account;

	json_object(j, "day");
	json_decimal(j, "pnl", core_day_pnl(a->core));
	json_decimal(j, "realised", c->day_realised);
	json_decimal(j, "unrealised", c->unrealised - c->day_base);
	json_decimal(j, "charges", c->day_charges);
	json_bool(j, "charges_complete", c->charges_unknown == 0);
	json_uint(j, "trades", c->day_trades);
	json_bool(j, "locked", c->day_locked != 0);
	json_str(j, "lock", c->day_locked ? refusal_text(core_day_lock(a->core)) : NULL);
	json_object_end(j);
}

static void answer_underlyings(struct app *a, struct json *j)
{
	json_array(j, "underlyings");
	for (uint32_t i = 0; i < a->core->s->strategies; i++) {
		const char *symbol = a->core->slot[i].symbol;
		bool seen = symbol[0] == '\0';

		for (uint32_t k = 0; k < i; k++)
			seen = seen || strcmp(a->core->slot[k].symbol, symbol) == 0;
		if (!seen)
			json_str(j, NULL, symbol);
	}
	json_array_end(j);
}

void answer_status(struct app *a, struct json *j)
{
	json_object(j, NULL);
	json_str(j, "mode", mode_name(a->mode));
	json_str(j, "state", engine_state_name(core_engine_state(a->core)));
	json_str(j, "step", a->step);
	json_stamp(j, "now", a->core->s->now);
	answer_session(a, j);
	answer_feed(a, j);
	answer_broker(a, j);
	answer_storage(a, j);
	answer_disk(a, j);
	json_int(j, "uptime_s", (app_mono() - a->started_mono) / NANOS_SECOND);
	json_str(j, "version", PACKAGE_VERSION);
	json_str(j, "build", a->core->s->start.build);
	json_int(j, "pid", getpid());
	json_uint(j, "epoch", a->epoch);
	answer_underlyings(a, j);
	answer_day(a, j);
	answer_kill(a, j, "kill");
	answer_not_flat(a, j, "not_flat");
	notify_put_status(a->notify, j, "telegram");
	json_object_end(j);
}

/* What the broker says of the account itself; paper has no money of its own, and null is what nobody told. */
static void broker_funds(struct app *a, struct json *j)
{
	const struct event_funds *f = &a->core->s->funds;

	json_object(j, "funds");
	json_decimal(j, "cash", f->cash);
	json_decimal(j, "margin_used", f->margin_used);
	json_decimal(j, "collateral", f->collateral);
	if (a->live)
		live_put_funds_age(a, j);
	else
		json_null(j, "age_ms");
	json_object_end(j);
}

void answer_balance(struct app *a, struct json *j)
{
	const struct account *c = &a->core->s->account;

	json_object(j, NULL);
	json_str(j, "mode", mode_name(a->mode));
	json_str(j, "source", a->broker->ops->name);
	json_bool(j, "broker_connected", a->core->s->link[LINK_BROKER].up != 0);
	snapshot_put_age(j, "age_ms", 0);
	broker_funds(a, j);
	json_decimal(j, "capital", c->capital);
	json_decimal(j, "cash_free", core_cash_free(a->core));
	json_decimal(j, "used", c->open_cost);
	json_decimal(j, "realised", c->realised);
	json_decimal(j, "unrealised", c->unrealised);
	json_decimal(j, "charges", c->charges);
	json_bool(j, "charges_complete", c->charges_unknown == 0);
	json_bool(j, "charges_assumed", c->charges_assumed != 0);
	json_decimal(j, "equity", core_equity(a->core));
	json_decimal(j, "day_pnl", core_day_pnl(a->core));
	json_object_end(j);
}

static void open_book(struct app *a, struct json *j, const struct slot *s)
{
	json_object(j, NULL);
	json_str(j, "symbol", a->core->instrument[s->book.instrument].symbol);
	json_str(j, "strategy", s->id);
	json_int(j, "qty", s->book.qty);
	json_str(j, "why", s->plan.exit_reason ? exit_reason_name((enum exit_reason)s->plan.exit_reason) : "kept");
	json_object_end(j);
}

void answer_shutdown(struct app *a, struct json *j)
{
	static const char *const states[] = { "none", "running", "flat", "kept", "not_flat" };
	const struct core_state *s = a->core->s;

	json_object(j, NULL);
	json_str(j, "state", s->stop < 5 ? states[s->stop] : "unknown");
	json_str(j, "positions", s->stop == STOP_NONE ? NULL : s->stop_keep ? "keep" : "flatten");
	json_array(j, "open");
	for (uint32_t i = 0; i < s->strategies; i++)
		if (a->core->slot[i].book.qty != 0)
			open_book(a, j, &a->core->slot[i]);
	json_array_end(j);
	json_stamp(j, "deadline", s->stop == STOP_NONE ? 0 : s->stop_at);
	json_object_end(j);
}
