/* The scrip master files, read back the way the protocol page says they read. */
#include "lib/base/csv.h"
#include "tests/neosim/sim_rig.h"

#define COLUMNS 80
static struct sim_rig rig;

struct sheet {
	char *text;
	size_t len, columns, fields;
	struct csv csv;
	char name[COLUMNS][32];
	struct csv_field field[COLUMNS];
};
static struct sheet sheet;

/* Header names without the stray blanks and the semicolon. */
static void sheet_open(struct sheet *s, const char *stem)
{
	s->text = market_master_csv(rig.market, stem, &s->len);
	assert_non_null(s->text);
	csv_begin(&s->csv, s->text, s->len);
	assert_int_equal(csv_next(&s->csv, s->field, COLUMNS, &s->columns), ERR_OK);
	for (size_t i = 0; i < s->columns; i++) {
		assert_int_equal(csv_copy(&s->field[i], s->name[i], sizeof(s->name[i])), ERR_OK);
		s->name[i][strcspn(s->name[i], ";")] = '\0';
	}
}

static bool sheet_row(struct sheet *s)
{
	int err = csv_next(&s->csv, s->field, COLUMNS, &s->fields);

	if (err == ERR_OK)
		assert_int_equal(s->fields, s->columns);
	else
		assert_int_equal(err, ERR_NOENT);
	return err == ERR_OK;
}

static const char *cell(const struct sheet *s, const char *name)
{
	static char text[8][64];
	static int n;

	for (size_t i = 0; i < s->columns; i++)
		if (!strcmp(s->name[i], name)) {
			char *to = text[n++ % 8];
			assert_int_equal(csv_copy(&s->field[i], to, sizeof(text[0])), ERR_OK);
			return to;
		}
	fail_msg("no column %s", name);
	return "";
}

static void sheet_find(struct sheet *s, const char *symbol)
{
	while (sheet_row(s))
		if (!strcmp(cell(s, "pTrdSymbol"), symbol))
			return;
	fail_msg("no row for %s", symbol);
}

static void sheet_close(struct sheet *s)
{
	free(s->text);
	s->text = NULL;
}

static size_t rows(const char *stem, size_t columns)
{
	size_t n = 0;

	sheet_open(&sheet, stem);
	assert_int_equal(sheet.columns, columns);
	while (sheet_row(&sheet))
		n++;
	sheet_close(&sheet);
	return n;
}

