/* What paper and live say of their adapters: session, market data, order path, scrip master, budgets. Never a token. */
#include "engined/live_priv.h"

static void put_age(struct app *a, struct json *j, const char *key, nanos_t at)
{
	nanos_t now = clock_now(&a->clock);

	if (at)
		snapshot_put_age(j, key, now > at ? (now - at) / NANOS_MS : 0);
	else
		json_null(j, key);
}

void live_put_feed(struct app *a, struct json *j)
{
	const struct link_state *link = &a->core->s->link[LINK_FEED];
	struct kotak_feed_stats s;

	kotak_feed_stats(a->live->feed, &s);
	json_object(j, "feed");
	json_str(j, "kind", a->feed_info.kind);
	json_str(j, "source", a->feed_info.source);
	json_str(j, "underlying", a->feed_info.underlying);
	json_str(j, "underlying_source", a->feed_info.underlying_source);
	json_bool(j, "up", link->up != 0);
	json_str(j, "reason", link->up ? NULL : link->reason[0] ? link->reason : s.reason);
	put_age(a, j, "age_ms", s.heard);
	json_str(j, "speed", "1");
	json_bool(j, "paused", false);
	json_uint(j, "rows", s.packets);
	json_null(j, "rows_total");
	json_uint(j, "bad_rows", s.bad);
	json_bool(j, "ended", false);
	json_object_end(j);
}

void live_put_broker(struct app *a, struct json *j)
{
	static const char *const states[] = { "down", "starting", "up", "stopping" };
	const struct kotak_session *s = a->live->session;

	json_object(j, "session");
	json_str(j, "state", states[kotak_session_state(s)]);
	json_str(j, "reason", kotak_session_reason(s)[0] ? kotak_session_reason(s) : NULL);
	json_bool(j, "disarmed", kotak_session_disarmed(s));
	json_stamp(j, "expires", kotak_session_expires(s));
	json_object_end(j);
	json_object(j, "master");
	json_date(j, "day", a->live->master ? master_day(a->live->master) : 0);
	json_bool(j, "today", live_master(a->live) != NULL);
	json_str(j, "text", a->live->master_text[0] ? a->live->master_text : NULL);
	json_object_end(j);
	live_put_clock(a, j);
}

/* Since they were read, not since they changed; paper has no funds of the broker's. */
void live_put_funds_age(struct app *a, struct json *j)
{
	struct kotak_broker_stats s = { 0 };

	if (a->mode == MODE_LIVE)
		kotak_broker_stats(a->broker, &s);
	put_age(a, j, "age_ms", s.funds_read);
}

const struct histogram *live_round_trip(const struct app *a, unsigned kind)
{
	static const struct histogram none;

	return a->mode == MODE_LIVE && a->broker ? kotak_broker_round_trip(a->broker, (enum kotak_request)kind) : &none;
}

nanos_t live_orders_heard(const struct app *a)
{
	struct kotak_broker_stats s = { 0 };

	if (a->mode == MODE_LIVE && a->broker)
		kotak_broker_stats(a->broker, &s);
	return s.feed_heard;
}

static void debug_feed(struct app *a, struct json *j)
{
	struct kotak_feed_stats s;

	kotak_feed_stats(a->live->feed, &s);
	json_object(j, "feed");
	json_str(j, "kind", a->feed_info.kind);
	json_bool(j, "connected", s.connected);
	json_bool(j, "authenticated", s.authenticated);
	json_bool(j, "fresh", s.fresh);
	json_str(j, "url", s.url);
	json_uint(j, "frames", s.frames);
	json_uint(j, "packets", s.packets);
	json_uint(j, "ticks", s.ticks);
	json_uint(j, "bad", s.bad);
	json_uint(j, "subscriptions", s.subscriptions);
	json_uint(j, "backfilled", s.backfilled);
	json_uint(j, "reconnects", s.reconnects);
	json_uint(j, "mute", s.mute);
	put_age(a, j, "age_ms", s.heard);
	json_stamp(j, "newest_trade", s.newest_trade);
	json_object_end(j);
}

static void debug_orders(struct app *a, struct json *j)
{
	struct kotak_broker_stats s;

	kotak_broker_stats(a->broker, &s);
	json_object(j, "orders");
	json_uint(j, "placed", s.placed);
	json_uint(j, "modified", s.modified);
	json_uint(j, "cancelled", s.cancelled);
	json_uint(j, "unknown", s.unknown);
	json_uint(j, "absent_proven", s.absent_proven);
	json_uint(j, "resent", s.resent);
	json_uint(j, "duplicates", s.duplicates);
	json_uint(j, "foreign_orders", s.foreign_orders);
	json_uint(j, "foreign_fills", s.foreign_fills);
	json_uint(j, "rows_bad", s.rows_bad);
	json_uint(j, "frames", s.frames);
	json_uint(j, "frames_bad", s.frames_bad);
	json_uint(j, "reconnects", s.reconnects);
	json_uint(j, "polls", s.polls);
	json_bool(j, "feed_up", s.feed_up);
	json_bool(j, "books_read", s.books_read);
	put_age(a, j, "book_age_ms", s.book_read);
	json_object_end(j);
}

static void debug_rest(struct app *a, struct json *j)
{
	struct rest_stats s;

	rest_stats(a->live->rest, &s);
	json_object(j, "rest");
	json_uint(j, "calls", s.calls);
	json_uint(j, "waiting", s.waiting);
	json_uint(j, "under_way", s.under_way);
	for (int v = 0; v <= WIRE_UNKNOWN; v++)
		json_uint(j, wire_verdict_name((enum wire_verdict)v), s.verdicts[v]);
	json_object_end(j);
}

void live_put_debug(struct app *a, struct json *j)
{
	debug_feed(a, j);
	debug_rest(a, j);
	if (a->mode == MODE_LIVE)
		debug_orders(a, j);
	live_put_clock(a, j);
}
