#include "lib/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void test_writes(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_puts(&b, "price ");
	buf_printf(&b, "%d.%02d", 12, 5);
	buf_putc(&b, '\n');
	buf_put(&b, "", 0);
	assert_string_equal(b.data, "price 12.05\n");
	assert_int_equal(b.len, 12);
	buf_clear(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.data, "");
	buf_done(&b);
	assert_null(b.data);
	assert_int_equal(b.cap, 0);
	buf_clear(&b); /* of nothing */
	buf_done(&b);
}

static void test_grows(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_putc(&b, (char)('a' + i % 26));
	assert_int_equal(b.len, 100000);
	assert_int_equal(strlen(b.data), 100000);
	assert_int_equal(b.data[99999], 'a' + 99999 % 26);
	buf_printf(&b, "%300d", 1); /* longer than the first block of a fresh buffer, and across a growth */
	assert_int_equal(b.len, 100300);
	buf_done(&b);
}

static void test_bytes_may_be_zero(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_put(&b, "a\0b", 3);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.data, "a\0b", 4);
	buf_done(&b);
}

/* The limit counts bytes, not memory: it holds inside the first block too. */
static void test_limit_is_sticky(void **state)
{
	struct buf b = { .limit = 10 };

	(void)state;
	buf_puts(&b, "0123456789");
	assert_false(b.failed);
	buf_putc(&b, 'x');
	assert_true(b.failed);
	assert_string_equal(b.data, "0123456789");
	buf_puts(&b, "");
	assert_false(buf_reserve(&b, 0));
	assert_int_equal(b.len, 10);
	buf_clear(&b);
	assert_false(b.failed);
	buf_printf(&b, "%s", "01234567890");
	assert_true(b.failed);
	assert_int_equal(b.len, 0);
	buf_done(&b);
}

static void test_absurd_sizes_fail(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_puts(&b, "kept");
	assert_false(buf_reserve(&b, SIZE_MAX));
	assert_true(b.failed);
	buf_clear(&b);
	assert_false(buf_reserve(&b, SIZE_MAX - 4));
	buf_done(&b);
	b.limit = SIZE_MAX;
	assert_false(buf_reserve(&b, SIZE_MAX - 1));
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_bytes_may_be_zero),
		cmocka_unit_test(test_limit_is_sticky),
		cmocka_unit_test(test_absurd_sizes_fail),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
