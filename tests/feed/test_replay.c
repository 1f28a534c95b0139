/* lib/feed/replay: broken rows, refused files, merging, the opens of bars, sessions, cursors and seeking. */
#include "play.h"

#include "lib/base/prng.h"

#define D "2026-03-02T" /* a Monday that the small calendar knows */
#define Z "+05:30"
#define INDEX_HEADER "timestamp,open,high,low,close,volume\n"

/* -- faults ------------------------------------------------------------------------------------------------------------- */

static void test_broken_rows(void **state)
{
	static const struct { const char *row, *reason; } table[] = {
		{ D "09:16:00" Z ",1,1,1,1", "number of columns" },
		{ D "09:16:00" Z ",1,1,1,1,0,9", "number of columns" },
		{ D "09:16:00,1,1,1,1,0", "time is not like" },
		{ "yesterday,1,1,1,1,0", "time is not like" },
		{ D "09:16:00" Z ",x,1,1,1,0", "not a number" },
		{ D "09:16:00" Z ",0,1,1,1,0", "zero or negative" },
		{ D "09:16:00" Z ",1,-1,1,1,0", "zero or negative" },
		{ D "09:16:00" Z ",1,,1,1,0", "not a number" },
		{ D "09:16:00" Z ",1,1,2,1,0", "high is below the low" },
		{ D "09:16:00" Z ",1,1,1,1,-1", "quantity is negative" },
		{ D "09:16:00" Z ",500000,500000,500000,500000,0", "above 429,496" },
		{ "\"quoted\"", "number of columns" },
		{ D "09:15:00" Z ",1,1,1,1,0", "second row of the same" },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(text, sizeof(text), INDEX_HEADER D "09:15:00" Z ",1,2,1,1,0\n%s\n\n" D "09:17:00" Z ",1,2,1,1,0\n", table[i].row);
		struct feed *f = open_text("NIFTY_x.csv", text, NULL);
		struct feed_progress p;
		struct event e;
		int bars = 0;
		expect_bad(f, 1, table[i].reason);
		while (f->ops->next(f, &e) == 1)
			bars += e.head.kind == EVENT_BAR;
		assert_int_equal(bars, 2); /* the good rows play */
		f->ops->progress(f, &p);
		assert_int_equal(p.rows_total, 3); /* the empty line is no row */
		assert_int_equal(p.rows, 2);
		f->ops->close(f);
	}
}

static void test_bad_rows_text(void **state)
{
	struct buf b = { 0 };
	char text[8192], *at = text;

	(void)state;
	at += sprintf(at, INDEX_HEADER D "09:15:00" Z ",1,2,1,1,0\n\x01\xff\"row,");
	memset(at, 'x', 5000);
	strcpy(at + 5000, "\n");
	struct feed *f = open_text("NIFTY_x.csv", text, NULL);
	f->ops->bad_rows(f, &b, 1);
	assert_non_null(strstr(b.data, "\"file\":\"NIFTY_x.csv\",\"line\":3,\"reason\":\"the row has another number"));
	assert_non_null(strstr(b.data, "\"text\":\"??\\\"row,xxx"));
	assert_true(b.len < 300); /* cut at 120 characters */
	buf_clear(&b);
	f->ops->bad_rows(f, &b, 0);
	assert_string_equal(b.data, "[]");
	buf_done(&b);
	f->ops->close(f);
}

static void test_refused_contract_rows(void **state)
{
	static const struct { const char *row, *reason; } table[] = {
		{ D "09:16:00" Z ",NIFTY03MAR2624000CE,2026-03-03,24000,XX,1,1,1,1,65,0", "side is not" },
		{ D "09:16:00" Z ",NIFTY03MAR2624000CE,,24000,CE,1,1,1,1,65,0", "expiry is not a date" },
		{ D "09:16:00" Z ",NIFTY03MAR2624000CE,2026-03-03,0,CE,1,1,1,1,65,0", "strike is zero" },
		{ D "09:16:00" Z ",OTHER03MAR2624000CE,2026-03-03,24000,CE,1,1,1,1,65,0", "does not begin with the underlying" },
		{ D "09:16:00" Z ",NIFTY 03MAR2624000CE,2026-03-03,24000,CE,1,1,1,1,65,0", "odd characters" },
		{ D "09:16:00" Z ",,2026-03-03,24000,CE,1,1,1,1,65,0", "does not begin with the underlying" },
		{ D "09:16:00" Z ",NIFTY03MAR2624000CE,2026-03-03,24000,CE,1,1,1,1,65,5000000000", "above 4,294,967,295" },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(text, sizeof(text), "timestamp,symbol,expiry,strike,side,open,high,low,close,cum_volume,oi\n"
		         D "09:15:00" Z ",NIFTY-I,,0,FUT,1,1,1,1,65,0\n%s\n", table[i].row);
		struct feed *f = open_text("NIFTY_fno.csv", text, NULL);
		expect_bad(f, 1, table[i].reason);
		f->ops->close(f);
	}
}

