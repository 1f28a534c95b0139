/* The scrip master: numbers and rows exactly, and every file and row that must be refused. */
#include "lib/kotak/master.h"

#include "tests/kotak/master_rig.h"

#include "lib/kotak/master_number.h"
#include "lib/kotak/master_scan.h"

/* -- numbers ------------------------------------------------------------------------------------------------- */

static const struct { const char *text; int64_t scale; bool good; int64_t value, slack; } numbers[] = {
	{ "", 1, true, 0, 0 }, { "0", 1, true, 0, 0 }, { "7", 1, true, 7, 0 }, { "65", 1, true, 65, 0 }, { "123", 1, true, 123, 0 }, { "1801", 1, true, 1801, 0 },
	{ "12345", 1, true, 12345, 0 }, { "123456", 1, true, 123456, 0 }, { "1234567", 1, true, 1234567, 0 }, { "12345678", 1, true, 12345678, 0 },
	{ "123456789", 1, true, 123456789, 0 }, { "1474554600", 1, true, 1474554600, 0 }, { "9999999999", 10000, true, 99999999990000, 0 },
	{ "12345678901", 1, true, 12345678901, 0 }, { "00000000001", 1, true, 1, 0 }, { "-1", 1, true, -1, 0 }, { "-1", 100, true, -100, 0 },
	{ "1801.00", 1, true, 1801, 0 }, { "1801.50", 1, false, 0, 0 }, { "1801.50", 100, true, 180150, 0 }, { "0.0025", 10000, true, 25, 0 },
	{ "0.0025", 100, false, 0, 0 }, { ".5", 100, true, 50, 0 }, { "5.", 100, true, 500, 0 }, { ".", 1, false, 0, 0 }, { "-", 1, false, 0, 0 },
	{ "2.1e+06", 100, true, 210000000, 0 }, { "2.1E6", 1, true, 2100000, 0 }, { "1.485e+07", 100, true, 1485000000, 0 }, { "1e+12", 1, true, 1000000000000, 0 },
	{ "1.19999e+07", 100, true, 1199990000, 5000 }, { "8.57255e+06", 100, true, 857255000, 500 }, { "-8.57255e+06", 100, true, -857255000, 500 },
	{ "857255", 100, true, 85725500, 0 }, { "8.57255e+05", 100, true, 85725500, 0 }, { "1.5e-01", 100, true, 15, 0 }, { "1e-03", 100, false, 0, 0 },
	{ "0e+999", 1, true, 0, 0 }, { "1e+999", 1, false, 0, 0 }, { "1e+1000", 1, false, 0, 0 }, { "1e", 1, false, 0, 0 }, { "1e+", 1, false, 0, 0 },
	{ "1e+06x", 1, false, 0, 0 }, { "12a", 1, false, 0, 0 }, { "a", 1, false, 0, 0 }, { " 1", 1, false, 0, 0 }, { "1 ", 1, false, 0, 0 }, { "+1", 1, false, 0, 0 },
	{ "--1", 1, false, 0, 0 }, { "1-", 1, false, 0, 0 }, { "0x10", 1, false, 0, 0 }, { "nan", 1, false, 0, 0 }, { "inf", 1, false, 0, 0 },
	{ "1234567:", 1, false, 0, 0 }, { "1234567/", 1, false, 0, 0 }, { "/2345678", 1, false, 0, 0 }, { "99999999999999999", 1, true, 99999999999999999, 0 },
	{ "9999999999999999", 10000, false, 0, 0 },
	{ "999999999999999999", 1, false, 0, 0 }, { "99999999999999999", 10000, false, 0, 0 },
};

static void test_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		size_t len = strlen(numbers[i].text);
		char *exact = malloc(MASTER_BEFORE + len);
		int64_t value = -7, slack = -7;

		memset(exact, i % 2 ? 0xff : '1', MASTER_BEFORE); /* what stands before is no part of it */
		memcpy(exact + MASTER_BEFORE, numbers[i].text, len);
		bool good = master_number(exact + MASTER_BEFORE, len, numbers[i].scale, &value, &slack);
		free(exact);
		if (good != numbers[i].good || (good && (value != numbers[i].value || slack != numbers[i].slack)))
			fail_msg("\"%s\" gives %d, %lld +- %lld", numbers[i].text, good, (long long)value, (long long)slack);
	}
}

