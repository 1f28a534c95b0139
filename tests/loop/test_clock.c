/* The clocks of a live engine, and which URLs it opens. */
#include "tests/control/unit.h"

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/loop/clock.h"
#include "lib/loop/url.h"

static void test_parse(void **state)
{
	static const struct { const char *text; int err; } rows[] = {
		{ "1790049600000000000,5,1", ERR_OK }, { "1,0,1000", ERR_OK }, { "1,0,1001", ERR_RANGE }, { "1,0,0", ERR_RANGE }, { "0,0,1", ERR_RANGE },
		{ "1,-1,1", ERR_RANGE }, { "", ERR_PARSE }, { "1,2", ERR_PARSE }, { "1,2,3,4", ERR_PARSE }, { "1,,3", ERR_PARSE }, { "a,2,3", ERR_PARSE },
		{ "1,2,3 ", ERR_PARSE }, { "99999999999999999999,0,1", ERR_RANGE },
	};
	struct clock c = CLOCK_SYSTEM;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(clock_parse(rows[i].text, &c), rows[i].err);
	assert_int_equal(clock_parse("1790049600000000000,5,60", &c), ERR_OK);
	assert_int_equal(c.virtual_from, INT64_C(1790049600000000000));
	assert_int_equal(c.real_from, 5);
	assert_int_equal(c.speed, 60);
	assert_int_equal(clock_parse("1,2", &c), ERR_PARSE); /* untouched on failure */
	assert_int_equal(c.speed, 60);
}

static void test_now(void **state)
{
	struct clock c = { INT64_C(1790049600000000000), clock_mono(), 1000, NULL };
	nanos_t before = clock_mono(), at = clock_now(&c), after = clock_mono();

	(void)state;
	assert_true(at >= c.virtual_from + (before - c.real_from) * 1000 && at <= c.virtual_from + (after - c.real_from) * 1000);
	assert_true(clock_steady(&c) >= at);
	before = clock_mono();
	at = clock_steady(&CLOCK_SYSTEM);
	assert_true(at >= before && at <= clock_mono());
	assert_true(clock_now(&CLOCK_SYSTEM) > INT64_C(1700000000) * NANOS_SECOND);
}

/* A base is shared by all copies of the clock, and the wall is looked at only when it is told to. */
static void test_base_of_a_clock(void **state)
{
	struct clock c = CLOCK_SYSTEM, copy, fast = { 1, 0, 60, NULL };
	struct clock_base b;

	(void)state;
	clock_begin(&c, &b);
	copy = c;
	assert_in_range(clock_wall(&c) - clock_now(&c) + NANOS_SECOND, 0, 2 * NANOS_SECOND);
	b.wall -= NANOS_HOUR; /* as if the wall clock had been set */
	nanos_t before = clock_now(&copy);
	assert_false(clock_held(&copy));
	clock_look(&copy);
	assert_true(clock_held(&c));
	assert_true(b.away > NANOS_HOUR - NANOS_MINUTE && b.away < NANOS_HOUR + NANOS_MINUTE);
	assert_true(clock_now(&c) >= before && clock_now(&c) < clock_wall(&c) - NANOS_HOUR / 2);
	clock_begin(&fast, &b); /* a simulator's clock has none */
	assert_null(fast.base);
	clock_look(&fast);
	assert_false(clock_held(&fast) || clock_held(&CLOCK_SYSTEM));
}

static void test_ms(void **state)
{
	struct clock fast = { 1, 0, 60, NULL };

	(void)state;
	assert_int_equal(clock_ms(&CLOCK_SYSTEM, -5), 1);
	assert_int_equal(clock_ms(&CLOCK_SYSTEM, 0), 1);
	assert_int_equal(clock_ms(&CLOCK_SYSTEM, NANOS_MS), 1);
	assert_int_equal(clock_ms(&CLOCK_SYSTEM, NANOS_MS + 1), 2);
	assert_int_equal(clock_ms(&CLOCK_SYSTEM, NANOS_SECOND), 1000);
	assert_int_equal(clock_ms(&fast, NANOS_MINUTE), 1000);
	assert_int_equal(clock_ms(&fast, NANOS_MINUTE + 1), 1001);
}