static int open_rig(void **state)
{
	(void)state;
	rig_open_with(&rig, "2026-09-16T08:30:00+05:30", &(struct market_options){ .seed = 3, .master_rows = 5000 });
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

static void header(void **state)
{
	size_t len;
	char *text = market_master_csv(rig.market, "nse_fo", &len);

	(void)state;
	assert_non_null(text);
	assert_non_null(strstr(text, ",dTickSize ,lLotSize,lExpiryDate ,lMultiplier ,lPrecision,dStrikePrice;,pExchange,"));
	assert_non_null(strstr(text, ",dLowPriceRange ,dPriceNum   ,dGenDen,dGenNum,"));
	assert_non_null(strstr(text, ",lFreezeQty,CASEligible\n"));
	assert_int_equal(strlen(text), len);
	free(text);
}

static void files(void **state)
{
	size_t len;

	(void)state;
	assert_true(rows("nse_fo", 79) >= 5000);
	assert_true(rows("nse_fo", 79) < 5200);
	assert_int_equal(rows("nse_cm-v1", 80), 12);
	assert_int_equal(rows("bse_cm-v1", 80), 3);
	assert_true(rows("bse_fo", 79) > 200);
	assert_int_equal(rows("mcx_fo", 79), 4);
	assert_int_equal(rows("cde_fo", 79), 0);
	assert_int_equal(rows("nse_com", 79), 0);
	assert_null(market_master_csv(rig.market, "nse_cm", &len));
	assert_null(market_master_csv(rig.market, "nse_fo-v1", &len));
}

static void nse_option(void **state)
{
	(void)state;
	sheet_open(&sheet, "nse_fo");
	sheet_find(&sheet, "NIFTY2692222800PE");
	assert_string_equal(cell(&sheet, "pGroup"), "XX");
	assert_string_equal(cell(&sheet, "pExchSeg"), "nse_fo");
	assert_string_equal(cell(&sheet, "pInstType"), "OPTIDX");
	assert_string_equal(cell(&sheet, "pSymbolName"), "NIFTY");
	assert_string_equal(cell(&sheet, "pOptionType"), "PE");
	assert_string_equal(cell(&sheet, "pScripRefKey"), "NIFTY22SEP2622800.00PE");
	assert_string_equal(cell(&sheet, "pAssetCode"), "26000");
	assert_string_equal(cell(&sheet, "dTickSize"), "5");
	assert_string_equal(cell(&sheet, "lLotSize"), "65");
	assert_string_equal(cell(&sheet, "iLotSize"), "65");
	assert_string_equal(cell(&sheet, "lExpiryDate"), "1474554600");
	assert_string_equal(cell(&sheet, "pExpiryDate"), "1474554600");
	assert_string_equal(cell(&sheet, "pExerciseStartDate"), "1474502400");
	assert_string_equal(cell(&sheet, "lMultiplier"), "-1");
	assert_string_equal(cell(&sheet, "lPrecision"), "2");
	assert_string_equal(cell(&sheet, "dStrikePrice"), "2.28e+06");
	assert_string_equal(cell(&sheet, "lFreezeQty"), "1801"); /* the first quantity refused */
	assert_string_equal(cell(&sheet, "iMaxOrderSize"), "1801.00");
	assert_string_equal(cell(&sheet, "pSegment"), "FO");
	assert_string_equal(cell(&sheet, "CASEligible"), "false");
	const struct scrip *s = market_find(rig.market, SIM_NSE_FO, cell(&sheet, "pSymbol"));
	assert_true(s && !strcmp(s->symbol, "NIFTY2692222800PE"));
	assert_int_equal(atoll(cell(&sheet, "dHighPriceRange")), s->band_high);
	sheet_close(&sheet);
}

static void nse_future(void **state)
{
	(void)state;
	sheet_open(&sheet, "nse_fo");
	sheet_find(&sheet, "NIFTY26OCTFUT");
	assert_string_equal(cell(&sheet, "pInstType"), "FUTIDX");
	assert_string_equal(cell(&sheet, "pOptionType"), "XX");
	assert_string_equal(cell(&sheet, "dStrikePrice"), "-1");
	assert_string_equal(cell(&sheet, "lExpiryDate"), "1477578600");
	assert_string_equal(cell(&sheet, "dTickSize"), "10");
	sheet_close(&sheet);
}

/* Shares' options: monthly, whole and broken strikes, one paisa under 250. */
static void share_options(void **state)
{
	(void)state;
	sheet_open(&sheet, "nse_fo");
	sheet_find(&sheet, "TCS26SEP3020CE");
	assert_string_equal(cell(&sheet, "pInstType"), "OPTSTK");
	assert_string_equal(cell(&sheet, "pAssetCode"), "11536");
	assert_string_equal(cell(&sheet, "dStrikePrice"), "302000");
	sheet_close(&sheet);
	sheet_open(&sheet, "nse_fo");
	sheet_find(&sheet, "YESBANK26SEP21CE");
	assert_string_equal(cell(&sheet, "dTickSize"), "1");
	sheet_close(&sheet);
}

static void bse_and_mcx(void **state)
{
	(void)state;
	sheet_open(&sheet, "bse_fo");
	sheet_find(&sheet, "SENSEX2691774600CE");
	assert_string_equal(cell(&sheet, "pInstType"), "IO");
	assert_string_equal(cell(&sheet, "lExpiryDate"), "1789669799"); /* Unix, the day's last second in India */
	assert_string_equal(cell(&sheet, "dStrikePrice"), "7.46e+06");
	assert_string_equal(cell(&sheet, "lFreezeQty"), "1000");
	sheet_close(&sheet);
	sheet_open(&sheet, "bse_fo");
	sheet_find(&sheet, "SENSEX26SEPFUT");
	assert_string_equal(cell(&sheet, "pInstType"), "IF");
	assert_string_equal(cell(&sheet, "lMultiplier"), "1");
	sheet_close(&sheet);
	sheet_open(&sheet, "mcx_fo");
	assert_true(sheet_row(&sheet));
	assert_int_equal(atoll(cell(&sheet, "lExpiryDate")) % 86400, 86399); /* the day's last second in UTC */
	assert_string_equal(cell(&sheet, "pScripRefKey"), "");
	sheet_close(&sheet);
}

static void cash(void **state)
{
	(void)state;
	sheet_open(&sheet, "nse_cm-v1");
	sheet_find(&sheet, "RELIANCE-EQ");
	assert_string_equal(cell(&sheet, "pSymbol"), "2885");
	assert_string_equal(cell(&sheet, "pGroup"), "EQ");
	assert_string_equal(cell(&sheet, "pInstType"), "");
	assert_string_not_equal(cell(&sheet, "pISIN"), "");
	assert_string_equal(cell(&sheet, "lExpiryDate"), "-1");
	assert_string_equal(cell(&sheet, "pCurrectionTime"), "315513000");
	assert_string_equal(cell(&sheet, "pCreditRating"), "1260.00-1540.00");
	assert_string_equal(cell(&sheet, "dHighPriceRange"), "154000");
	assert_string_equal(cell(&sheet, "CASEligible"), "true");
	sheet_close(&sheet);
	sheet_open(&sheet, "nse_cm-v1");
	sheet_find(&sheet, "NIFTY");
	assert_string_equal(cell(&sheet, "pSymbol"), "26000");
	assert_string_equal(cell(&sheet, "pISIN"), "");
	assert_string_equal(cell(&sheet, "pGroup"), "");
	assert_string_equal(cell(&sheet, "dTickSize"), "-1");
	sheet_close(&sheet);
	sheet_open(&sheet, "bse_cm-v1");
	sheet_find(&sheet, "SENSEX");
	assert_string_equal(cell(&sheet, "pSymbol"), "1");
	assert_string_equal(cell(&sheet, "lLotSize"), "-1");
	sheet_close(&sheet);
}

/* Tokens and symbols are unique, every row is a scrip, and the order is no order. */
static void every_row(void **state)
{
	int64_t before = 0;
	size_t falls = 0, n = 0;

	(void)state;
	sheet_open(&sheet, "nse_fo");
	for (; sheet_row(&sheet); n++) {
		const struct scrip *s = market_find(rig.market, SIM_NSE_FO, cell(&sheet, "pSymbol"));
		assert_non_null(s);
		assert_string_equal(s->symbol, cell(&sheet, "pTrdSymbol"));
		assert_ptr_equal(market_find_symbol(rig.market, SIM_NSE_FO, s->symbol), s);
		assert_true(s->lot > 0 && s->tick > 0 && s->freeze > s->lot);
		falls += s->token < before;
		before = s->token;
	}
	assert_int_equal(n, market_count(rig.market, SIM_NSE_FO));
	assert_true(falls > n / 4);
	sheet_close(&sheet);
}

static void same_seed_same_file(void **state)
{
	struct sim_rig other;
	size_t a_len, b_len;
	char *a = market_master_csv(rig.market, "nse_fo", &a_len), *b;

	(void)state;
	rig_open_with(&other, "2026-09-16T08:30:00+05:30", &(struct market_options){ .seed = 3, .master_rows = 5000 });
	b = market_master_csv(other.market, "nse_fo", &b_len);
	assert_int_equal(a_len, b_len);
	assert_memory_equal(a, b, a_len);
	free(b);
	rig_close(&other);
	free(a);
}

/* The real file's length. */
static void a_hundred_thousand_rows(void **state)
{
	struct sim_rig big;
	size_t len;

	(void)state;
	rig_open_with(&big, "2026-11-23T08:30:00+05:30", &(struct market_options){ .seed = 1, .master_rows = 100000 });
	assert_in_range(market_count(big.market, SIM_NSE_FO), 100000, 101000);
	char *text = market_master_csv(big.market, "nse_fo", &len);
	assert_in_range(len, 15000000, 33554432);
	free(text);
	rig_close(&big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header), cmocka_unit_test(files), cmocka_unit_test(nse_option), cmocka_unit_test(nse_future), cmocka_unit_test(share_options),
		cmocka_unit_test(bse_and_mcx), cmocka_unit_test(cash), cmocka_unit_test(every_row), cmocka_unit_test(same_seed_same_file), cmocka_unit_test(a_hundred_thousand_rows),
	};

	return cmocka_run_group_tests_name("master", tests, open_rig, close_rig);
}