/* Eight at a time, each in every place: plain digits up to eight of them, and nothing else. */
static void test_eight_numbers(void **state)
{
	struct master_field f[8];
	struct master_eight eight;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		const char *text[8];
		char *exact[8];

		for (size_t k = 0; k < 8; k++) {
			text[k] = numbers[(i + k) % ARRAY_LEN(numbers)].text;
			f[k].len = strlen(text[k]);
			exact[k] = malloc(MASTER_BEFORE + f[k].len);
			memset(exact[k], '9', MASTER_BEFORE);
			memcpy(exact[k] + MASTER_BEFORE, text[k], f[k].len);
			f[k].text = exact[k] + MASTER_BEFORE;
		}
		master_eight_read(f, &eight);
		for (size_t k = 0; k < 8; k++) {
			bool plain = f[k].len <= 8 && strspn(text[k], "0123456789") == f[k].len;
			if ((eight.plain >> k & 1) != plain || (plain && eight.value[k] != strtoll(text[k], NULL, 10)))
				fail_msg("\"%s\" at %zu gives %u, %lld", text[k], k, eight.plain >> k & 1, (long long)eight.value[k]);
			free(exact[k]);
		}
		assert_int_equal(eight.plain >> 8, 0);
	}
}

/* -- the scan against a plain reading ------------------------------------------------------------------------ */

static void test_scan(void **state)
{
	struct buf text = { 0 };
	static const uint32_t wanted[] = { 0, 5, 64 };
	uint32_t at[SCAN_AT];
	struct scan *s = calloc(1, sizeof(*s));
	size_t n, row, expect = 0, line = 0;

	(void)state;
	for (int i = 0; i < 400; i++) { /* rows of every length, so that their ends fall on every place of a block */
		for (int k = 0; k < i % 90; k++)
			buf_puts(&text, k % 3 ? "x," : ",");
		buf_puts(&text, i % 7 ? "end\n" : "\n");
	}
	char *exact = malloc(text.len);
	memcpy(exact, text.data, text.len);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		scan_want(s, wanted[i]);
	scan_begin(s, exact, text.len);
	for (; scan_row(s, at, &n, &row) == SCAN_ROW; line++) {
		assert_int_equal(row, expect);
		assert_int_equal(n, line % 90 + 1);
		size_t separator = 0, w = 0;
		for (; separator < n; expect++) /* counted byte by byte */
			if (exact[expect] == ',' || exact[expect] == '\n') {
				if (w < ARRAY_LEN(wanted) && separator == wanted[w])
					assert_int_equal(at[w++], expect);
				separator++;
			}
	}
	assert_int_equal(line, 400);
	assert_int_equal(expect, text.len);
	free(exact);
	free(s);
	buf_done(&text);
}

/* The first row of a file with this one row, through the cache. */
static const struct master_row *only(enum segment segment, const char *row, struct master **ret)
{
	struct master_builder *b = builder();

	if (add(b, segment, row) != 0)
		fail_msg("%s: %s", row, error.text);
	*ret = write_and_map(&b);
	assert_int_equal(master_count(*ret), 1);
	return master_at(*ret, 0);
}

