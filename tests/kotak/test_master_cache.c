/* The master's cache: lookups and search, every kind of damage, its replacement; index names; and real files of the broker where they are at hand
 * (SAUDA_DATA). */
#include "lib/kotak/master.h"

#include "tests/kotak/master_rig.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <zlib.h>

#include "lib/base/crc32c.h"
#include "lib/kotak/index_names.h"

/* -- lookups ------------------------------------------------------------------------------------------------- */

static void contract(struct buf *out, uint32_t token, const char *name, int day, int strike, const char *option)
{
	buf_printf(out, "%s%d.%d%s,%u,XX,nse_fo,%s,%s,%s,,1,5,65,65,%lld,%d,0,0,0,\n", name, day, strike, option, token, *option == 'X' ? "FUTIDX" : "OPTIDX", name, option,
	           (long long)(date_from_civil(2026, 9, day) * 86400ll + 32400 - 315513000), strike ? strike * 100 : -1);
}

static void fill(struct buf *t)
{
	buf_clear(t);
	contract(t, 1, "NIFTY", 29, 0, "XX");
	contract(t, 2, "BANKNIFTY", 29, 50000, "CE");
	contract(t, 3, "NIFTY", 22, 21100, "CE");
	contract(t, 4, "NIFTY", 22, 21000, "PE");
	contract(t, 5, "NIFTY", 22, 21000, "CE");
	contract(t, 6, "NIFTY", 15, 21000, "CE");
	contract(t, 7, "NIFTY", 22, 21200, "PE");
	contract(t, 8, "NIFTYNXT50", 22, 9000, "CE");
	contract(t, 9, "NIFTY", 29, 20900, "PE");
	contract(t, 10, "FINNIFTY", 29, 7000, "CE");
	contract(t, 11, "FINNIFTY", 29, 7000, "CE"); /* the same words, another token */
}

static void test_lookups(void **state)
{
	struct master_builder *b = builder();
	struct buf text = { 0 };
	date_t expiry[4], d15 = date_from_civil(2026, 9, 15), d22 = d15 + 7, d29 = d22 + 7;
	price_t strike[8];

	(void)state;
	fill(&text);
	assert_int_equal(add(b, SEGMENT_NSE_FO, text.data), 0);
	assert_int_equal(add(b, SEGMENT_NSE_CM, "NIFTY,1,,nse_cm,,NIFTY,,,,-1,1,1,,-1,0,0,0,\n"), 0); /* another segment's token 1 */
	struct master *m = write_and_map(&b);
	assert_int_equal(master_by_token(m, SEGMENT_NSE_CM, 1)->kind, INSTRUMENT_INDEX);
	assert_int_equal(master_by_token(m, SEGMENT_NSE_FO, 1)->kind, INSTRUMENT_FUTURE);
	assert_null(master_by_token(m, SEGMENT_NSE_CM, 2));
	assert_null(master_by_token(m, SEGMENT_BSE_CM, 1));
	assert_int_equal(master_contract(m, SEGMENT_NSE_FO, "NIFTY", d22, 210000000, INSTRUMENT_PUT)->token, 4);
	assert_int_equal(master_contract(m, SEGMENT_NSE_FO, "NIFTY", d29, 0, INSTRUMENT_FUTURE)->token, 1);
	assert_null(master_contract(m, SEGMENT_NSE_FO, "NIFTY", d22, 0, INSTRUMENT_FUTURE));
	assert_null(master_contract(m, SEGMENT_NSE_FO, "NIFTY", d22, 212000000, INSTRUMENT_CALL));
	assert_null(master_contract(m, SEGMENT_NSE_FO, "NIFTY5", d22, 210000000, INSTRUMENT_PUT));
	assert_null(master_contract(m, SEGMENT_NSE_FO, "NIFT", d22, 210000000, INSTRUMENT_PUT));
	assert_null(master_contract(m, SEGMENT_NSE_FO, "", d22, 210000000, INSTRUMENT_PUT));
	assert_null(master_contract(m, SEGMENT_NSE_FO, "A NAME LONGER THAN ANY OF THEM", d22, 210000000, INSTRUMENT_PUT));
	assert_null(master_contract(m, SEGMENT_NSE_FO, "FINNIFTY", d29, 70000000, INSTRUMENT_CALL)); /* two answer */
	assert_null(master_contract(m, SEGMENT_BSE_FO, "NIFTY", d22, 210000000, INSTRUMENT_PUT));

	assert_int_equal(master_expiries(m, SEGMENT_NSE_FO, "NIFTY", INSTRUMENT_CALL, 0, expiry, 4), 2);
	assert_true(expiry[0] == d15 && expiry[1] == d22);
	assert_int_equal(master_expiries(m, SEGMENT_NSE_FO, "NIFTY", INSTRUMENT_PUT, d22, expiry, 4), 2);
	assert_true(expiry[0] == d22 && expiry[1] == d29);
	assert_int_equal(master_expiries(m, SEGMENT_NSE_FO, "NIFTY", INSTRUMENT_PUT, d22 + 1, expiry, 4), 1);
	assert_int_equal(master_expiries(m, SEGMENT_NSE_FO, "NIFTY", INSTRUMENT_CALL, 0, expiry, 1), 1);
	assert_int_equal(expiry[0], d15);
	assert_int_equal(master_expiries(m, SEGMENT_NSE_FO, "NIFTY", INSTRUMENT_FUTURE, 0, expiry, 4), 1);
	assert_int_equal(master_expiries(m, SEGMENT_NSE_FO, "NIFTY", INSTRUMENT_FUTURE, d29 + 1, expiry, 4), 0);
	assert_int_equal(master_expiries(m, SEGMENT_NSE_FO, "BANKNIFTY", INSTRUMENT_PUT, 0, expiry, 4), 0);

	assert_int_equal(master_strikes(m, SEGMENT_NSE_FO, "NIFTY", d22, strike, 8), 3);
	assert_true(strike[0] == 210000000 && strike[1] == 211000000 && strike[2] == 212000000);
	assert_int_equal(master_strikes(m, SEGMENT_NSE_FO, "NIFTY", d22, strike, 2), 2);
	assert_int_equal(master_strikes(m, SEGMENT_NSE_FO, "NIFTY", d29, strike, 8), 1);
	assert_int_equal(master_strikes(m, SEGMENT_NSE_FO, "NIFTY", d15 - 1, strike, 8), 0);
	assert_null(master_by_symbol(m, SEGMENT_NSE_FO, "a symbol that is longer than any can be"));
	assert_null(master_by_symbol(m, SEGMENT_NSE_FO, ""));
	assert_null(master_at(m, master_count(m)));

	const struct master_row *held = master_at(m, 0);
	struct master_row before = *held;
	master_rest(m); /* what was found stays where it is */
	assert_memory_equal(held, &before, sizeof(before));
	assert_int_equal(master_strikes(m, SEGMENT_NSE_FO, "NIFTY", d22, strike, 8), 3);
	master_unmap(&m);
	buf_done(&text);
}