static void test_refused_files(void **state)
{
	static const char good[] = INDEX_HEADER D "09:15:00" Z ",1,2,1,1,0\n";
	const char *paths[2];
	struct feed_error error = { "" };
	struct feed *f = NULL;

	(void)state;
	refuse_file("no/such/NIFTY.csv", ERR_NOENT, "no/such/NIFTY.csv: cannot be opened");
	refuse_file(write_file("NIFTY_e.csv", ""), ERR_TRUNCATED, "the file is empty");
	refuse_file(write_file("NIFTY_h.csv", INDEX_HEADER), ERR_TRUNCATED, "no rows");
	refuse_file(write_file("NIFTY_n.csv", INDEX_HEADER "a,b\nc\n"), ERR_PARSE, "no row makes sense (line 3: the row has another");
	refuse_file(write_file("NIFTY_u.csv", "datetime,open,close\n1,2,3\n"), ERR_UNSUPPORTED, "unknown columns \"datetime,open,close\"");
	refuse_file(write_file("NIFTY_u.csv", "datetime,open,close\n1,2,3\n"), ERR_UNSUPPORTED, "index bars, equity bars, contract bars");
	refuse_file(write_file("NIFTY_x.csv", "timestamp,open,high,low,close,volume,colour\n1\n"), ERR_UNSUPPORTED, "unknown columns");
	refuse_file(write_file("my data.csv", good), ERR_PARSE, "rename it");
	refuse_file(write_file("_x.csv", good), ERR_PARSE, "rename it");
	refuse_file(write_file("ANINSTRUMENTNAMETOOLONG.csv", good), ERR_PARSE, "rename it");
	paths[0] = write_file("NIFTY_a.csv", good);
	paths[1] = write_file("NIFTY_b.csv", "timestamp,price\n" D "09:15:00" Z ",1\n");
	assert_int_equal(feed_replay_open(paths, 2, small_tables(), NULL, &f, &error), ERR_UNSUPPORTED);
	assert_non_null(strstr(error.text, "one at a time"));
	assert_int_equal(feed_replay_open(paths, 0, small_tables(), NULL, &f, &error), ERR_INVAL);
	const char *path = write_file("NIFTY_c.csv.gz", good);
	cut_file(path, -4);
	refuse_file(path, ERR_TRUNCATED, "cut short");
}

/* A byte order mark and blanks in the header, as some programs write them. */
static void test_header_forms(void **state)
{
	struct feed *f = open_text("nifty_x.csv", "\xef\xbb\xbftimestamp, open,high ,low,close,volume\r\n" D "09:15:00" Z ",1,2,1,1,0\r\n", NULL);
	struct feed_info i;

	(void)state;
	f->ops->info(f, &i);
	assert_string_equal(i.underlying, "NIFTY");
	assert_string_equal(i.source, "nifty_x.csv");
	f->ops->close(f);
}

/* -- several files ------------------------------------------------------------------------------------------------------- */

