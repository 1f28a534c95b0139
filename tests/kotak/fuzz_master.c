/* Any bytes as a master file. Oracle: the sanitizers; what is believed is inside its bounds; the quick reading of a row and the careful one (lib/base/csv.h,
 * which every row takes once its first field is quoted) agree to the byte; and the machine's own instructions agree with the plain C beside them.
 *     clang -fsanitize=fuzzer,address,undefined -DSAUDA_LIBFUZZER ...     or     fuzz_master [CASES [SEED]]  */
#include "lib/kotak/master_scan.c" /* to reach every way of scanning and of reading numbers */
#undef WIDE
#include "lib/kotak/master_number.c"

#include "lib/base/buf.h"
#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/kotak/master_priv.h"
#include "tests/fuzz.h"

#define TODAY 20693 /* 2026-08-28 */

static void check_row(const struct master_row *r)
{
	bool contract = r->kind >= INSTRUMENT_FUTURE;
	struct instrument i;

	assert(r->token > 0 && r->segment == SEGMENT_NSE_FO && contract && r->expiry > 0 && r->lot > 0 && r->freeze >= 0 && r->freeze % r->lot == 0);
	assert(r->strike >= 0 && (r->kind == INSTRUMENT_FUTURE) == (r->strike == 0) && r->tick > 0 && r->band_low >= 0 && r->band_high >= 0);
	assert(memchr(r->symbol, 0, sizeof(r->symbol)) && memchr(r->name, 0, sizeof(r->name)) && memchr(r->series, 0, sizeof(r->series)));
	master_instrument(r, &i);
	assert(instrument_valid(&i));
}

static struct master_builder *read_file(const char *text, size_t len, struct master_counts *counts, int *ret_err)
{
	struct master_error error;
	struct master_builder *b;
	int err = master_build(&b);

	assert(err == 0);
	*ret_err = master_add_csv(b, SEGMENT_NSE_FO, text, len, TODAY, 0, counts, &error);
	assert((*ret_err == 0) == (error.text[0] == '\0') && (*ret_err == 0) == (b->rows > 0));
	return b;
}

/* The first field of each line in quotes: the same file for a CSV reader. */
static void quote_lines(const char *text, size_t len, struct buf *out)
{
	bool first = true;

	for (size_t i = 0; i < len; i++) {
		bool end = text[i] == ',' || text[i] == '\n';
		if (first && i > 0 && text[i - 1] == '\n')
			buf_putc(out, '"');
		if (first && end) {
			if (memchr(text, '\n', i)) /* not the header */
				buf_putc(out, '"');
			first = false;
		}
		buf_putc(out, text[i]);
		if (text[i] == '\n')
			first = true;
	}
}

static void compare(const char *text, size_t len, const struct master_builder *quick, int err)
{
	struct master_counts counts;
	struct buf quoted = { 0 };
	int again;

	quote_lines(text, len, &quoted);
	struct master_builder *careful = read_file(quoted.data ? quoted.data : "", quoted.len, &counts, &again);
	assert(again == err && careful->rows == quick->rows);
	assert(quick->rows == 0 || memcmp(careful->row, quick->row, quick->rows * sizeof(*quick->row)) == 0);
	master_build_free(&careful);
	buf_done(&quoted);
}

static void check_index(struct master_builder *b)
{
	int err = master_index(b);

	assert(err == 0 && b->contracts == b->rows);
	for (uint32_t i = 1, name = 0; i < b->contracts; i++) {
		const struct master_row *x = &b->row[b->order[i - 1]], *y = &b->row[b->order[i]];
		while (i >= b->name[name].first + b->name[name].count)
			name++;
		assert(memcmp(b->name[name].text, y->name, sizeof(y->name)) == 0);
		if (i > b->name[name].first)
			assert(x->kind < y->kind || (x->kind == y->kind && (x->expiry < y->expiry || (x->expiry == y->expiry && x->strike <= y->strike))));
	}
}

#if defined(__x86_64__)
typedef void classify_way(const char *p, size_t blocks, struct scan_block *ret);
typedef enum scan_result cut_way(struct scan *s, uint32_t *at, size_t *ret_n, size_t *ret_row);

static void check_classify(classify_way *way, const char *text, size_t len)
{
	for (size_t i = 0; i + 64 <= len; i += 13) {
		struct scan_block block, plain = classify_bytes(text + i);
		way(text + i, 1, &block);
		assert(memcmp(&block, &plain, sizeof(block)) == 0);
	}
}

/* One way of cutting rows and the plain one over the same text, with few separators wanted or nearly all. */
static void check_cut(cut_way *way, const char *text, size_t len, uint64_t wanted)
{
	struct scan a = { .wanted = { wanted, wanted << 63 } }, b = a;
	uint32_t at[2][SCAN_AT] = { { 0 } };
	size_t n[2] = { 0 }, row[2];
	enum scan_result r[2];

	scan_begin(&a, text, len);
	scan_begin(&b, text, len);
	do {
		r[0] = cut_row_plain(&a, at[0], &n[0], &row[0]);
		r[1] = way(&b, at[1], &n[1], &row[1]);
		assert(r[0] == r[1] && n[0] == n[1] && row[0] == row[1] && a.row == b.row);
		size_t found = r[0] != SCAN_ROW ? 0 : (size_t)__builtin_popcountll(n[0] < 64 ? wanted & ((UINT64_C(1) << n[0]) - 1) : wanted) + (n[0] > 127 && wanted & 1);
		assert(memcmp(at[0], at[1], found * sizeof(at[0][0])) == 0);
		if (r[0] == SCAN_QUOTED) {
			scan_seek(&a, scan_next_line(&a, row[0]));
			scan_seek(&b, scan_next_line(&b, row[0]));
		}
	} while (r[0] != SCAN_END && r[0] != SCAN_CUT);
}

