#include "lib/base/histogram.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/obj.h"
#include "tests/control/unit.h"

static void test_bounds(void **state)
{
	(void)state;
	assert_int_equal(histogram_bound(0), 128);
	assert_int_equal(histogram_bound(1), 192);
	assert_int_equal(histogram_bound(2), 256);
	assert_int_equal(histogram_bound(HISTOGRAM_BOUNDS - 2), INT64_C(3) << 34);
	assert_int_equal(histogram_bound(HISTOGRAM_BOUNDS - 1), INT64_C(1) << 36);
	for (unsigned i = 1; i < HISTOGRAM_BOUNDS; i++)
		assert_true(histogram_bound(i) > histogram_bound(i - 1));
}

/* Each bound is the last of its bucket; the next nanosecond is of the next. */
static void test_every_boundary(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HISTOGRAM_BOUNDS; i++) {
		assert_int_equal(histogram_bucket(histogram_bound(i) - 1), i);
		assert_int_equal(histogram_bucket(histogram_bound(i)), i);
		assert_int_equal(histogram_bucket(histogram_bound(i) + 1), i + 1);
	}
	assert_int_equal(histogram_bucket(INT64_MIN), 0);
	assert_int_equal(histogram_bucket(-1), 0);
	assert_int_equal(histogram_bucket(0), 0);
	assert_int_equal(histogram_bucket(INT64_MAX), HISTOGRAM_BOUNDS);
}

static void test_sum(void **state)
{
	struct histogram h = { 0 };

	(void)state;
	histogram_add(&h, -5);
	assert_int_equal(h.sum, 0);
	histogram_add(&h, INT64_MAX);
	histogram_add(&h, INT64_MAX);
	assert_true(h.sum == UINT64_MAX - 1);
	histogram_add(&h, 1);
	assert_true(h.sum == UINT64_MAX);
	histogram_add(&h, 1);
	assert_true(h.sum == UINT64_MAX);
	assert_int_equal(histogram_count(&h), 5);
}

static const char *put(const struct histogram *h, const char *labels, unsigned first, unsigned last)
{
	static struct buf out;

	buf_clear(&out);
	histogram_put(h, &out, "x_seconds", labels, (struct histogram_range){ first, last });
	assert_false(out.failed);
	return out.data;
}

static void test_text(void **state)
{
	static const nanos_t lengths[] = { 0, 512, 513, 1024, 1025, NANOS_SECOND, 69 * NANOS_SECOND };
	struct histogram h = { 0 };

	(void)state;
	assert_string_equal(put(&h, "", 9, 9), "x_seconds_bucket{le=\"0.000000512\"} 0\nx_seconds_bucket{le=\"+Inf\"} 0\nx_seconds_sum 0\nx_seconds_count 0\n");
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++)
		histogram_add(&h, lengths[i]);
	assert_string_equal(put(&h, "", 9, 10), "x_seconds_bucket{le=\"0.000000512\"} 2\nx_seconds_bucket{le=\"0.000000768\"} 3\nx_seconds_bucket{le=\"0.000001024\"} 4\n"
	                                        "x_seconds_bucket{le=\"+Inf\"} 7\nx_seconds_sum 70.000003074\nx_seconds_count 7\n");
	assert_string_equal(put(&h, "feed=\"market\"", 36, 36), "x_seconds_bucket{feed=\"market\",le=\"68.719476736\"} 6\nx_seconds_bucket{feed=\"market\",le=\"+Inf\"} 7\n"
	                                                        "x_seconds_sum{feed=\"market\"} 70.000003074\nx_seconds_count{feed=\"market\"} 7\n");
	/* all of it: a line for each bound, one without, sum and count */
	unsigned lines = 0;
	for (const char *at = put(&h, "", HISTOGRAM_FIRST, HISTOGRAM_LAST); (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	assert_int_equal(lines, HISTOGRAM_BOUNDS + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_bounds), cmocka_unit_test(test_every_boundary), cmocka_unit_test(test_sum), cmocka_unit_test(test_text) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