static void test_search(void **state)
{
	struct master_builder *b = builder();
	const struct master_row *found[8];
	struct buf text = { 0 };

	(void)state;
	fill(&text);
	assert_int_equal(add(b, SEGMENT_NSE_FO, text.data), 0);
	assert_int_equal(add(b, SEGMENT_NSE_CM, "NIFTY,1,,nse_cm,,NIFTY,,,,-1,1,1,,-1,0,0,0,\n"), 0);
	struct master *m = write_and_map(&b);
	assert_int_equal(master_search(m, "nifty", found, 8), 8);
	assert_string_equal(found[0]->symbol, "NIFTY"); /* the whole symbol, then the whole name by kind and expiry */
	assert_string_equal(found[1]->symbol, "NIFTY29.0XX");
	assert_string_equal(found[2]->symbol, "NIFTY15.21000CE");
	assert_int_equal(master_search(m, "50000", found, 8), 1);
	assert_string_equal(found[0]->symbol, "BANKNIFTY29.50000CE");
	assert_int_equal(master_search(m, "niftynxt", found, 8), 1);
	assert_int_equal(master_search(m, "NIFTY", found, 1), 1);
	assert_int_equal(master_search(m, "", found, 8), 0);
	assert_int_equal(master_search(m, "nothing", found, 8), 0);
	assert_int_equal(master_search(m, "NIFTY", found, 0), 0);
	assert_int_equal(master_search(m, "a text that is longer than any symbol", found, 8), 0);
	master_unmap(&m);
	buf_done(&text);
}

/* -- the cache file ------------------------------------------------------------------------------------------ */

static void poke(size_t at, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0 && pwrite(fd, bytes, len, (off_t)at) == (ssize_t)len);
	close(fd);
}

static void make_cache(void)
{
	struct master_builder *b = builder();
	struct buf text = { 0 };

	fill(&text);
	assert_int_equal(add(b, SEGMENT_NSE_FO, text.data), 0);
	struct master *m = write_and_map(&b);
	master_unmap(&m);
	buf_done(&text);
}

static void refused(int err)
{
	struct master *m = NULL;
	int got = master_map(path, &m, &error);

	if (got != err || m || strlen(error.text) < 20)
		fail_msg("%d in place of %d: %s", got, err, error.text);
}

