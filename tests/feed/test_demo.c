/* lib/feed/demo: the same seed gives the same market for ever; sessions, expiries and quotes that a market could show. */
#include "play.h"

#include "lib/base/crc32c.h"
#include "lib/feed/demo_calendar.h"

static nanos_t at(int year, int month, int day, int hour, int minute)
{
	return stamp_at(date_from_civil(year, month, day), TIME_OF_DAY(hour, minute));
}

static struct feed *open_demo(uint64_t seed, nanos_t from)
{
	struct feed *f = NULL;

	assert_int_equal(feed_demo_open(seed, from, small_tables(), NULL, &f, NULL), ERR_OK);
	return f;
}

static uint32_t crc_of(struct feed *f, int events)
{
	uint32_t crc = 0;
	struct event e;

	for (int i = 0; i < events; i++) {
		assert_int_equal(f->ops->next(f, &e), 1);
		crc = crc32c(crc, &e, event_size(&e));
	}
	f->ops->close(f);
	return crc;
}

static void test_repeats_itself(void **state)
{
	nanos_t from = at(2026, 3, 2, 10, 0);
	uint32_t crc = crc_of(open_demo(42, from), 20000);

	(void)state;
	assert_int_equal(crc_of(open_demo(42, from), 20000), crc);
	assert_int_not_equal(crc_of(open_demo(43, from), 20000), crc);
	assert_int_not_equal(crc_of(open_demo(42, from + NANOS_SECOND), 20000), crc);
	/* "for ever": a change of the demo is a change of what people recorded, so it must be meant */
	assert_int_equal(crc, 0x54cfb9f4);
}

static void expect_session(struct event *e, enum session_edge edge, uint16_t flags, nanos_t open, nanos_t close)
{
	assert_int_equal(e->head.kind, EVENT_SESSION);
	assert_int_equal(e->session.edge, edge);
	assert_int_equal(e->session.flags, flags);
	assert_int_equal(e->session.open, open);
	assert_int_equal(e->session.close, close);
}

static void next_session(struct feed *f, struct event *e)
{
	do
		assert_int_equal(f->ops->next(f, e), 1);
	while (e->head.kind != EVENT_SESSION);
}

/* Monday 2026-11-23 from the last start that joins it; Tuesday is a holiday; then Wednesday. */
static void test_sessions(void **state)
{
	struct feed *f = open_demo(1, at(2026, 11, 23, 12, 30));
	struct event e;

	(void)state;
	assert_int_equal(f->ops->next(f, &e), 1);
	assert_int_equal(e.head.kind, EVENT_INSTRUMENT);
	assert_string_equal(e.instrument.symbol, "NIFTY");
	assert_int_equal(e.instrument.flags, 0);
	next_session(f, &e);
	expect_session(&e, SESSION_BEGIN, 0, at(2026, 11, 23, 9, 15), at(2026, 11, 23, 15, 30));
	assert_int_equal(e.head.stamp, at(2026, 11, 23, 12, 30));
	next_session(f, &e);
	expect_session(&e, SESSION_END, 0, at(2026, 11, 23, 9, 15), at(2026, 11, 23, 15, 30));
	assert_int_equal(e.head.stamp, at(2026, 11, 23, 15, 30));
	assert_int_equal(f->ops->next(f, &e), 1);
	expect_session(&e, SESSION_BEGIN, 0, at(2026, 11, 25, 9, 15), at(2026, 11, 25, 15, 30));
	assert_int_equal(e.head.stamp, e.session.open);
	f->ops->close(f);
}

/* Outside hours the demo trades at once, and says that it made the session up. */
static void test_session_at_night(void **state)
{
	nanos_t from = at(2026, 3, 7, 22, 0); /* a Saturday */
	struct feed *f = open_demo(1, from);
	struct event e;

	(void)state;
	next_session(f, &e);
	expect_session(&e, SESSION_BEGIN, SESSION_ASSUMED, from, from + TIME_OF_DAY(6, 15));
	assert_int_equal(e.session.date, date_from_civil(2026, 3, 7));
	f->ops->close(f);
}