static void test_option(void **state)
{
	struct master *m;
	const struct master_row *r = only(SEGMENT_NSE_FO, PUT, &m);
	struct instrument i;

	(void)state;
	assert_int_equal(counts.rows, 1);
	assert_int_equal(r->token, 56526);
	assert_int_equal(r->segment, SEGMENT_NSE_FO);
	assert_int_equal(r->kind, INSTRUMENT_PUT);
	assert_int_equal(r->flags, 0);
	assert_int_equal(r->expiry, date_from_civil(2026, 9, 22));
	assert_int_equal(r->underlying_token, 26000);
	assert_int_equal(r->strike, 210000000);
	assert_int_equal(r->tick, 500);
	assert_int_equal(r->band_low, 500);
	assert_int_equal(r->band_high, 201500);
	assert_int_equal(r->lot, 65);
	assert_int_equal(r->freeze, 1755); /* 1801 is the first refused quantity, and 27 whole lots fit */
	assert_string_equal(r->symbol, "NIFTY2692221000PE");
	assert_string_equal(r->name, "NIFTY");
	assert_string_equal(r->series, "XX");

	master_instrument(r, &i);
	assert_true(instrument_valid(&i));
	assert_string_equal(i.symbol, "NIFTY2692221000PE");
	assert_string_equal(i.underlying, "NIFTY");
	assert_true(i.id == INSTRUMENT_NONE && i.underlying_id == INSTRUMENT_NONE && i.flags == INSTRUMENT_TRADABLE);
	assert_true(i.lot == 65 && i.freeze == 1755 && i.tick == 500 && i.strike == 210000000 && i.band_high == 201500);
	master_unmap(&m);
	assert_null(m);
	master_unmap(&m);
}

static void test_index_and_share(void **state)
{
	struct master *m;
	struct instrument i;
	const struct master_row *r = only(SEGMENT_NSE_CM, "MIDCPNIFTY,26074,,nse_cm,,MIDCPNIFTY,,,,-1,-1,1,,-1,0,0,0,\n", &m);

	(void)state;
	assert_int_equal(r->kind, INSTRUMENT_INDEX);
	assert_int_equal(r->flags, 0);
	assert_true(r->tick == 0 && r->lot == 1 && r->freeze == 0 && r->band_high == 0 && r->expiry == 0 && r->underlying_token == 0);
	master_instrument(r, &i);
	assert_true(instrument_valid(&i) && !(i.flags & INSTRUMENT_TRADABLE) && i.tick > 0);
	master_unmap(&m);

	r = only(SEGMENT_NSE_CM, "MIDCPNIFTY,26074,,nse_cm,,MIDCPNIFTY,, \t,,5,1,1,,-1,0,0,0, true \n", &m); /* blanks alone are nothing */
	assert_int_equal(r->kind, INSTRUMENT_INDEX);
	assert_int_equal(r->flags, MASTER_CLOSING_AUCTION);
	master_unmap(&m);

	r = only(SEGMENT_NSE_CM, "RELIANCE-EQ,2885,EQ,nse_cm,,RELIANCE,,INE002A01018,,10,1,1,-1,-1,1.6594e+06,1.35769e+06,999,true\n", &m);
	assert_int_equal(r->kind, INSTRUMENT_EQUITY);
	assert_int_equal(r->flags, MASTER_CLOSING_AUCTION);
	assert_int_equal(r->freeze, 999); /* as told outside NSE's derivatives */
	assert_string_equal(r->series, "EQ");
	assert_int_equal(r->band_high, 165940000);
	assert_int_equal(r->band_low, 135769500); /* six digits of %g: half a unit inwards */
	assert_ptr_equal(master_by_symbol(m, SEGMENT_NSE_CM, "RELIANCE-EQ"), r);
	assert_null(master_by_symbol(m, SEGMENT_BSE_CM, "RELIANCE-EQ"));
	master_unmap(&m);
}

/* Expiries by segment: kotak-neo-api.md 6.3. */
static const struct { enum segment segment; const char *name, *raw; int year, month, day; } dates[] = {
	{ SEGMENT_NSE_FO, "nse_fo", "1474554600", 2026, 9, 22 },
	{ SEGMENT_NSE_FO, "nse_fo", "1477578600", 2026, 10, 27 },
	{ SEGMENT_BSE_FO, "bse_fo", "1793125799", 2026, 10, 27 }, /* 23:59:59 India time */
	{ SEGMENT_BSE_FO, "bse_fo", "1793145599", 2026, 10, 27 }, /* 23:59:59 UTC */
	{ SEGMENT_NSE_FO, "nse_fo", "1471823400", 2026, 8, 21 },  /* a week ago: still believed */
};