static void test_damaged_head(void **state)
{
	struct master_head h;
	struct stat st;

	(void)state;
	unlink(path);
	refused(ERR_NOENT);
	make_cache();
	assert_int_equal(stat(path, &st), 0);
	int fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, &h, sizeof(h)), sizeof(h));
	close(fd);
	assert_int_equal(h.size, st.st_size);
	for (size_t at = 0; at < sizeof(h); at++) { /* any bit of the head */
		uint8_t byte = (uint8_t)(((uint8_t *)&h)[at] ^ 0x10);

		poke(at, &byte, 1);
		refused(at >= 4 && at < 8 ? ERR_VERSION : ERR_CORRUPT);
		poke(at, (uint8_t *)&h + at, 1);
	}
	for (off_t size = 0; size < st.st_size; size += 37) {
		assert_int_equal(truncate(path, size), 0);
		refused(ERR_CORRUPT);
	}
	make_cache();
	assert_int_equal(truncate(path, st.st_size + 1), 0);
	refused(ERR_CORRUPT);
}

/* A head that is well made and lies: sizes that do not fit, slots that are no power of two. */
static void test_lying_head(void **state)
{
	struct master_head good, h;

	(void)state;
	make_cache();
	int fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, &good, sizeof(good)), sizeof(good));
	close(fd);
	for (int lie = 0; lie < 8; lie++) {
		h = good;
		switch (lie) {
		case 0: h.rows++; break;
		case 1: h.rows = UINT32_MAX; break;
		case 2: h.slots = 3; break;
		case 3: h.names = UINT32_MAX; break;
		case 4: h.contracts = h.rows + 1; break;
		case 5: h.at[SECTION_ORDER] = h.size + 64; break;
		case 6: h.at[SECTION_SUMS] += 4; break;
		case 7: h.at[SECTION_ROWS] = 0; break;
		}
		h.crc = 0;
		h.crc = crc32c(0, &h, sizeof(h));
		poke(0, &h, sizeof(h));
		refused(ERR_CORRUPT);
	}
}

/* Any byte after the head: what is found is what was asked for, or nothing. */
static void test_damaged_body(void **state)
{
	static const uint8_t junk[] = { 0x00, 0xff, 0x01, 0x80 };
	date_t d22 = date_from_civil(2026, 9, 22), expiry[8];
	const struct master_row *found[8], *r;
	price_t strike[8];
	struct stat st;

	(void)state;
	make_cache();
	assert_int_equal(stat(path, &st), 0);
	uint8_t *whole = malloc((size_t)st.st_size);
	int fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, whole, (size_t)st.st_size), st.st_size);
	close(fd);
	for (size_t at = sizeof(struct master_head); at < (size_t)st.st_size; at += 1 + at % 3) {
		struct master *m;

		poke(at, &junk[at % 4], 1);
		assert_int_equal(master_map(path, &m, &error), 0);
		for (uint32_t token = 1; token <= 11; token++)
			assert_true(!(r = master_by_token(m, SEGMENT_NSE_FO, token)) || r->token == token);
		assert_true(!(r = master_by_symbol(m, SEGMENT_NSE_FO, "NIFTY22.21000PE")) || r->token == 4);
		assert_true(!(r = master_contract(m, SEGMENT_NSE_FO, "NIFTY", d22, 210000000, INSTRUMENT_PUT)) || r->token == 4);
		assert_true(master_expiries(m, SEGMENT_NSE_FO, "NIFTY", INSTRUMENT_CALL, 0, expiry, 8) <= 2);
		assert_true(master_strikes(m, SEGMENT_NSE_FO, "NIFTY", d22, strike, 8) <= 3);
		for (size_t n = master_search(m, "NIFTY", found, 8); n > 0; n--)
			assert_true(memchr(found[n - 1]->symbol, 0, sizeof(found[0]->symbol)) != NULL);
		master_unmap(&m);
		poke(at, whole + at, 1);
	}
	free(whole);
}

/* Written beside the old file and put in its place: a map of the old one stays good, a failure leaves it alone. */
static void test_replace(void **state)
{
	struct master_builder *b = builder();
	struct master *old, *new;
	char other[96];

	(void)state;
	make_cache();
	assert_int_equal(master_map(path, &old, &error), 0);
	assert_int_equal(add(b, SEGMENT_NSE_FO, CALL PUT), 0);
	snprintf(other, sizeof(other), "%s/none/master.bin", folder);
	assert_int_equal(master_write(b, TODAY, other, &error), ERR_NOENT);
	assert_non_null(strstr(error.text, "cannot write"));
	new = write_and_map(&b);
	assert_int_equal(master_count(old), 11);
	assert_int_equal(master_count(new), 2);
	assert_int_equal(master_by_token(old, SEGMENT_NSE_FO, 11)->token, 11);
	snprintf(other, sizeof(other), "%s.tmp", path);
	assert_int_equal(access(other, F_OK), -1);
	master_unmap(&old);
	master_unmap(&new);
}