/* NTP sets the clock back by a minute, and forward: what is due comes all the same, and the two meet again. */
static void test_forward(void **state)
{
	struct clock_forward f = { 1000 * NANOS_SECOND, 0 };
	nanos_t told, before = 0;

	(void)state;
	assert_int_equal(clock_forward(&f, 1001 * NANOS_SECOND, NANOS_SECOND), 1001 * NANOS_SECOND);
	assert_int_equal(clock_forward(&f, 1002 * NANOS_SECOND, 2 * NANOS_SECOND), 1002 * NANOS_SECOND);
	for (nanos_t s = 3; s <= 200; s++) { /* one minute back */
		nanos_t wall = (1000 + s - 60) * NANOS_SECOND;

		told = clock_forward(&f, wall, s * NANOS_SECOND);
		assert_true(told > before);
		assert_true(told >= wall);
		assert_true(s < 130 || told == wall);
		before = told;
	}
	assert_int_equal(clock_forward(&f, 5000 * NANOS_SECOND, 201 * NANOS_SECOND), 5000 * NANOS_SECOND);
}

static void test_url(void **state)
{
	static const struct { const char *text; int err; bool tls; unsigned port; const char *host, *path; } rows[] = {
		{ "https://Mis.Example.com/login/1.0?a=b", ERR_OK, true, 443, "mis.example.com", "/login/1.0?a=b" },
		{ "https://h", ERR_OK, true, 443, "h", "/" },
		{ "https://h:8443/", ERR_OK, true, 8443, "h", "/" },
		{ "http://127.0.0.1:80/x", ERR_OK, false, 80, "127.0.0.1", "/x" },
		{ "http://127.9.9.9/", ERR_OK, false, 80, "127.9.9.9", "/" },
		{ "http://[::1]:81/", ERR_OK, false, 81, "::1", "/" },
		{ "https://[2001:db8::1]/", ERR_OK, true, 443, "2001:db8::1", "/" },
		{ .text = "http://192.0.2.1/", .err = ERR_DENIED }, { .text = "http://localhost/", .err = ERR_DENIED },
		{ .text = "http://127.0.0.1.example.com/", .err = ERR_DENIED }, { .text = "http://[::2]/", .err = ERR_DENIED },
		{ .text = "http://127.0.0.1@example.com/", .err = ERR_PARSE }, { .text = "https://user:pw@h/", .err = ERR_PARSE },
		{ .text = "https://h\\@x/", .err = ERR_PARSE }, { .text = "https://h/a b", .err = ERR_PARSE }, { .text = "https://h/a\r\nx", .err = ERR_PARSE },
		{ .text = "https://h/\xc3\xa9", .err = ERR_PARSE }, { .text = "https://h/a|b", .err = ERR_PARSE }, { .text = "https://h/#f", .err = ERR_PARSE },
		{ .text = "https://", .err = ERR_PARSE }, { .text = "https://:80/", .err = ERR_PARSE }, { .text = "https://h:/", .err = ERR_PARSE },
		{ .text = "https://h:0/", .err = ERR_RANGE }, { .text = "https://h:65536/", .err = ERR_RANGE }, { .text = "https://h:8x/", .err = ERR_PARSE },
		{ .text = "https://[::1/", .err = ERR_PARSE }, { .text = "https://[::1]x/", .err = ERR_PARSE }, { .text = "ftp://h/", .err = ERR_PARSE },
		{ .text = "h", .err = ERR_PARSE }, { .text = "", .err = ERR_PARSE }, { .text = "https://h?q", .err = ERR_PARSE },
	};
	struct url u;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int err = url_split(rows[i].text, "http", "https", &u);
		if (err != rows[i].err)
			fail_msg("%s: %d instead of %d", rows[i].text, err, rows[i].err);
		if (err != ERR_OK)
			continue;
		assert_int_equal(u.tls, rows[i].tls);
		assert_int_equal(u.port, rows[i].port);
		assert_string_equal(u.host, rows[i].host);
		assert_string_equal(u.path, rows[i].path);
	}
	assert_int_equal(url_split("wss://h/", "http", "https", &u), ERR_PARSE);
	assert_int_equal(url_split("wss://h/", "ws", "wss", &u), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse), cmocka_unit_test(test_now), cmocka_unit_test(test_base_of_a_clock), cmocka_unit_test(test_ms), cmocka_unit_test(test_forward),
		cmocka_unit_test(test_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