static void test_dates(void **state)
{
	char row[256];
	struct master *m;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(dates); i++) {
		snprintf(row, sizeof(row), "S,1,XX,%s,%s,N,CE,,1,5,20,20,%s,8530000,0,0,0,\n", dates[i].name, dates[i].segment == SEGMENT_BSE_FO ? "IO" : "OPTIDX", dates[i].raw);
		assert_int_equal(only(dates[i].segment, row, &m)->expiry, date_from_civil(dates[i].year, dates[i].month, dates[i].day));
		master_unmap(&m);
	}
}

static const struct { const char *type, *option; enum segment segment; int kind; } kinds[] = { /* kind -1: not believed */
	{ "OPTIDX", "CE", SEGMENT_NSE_FO, INSTRUMENT_CALL }, { "OPTSTK", "PE", SEGMENT_NSE_FO, INSTRUMENT_PUT }, { "FUTIDX", "XX", SEGMENT_NSE_FO, INSTRUMENT_FUTURE },
	{ "FUTSTK", "", SEGMENT_NSE_FO, INSTRUMENT_FUTURE }, { "IO", "CE", SEGMENT_BSE_FO, INSTRUMENT_CALL }, { "SO", "PE", SEGMENT_BSE_FO, INSTRUMENT_PUT },
	{ "IF", "XX", SEGMENT_BSE_FO, INSTRUMENT_FUTURE }, { "SF", "XX", SEGMENT_BSE_FO, INSTRUMENT_FUTURE }, { "OPTIDX", "XX", SEGMENT_NSE_FO, -1 },
	{ "OPTIDX", "", SEGMENT_NSE_FO, -1 }, { "FUTIDX", "CE", SEGMENT_NSE_FO, -1 }, { "OPTIDX", "CA", SEGMENT_NSE_FO, -1 }, { "OPTIDX", "XE", SEGMENT_NSE_FO, -1 },
	{ "", "CE", SEGMENT_NSE_FO, -1 }, { "OPT", "CE", SEGMENT_NSE_FO, -1 }, { "AO", "CE", SEGMENT_BSE_FO, -1 }, { "IX", "CE", SEGMENT_BSE_FO, -1 },
	{ "I", "CE", SEGMENT_BSE_FO, -1 }, { "OPT ", "CE", SEGMENT_NSE_FO, -1 }, { " OPTIDX ", " CE ", SEGMENT_NSE_FO, INSTRUMENT_CALL },
	{ "IO ", "PE", SEGMENT_BSE_FO, INSTRUMENT_PUT }, { "FUTIDX", " ", SEGMENT_NSE_FO, INSTRUMENT_FUTURE },
};

static void test_kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct master_builder *b = builder();
		char row[256];

		snprintf(row, sizeof(row), "S,1,XX,%s,%s,N,%s,,1,5,20,20,%s,8530000,0,0,0,\n", kinds[i].segment == SEGMENT_NSE_FO ? "nse_fo" : "bse_fo", kinds[i].type,
		         kinds[i].option, kinds[i].segment == SEGMENT_NSE_FO ? "1474554600" : "1790067600");
		int err = add(b, kinds[i].segment, row);
		if (err != (kinds[i].kind < 0 ? ERR_RANGE : 0) || counts.skipped[SKIP_KIND - 1] != (kinds[i].kind < 0))
			fail_msg("%s %s: %d %s", kinds[i].type, kinds[i].option, err, error.text);
		if (err == 0) {
			assert_int_equal(b->row[0].kind, kinds[i].kind);
			assert_int_equal(b->row[0].strike, kinds[i].kind == INSTRUMENT_FUTURE ? 0 : 853000000);
		}
		master_build_free(&b);
	}
}

/* -- rows that are not believed ------------------------------------------------------------------------------ */