static void test_years_in_order(void **state)
{
	const char *paths[2];

	(void)state;
	paths[1] = write_file("NIFTY50_1min_a.csv", INDEX_HEADER "2026-03-02T09:15:00" Z ",1,2,1,1,0\n" "2026-03-02T09:16:00" Z ",1,2,1,1,0\n");
	paths[0] = write_file("NIFTY50_1min_b.csv", INDEX_HEADER "2026-03-03T09:15:00" Z ",2,3,2,2,0\n" "2026-03-03T09:16:00" Z ",2,3,2,2,0\n");
	expect_events(open_files(paths, 2, NULL),
		"09:15:00 session begin\n"
		"09:16:00 instrument 0 NIFTY lot1\n"
		"09:16:00 bar 0 1.00 2.00 1.00 1.00 v0\n"
		"09:17:00 bar 0 1.00 2.00 1.00 1.00 v0\n"
		"15:30:00 session end\n"
		"09:15:00 session begin\n"
		"09:16:00 bar 0 2.00 3.00 2.00 2.00 v0\n"
		"09:17:00 bar 0 2.00 3.00 2.00 2.00 v0\n"
		"15:30:00 session end\n"
		"15:30:00 feed_end\n");
}

static void test_ticks_side_by_side(void **state)
{
	const char *paths[2];
	struct feed_info i;

	(void)state;
	paths[0] = write_file("NIFTY50_t.csv", "timestamp,ltp,volume\n" D "09:15:01" Z ",1,0\n" D "09:15:03" Z ",1.05,0\n");
	paths[1] = write_file("SBIN_t.csv", "timestamp,ltp,volume\n" D "09:15:01" Z ",2,10\n" D "09:15:02" Z ",2.05,11\n" D "09:15:01" Z ",2,12\n");
	struct feed *f = open_files(paths, 2, NULL);
	f->ops->info(f, &i);
	assert_string_equal(i.underlying, "");
	assert_string_equal(i.source, "NIFTY50_t.csv and 1 more");
	expect_events(f,
		"09:15:01 session begin\n"
		"09:15:01 instrument 0 NIFTY lot1\n"
		"09:15:01 tick 0 1.00 v0\n"
		"09:15:01 instrument 1 SBIN lot1\n"
		"09:15:01 tick 1 2.00 v10\n"
		"09:15:02 tick 1 2.05 v11\n"
		"09:15:02 tick 1 2.00 v12\n"
		"09:15:03 tick 0 1.05 v0\n"
		"15:30:00 session end\n"
		"15:30:00 feed_end\n");
}

static void test_file_twice(void **state)
{
	const char *path = write_file("NIFTY_x.csv", INDEX_HEADER D "09:15:00" Z ",1,2,1,1,0\n" D "09:16:00" Z ",1,2,1,1,0\n");
	const char *paths[2] = { path, path };
	struct feed *f = open_files(paths, 2, NULL);

	(void)state;
	expect_bad(f, 2, "second row of the same contract");
	f->ops->close(f);
}

/* Rows out of order are brought into order; the whole file still plays. */
static void test_unsorted_bars(void **state)
{
	char text[4096], *at = text;
	struct event e;
	nanos_t newest = INT64_MIN;
	int bars = 0;

	(void)state;
	at += sprintf(at, INDEX_HEADER);
	for (int i = 0; i < 40; i++)
		at += sprintf(at, D "10:%02d:00" Z ",1,2,1,1,%d\n", i * 17 % 40, i * 17 % 40);
	struct feed *f = open_text("NIFTY_x.csv", text, NULL);
	while (f->ops->next(f, &e) == 1) {
		assert_true(e.head.stamp >= newest);
		newest = e.head.stamp;
		if (e.head.kind == EVENT_BAR)
			assert_int_equal(e.bar.bar.volume, bars++);
	}
	assert_int_equal(bars, 40);
	f->ops->close(f);
}

/* -- the opens of bars --------------------------------------------------------------------------------------------------- */

static const char chain_bars[] =
	"timestamp,symbol,expiry,strike,side,open,high,low,close,cum_volume,oi\n"
	D "09:15:00" Z ",NIFTY-I,,0,FUT,240,246,240,245,65,1\n"
	D "09:15:00" Z ",NIFTY03MAR2624000CE,2026-03-03,24000,CE,10,12,9,11,65,\n"
	D "09:16:00" Z ",NIFTY-I,,0,FUT,245,247,245,246,130,1\n"
	D "09:16:00" Z ",NIFTY03MAR2624000CE,2026-03-03,24000,CE,11,12,9,12,130,\n"
	D "09:16:00" Z ",NIFTY03MAR2624000PE,2026-03-03,24000,PE,5,6,5,6,130,\n"
	"2026-03-03T09:15:00" Z ",NIFTY-I,,0,FUT,240,246,240,245,65,1\n"
	"2026-03-03T09:15:00" Z ",NIFTY03MAR2624050CE,2026-03-03,24050,CE,10,12,9,11,65,\n"
	"2026-03-03T09:15:00" Z ",NIFTY03MAR2624000CE,2026-03-03,24000,CE,13,14,12,13,65,\n";

