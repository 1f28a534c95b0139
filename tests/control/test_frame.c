/* Lines come out the same however the bytes are split, and a line at, below and above the limit is told apart. Built
 * twice: as shipped, and as test_frame_small with a limit of 18 bytes, where every boundary is crossed at once. */
#include "lib/control/frame.c"

#include <stdio.h>
#include <stdlib.h>

#include "tests/control/unit.h"

/* Of each line the first 60 bytes. */
struct seen { int lines, too_long; char text[1024]; size_t text_len; };

static void drain(struct frame *f, struct seen *seen)
{
	char *line;
	size_t len;
	int got;

	while ((got = frame_line(f, &line, &len)) != 0) {
		if (got < 0) {
			assert_int_equal(got, ERR_RANGE);
			seen->too_long++;
			continue;
		}
		assert_int_equal(line[len], '\0');
		seen->lines++;
		seen->text_len += (size_t)snprintf(seen->text + seen->text_len, sizeof(seen->text) - seen->text_len, "%.60s|", line);
	}
}

static void feed(struct frame *f, const char *bytes, size_t len, struct seen *seen)
{
	while (len > 0) {
		size_t room = 0;
		char *space = frame_space(f, &room);

		assert_non_null(space);
		assert_true(room > 0);
		size_t n = len < room ? len : room;
		memcpy(space, bytes, n);
		frame_filled(f, n);
		bytes += n;
		len -= n;
		drain(f, seen);
	}
}

static void every_split_gives_the_same_lines(void **state)
{
	const char *stream = "one\n\n{\"two\":2}\nthree\n";
	size_t len = strlen(stream);

	(void)state;
	for (size_t a = 0; a <= len; a++) {
		for (size_t b = a; b <= len; b++) {
			struct frame f = { 0 };
			struct seen seen = { 0 };

			feed(&f, stream, a, &seen);
			feed(&f, stream + a, b - a, &seen);
			feed(&f, stream + b, len - b, &seen);
			assert_string_equal(seen.text, "one||{\"two\":2}|three|");
			assert_int_equal(seen.lines, 4);
			assert_false(frame_partial(&f));
			frame_done(&f);
		}
	}
}

/* The line of exactly the limit passes, one byte more is thrown away once, and the next line is whole again. */
static void the_limit_is_exact(void **state)
{
	char *line = malloc(FRAME_LINE_MAX + 8);

	(void)state;
	assert_non_null(line);
	for (int more = -1; more <= 3; more++) {
		size_t len = (size_t)(FRAME_LINE_MAX + more);
		struct frame f = { 0 };
		struct seen seen = { 0 };

		memset(line, 'x', len);
		line[len] = '\n';
		feed(&f, line, len + 1, &seen);
		feed(&f, "next\n", 5, &seen);
		assert_int_equal(seen.too_long, more > 0);
		assert_int_equal(seen.lines, more > 0 ? 1 : 2);
		assert_non_null(strstr(seen.text, "next|"));
		assert_false(frame_partial(&f));
		frame_done(&f);
	}
	free(line);
}

static void an_endless_line_takes_no_memory(void **state)
{
	struct frame f = { 0 };
	struct seen seen = { 0 };
	char block[1000];

	(void)state;
	memset(block, 'y', sizeof(block));
	for (int i = 0; i < 400; i++)
		feed(&f, block, sizeof(block), &seen);
	assert_int_equal(seen.too_long, 1);
	assert_true(f.cap <= FRAME_LINE_MAX + 1);
	assert_true(frame_partial(&f));
	feed(&f, "\nok\n", 4, &seen);
	assert_string_equal(seen.text, "ok|");
	frame_done(&f);
}

static void a_nul_is_a_byte_like_others(void **state)
{
	struct frame f = { 0 };
	size_t room = 0, len = 0;
	char *line, *space = frame_space(&f, &room);

	(void)state;
	memcpy(space, "a\0b\n", 4);
	frame_filled(&f, 4);
	assert_int_equal(frame_line(&f, &line, &len), 1);
	assert_int_equal(len, 3);
	frame_done(&f);
}

static void a_client_may_set_another_limit(void **state)
{
	struct frame f = { .limit = 4 };
	struct seen seen = { 0 };

	(void)state;
	feed(&f, "four\nfives\n", 11, &seen);
	assert_string_equal(seen.text, "four|");
	assert_int_equal(seen.too_long, 1);
	frame_done(&f);
	assert_int_equal(f.limit, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_split_gives_the_same_lines),
		cmocka_unit_test(the_limit_is_exact),
		cmocka_unit_test(an_endless_line_takes_no_memory),
		cmocka_unit_test(a_nul_is_a_byte_like_others),
		cmocka_unit_test(a_client_may_set_another_limit),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
