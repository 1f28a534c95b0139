/* Goal: only requests that are whole and soundly framed reach libfcgi. Method: build requests record by record, cut them at
 * every byte, and break one thing at a time; then break bytes at random and see that nothing is read out of bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fastcgi.h>

#include "fcgi/records.h"
#include "lib/base/buf.h"
#include "lib/base/obj.h"
#include "lib/base/prng.h"

static void put_record(struct buf *b, unsigned type, unsigned id, const void *content, size_t len, unsigned padding)
{
	const char zeros[256] = { 0 };
	unsigned char head[8] = { 1, (unsigned char)type, (unsigned char)(id >> 8), (unsigned char)id,
	                          (unsigned char)(len >> 8), (unsigned char)len, (unsigned char)padding, 0 };

	buf_put(b, head, sizeof(head));
	buf_put(b, content, len);
	buf_put(b, zeros, padding);
}

static void put_begin(struct buf *b)
{
	put_record(b, FCGI_BEGIN_REQUEST, 1, "\0\1\1\0\0\0\0\0", 8, 0);
}

static const char pairs[] = "\016\003REQUEST_METHODGET\013\001REQUEST_URI/";
#define PAIRS_LEN (sizeof(pairs) - 1)

static void put_request(struct buf *b, const char *body, size_t body_len)
{
	put_begin(b);
	put_record(b, FCGI_PARAMS, 1, pairs, PAIRS_LEN, 5);
	put_record(b, FCGI_PARAMS, 1, NULL, 0, 0);
	if (body_len)
		put_record(b, FCGI_STDIN, 1, body, body_len, 0);
	put_record(b, FCGI_STDIN, 1, NULL, 0, 0);
}

static enum records_verdict scan(const struct buf *b, struct records *r)
{
	const char *why = NULL;
	enum records_verdict verdict = records_scan((const unsigned char *)b->data, b->len, r, &why);

	assert_int_equal(verdict == RECORDS_BAD, why != NULL);
	return verdict;
}

static void every_prefix_is_partial(void **state)
{
	struct buf b = { 0 };
	struct records r;
	const char *why;

	put_request(&b, "{}", 2);
	for (size_t n = 0; n < b.len; n++) {
		/* A copy of exactly n bytes, so that a sanitizer sees a read beyond them. */
		unsigned char *cut = malloc(n ? n : 1);
		memcpy(cut, b.data, n);
		assert_int_equal(records_scan(cut, n, &r, &why), RECORDS_PARTIAL);
		free(cut);
	}
	assert_int_equal(scan(&b, &r), RECORDS_WHOLE);
	assert_int_equal(r.length, b.len);
	assert_int_equal(r.body_len, 2);
	size_t whole = b.len;
	put_request(&b, NULL, 0);
	assert_int_equal(scan(&b, &r), RECORDS_WHOLE);
	assert_int_equal(r.length, whole);
	buf_done(&b);
	(void)state;
}

static void check_bad(struct buf *b)
{
	struct records r;

	assert_int_equal(scan(b, &r), RECORDS_BAD);
	buf_done(b);
}

static void odd_beginnings_are_refused(void **state)
{
	struct buf b = { 0 };

	buf_puts(&b, "GET / HTTP/1.0\r\n\r\n");
	check_bad(&b);
	put_record(&b, FCGI_GET_VALUES, 0, NULL, 0, 0);
	check_bad(&b);
	put_record(&b, FCGI_BEGIN_REQUEST, 0, "\0\1\1\0\0\0\0\0", 8, 0);
	check_bad(&b);
	put_record(&b, FCGI_BEGIN_REQUEST, 1, "\0\1\1\0\0\0\0\0", 8, 8);
	check_bad(&b);
	put_record(&b, FCGI_BEGIN_REQUEST, 1, "\0\1\1\0\0\0\0", 7, 0);
	check_bad(&b);
	put_record(&b, FCGI_BEGIN_REQUEST, 1, "\0\2\1\0\0\0\0\0", 8, 0); /* authorizer */
	check_bad(&b);
	put_record(&b, FCGI_STDIN, 1, NULL, 0, 0);
	check_bad(&b);
	(void)state;
}