static bool waits_on_all(void *ctx, uint32_t instrument)
{
	(void)ctx, (void)instrument;
	return true;
}

static bool waits_on_call(void *ctx, uint32_t instrument)
{
	(void)ctx;
	return instrument == 2;
}

static const struct feed_hooks wait_all = { waits_on_all, NULL }, wait_call = { waits_on_call, NULL };

/* Opens come at the bars' start, only for contracts that are defined and waited on, before any bar of the group. */
static void test_opens(void **state)
{
	(void)state;
	expect_events(open_text("NIFTY_fno.csv", chain_bars, &wait_call),
		"09:15:00 instrument 0 NIFTY lot1\n"
		"09:15:00 session begin\n"
		"09:16:00 instrument 1 NIFTY-I lot65\n"
		"09:16:00 bar 1 240.00 246.00 240.00 245.00 v65\n"
		"09:16:00 instrument 2 NIFTY03MAR2624000CE lot65\n"
		"09:16:00 bar 2 10.00 12.00 9.00 11.00 v65\n"
		"09:16:00 bar 0 240.00 246.00 240.00 245.00 v65\n"
		"09:16:00 tick 2 open 11.00 v0\n"
		"09:17:00 bar 1 245.00 247.00 245.00 246.00 v65\n"
		"09:17:00 bar 2 11.00 12.00 9.00 12.00 v65\n"
		"09:17:00 instrument 3 NIFTY03MAR2624000PE lot65\n"
		"09:17:00 bar 3 5.00 6.00 5.00 6.00 v130\n"
		"09:17:00 bar 0 245.00 247.00 245.00 246.00 v65\n"
		"15:30:00 session end\n"
		"09:15:00 session begin\n"
		"09:15:00 tick 2 open 13.00 v0\n"
		"09:16:00 bar 1 240.00 246.00 240.00 245.00 v65\n"
		"09:16:00 instrument 4 NIFTY03MAR2624050CE lot65\n"
		"09:16:00 bar 4 10.00 12.00 9.00 11.00 v65\n"
		"09:16:00 bar 2 13.00 14.00 12.00 13.00 v65\n"
		"09:16:00 bar 0 240.00 246.00 240.00 245.00 v65\n"
		"15:30:00 session end\n"
		"15:30:00 feed_end\n");
}

/* -- sessions -------------------------------------------------------------------------------------------------------------- */

static struct event_session session_of(const char *name, const char *text)
{
	struct feed *f = open_text(name, text, NULL);
	struct event e;

	do
		assert_int_equal(f->ops->next(f, &e), 1);
	while (e.head.kind != EVENT_SESSION);
	f->ops->close(f);
	return e.session;
}

#define BAR(at) at Z ",1,2,1,1,0\n"
#define TICK(at) at Z ",1\n"