/* `with` takes the place of `what` in the put's row; the call's row beside it always stays. */
static const struct { const char *what, *with; enum master_skip why; } rows[] = {
	{ "false", "false", SKIP_NONE }, { "false", "", SKIP_NONE }, { "false", "false\r", SKIP_NONE }, { ",5,65,65,", ", 5 ,\t65,65 ,", SKIP_NONE },
	{ "NIFTY2692221000PE", "\"NIFTY2692221000PE\"", SKIP_NONE }, { "NIFTY2692221000PE", "\"  NIFTY2692221000PE \"", SKIP_NONE },
	{ ",PE,,", ",\"PE\",\"            \",", SKIP_NONE }, { "false", "\"a,b\nc\"", SKIP_NONE },
	{ "false", "false,", SKIP_FIELDS }, { ",false", "", SKIP_FIELDS }, { "NIFTY2692221000PE", "\"NIFTY2692221000PE", SKIP_FIELDS },
	{ "NIFTY2692221000PE", "\"NIFTY\"2692221000PE", SKIP_FIELDS },
	{ "nse_fo", "nse_cm", SKIP_SEGMENT }, { "nse_fo", "mcx_fo", SKIP_SEGMENT }, { "nse_fo", "", SKIP_SEGMENT }, { "nse_fo", "NSE_FO", SKIP_SEGMENT },
	{ "NIFTY2692221000PE", "", SKIP_TEXT }, { "NIFTY2692221000PE", "1234567890123456789012345678901", SKIP_NONE },
	{ "NIFTY2692221000PE", "12345678901234567890123456789012", SKIP_TEXT }, { "NIFTY2692221000PE", "NIFTY 2692221000PE", SKIP_TEXT },
	{ "NIFTY2692221000PE", "NIFTY\x01", SKIP_TEXT }, { "NIFTY2692221000PE", "NIFTY\x7f", SKIP_TEXT }, { "NIFTY2692221000PE", "NIFTY\xc3\xa9", SKIP_TEXT },
	{ "NIFTY2692221000PE", "NIFTY2692\x1f""21000PE", SKIP_TEXT }, { "NIFTY2692221000PE", "NIFTY2692\x80""21000PE", SKIP_TEXT }, { "NIFTY2692221000PE", "~!NIFTY|&", SKIP_NONE },
	{ "NIFTY,PE", ",PE", SKIP_TEXT }, { "NIFTY,PE", "1234567890123456789,PE", SKIP_NONE }, { "NIFTY,PE", "12345678901234567890,PE", SKIP_TEXT },
	{ "XX,nse", "ABC,nse", SKIP_NONE }, { "XX,nse", "ABCD,nse", SKIP_TEXT }, { "XX,nse", ",nse", SKIP_NONE },
	{ "56526", "0", SKIP_NUMBER }, { "56526", "-1", SKIP_NUMBER }, { "56526", "", SKIP_NUMBER }, { "56526", "abc", SKIP_NUMBER }, { "56526", "4294967295", SKIP_NONE },
	{ "56526", "4294967296", SKIP_NUMBER }, { "56526", "56526.5", SKIP_NUMBER },
	{ ",5,65,", ",0,65,", SKIP_NUMBER }, { ",5,65,", ",-1,65,", SKIP_NUMBER }, { ",5,65,", ",,65,", SKIP_NUMBER }, { ",5,65,", ",0.001,65,", SKIP_NUMBER }, { ",5,65,", ",0.25,65,", SKIP_NONE },
	{ ",65,65,", ",65,75,", SKIP_LOT }, { ",65,65,", ",0,0,", SKIP_LOT }, { ",65,65,", ",-1,-1,", SKIP_LOT }, { ",65,65,", ",65,,", SKIP_LOT }, { ",65,65,", ",,,", SKIP_LOT },
	{ ",65,65,", ",65,65.0,", SKIP_NONE }, { ",65,65,", ",2147483648,2147483648,", SKIP_LOT },
	{ "1474554600", "", SKIP_EXPIRY }, { "1474554600", "-1", SKIP_EXPIRY }, { "1474554600", "0", SKIP_EXPIRY }, { "1474554600", "4294967296", SKIP_NUMBER },
	{ "1474554600", "x", SKIP_NUMBER },
	{ "2.1e+06", "0", SKIP_NUMBER }, { "2.1e+06", "-1", SKIP_NUMBER }, { "2.1e+06", "", SKIP_NUMBER }, { "2.1e+06", "2.1e+40", SKIP_NUMBER },
	{ "2.1e+06", "2e+09", SKIP_NONE }, { "2.1e+06", "2000000001", SKIP_NUMBER }, { "2.1e+06", "233525", SKIP_NONE }, { "2.1e+06", "233525.5", SKIP_NUMBER },
	{ ",2015,5,", ",-1,-1,", SKIP_NONE }, { ",2015,5,", ",,,", SKIP_NONE }, { ",2015,5,", ",0,500,", SKIP_NONE }, { ",2015,5,", ",2015,2016,", SKIP_NUMBER },
	{ ",2015,5,", ",2015,2015,", SKIP_NONE }, { ",2015,5,", ",x,5,", SKIP_NUMBER }, { ",2015,5,", ",1e+30,5,", SKIP_NUMBER },
	{ ",1801,", ",0,", SKIP_NONE }, { ",1801,", ",-1,", SKIP_NONE }, { ",1801,", ",,", SKIP_NONE }, { ",1801,", ",65,", SKIP_NUMBER }, { ",1801,", ",66,", SKIP_NONE },
	{ ",1801,", ",2147483647,", SKIP_NONE }, { ",1801,", ",2147483648,", SKIP_NUMBER }, { ",1801,", ",1801.00,", SKIP_NONE }, { ",26000,", ",x,", SKIP_NUMBER },
	{ ",26000,", ",,", SKIP_NONE }, { "56526", "56525", SKIP_TWICE },
};