static void odd_streams_are_refused(void **state)
{
	static const struct { unsigned type, id, padding; } second[] = {
		{ FCGI_ABORT_REQUEST, 1, 0 }, { FCGI_BEGIN_REQUEST, 2, 0 }, { FCGI_PARAMS, 2, 0 }, { FCGI_STDIN, 1, 0 },
		{ FCGI_GET_VALUES, 0, 0 }, { FCGI_PARAMS, 1, 1 }, { 99, 1, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(second); i++) {
		struct buf b = { 0 };
		put_begin(&b);
		put_record(&b, second[i].type, second[i].id, NULL, 0, second[i].padding);
		check_bad(&b);
	}
	(void)state;
}

static void check_params(const void *bytes, size_t len, enum records_verdict expected)
{
	struct buf b = { 0 };
	struct records r;

	put_begin(&b);
	put_record(&b, FCGI_PARAMS, 1, bytes, len, 0);
	put_record(&b, FCGI_PARAMS, 1, NULL, 0, 0);
	put_record(&b, FCGI_STDIN, 1, NULL, 0, 0);
	assert_int_equal(scan(&b, &r), expected);
	buf_done(&b);
}

static void lying_lengths_are_refused(void **state)
{
	check_params("\001\001ab", 4, RECORDS_WHOLE);
	check_params("\001\200\000\000\001ab", 7, RECORDS_WHOLE);
	check_params("\001\002ab", 4, RECORDS_BAD);
	check_params("\001", 1, RECORDS_BAD);
	check_params("\200\000", 2, RECORDS_BAD);
	check_params("\377\377\377\377\377\377\377\377a", 9, RECORDS_BAD); /* CVE-2025-23016 */
	check_params("\000\001b", 3, RECORDS_BAD);
	check_params("\002\001a=b", 5, RECORDS_BAD);
	check_params("\001\001a\000", 4, RECORDS_BAD);
	(void)state;
}

static void counts_and_sizes_are_bounded(void **state)
{
	struct buf b = { 0 };

	for (int i = 0; i < RECORDS_PARAMS_COUNT_MAX; i++)
		buf_put(&b, "\001\001ab", 4);
	check_params(b.data, b.len, RECORDS_WHOLE);
	buf_put(&b, "\001\001ab", 4);
	check_params(b.data, b.len, RECORDS_BAD);
	buf_clear(&b);
	buf_put(&b, "\001\200\000\177\372a", 6); /* value of 32762 bytes: 32,768 in all */
	while (b.len < RECORDS_PARAMS_MAX)
		buf_putc(&b, 'v');
	check_params(b.data, b.len, RECORDS_WHOLE);
	buf_putc(&b, 'v');
	check_params(b.data, b.len, RECORDS_BAD);
	buf_done(&b);
	(void)state;
}

static void a_body_may_have_64_kib(void **state)
{
	static char body[RECORDS_BODY_MAX / 2];
	struct buf b = { 0 };
	struct records r;

	put_begin(&b);
	put_record(&b, FCGI_PARAMS, 1, NULL, 0, 0);
	put_record(&b, FCGI_STDIN, 1, body, sizeof(body), 0);
	put_record(&b, FCGI_STDIN, 1, body, sizeof(body), 0);
	assert_int_equal(scan(&b, &r), RECORDS_PARTIAL);
	size_t whole = b.len;
	put_record(&b, FCGI_STDIN, 1, NULL, 0, 0);
	assert_int_equal(scan(&b, &r), RECORDS_WHOLE);
	assert_int_equal(r.body_len, RECORDS_BODY_MAX);
	b.len = whole;
	put_record(&b, FCGI_STDIN, 1, "x", 1, 0);
	check_bad(&b);
	(void)state;
}

static void broken_bytes_are_never_read_beyond(void **state)
{
	uint64_t p = 20261123;
	struct buf b = { 0 };

	put_request(&b, "{\"rung\":\"stop\"}", 15);
	for (int round = 0; round < 20000; round++) {
		size_t len = 1 + prng_next(&p) % b.len;
		unsigned char *copy = malloc(len);
		struct records r;
		const char *why;
		memcpy(copy, b.data, len);
		for (unsigned flips = 1 + (unsigned)(prng_next(&p) % 4); flips > 0; flips--)
			copy[prng_next(&p) % len] = (unsigned char)prng_next(&p);
		if (records_scan(copy, len, &r, &why) == RECORDS_WHOLE)
			assert_true(r.length <= len && r.body_len < len);
		free(copy);
	}
	buf_done(&b);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_prefix_is_partial),
		cmocka_unit_test(odd_beginnings_are_refused),
		cmocka_unit_test(odd_streams_are_refused),
		cmocka_unit_test(lying_lengths_are_refused),
		cmocka_unit_test(counts_and_sizes_are_bounded),
		cmocka_unit_test(a_body_may_have_64_kib),
		cmocka_unit_test(broken_bytes_are_never_read_beyond),
	};

	return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