static void test_sessions(void **state)
{
	/* 2026-03-02 is known to trade 09:15-15:30; 2021-03-02 is unknown; 2026-03-01 is a Sunday */
	static const struct { const char *name, *text, *open, *close; uint16_t flags; } table[] = {
		{ "NIFTY_a.csv", INDEX_HEADER BAR("2026-03-02T10:00:00") BAR("2026-03-02T10:01:00"), "09:15:00", "15:30:00", 0 },
		{ "NIFTY_a.csv", INDEX_HEADER BAR("2026-03-02T09:14:00") BAR("2026-03-02T09:15:00"), "09:14:00", "09:16:00", SESSION_ASSUMED },
		{ "NIFTY_a.csv", INDEX_HEADER BAR("2026-03-02T15:29:00") BAR("2026-03-02T15:30:00"), "09:15:00", "15:30:00", 0 },
		{ "NIFTY_a.csv", INDEX_HEADER BAR("2026-03-02T16:58:00") BAR("2026-03-02T16:59:00"), "16:58:00", "17:00:00",
		  SESSION_ASSUMED | SESSION_NO_TRADE },
		{ "NIFTY_a.csv", INDEX_HEADER BAR("2026-03-02T11:58:00") BAR("2026-03-02T11:59:00") BAR("2026-03-02T16:59:00"), "11:58:00", "17:00:00", SESSION_ASSUMED },
		{ "NIFTY_a.csv", INDEX_HEADER BAR("2021-03-02T09:15:00") BAR("2021-03-02T09:16:00"), "09:15:00", "09:17:00", SESSION_ASSUMED },
		{ "NIFTY_a.csv", INDEX_HEADER BAR("2026-03-01T18:15:00") BAR("2026-03-01T18:16:00"), "18:15:00", "18:17:00",
		  SESSION_ASSUMED | SESSION_NO_TRADE },
		{ "NIFTY_t.csv", "timestamp,price\n" TICK("2026-03-02T09:00:01") TICK("2026-03-02T15:33:20"), "09:15:00", "15:30:00", 0 },
		{ "NIFTY_t.csv", "timestamp,price\n" TICK("2026-03-02T08:59:59") TICK("2026-03-02T15:33:20"), "08:59:59", "15:33:20",
		  SESSION_ASSUMED },
		{ "NIFTY_t.csv", "timestamp,price\n" TICK("2021-03-02T09:00:00") TICK("2021-03-02T15:02:00"), "09:15:00", "15:02:00",
		  SESSION_ASSUMED },
		{ "NIFTY_t.csv", "timestamp,price\n" TICK("2021-03-02T09:29:59") TICK("2021-03-02T15:02:00"), "09:15:00", "15:02:00",
		  SESSION_ASSUMED },
		{ "NIFTY_t.csv", "timestamp,price\n" TICK("2021-03-02T09:30:00") TICK("2021-03-02T15:02:00"), "09:30:00", "15:02:00",
		  SESSION_ASSUMED },
		{ "NIFTY_o.csv", "timestamp,expiry,strike,side,ltp,spot\n2026-03-02T09:15:00" Z ",2026-03-03,1,CE,1,1\n"
		  "2026-03-02T16:30:00" Z ",2026-03-03,1,CE,1,1\n", "09:15:00", "15:30:00", 0 },
	};
	char at[9];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct event_session s = session_of(table[i].name, table[i].text);
		time_text(s.open, at);
		assert_string_equal(at, table[i].open);
		time_text(s.close, at);
		assert_string_equal(at, table[i].close);
		assert_int_equal(s.flags, table[i].flags);
		assert_int_equal(s.date, stamp_date(s.open));
	}
}

/* -- cursors ---------------------------------------------------------------------------------------------------------------- */

static const struct { const char *name, *text; } fixtures[] = {
	{ "NIFTY_fno.csv", chain_bars },
	{ "SBIN_t.csv", "timestamp,ltp,volume\n" D "09:15:05" Z ",1,1\n" D "09:15:05" Z ",1,1\n" D "09:15:04" Z ",1.05,1\n"
	  "2026-03-03T09:15:05" Z ",1,1\n" },
	{ "NIFTY_o.csv", "timestamp,expiry,strike,side,ltp,spot\n" D "09:15:00" Z ",2026-03-03,1,CE,1,1\n" D "09:15:00" Z ",2026-03-03,1,PE,1,1\n"
	  D "09:16:00" Z ",2026-03-03,1,CE,1,1\n" "2026-03-03T09:16:00" Z ",2026-03-03,2,CE,1,1\n" },
	{ "depth5_2026_NSE_FO_1.csv", "recv_time,ltt_ms,ltp,ltq,bidP1,bidQ1,askP1,askQ1,bidP2,bidQ2,askP2,askQ2,bidP3,bidQ3,askP3,askQ3,"
	  "bidP4,bidQ4,askP4,askQ4,bidP5,bidQ5,askP5,askQ5,cum_volume\n"
	  D "09:32:48.948" Z ",1,50,7,50,3,51,7,49,3,52,3,48,3,53,3,47,3,54,3,46,3,55,1,50\n"
	  D "09:32:49.948" Z ",1,50,7,50,3,51,7,49,3,52,3,48,3,53,3,47,3,54,3,46,3,55,1,60\n" },
};