static void check_numbers(const char *text, size_t len)
{
	for (size_t i = MASTER_BEFORE; i + 24 <= len; i += 24) {
		struct master_eight wide, plain;
		struct master_field f[8];

		for (size_t k = 0; k < 8; k++)
			f[k] = (struct master_field){ text + i + k, (i + 3 * k) % 12 };
		read_eight_wide(f, &wide);
		read_eight(f, &plain);
		assert(wide.plain == plain.plain);
		for (size_t k = 0; k < 8; k++)
			assert(!(plain.plain >> k & 1) || wide.value[k] == plain.value[k]);
	}
}

/* What the machine can do beside the plain C. */
static void check_ways(const char *text, size_t len)
{
	static const uint64_t wanted[] = { 0x30087, UINT64_MAX >> 1 };

	if (has_wide()) {
		check_numbers(text, len);
		check_classify(classify_wide, text, len);
	}
	if (has_widest())
		check_classify(classify_widest, text, len);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		if (has_wide())
			check_cut(cut_row_wide, text, len, wanted[i]);
		if (has_widest())
			check_cut(cut_row_widest, text, len, wanted[i]);
	}
}
#else
static void check_ways(const char *text, size_t len)
{
	(void)text;
	(void)len;
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct master_counts counts;
	int err;

	struct master_builder *b = read_file(text, size, &counts, &err);
	for (uint32_t i = 0; i < b->rows; i++)
		check_row(&b->row[i]);
	if (!memchr(text, '"', size) && size < SCAN_ROW_MAX) /* what is quoted already, or a limit of bytes, would not be the same twice */
		compare(text, size, b, err);
	if (err == 0)
		check_index(b);
	check_ways(text, size);
	master_build_free(&b);
	return 0;
}

#ifndef SAUDA_LIBFUZZER
static const char head[] = "pTrdSymbol,pSymbol,pGroup,pExchSeg,pInstType,pSymbolName,pOptionType,pISIN,pAssetCode,dTickSize ,lLotSize,iLotSize,"
                           "pExpiryDate,dStrikePrice;,dHighPriceRange ,dLowPriceRange ,lFreezeQty,CASEligible\n";

/* A good file of a few rows, spoilt in a few bytes and cut. */
static void make_case(uint64_t *random, struct buf *out)
{
	static const char *const kinds[] = { "OPTIDX,%s,CE", "OPTSTK,%s,PE", "FUTIDX,%s,XX" }, *const names[] = { "NIFTY", "BANKNIFTY", "RELIANCE" };
	static const char likely[] = ",,\n\"-.e+ 0\r;\0\xff";

	buf_clear(out);
	buf_puts(out, head);
	for (uint64_t n = prng_below(random, 20); n > 0; n--) {
		uint64_t kind = prng_below(random, 3), lot = 1 + prng_below(random, 3000);
		char type[48];

		snprintf(type, sizeof(type), "%.7s%s%s", kinds[kind], names[prng_below(random, 3)], kinds[kind] + 9);
		buf_printf(out, "S%" PRIu64 ",%" PRIu64 ",XX,nse_fo,%s,,26000,5,%" PRIu64 ",%" PRIu64 ",%d,%g,%g,%d,%" PRIu64 ",%s\n", prng_below(random, 1000),
		           1 + prng_below(random, 60000), type, lot, lot, 1474554600 + 604800 * (int)prng_below(random, 20), (double)(50 * (1 + prng_below(random, 100000))),
		           (double)prng_below(random, 20000000), (int)prng_below(random, 3), lot * 40 + 1, prng_below(random, 2) ? "true" : "false");
	}
	for (uint64_t changes = prng_below(random, 5) * prng_below(random, 2); changes > 0; changes--)
		out->data[prng_below(random, out->len)] = likely[prng_below(random, sizeof(likely) - 1)];
	if (prng_below(random, 4) == 0)
		out->len = prng_below(random, out->len + 1);
}

int main(int argc, char **argv)
{
	struct fuzz f = fuzz_begin("fuzz_master", 5000, argc, argv);
	struct buf text = { 0 };
	uint64_t believed = 0;

	for (uint64_t i = 0; i < f.cases; i++) {
		struct master_counts counts;
		int err;

		make_case(&f.random, &text);
		fuzz_exactly((const uint8_t *)text.data, text.len);
		struct master_builder *b = read_file(text.data, text.len, &counts, &err);
		believed += b->rows;
		master_build_free(&b);
	}
	buf_done(&text);
	printf("fuzz_master: %" PRIu64 " rows believed\n", believed);
	assert(believed > f.cases); /* else the cases no longer reach what is to be tested */
	return 0;
}
#endif