static void replace(const char *text, const char *what, const char *with, struct buf *out)
{
	const char *at = strstr(text, what);

	assert_non_null(at);
	buf_put(out, text, (size_t)(at - text));
	buf_puts(out, with);
	buf_puts(out, at + strlen(what));
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct master_builder *b = builder();
		struct buf text = { 0 };
		uint32_t skipped = 0;

		buf_puts(&text, CALL);
		replace(PUT, rows[i].what, rows[i].with, &text);
		buf_puts(&text, "FUT,7,XX,nse_fo,FUTIDX,NIFTY,XX,,26000,5,65,65,1474554600,-1,0,0,0,\n"); /* what follows does not suffer */
		int err = add(b, SEGMENT_NSE_FO, text.data);
		for (int k = 0; k < SKIPS - 1; k++)
			skipped += counts.skipped[k];
		uint32_t bad = rows[i].why == SKIP_NONE ? 0 : rows[i].why == SKIP_TWICE ? 2 : 1; /* of two with one token neither is believed */
		if (err != 0 || counts.rows != 3 - bad || skipped != bad || (bad && counts.skipped[rows[i].why - 1] != bad))
			fail_msg("%s for %s: %d %s, %u rows, %u skipped", rows[i].with, rows[i].what, err, error.text, counts.rows, skipped);
		assert_int_equal(b->row[b->rows - 1].token, 7);
		for (int k = 0; k < SKIPS - 1; k++)
			assert_true(counts.why[k] && strlen(counts.why[k]) > 5);
		buf_done(&text);
		master_build_free(&b);
	}
}

/* -- whole files --------------------------------------------------------------------------------------------- */

static void test_nul(void **state)
{
	static const char row[] = CALL "NIFTY2692221000\0E,56526,XX,nse_fo,OPTIDX,NIFTY,PE,,26000,5,65,65,1474554600,2.1e+06,2015,5,1801,false\n";
	struct master_builder *b = builder();
	struct buf text = { 0 };

	(void)state;
	buf_puts(&text, head);
	buf_put(&text, row, sizeof(row) - 1);
	assert_int_equal(add_text(b, SEGMENT_NSE_FO, text.data, text.len, 0), 0);
	assert_int_equal(counts.rows, 1);
	assert_int_equal(counts.skipped[SKIP_TEXT - 1], 1);
	buf_done(&text);
	master_build_free(&b);
}