/* From every event of every fixture: save, let another feed restore, and both give the same bytes to the end. */
static void test_cursor_everywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fixtures) / sizeof(fixtures[0]); i++) {
		struct feed *f = open_text(fixtures[i].name, fixtures[i].text, &wait_all), *other;
		struct buf all = { 0 }, rest = { 0 }, saved = { 0 };
		struct feed_progress p, q;
		struct event e;
		size_t places[128], count = 0;
		do {
			places[count++] = all.len;
			buf_clear(&saved);
			assert_int_equal(f->ops->save(f, &saved), ERR_OK);
			buf_put(&rest, saved.data, saved.len); /* every saved cursor, one after the other */
		} while (f->ops->next(f, &e) == 1 && (buf_put(&all, &e, event_size(&e)), true));
		assert_true(count > 8);
		for (size_t n = 0; n < count; n++) {
			struct buf again = { 0 };
			other = open_text(fixtures[i].name, fixtures[i].text, &wait_all);
			assert_int_equal(other->ops->restore(other, rest.data + n * saved.len, saved.len), ERR_OK);
			while (other->ops->next(other, &e) == 1)
				buf_put(&again, &e, event_size(&e));
			assert_int_equal(again.len, all.len - places[n]);
			if (again.len > 0)
				assert_memory_equal(again.data, all.data + places[n], again.len);
			f->ops->progress(f, &p);
			other->ops->progress(other, &q);
			assert_int_equal(p.rows, q.rows);
			assert_int_equal(p.events, q.events);
			assert_int_equal(q.rows + q.bad, q.rows_total);
			other->ops->close(other);
			buf_done(&again);
		}
		buf_done(&all);
		buf_done(&rest);
		buf_done(&saved);
		f->ops->close(f);
	}
}

static void test_cursor_refused(void **state)
{
	struct feed *f = open_text("NIFTY_fno.csv", chain_bars, NULL), *other;
	struct buf saved = { 0 };
	struct event e;

	(void)state;
	for (int i = 0; i < 5; i++)
		f->ops->next(f, &e);
	f->ops->save(f, &saved);
	other = open_text("NIFTY_fno.csv", fixtures[0].text, NULL);
	assert_int_equal(other->ops->restore(other, saved.data, saved.len), ERR_OK);
	assert_int_equal(other->ops->restore(other, saved.data, saved.len - 1), ERR_TRUNCATED);
	assert_int_equal(other->ops->restore(other, saved.data, 0), ERR_TRUNCATED);
	other->ops->close(other);
	other = open_text("NIFTY_fno2.csv", chain_bars, NULL); /* same bytes, another name: another symbol is possible */
	assert_int_equal(other->ops->restore(other, saved.data, saved.len), ERR_MISMATCH);
	other->ops->close(other);
	saved.data[0] ^= 1;
	assert_int_equal(f->ops->restore(f, saved.data, saved.len), ERR_CORRUPT);
	saved.data[0] ^= 1;
	saved.data[4] ^= 1;
	assert_int_equal(f->ops->restore(f, saved.data, saved.len), ERR_VERSION);
	saved.data[4] ^= 1;
	/* any damage to the position itself is refused or harmless: never a read outside the recording */
	for (size_t at = 16; at < saved.len; at++) {
		for (int bit = 0; bit < 8; bit++) {
			saved.data[at] = (char)(saved.data[at] ^ 1 << bit);
			if (f->ops->restore(f, saved.data, saved.len) == ERR_OK)
				while (f->ops->next(f, &e) == 1)
					;
			saved.data[at] = (char)(saved.data[at] ^ 1 << bit);
		}
	}
	buf_done(&saved);
	f->ops->close(f);
}

/* -- seeking ----------------------------------------------------------------------------------------------------------------- */

static void expect_seek(struct feed *f, const char *to, const char *first_price)
{
	struct buf b = { 0 };
	struct event e;
	nanos_t stamp;

	assert_int_equal(stamp_parse(to, strlen(to), &stamp), ERR_OK);
	assert_int_equal(f->ops->seek(f, stamp), ERR_OK);
	while (f->ops->next(f, &e) == 1 && (e.head.kind == EVENT_SESSION || e.head.kind == EVENT_INSTRUMENT))
		;
	assert_true(e.head.kind == EVENT_FEED_END || e.head.stamp >= stamp);
	put_event(&b, &e);
	assert_string_equal(b.data, first_price);
	buf_done(&b);
}

