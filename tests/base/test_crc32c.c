#include "lib/base/crc32c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

/* Vectors of RFC 3720, appendix B.4, and the usual check value. */
static void test_vectors(void **state)
{
	unsigned char bytes[32];

	(void)state;
	assert_int_equal(crc32c(0, "", 0), 0);
	assert_int_equal(crc32c(0, "123456789", 9), 0xE3069283u);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(crc32c(0, bytes, 32), 0x8A9136AAu);
	memset(bytes, 0xFF, sizeof(bytes));
	assert_int_equal(crc32c(0, bytes, 32), 0x62A8AB43u);
	for (unsigned i = 0; i < 32; i++)
		bytes[i] = (unsigned char)i;
	assert_int_equal(crc32c(0, bytes, 32), 0x46DD794Eu);
	for (unsigned i = 0; i < 32; i++)
		bytes[i] = (unsigned char)(31 - i);
	assert_int_equal(crc32c(0, bytes, 32), 0x113FDB5Cu);
}

/* The plain definition, bit by bit: the machine's instruction must agree at every length and alignment. */
static uint32_t slow(const unsigned char *at, size_t len)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < len; i++) {
		crc ^= at[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
	}
	return ~crc;
}

static void test_lengths_and_chaining(void **state)
{
	unsigned char bytes[80];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 37 + 11);
	for (size_t from = 0; from < 8; from++) {
		for (size_t len = 0; from + len <= sizeof(bytes); len++) {
			uint32_t whole = crc32c(0, bytes + from, len);
			size_t cut = len / 3;

			assert_int_equal(whole, slow(bytes + from, len));
			assert_int_equal(crc32c(crc32c(0, bytes + from, cut), bytes + from + cut, len - cut), whole);
		}
	}
}

static void test_one_flipped_bit_shows(void **state)
{
	unsigned char bytes[24] = "a journal record, framed";
	uint32_t good = crc32c(0, bytes, sizeof(bytes));

	(void)state;
	for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		assert_int_not_equal(crc32c(0, bytes, sizeof(bytes)), good);
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_lengths_and_chaining),
		cmocka_unit_test(test_one_flipped_bit_shows),
	};

	return cmocka_run_group_tests_name("crc32c", tests, NULL, NULL);
}