static void test_headers(void **state)
{
	static const char *const bad[] = { "", "\n", "<html>gone</html>\n", "pSymbol,pGroup\n1,EQ\n", CALL, "\"", "\xEF\xBB\xBF" };
	struct master_builder *b = builder();
	struct buf text = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(add_text(b, SEGMENT_NSE_FO, bad[i], strlen(bad[i]), 0), ERR_PARSE);
		assert_non_null(strstr(error.text, "column"));
	}
	replace(head, "pSymbolName", "pSymbol", &text); /* one missing, one twice */
	assert_int_equal(add_text(b, SEGMENT_NSE_FO, text.data, text.len, 0), ERR_PARSE);
	buf_clear(&text);
	replace(head, ",CASEligible", "", &text); /* the newest column may be missing */
	buf_puts(&text, "FUT,7,XX,nse_fo,FUTIDX,NIFTY,XX,,26000,5,65,65,1474554600,-1,0,0,0\r\n");
	assert_int_equal(add_text(b, SEGMENT_NSE_FO, text.data, text.len, 0), 0);
	buf_clear(&text);
	buf_puts(&text, "\xEF\xBB\xBF");
	replace(head, "pSymbol,", "\" pSymbol ; \",", &text);
	buf_puts(&text, "SENSEX26OCTFUT,7,XX,bse_fo,IF,SENSEX,XX,,1,5,20,20,1793125799,-1,0,0,0,true\n\n \n");
	assert_int_equal(add_text(b, SEGMENT_BSE_FO, text.data, text.len, 0), 0);
	assert_int_equal(counts.skipped[SKIP_FIELDS - 1], 0); /* empty lines are nothing */
	buf_done(&text);
	master_build_free(&b);
}

/* Cut anywhere, a file gives the rows that are whole and no other. */
static void test_cut(void **state)
{
	struct buf text = { 0 };

	(void)state;
	buf_puts(&text, head);
	buf_puts(&text, CALL PUT);
	size_t first = strlen(head) + strlen(CALL);
	for (size_t len = strlen(head); len <= text.len; len++) {
		struct master_builder *b = builder();
		uint32_t whole = (len >= first) + (len >= text.len);

		assert_int_equal(add_text(b, SEGMENT_NSE_FO, text.data, len, 0), whole ? 0 : ERR_RANGE);
		assert_int_equal(counts.rows, whole);
		assert_int_equal(counts.skipped[SKIP_FIELDS - 1], len != strlen(head) && len != first && len != text.len);
		master_build_free(&b);
	}
	buf_done(&text);
}

/* A text may be the last thing in a file: nothing after it is read (the sanitizers are the judge), and it is the same text. */
static void test_text_at_the_end(void **state)
{
	static const char text[] = "pSymbol,pExchSeg,pInstType,pOptionType,pISIN,pAssetCode,dTickSize,lLotSize,iLotSize,pExpiryDate,dStrikePrice,dHighPriceRange,"
	                           "dLowPriceRange,lFreezeQty,CASEligible,pTrdSymbol,pGroup,pSymbolName\n"
	                           "7,nse_fo,FUTIDX,XX,,26000,5,65,65,1474554600,-1,0,0,0,,SYMBOL,AB,N\n";
	struct master_builder *b = builder();

	(void)state;
	assert_int_equal(add_text(b, SEGMENT_NSE_FO, text, sizeof(text) - 1, 1), 0);
	assert_string_equal(b->row[0].symbol, "SYMBOL");
	assert_string_equal(b->row[0].series, "AB");
	assert_string_equal(b->row[0].name, "N");
	for (size_t i = 1; i < sizeof(b->row[0].name); i++) /* names are compared whole */
		assert_int_equal(b->row[0].name[i], 0);
	master_build_free(&b);
}