static void test_seek(void **state)
{
	struct feed *f = open_text("NIFTY_fno.csv", chain_bars, NULL);
	struct event e;
	int instruments = 0, sessions = 0;

	(void)state;
	expect_seek(f, D "09:17:00" Z, "09:17:00 bar 1 245.00 247.00 245.00 246.00 v65\n");
	expect_seek(f, D "09:16:01" Z, "09:17:00 bar 1 245.00 247.00 245.00 246.00 v65\n");
	expect_seek(f, D "09:00:00" Z, "09:16:00 bar 1 240.00 246.00 240.00 245.00 v65\n"); /* back again */
	expect_seek(f, "2026-03-04T00:00:00" Z, "15:30:00 feed_end\n");
	expect_seek(f, D "09:17:01" Z, "09:16:00 bar 1 240.00 246.00 240.00 245.00 v65\n"); /* the next day's */
	/* nothing that a price could need was left out */
	nanos_t stamp = date_from_civil(2026, 3, 3) * NANOS_DAY;
	f->ops->seek(f, stamp);
	while (f->ops->next(f, &e) == 1 && e.head.kind != EVENT_BAR) {
		instruments += e.head.kind == EVENT_INSTRUMENT;
		sessions += e.head.kind == EVENT_SESSION;
	}
	assert_int_equal(instruments, 4);
	assert_int_equal(sessions, 3);
	f->ops->close(f);
}

/* A cursor saved in the middle of a seek continues it. */
static void test_seek_saved(void **state)
{
	struct feed *f = open_text("NIFTY_fno.csv", chain_bars, NULL);
	struct buf saved = { 0 }, b = { 0 };
	struct event e;

	(void)state;
	f->ops->seek(f, stamp_at(date_from_civil(2026, 3, 2), TIME_OF_DAY(9, 17)));
	f->ops->next(f, &e);
	f->ops->save(f, &saved);
	f->ops->seek(f, 0);
	assert_int_equal(f->ops->restore(f, saved.data, saved.len), ERR_OK);
	do
		f->ops->next(f, &e);
	while (e.head.kind != EVENT_BAR);
	put_event(&b, &e);
	assert_string_equal(b.data, "09:17:00 bar 1 245.00 247.00 245.00 246.00 v65\n");
	buf_done(&saved);
	buf_done(&b);
	f->ops->close(f);
}

/* Damaged bytes anywhere: refused or played to the end, never a crash. */
static void test_mutations(void **state)
{
	uint64_t random = 20261123;

	(void)state;
	for (size_t i = 0; i < sizeof(fixtures) / sizeof(fixtures[0]); i++) {
		for (int turn = 0; turn < 250; turn++) {
			char *text = strdup(fixtures[i].text);
			struct feed_error error;
			struct feed *f = NULL;
			struct event e;
			for (uint64_t n = 1 + prng_below(&random, 4); n > 0; n--)
				text[prng_below(&random, strlen(fixtures[i].text))] = (char)("0,.-\n\"9ECP \x7f"[prng_below(&random, 13)]);
			const char *path = write_file(fixtures[i].name, text);
			if (feed_replay_open(&path, 1, small_tables(), &wait_all, &f, &error) == ERR_OK) {
				while (f->ops->next(f, &e) == 1)
					;
				f->ops->close(f);
			}
			free(text);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_broken_rows), cmocka_unit_test(test_bad_rows_text), cmocka_unit_test(test_refused_contract_rows),
		cmocka_unit_test(test_refused_files), cmocka_unit_test(test_header_forms), cmocka_unit_test(test_years_in_order),
		cmocka_unit_test(test_ticks_side_by_side), cmocka_unit_test(test_file_twice), cmocka_unit_test(test_unsorted_bars),
		cmocka_unit_test(test_opens), cmocka_unit_test(test_sessions), cmocka_unit_test(test_cursor_everywhere),
		cmocka_unit_test(test_cursor_refused), cmocka_unit_test(test_seek), cmocka_unit_test(test_seek_saved), cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests_name("replay", tests, folder_make, folder_remove);
}
