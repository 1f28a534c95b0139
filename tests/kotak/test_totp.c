/* One-time codes against the vectors of RFC 6238 (cut to six digits), and when one may be sent. */
#include "tests/control/unit.h"

#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/kotak/totp.h"

#define SECRET "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
#define AT(s)  (INT64_C(s) * NANOS_SECOND)

static void test_codes(void **state)
{
	static const struct { nanos_t at; const char *code; } rows[] = {
		{ AT(59), "287082" }, { AT(1111111109), "081804" }, { AT(1111111111), "050471" }, { AT(1234567890), "005924" },
		{ AT(2000000000), "279037" }, { AT(30), "287082" }, { AT(60) - 1, "287082" },
	};
	unsigned char secret[64];
	char code[TOTP_TEXT];
	size_t len = 0;

	(void)state;
	assert_int_equal(totp_decode(SECRET, secret, sizeof(secret), &len), ERR_OK);
	assert_int_equal(len, 20);
	assert_memory_equal(secret, "12345678901234567890", 20);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(totp_code(secret, len, rows[i].at, code), ERR_OK);
		assert_string_equal(code, rows[i].code);
	}
	assert_int_equal(totp_code(secret, len, -1, code), ERR_RANGE);
}

static void test_decode(void **state)
{
	static const char *const same[] = { "gezdgnbvgy3tqojqgezdgnbvgy3tqojq", " GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ ", "GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV-GY3T-QOJQ",
	                                    "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ====" };
	static const char *const bad[] = { "", " ", "====", "GEZ1", "GEZ0", "GEZ!", "GEZD\nX", "8", "\xc3\xa9" };
	unsigned char secret[20], small[19];
	char huge[300];
	size_t len = 99;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		assert_int_equal(totp_decode(same[i], secret, sizeof(secret), &len), ERR_OK);
		assert_memory_equal(secret, "12345678901234567890", 20);
	}
	len = 99;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(totp_decode(bad[i], secret, sizeof(secret), &len), ERR_PARSE);
	assert_int_equal(totp_decode(SECRET, small, sizeof(small), &len), ERR_RANGE);
	memset(huge, 'A', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	assert_int_equal(totp_decode(huge, secret, sizeof(secret), &len), ERR_RANGE);
	assert_int_equal(len, 99);
	assert_int_equal(totp_decode("MZXW6YTB", secret, sizeof(secret), &len), ERR_OK); /* "fooba" */
	assert_int_equal(len, 5);
	assert_int_equal(totp_decode("MZXW6YQ", secret, sizeof(secret), &len), ERR_OK);  /* "foob", its padding left out */
	assert_int_equal(len, 4);
	assert_memory_equal(secret, "foob", 4);
}

static void test_ready(void **state)
{
	static const struct { nanos_t now, used, ready; } rows[] = {
		{ AT(30), 0, AT(30) }, { AT(57), 0, AT(57) }, { AT(57) + 1, 0, AT(60) }, { AT(60) - 1, 0, AT(60) }, { AT(60), 0, AT(60) },
		{ AT(40), AT(31), AT(60) },       /* this step's code was used */
		{ AT(60), AT(31), AT(60) }, { AT(59), AT(29), AT(60) }, { AT(40), AT(29), AT(40) },
		{ AT(40), AT(95), AT(120) },      /* the clock was set back: not a step that was used already */
		{ AT(40), AT(159), AT(180) }, { AT(40), AT(160), AT(40) }, /* far back: nobody waits for it */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		nanos_t ready = totp_ready_at(rows[i].now, rows[i].used);
		assert_int_equal(ready, rows[i].ready);
		assert_int_equal(totp_ready_at(ready, rows[i].used), ready);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_codes), cmocka_unit_test(test_decode), cmocka_unit_test(test_ready) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
