/* The picture is read back by its own format: sizes, checksums, and where the ink is. */
#include "lib/telegram/picture.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "lib/base/err.h"
#include "tests/control/unit.h"

#define ROW (PICTURE_WIDTH / 4 + 1)

static uint8_t pixels[PICTURE_HEIGHT * ROW];

static uint32_t number(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Walks the chunks; each has the right checksum, and the rows are as many bytes as they must be. */
static void read_back(const struct buf *png)
{
	const uint8_t *at = (const uint8_t *)png->data + 8, *end = (const uint8_t *)png->data + png->len;
	static const char *const order[] = { "IHDR", "PLTE", "IDAT", "IEND" };
	uLongf len = sizeof(pixels);

	assert_memory_equal(png->data, "\x89PNG\r\n\x1a\n", 8);
	for (int i = 0; i < 4; i++) {
		uint32_t n = number(at);

		assert_true(at + 12 + n <= end);
		assert_memory_equal(at + 4, order[i], 4);
		assert_int_equal(crc32(crc32(0, NULL, 0), at + 4, n + 4), number(at + 8 + n));
		if (i == 0) {
			assert_int_equal(number(at + 8), PICTURE_WIDTH);
			assert_int_equal(number(at + 12), PICTURE_HEIGHT);
		}
		if (i == 2)
			assert_int_equal(uncompress(pixels, &len, at + 8, n), Z_OK);
		at += 12 + n;
	}
	assert_ptr_equal(at, end);
	assert_int_equal(len, sizeof(pixels));
}

static unsigned ink(int x, int y)
{
	return pixels[y * ROW + 1 + x / 4] >> (6 - 2 * (x & 3)) & 3;
}

static int height_of(int x, unsigned wanted) /* the topmost; -1 none */
{
	for (int y = 0; y < PICTURE_HEIGHT; y++)
		if (ink(x, y) == wanted)
			return y;
	return -1;
}

static void draw(const money_t *points, size_t n)
{
	struct buf png = { 0 };

	assert_int_equal(picture_curve(points, n, &png), ERR_OK);
	assert_true(png.len < 8000);
	read_back(&png);
	buf_done(&png);
}

static void test_up_and_down(void **state)
{
	static const money_t points[] = { 1000, 2000, 0, 1000 };

	(void)state;
	draw(points, 4);
	assert_int_equal(height_of(8 + (PICTURE_WIDTH - 17) / 3, 2), 8);       /* the peak is green, at the top */
	assert_true(height_of(8 + (PICTURE_WIDTH - 17) * 2 / 3, 3) > PICTURE_HEIGHT * 3 / 4); /* the bottom is red */
	assert_int_equal(height_of(8 + (PICTURE_WIDTH - 17) * 2 / 3, 2), -1);
	assert_int_equal(height_of(2, 2), -1);                                 /* the margin is paper */
}

static void test_hard_points(void **state)
{
	static const money_t flat[] = { 150000000, 150000000 }, huge[] = { -NUM_DECIMAL_MAX, NUM_DECIMAL_MAX }, mad[] = { 0, NUM_UNKNOWN }, one[] = { 5 };
	struct buf png = { 0 };

	(void)state;
	draw(flat, 2);
	assert_true(height_of(100, 2) > 0);
	draw(huge, 2);
	assert_int_equal(picture_curve(mad, 2, &png), ERR_RANGE);
	assert_int_equal(picture_curve(one, 1, &png), ERR_NOENT);
	assert_int_equal(picture_curve(NULL, 0, &png), ERR_NOENT);
	assert_int_equal(png.len, 0);
}

static void test_many_points(void **state)
{
	money_t points[2000];

	(void)state;
	for (int i = 0; i < 2000; i++)
		points[i] = 150000000 + i * 1000;
	draw(points, 2000);
	for (int x = 10; x < PICTURE_WIDTH - 10; x++)
		assert_true(height_of(x, 2) <= height_of(x - 1, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_up_and_down), cmocka_unit_test(test_hard_points), cmocka_unit_test(test_many_points) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
