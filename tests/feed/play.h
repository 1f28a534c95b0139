/* What the feed tests share: files made of text, small market tables, and a feed's events as a list of lines to compare. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/feed/feed.h"

/* -- files ------------------------------------------------------------------------------------------------------------ */

static char folder[64];

static inline int folder_make(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "feed-test-XXXXXX");
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static inline int folder_remove(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static inline void write_bytes(const char *path, const void *bytes, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

/* Writes the text under the folder, packed as the name says (".gz", ".zst"); the path lives until it is used 8 times. */
static inline const char *write_file(const char *name, const char *text)
{
	static char paths[8][160];
	static unsigned turn;
	char *path = paths[turn++ % 8];
	size_t len = strlen(text), name_len = strlen(name);

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	if (name_len > 3 && strcmp(name + name_len - 3, ".gz") == 0) {
		gzFile gz = gzopen(path, "wb");
		assert_int_equal(gzwrite(gz, text, (unsigned)len), len);
		gzclose(gz);
	} else if (name_len > 4 && strcmp(name + name_len - 4, ".zst") == 0) {
		size_t cap = ZSTD_compressBound(len);
		void *packed = malloc(cap);
		size_t got = ZSTD_compress(packed, cap, text, len, 1);
		assert_false(ZSTD_isError(got));
		write_bytes(path, packed, got);
		free(packed);
	} else {
		write_bytes(path, text, len);
	}
	return path;
}

/* Cuts the file to `keep` bytes, or by -keep bytes. */
static inline void cut_file(const char *path, long keep)
{
	FILE *f = fopen(path, "rb");

	fseek(f, 0, SEEK_END);
	long size = ftell(f);
	fclose(f);
	assert_int_equal(truncate(path, keep > 0 ? keep : size + keep), 0);
}

/* -- market tables ---------------------------------------------------------------------------------------------------- */

/* Knows 2024-2026 as 09:15-15:30 weekdays with a holiday on Tuesday 2026-11-24; NIFTY lots 75 until 2025-12-31 expiries
 * (25 for expiries of 2024), 65 later; nothing of other underlyings. */
static inline const struct market_tables *small_tables(void)
{
	static struct market_tables t;
	static const struct contract_row rows[] = {
		{ "NIFTY", CONTRACT_LOT, { 0 }, 25, 0, 0, 0, 20088 },      /* to 2024-12-31 */
		{ "NIFTY", CONTRACT_LOT, { 0 }, 75, 0, 0, 20089, 20453 },  /* to 2025-12-31 */
		{ "NIFTY", CONTRACT_LOT, { 0 }, 65, 0, 0, 20454, 0 },
		{ "NIFTY", CONTRACT_TICK, { 0 }, 500, 0, 0, 0, 0 },
		{ "NIFTY", CONTRACT_FREEZE, { 0 }, 1800, 0, 0, 0, 0 },
	};

	memset(&t, 0, sizeof(t));
	t.calendar.year_from = 2024;
	t.calendar.year_to = 2026;
	t.calendar.holidays = 1;
	t.calendar.holiday[0] = (struct holiday){ .date = date_from_civil(2026, 11, 24), .segments = 3, .name = "holiday" };
	t.calendar.times = GROUP_COUNT;
	for (uint8_t g = 0; g < GROUP_COUNT; g++)
		t.calendar.timetable[g] = (struct timetable_row){ .group = g, .pre_open = TIME_OF_DAY(9, 0), .open = TIME_OF_DAY(9, 15),
		                                                  .close = TIME_OF_DAY(15, 30) };
	memcpy(t.contracts.row, rows, sizeof(rows));
	t.contracts.count = sizeof(rows) / sizeof(rows[0]);
	return &t;
}

/* -- feeds ------------------------------------------------------------------------------------------------------------- */

static inline struct feed *open_files(const char *const *paths, size_t n, const struct feed_hooks *hooks)
{
	struct feed *f = NULL;
	struct feed_error error = { "" };
	int err = feed_replay_open(paths, n, small_tables(), hooks, &f, &error);

	if (err != ERR_OK)
		fail_msg("%s", error.text);
	return f;
}

static inline struct feed *open_text(const char *name, const char *text, const struct feed_hooks *hooks)
{
	const char *path = write_file(name, text);

	return open_files(&path, 1, hooks);
}

/* Opening fails with this error, and the sentence holds the words. */
static inline void refuse_file(const char *path, int err, const char *words)
{
	struct feed *f = NULL;
	struct feed_error error = { "" };

	assert_int_equal(feed_replay_open(&path, 1, small_tables(), NULL, &f, &error), err);
	assert_null(f);
	if (strstr(error.text, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", error.text, words);
}

static inline size_t event_size(const struct event *e)
{
	return sizeof(e->head) + event_payload_size(e->head.kind);
}

static inline void time_text(nanos_t stamp, char *ret)
{
	char text[STAMP_TEXT];

	stamp_format(stamp, text);
	memcpy(ret, text + 11, 8);
	ret[8] = '\0';
}

static inline void put_price(struct buf *b, price_t price)
{
	char text[NUM_TEXT];

	num_format(price, text);
	buf_printf(b, " %s", text);
}

/* One event as a line: "09:16:00 bar 1 100.00 101.00 99.00 100.50 v75 oi0". */
static inline void put_event(struct buf *b, const struct event *e)
{
	char at[STAMP_TEXT];

	time_text(e->head.stamp, at);
	buf_printf(b, "%s %s", at, event_kind_name(e->head.kind));
	if (e->head.instrument != INSTRUMENT_NONE)
		buf_printf(b, " %u", e->head.instrument);
	if (e->head.flags & TICK_OPEN_OF_BAR)
		buf_puts(b, " open");
	if (e->head.flags & TICK_STALE)
		buf_puts(b, " stale");
	switch (e->head.kind) {
	case EVENT_INSTRUMENT:
		buf_printf(b, " %s lot%lld", e->instrument.symbol, (long long)e->instrument.lot);
		break;
	case EVENT_SESSION:
		buf_puts(b, e->session.edge == SESSION_BEGIN ? " begin" : " end");
		break;
	case EVENT_TICK:
		put_price(b, e->tick.last);
		if (e->tick.bid != 0 || e->tick.ask != 0) {
			put_price(b, e->tick.bid);
			put_price(b, e->tick.ask);
		}
		buf_printf(b, " v%lld", (long long)e->tick.volume);
		break;
	case EVENT_BAR:
		put_price(b, e->bar.bar.open);
		put_price(b, e->bar.bar.high);
		put_price(b, e->bar.bar.low);
		put_price(b, e->bar.bar.close);
		buf_printf(b, " v%lld", (long long)e->bar.bar.volume);
		break;
	default:
		break;
	}
	buf_putc(b, '\n');
}

/* The feed's whole output is these lines; closes it. */
static inline void expect_events(struct feed *f, const char *lines)
{
	struct buf b = { 0 };
	struct event e;

	while (f->ops->next(f, &e) == 1)
		put_event(&b, &e);
	assert_string_equal(b.data, lines);
	buf_done(&b);
	f->ops->close(f);
}

/* The remarks and broken rows of the feed, as JSON text that must hold the words. */
static inline void expect_bad(struct feed *f, uint64_t bad, const char *words)
{
	struct feed_progress p;
	struct buf b = { 0 };

	f->ops->progress(f, &p);
	assert_int_equal(p.bad, bad);
	f->ops->bad_rows(f, &b, 100);
	if (strstr(b.data, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", b.data, words);
	buf_done(&b);
}