static void test_calendar(void **state)
{
	const struct calendar *c = &small_tables()->calendar;
	struct demo_session s, next;
	nanos_t close;

	(void)state;
	demo_session_first(c, at(2026, 3, 2, 9, 15), &s); /* Monday */
	assert_int_equal(s.flags, 0);
	assert_int_equal(demo_expiry(c, &s, &close), date_from_civil(2026, 3, 3));
	assert_int_equal(close, at(2026, 3, 3, 15, 30));
	demo_session_first(c, at(2026, 3, 3, 12, 30), &s); /* Tuesday: today's contracts */
	assert_int_equal(s.flags, 0);
	assert_int_equal(demo_expiry(c, &s, &close), date_from_civil(2026, 3, 3));
	demo_session_first(c, at(2026, 3, 3, 12, 31), &s); /* too late to join: a session of its own */
	assert_int_equal(s.flags, SESSION_ASSUMED);
	assert_int_equal(demo_expiry(c, &s, &close), date_from_civil(2026, 3, 10));
	demo_session_first(c, at(2026, 3, 3, 15, 30), &s); /* after they expired: next week's */
	assert_int_equal(s.flags, SESSION_ASSUMED);
	assert_int_equal(demo_expiry(c, &s, &close), date_from_civil(2026, 3, 10));
	demo_session_next(c, &s, &next); /* 21:45 is before Wednesday's open */
	assert_int_equal(next.open, at(2026, 3, 4, 9, 15));
	demo_session_first(c, at(2026, 11, 23, 12, 0), &s); /* the expiry moves before the holiday */
	assert_int_equal(demo_expiry(c, &s, &close), date_from_civil(2026, 11, 23));
	demo_session_first(c, at(2026, 11, 25, 12, 0), &s);
	assert_int_equal(demo_expiry(c, &s, &close), date_from_civil(2026, 12, 1));
	demo_session_first(c, at(2025, 8, 25, 12, 0), &s); /* Thursdays until August 2025, Tuesdays from September */
	assert_int_equal(demo_expiry(c, &s, &close), date_from_civil(2025, 8, 28));
	demo_session_first(c, at(2025, 8, 29, 12, 0), &s);
	assert_int_equal(demo_expiry(c, &s, &close), date_from_civil(2025, 9, 2));
	demo_session_first(c, at(2026, 12, 31, 15, 0), &s); /* 2027 is unknown: weekdays, marked */
	demo_session_next(c, &s, &next);
	assert_int_equal(next.flags, SESSION_ASSUMED);
	assert_int_equal(next.open, at(2027, 1, 1, 9, 15));
	demo_session_next(c, &next, &s);
	assert_int_equal(s.open, at(2027, 1, 4, 9, 15)); /* over the weekend */
	assert_int_equal(demo_expiry(c, &s, &close), date_from_civil(2027, 1, 5));
}

struct seen { bool defined; struct instrument i; int64_t volume; nanos_t stamp; price_t bid, ask; };
static struct seen seen[1024];

static void see_tick(const struct event *e)
{
	struct seen *s = &seen[e->head.instrument];

	assert_true(s->defined);
	assert_true(e->tick.last > 0 && e->tick.last % s->i.tick == 0);
	if (e->head.instrument == 0) {
		assert_true(s->stamp == 0 || e->head.stamp - s->stamp == 250 * NANOS_MS);
	} else {
		assert_true(e->tick.ask > e->tick.bid && e->tick.bid >= 0);
		assert_true(e->tick.bid % s->i.tick == 0 && e->tick.ask % s->i.tick == 0);
		assert_true(e->tick.bid_qty % s->i.lot == 0 && e->tick.ask_qty % s->i.lot == 0 && e->tick.ask_qty > 0);
		assert_int_equal(e->tick.bid == 0, e->tick.bid_qty == 0);
		assert_true(e->tick.volume >= s->volume && e->tick.volume % s->i.lot == 0 && e->tick.oi > 0);
	}
	s->volume = e->tick.volume;
	s->stamp = e->head.stamp;
	s->bid = e->tick.bid;
	s->ask = e->tick.ask;
}

static void see_depth(const struct event *e)
{
	const struct seen *s = &seen[e->head.instrument];

	assert_int_equal(s->stamp, e->head.stamp);
	assert_int_equal(e->depth.bid[0].price, s->bid);
	assert_int_equal(e->depth.ask[0].price, s->ask);
	for (int i = 1; i < DEPTH_LEVELS; i++) {
		assert_true(e->depth.ask[i].price > e->depth.ask[i - 1].price);
		assert_true(e->depth.bid[i].price < e->depth.bid[i - 1].price || e->depth.bid[i].price == 0);
	}
}

