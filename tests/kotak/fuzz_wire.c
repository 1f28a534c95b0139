/* Bodies as a server, a gateway or a fault might send them, through the one place that classifies, and their fields through the readers. Oracle: the
 * sanitizers; what is not whole JSON or comes with 5xx is never definite; an accepted order has a number; words for people are printable.
 *     clang -fsanitize=fuzzer,address,undefined -DSAUDA_LIBFUZZER ...     or     fuzz_wire [CASES [SEED]]  */
#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/kotak/wire.h"
#include "tests/fuzz.h"

static const long statuses[] = { 200, 200, 200, 400, 401, 403, 404, 422, 429, 500, 502, 503 };

static bool is_definite(enum wire_verdict v)
{
	return v != WIRE_UNKNOWN && v != WIRE_RATE;
}

static void read_fields(const cJSON *json, unsigned depth)
{
	const cJSON *item;
	const char *text;
	int64_t v;

	cJSON_ArrayForEach(item, json) {
		if (item->string) {
			bool whole = wire_int(json, item->string, &v);
			assert(!whole || wire_int_or(json, item->string, 1, &v));
			wire_decimal(json, item->string, &v);
			wire_decimal_or(json, item->string, NUM_UNKNOWN, &v);
			if (wire_text(json, item->string, &text))
				wire_stamp(text, &v);
		}
		assert(depth < 64);
		read_fields(item, depth + 1);
	}
}

static void check(const struct http_answer *h, enum wire_kind kind, const struct wire_answer *a)
{
	const char *number;

	if (kind == WIRE_ORDER && (h->status >= 500 || !a->json))
		assert(a->verdict == WIRE_UNKNOWN);
	if (!a->json || h->status >= 500)
		assert(!is_definite(a->verdict));
	if (kind == WIRE_ORDER && a->verdict == WIRE_OK)
		assert(wire_text(a->json, "nOrdNo", &number) && number[0] && strspn(number, "0123456789") == strlen(number));
	if (kind == WIRE_ORDER && is_definite(a->verdict) && a->verdict != WIRE_OK)
		assert(!cJSON_IsArray(a->json) && (!wire_text(a->json, "nOrdNo", &number) || !number[0]));
	for (const char *at = a->text; *at; at++)
		assert(*at >= ' ' && *at <= '~');
	assert(a->verdict != WIRE_EMPTY || (kind != WIRE_ORDER && a->st_code == 5203));
}

/* Leaving out and quoting make no JSON of what is none. Sixteen digits in a row may stand as a key once they are quoted. */
static void check_parse(const char *body, size_t len)
{
	const char *end = NULL;
	unsigned digits = 0;
	cJSON *ours = wire_parse(body, len), *plain = cJSON_ParseWithLengthOpts(body, len, &end, 0);

	for (size_t i = 0; i < len && digits < 16; i++)
		digits = body[i] >= '0' && body[i] <= '9' ? digits + 1 : 0;
	assert(!ours || plain || digits == 16);
	assert(!plain || ours || end[strspn(end, " \t\r\n")] || memchr(body, '\0', len));
	cJSON_Delete(ours);
	cJSON_Delete(plain);
}

/* The first byte chooses the status and the kind. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	char *body = malloc(size);
	assert(body);
	memcpy(body, data + 1, size - 1);
	body[size - 1] = '\0';
	struct http_answer h = { .fate = HTTP_ANSWERED, .status = statuses[data[0] % ARRAY_LEN(statuses)], .body = body, .len = size - 1, .error = "" };
	enum wire_kind kind = (enum wire_kind)(data[0] / ARRAY_LEN(statuses) % 5);
	struct wire_answer a;
	cJSON *json;

	wire_classify(&h, kind, &a, &json);
	check(&h, kind, &a);
	read_fields(json, 0);
	cJSON_Delete(json);
	check_parse(body, size - 1);
	free(body);
	return 0;
}

#ifndef SAUDA_LIBFUZZER
static const char *const seeds[] = {
	"{\"stat\":\"Ok\",\"nOrdNo\":\"250720000007242\",\"stCode\":200}",
	"{\"stCode\":1006,\"errMsg\":\"Order already cancelled or not found.\",\"stat\":\"Not_Ok\"}",
	"{\"stat\":\"Not_Ok\",\"stCode\":5203,\"errMsg\":\"No Data\",\"desc\":\"[]\"}",
	"{\"stCode\":100022,\"errMsg\":\"invalid session token\",\"stat\":\"error in neo-login-check-api\"}",
	("{\"stat\":\"Ok\",\"data\":[{\"qty\":1,\"prc\":\"9.39\",\"updRecvTm\":1737536281933015920,\"ordDtTm\":\"22-Jan-2025 14: 28: 01\","
		"\"hsUpTm\":\"2025/01/22 14:28:01\",\"rejRsn\":\"--\"}]}"),
	"{\"data\":[{\"actId\":\"A\",\"qty\":1,\"it\" : \"EQ\",\"sym\":\"a\\\"\",\"boeSec\":1737536281,\"prc\":\"9.39\",\"uSec\":\"1\"}]}",
	"{\"data\":{\"token\":\"a.b.c\",\"sid\":\"s\",\"derivativesRiskDisclosure\":\"a\\nb\\u20b9\",\"dataCenterMap\":null}}",
	"{\"error\":[{\"code\":\"400\",\"message\":\"Missing required field 'Ucc'\"}]}",
	"{\"fault\":{\"code\":900901,\"message\":\"Invalid Credentials\"}}",
	"[[[[{\"ltp\":\"801.6000\"}]]]]",
	"<html><body>maintenance</body></html>",
};

static size_t make_case(uint64_t *random, uint8_t *out, size_t cap)
{
	static const char likely[] = "{}[]\":,\\\n\0-+.eE0u\xff\x80n";
	size_t len = 1;

	out[0] = (uint8_t)prng_next(random);
	for (uint64_t parts = 1 + prng_below(random, 2); parts > 0; parts--) {
		const char *seed = seeds[prng_below(random, ARRAY_LEN(seeds))];
		size_t n = prng_below(random, 8) == 0 ? prng_below(random, strlen(seed)) : strlen(seed);

		n = n < cap - len ? n : cap - len;
		memcpy(out + len, seed, n);
		len += n;
		if (prng_below(random, 3))
			break;
	}
	for (uint64_t changes = prng_below(random, 5); changes > 0; changes--)
		out[prng_below(random, len)] = prng_below(random, 3) ? (uint8_t)likely[prng_below(random, sizeof(likely) - 1)] :
		                                                      (uint8_t)prng_next(random);
	return len;
}

int main(int argc, char **argv)
{
	return fuzz_run(fuzz_begin("fuzz_wire", 50000, argc, argv), make_case);
}
#endif