static void test_long_rows(void **state)
{
	struct master_builder *b = builder();
	struct buf text = { 0 };

	(void)state;
	buf_puts(&text, head);
	for (int i = 0; i < 2 * SCAN_ROW_MAX; i++)
		buf_putc(&text, ',');
	buf_puts(&text, "\n" CALL "\"");
	for (int i = 0; i < 2 * SCAN_ROW_MAX; i++)
		buf_putc(&text, 'x');
	buf_puts(&text, "\n" PUT);
	assert_int_equal(add_text(b, SEGMENT_NSE_FO, text.data, text.len, 2), 0);
	assert_int_equal(counts.rows, 2);
	assert_int_equal(counts.skipped[SKIP_FIELDS - 1], 2);
	buf_done(&text);
	master_build_free(&b);
}

static void test_judgement(void **state)
{
	struct master_builder *b = builder();
	struct buf text = { 0 };

	(void)state;
	buf_puts(&text, head);
	assert_int_equal(add_text(b, SEGMENT_NSE_FO, text.data, text.len, 0), ERR_RANGE); /* headings alone */
	buf_puts(&text, CALL PUT);
	assert_int_equal(add_text(b, SEGMENT_NSE_FO, text.data, text.len, 3), ERR_RANGE); /* fewer than expected */
	assert_non_null(strstr(error.text, "2 rows"));
	buf_puts(&text, "OLD,9,XX,nse_fo,FUTIDX,NIFTY,XX,,26000,5,65,65,1471737000,-1,0,0,0,\n"); /* 20 August: eight days ago */
	assert_int_equal(add_text(b, SEGMENT_NSE_FO, text.data, text.len, 0), ERR_RANGE);
	assert_non_null(strstr(error.text, "8 days"));
	/* seconds since 1970 where 1980 is expected: ten years too far */
	assert_int_equal(add(b, SEGMENT_NSE_FO, "S,1,XX,nse_fo,OPTIDX,N,CE,,1,5,20,20,1790067600,8530000,0,0,0,\n"), ERR_RANGE);
	assert_non_null(strstr(error.text, "another day"));
	assert_int_equal(b->rows, 0); /* nothing of a refused file stays, and a good one may follow */
	assert_int_equal(add(b, SEGMENT_NSE_FO, CALL PUT), 0);
	assert_int_equal(add(b, SEGMENT_NSE_FO, CALL PUT), ERR_EXIST);
	assert_int_equal(add(b, SEGMENT_BSE_FO, CALL), ERR_RANGE);
	assert_int_equal(b->rows, 2);
	struct master *m = write_and_map(&b);
	assert_non_null(master_by_token(m, SEGMENT_NSE_FO, 56525));
	assert_non_null(master_by_symbol(m, SEGMENT_NSE_FO, "NIFTY2692221000PE"));
	assert_int_equal(master_segment_count(m, SEGMENT_NSE_FO), 2);
	assert_int_equal(master_segment_count(m, SEGMENT_BSE_FO), 0);
	assert_int_equal(master_day(m), TODAY);
	master_unmap(&m);
	buf_done(&text);
}

static void test_limit(void **state)
{
	struct master_builder *b = builder();
	size_t len = (64u << 20) + 1;
	char *text = calloc(1, len);

	(void)state;
	assert_int_equal(master_add_csv(b, SEGMENT_NSE_FO, text, len, TODAY, 0, &counts, &error), ERR_RANGE);
	assert_non_null(strstr(error.text, "64 MiB"));
	assert_int_equal(master_add_csv(b, SEGMENT_NSE_FO, text, len - 1, TODAY, 0, &counts, &error), ERR_PARSE);
	free(text);
	master_build_free(&b);
	master_build_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_eight_numbers),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_option),
		cmocka_unit_test(test_index_and_share),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_text_at_the_end),
		cmocka_unit_test(test_long_rows),
		cmocka_unit_test(test_judgement),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