/* A whole day: time moves on, every quote is one a market could show, the index moves about as NIFTY does. */
static void test_market(void **state)
{
	struct feed *f = open_demo(7, at(2026, 3, 2, 9, 15));
	price_t high = 0, low = INT64_MAX;
	nanos_t newest = 0;
	uint32_t ids = 0;
	struct event e;
	size_t depths = 0, quotes = 0;

	(void)state;
	memset(seen, 0, sizeof(seen));
	for (;;) {
		assert_int_equal(f->ops->next(f, &e), 1);
		assert_true(e.head.stamp >= newest);
		newest = e.head.stamp;
		if (e.head.kind == EVENT_SESSION && e.session.edge == SESSION_END)
			break;
		if (e.head.kind == EVENT_INSTRUMENT) {
			assert_int_equal(e.instrument.id, ids++);
			assert_int_equal(e.head.instrument, e.instrument.id);
			assert_true(instrument_valid(&e.instrument) && ids < 1024);
			assert_true(e.instrument.id == 0 || (e.instrument.lot == 65 && e.instrument.freeze == 1800));
			seen[e.instrument.id] = (struct seen){ .defined = true, .i = e.instrument };
		} else if (e.head.kind == EVENT_TICK) {
			see_tick(&e);
			quotes += e.head.instrument != 0;
			high = e.head.instrument == 0 && e.tick.last > high ? e.tick.last : high;
			low = e.head.instrument == 0 && e.tick.last < low ? e.tick.last : low;
		} else if (e.head.kind == EVENT_DEPTH) {
			see_depth(&e);
			depths++;
		}
	}
	assert_int_equal(quotes, 42 * 22500);      /* 21 strikes, two sides, once a second */
	assert_int_equal(depths, 6 * 22500);
	assert_true(high - low > 80 * NUM_SCALE && high - low < 900 * NUM_SCALE);
	f->ops->close(f);
}

static void test_cursor(void **state)
{
	nanos_t from = at(2026, 3, 2, 15, 30) - 3 * NANOS_SECOND;
	struct feed *f = open_demo(9, from), *other = open_demo(9, from);
	struct buf saved = { 0 };
	struct event a, b;

	(void)state;
	for (int i = 0; i < 600; i++) { /* over a session's end and the next one's begin */
		buf_clear(&saved);
		assert_int_equal(f->ops->save(f, &saved), ERR_OK);
		assert_int_equal(other->ops->restore(other, saved.data, saved.len), ERR_OK);
		assert_int_equal(f->ops->next(f, &a), 1);
		assert_int_equal(other->ops->next(other, &b), 1);
		assert_int_equal(event_size(&a), event_size(&b));
		assert_memory_equal(&a, &b, event_size(&a));
	}
	assert_int_equal(other->ops->restore(other, saved.data, saved.len - 1), ERR_TRUNCATED);
	other->ops->close(other);
	other = open_demo(10, from);
	assert_int_equal(other->ops->restore(other, saved.data, saved.len), ERR_MISMATCH);
	other->ops->close(other);
	other = open_demo(9, from + NANOS_MINUTE); /* opened by a journal that begins later: what is saved says when */
	assert_int_equal(other->ops->restore(other, saved.data, saved.len), ERR_OK);
	struct feed_progress p;
	other->ops->progress(other, &p);
	assert_int_equal(p.first, from);
	saved.data[1] ^= 1;
	assert_int_equal(f->ops->restore(f, saved.data, saved.len), ERR_CORRUPT);
	buf_done(&saved);
	other->ops->close(other);
	f->ops->close(f);
}

static void test_seek(void **state)
{
	struct feed *f = open_demo(3, at(2026, 3, 2, 9, 15));
	nanos_t to = at(2026, 3, 3, 10, 0);
	struct event e, first;
	int sessions = 0;

	(void)state;
	f->ops->next(f, &first);
	f->ops->seek(f, to);
	do {
		assert_int_equal(f->ops->next(f, &e), 1);
		sessions += e.head.kind == EVENT_SESSION;
	} while (e.head.kind == EVENT_SESSION || e.head.kind == EVENT_INSTRUMENT);
	assert_int_equal(e.head.stamp, to);
	assert_int_equal(e.head.instrument, 0);
	assert_int_equal(sessions, 3);
	f->ops->seek(f, 0);
	f->ops->next(f, &e);
	assert_memory_equal(&e, &first, event_size(&e));
	f->ops->close(f);
}

static void test_info(void **state)
{
	struct feed *f = open_demo(42, at(2026, 3, 2, 10, 0));
	struct buf b = { 0 };
	struct feed_progress p;
	struct feed_info i;
	struct event e;

	(void)state;
	f->ops->next(f, &e);
	f->ops->info(f, &i);
	assert_string_equal(i.kind, "demo");
	assert_string_equal(i.underlying, "NIFTY");
	assert_string_equal(i.source, "demo seed 42");
	assert_true(i.options && !i.one_price && i.step == 0);
	f->ops->progress(f, &p);
	assert_int_equal(p.events, 1);
	assert_int_equal(p.rows_total, 0);
	f->ops->bad_rows(f, &b, 5);
	assert_string_equal(b.data, "[]");
	buf_done(&b);
	f->ops->close(f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repeats_itself), cmocka_unit_test(test_sessions), cmocka_unit_test(test_session_at_night),
		cmocka_unit_test(test_calendar), cmocka_unit_test(test_market), cmocka_unit_test(test_cursor), cmocka_unit_test(test_seek),
		cmocka_unit_test(test_info),
	};

	return cmocka_run_group_tests_name("demo", tests, NULL, NULL);
}