/* -- index names --------------------------------------------------------------------------------------------- */

static void test_index_names(void **state)
{
	static const struct { const char *symbol, *feed; enum segment segment; } known[] = {
		{ "NIFTY", "Nifty 50", SEGMENT_NSE_CM }, { "BANKNIFTY", "Nifty Bank", SEGMENT_NSE_CM }, { "FINNIFTY", "Nifty Fin Service", SEGMENT_NSE_CM },
		{ "MIDCPNIFTY", "NIFTY MID SELECT", SEGMENT_NSE_CM }, { "NIFTYNXT50", "Nifty Next 50", SEGMENT_NSE_CM }, { "INDIAVIX", "INDIA VIX", SEGMENT_NSE_CM },
		{ "SENSEX", "SENSEX", SEGMENT_BSE_CM }, { "BANKEX", "BANKEX", SEGMENT_BSE_CM }, { "SENSEX50", "SNSX50", SEGMENT_BSE_CM },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		const struct index_name *n = index_by_symbol(known[i].symbol);
		assert_non_null(n);
		assert_string_equal(n->feed, known[i].feed);
		assert_int_equal(n->segment, known[i].segment);
	}
	assert_null(index_by_symbol("nifty"));
}

/* -- the broker's own files ---------------------------------------------------------------------------------- */

static char *unpack(const char *name, size_t *ret_len)
{
	const char *data = getenv("SAUDA_DATA");
	char file[512];
	size_t cap = 16u << 20;
	int n;

	snprintf(file, sizeof(file), "%s/kotak_scrip_master/%s", data ? data : "", name);
	gzFile in = data ? gzopen(file, "rb") : NULL;
	if (!in)
		return NULL;
	char *text = malloc(cap);
	for (*ret_len = 0; (n = gzread(in, text + *ret_len, (unsigned)(cap - *ret_len))) > 0;)
		*ret_len += (size_t)n;
	gzclose(in);
	return text;
}

static const struct { const char *name; enum segment segment; uint32_t rows; int year, month, day; const char *symbol; uint32_t token; } files[] = {
	{ "nse_cm-v1_2025-12-30.csv.gz", SEGMENT_NSE_CM, 11340, 2025, 12, 30, "RELIANCE-EQ", 2885 },
	{ "nse_cm_2024-12-19.csv.gz", SEGMENT_NSE_CM, 9790, 2024, 12, 19, "RELIANCE-EQ", 2885 },
	{ "nse_cm_sdk_2025-04-21.csv.gz", SEGMENT_NSE_CM, 7532, 2025, 4, 21, "RELIANCE-EQ", 2885 },
	{ "nse_fo_2026-08-28_one_row.csv", SEGMENT_NSE_FO, 1, 2026, 8, 28, "NIFTY2692221000PE", 56526 },
};

static void test_real_files(void **state)
{
	struct instrument instrument;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct master_builder *b = builder();
		size_t len = 0;
		char *text = unpack(files[i].name, &len);

		if (!text) {
			print_message("SKIPPED: %s is not here; SAUDA_DATA names no folder with the broker's files\n", files[i].name);
			master_build_free(&b);
			skip();
		}
		date_t day = date_from_civil(files[i].year, files[i].month, files[i].day);
		int err = master_add_csv(b, files[i].segment, text, len, day, files[i].rows, &counts, &error);
		if (err != 0 || counts.rows != files[i].rows)
			fail_msg("%s: %d %s", files[i].name, err, error.text);
		struct master *m = write_and_map(&b);
		const struct master_row *r = master_by_symbol(m, files[i].segment, files[i].symbol);
		assert_true(r && r->token == files[i].token);
		for (uint32_t k = 0; k < master_count(m); k++) {
			r = master_at(m, k);
			assert_ptr_equal(master_by_token(m, files[i].segment, r->token), r);
			assert_ptr_equal(master_by_symbol(m, files[i].segment, r->symbol), r);
			master_instrument(r, &instrument);
			assert_true(instrument_valid(&instrument));
		}
		master_unmap(&m);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookups),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_damaged_head),
		cmocka_unit_test(test_lying_head),
		cmocka_unit_test(test_damaged_body),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_index_names),
		cmocka_unit_test(test_real_files),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
