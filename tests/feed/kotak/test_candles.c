/* lib/feed/kotak/candles and notes: rows of the candles call, good and bad; sentences once a minute. */
#include "lib/feed/kotak/candles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/feed/kotak/notes.h"

static struct bar taken[8];
static size_t n, most;

static bool take(void *ctx, const struct bar *bar)
{
	assert_ptr_equal(ctx, taken);
	if (n == most)
		return false;
	taken[n++] = *bar;
	return true;
}

static int read_rows(const char *rows, const char *now, struct candle_counts *c)
{
	char text[1024];
	nanos_t at;

	n = 0;
	most = ARRAY_LEN(taken);
	snprintf(text, sizeof(text), "{\"status\":\"success\",\"data\":{\"candles\":[%s]}}", rows);
	assert_int_equal(stamp_parse(now, strlen(now), &at), ERR_OK);
	cJSON *json = cJSON_Parse(text);
	assert_non_null(json);
	int err = candles_read(json, at, take, taken, c);
	cJSON_Delete(json);
	return err;
}

struct row { const char *text; uint32_t good, bad, forming; };

static void test_rows(void **state)
{
	static const struct row rows[] = {
		{ "", 0, 0, 0 },
		{ "[\"2026-08-20T09:15:00+0530\",100,101.5,99.95,100.05,1200,0]", 1, 0, 0 },
		{ "[\"2026-08-20T09:15:00+05:30\",\"100.00\",\"101.5\",\"99.95\",\"100.05\",\"1200\",\"0\"]", 1, 0, 0 },
		{ "[\"2026-08-20T03:45:00Z\",100,101,99,100,0]", 1, 0, 0 },
		{ "[\"2026-08-20T09:15:00+0530\",100,101,99,100]", 1, 0, 0 },          /* an index may have no volume */
		{ "[\"2026-08-20T09:15:00+0530\",100,101,99,100,null,null]", 1, 0, 0 },
		{ "[\"2026-08-20T11:59:00+0530\",100,101,99,100,0]", 1, 0, 0 },        /* over at 12:00:00 */
		{ "[\"2026-08-20T12:00:00+0530\",100,101,99,100,0]", 0, 0, 1 },
		{ "[\"2026-08-20T09:15:00+0530\",100,101,99]", 0, 1, 0 },
		{ "[\"2026-08-20T09:15:30+0530\",100,101,99,100,0]", 0, 1, 0 },
		{ "[\"2026-08-20T09:15:00\",100,101,99,100,0]", 0, 1, 0 },             /* no offset: a guess */
		{ "[\"2026-13-20T09:15:00+0530\",100,101,99,100,0]", 0, 1, 0 },
		{ "[\"+0530\",100,101,99,100,0]", 0, 1, 0 },
		{ "[1755661500,100,101,99,100,0]", 0, 1, 0 },
		{ "[\"2026-08-20T09:15:00+0530\",100,99,98,100,0]", 0, 1, 0 },         /* high below open */
		{ "[\"2026-08-20T09:15:00+0530\",100,101,100.5,100,0]", 0, 1, 0 },     /* low above open */
		{ "[\"2026-08-20T09:15:00+0530\",100,101,0,100,0]", 0, 1, 0 },
		{ "[\"2026-08-20T09:15:00+0530\",-100,101,-101,100,0]", 0, 1, 0 },
		{ "[\"2026-08-20T09:15:00+0530\",1e300,1e300,1e300,1e300,0]", 0, 1, 0 },
		{ "[\"2026-08-20T09:15:00+0530\",\"x\",101,99,100,0]", 0, 1, 0 },
		{ "[\"2026-08-20T09:15:00+0530\",100,101,99,100,-5]", 0, 1, 0 },
		{ "[\"2026-08-20T09:15:00+0530\",100,101,99,true,0]", 0, 1, 0 },
		{ "{\"a\":1},[],null,7", 0, 4, 0 },
	};
	struct candle_counts c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(read_rows(rows[i].text, "2026-08-20T12:00:00+05:30", &c), ERR_OK);
		if (c.good != rows[i].good || c.bad != rows[i].bad || c.forming != rows[i].forming)
			fail_msg("row %zu: %u good, %u bad, %u forming", i, c.good, c.bad, c.forming);
		assert_int_equal(n, rows[i].good);
	}
}

static void test_values(void **state)
{
	struct candle_counts c;

	(void)state;
	read_rows("[\"2026-08-20T09:15:00+0530\",24610.35,24685.9,24521.15,24598.7,1200.0,3]", "2026-08-20T12:00:00+05:30", &c);
	assert_int_equal(taken[0].start, stamp_at(date_from_civil(2026, 8, 20), TIME_OF_DAY(9, 15)));
	assert_int_equal(taken[0].open, 246103500);
	assert_int_equal(taken[0].high, 246859000);
	assert_int_equal(taken[0].low, 245211500);
	assert_int_equal(taken[0].close, 245987000);
	assert_int_equal(taken[0].volume, 1200);
}

static void test_shapes(void **state)
{
	static const char *const shapes[] = { "{}", "[]", "1", "{\"data\":1}", "{\"data\":{}}", "{\"data\":{\"candles\":null}}", "{\"status\":\"ERROR\"}" };
	struct candle_counts c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		cJSON *json = cJSON_Parse(shapes[i]);

		assert_int_equal(candles_read(json, 0, take, taken, &c), ERR_PARSE);
		cJSON_Delete(json);
	}
	assert_int_equal(candles_read(NULL, 0, take, taken, &c), ERR_PARSE);
}

static char said[320];
static unsigned times;

static void note(void *ctx, const char *text)
{
	assert_null(ctx);
	snprintf(said, sizeof(said), "%s", text);
	times++;
}

static void test_notes(void **state)
{
	struct notes s = { .note = note };
	char lengthy[1000];

	(void)state;
	notes_say(&s, NOTE_LINK, NANOS_HOUR, "one %d", 1);
	notes_say(&s, NOTE_LINK, NANOS_HOUR + 1, "two");
	notes_say(&s, NOTE_LINK, NANOS_HOUR + NANOS_MINUTE - 1, "three");
	assert_int_equal(times, 1);
	assert_string_equal(said, "one 1");
	notes_say(&s, NOTE_DAY, NANOS_HOUR + 1, "another kind");
	assert_int_equal(times, 2);
	notes_say(&s, NOTE_LINK, NANOS_HOUR + NANOS_MINUTE, "four");
	assert_string_equal(said, "four (and 2 like it before)");
	notes_say(&s, NOTE_LINK, NANOS_HOUR, "the clock went back");
	assert_string_equal(said, "the clock went back");
	memset(lengthy, 'x', sizeof(lengthy) - 1);
	lengthy[sizeof(lengthy) - 1] = '\0';
	notes_say(&s, NOTE_LINK, NANOS_HOUR + 1, "held");
	notes_say(&s, NOTE_LINK, 2 * NANOS_HOUR, "%s", lengthy);
	assert_int_equal(strlen(said), 279 + strlen(" (and 1 like it before)"));
	s.note = NULL;
	notes_say(&s, NOTE_LINK, 3 * NANOS_HOUR, "nobody listens");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
