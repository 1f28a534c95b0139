/* The scrip master of one day: 100,000 made-up contracts in 79 columns from CSV text to rows with all indexes, the cache file, its mapping, lookups.
 *
 *   bench_master [ROWS]              one JSON line
 *   bench_master write FILE [ROWS]   the CSV alone, for pandas (master_python.py) */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/kotak/master_priv.h"
#include "tests/bench/measure.h"

#define ROUNDS 15
#define FIRST_EXPIRY INT64_C(1474554600) /* of the file, seconds since 1980 IST: 2026-09-22 */
#define MONTHS 6
#define LOOKUPS 100000

/* -- the file ------------------------------------------------------------------------------------------------ */

static const char header[] =
	"pSymbol,pGroup,pExchSeg,pInstType,pSymbolName,pTrdSymbol,pOptionType,pScripRefKey,pISIN,pAssetCode,pSubGroup,pCombinedSymbol,pDesc,pAmcCode,"
	"pContractId,dTickSize ,lLotSize,lExpiryDate ,lMultiplier ,lPrecision,dStrikePrice;,pExchange,pInstName,pExpiryDate,pIssueDate,pMaturityDate,"
	"pListingDate,pNoDelStartDate,pNoDelEndDate,pBookClsStartDate,pBookClsEndDate,pRecordDate,pCreditRating,pReAdminDate,pExpulsionDate,"
	"pLocalUpdateTime,pDeliveryUnits,pPriceUnits,pLastTradingDate,pTenderPeridEndDate,pTenderPeridStartDate,pSellVarMargin,pBuyVarMargin,"
	"pInstrumentInfo,pRemarksText,pSegment,pNav,pNavDate,pMfAmt,pSipSecurity,pFaceValue,pTrdUnits,pExerciseStartDate,pExerciseEndDate,pElmMargin,"
	"pVarMargin,pTotProposedLimitValue,pScripBasePrice,pSettlementType,pCurrectionTime,iPermittedToTrade,iBoardLotQty ,iMaxOrderSize ,iLotSize,"
	"dOpenInterest ,dHighPriceRange ,dLowPriceRange ,dPriceNum   ,dGenDen,dGenNum,dPriceQuatation ,dIssuerate ,dPriceDen,dWarningQty ,"
	"dIssueCapital ,dExposureMargin ,dMinRedemptionQty ,lFreezeQty,CASEligible\n";

/* Row k in some order that is not that of the contracts, as the real file's. */
static void put_row(struct buf *out, uint32_t k, uint32_t rows)
{
	static const char *const months[MONTHS] = { "SEP", "OCT", "NOV", "DEC", "JAN", "FEB" };
	static const int days[MONTHS] = { 0, 28, 63, 98, 126, 154 };
	uint32_t n = (uint32_t)((uint64_t)k * 7919 % rows), name = n % 220, month = n / 220 % MONTHS, step = n / (220 * MONTHS);
	int64_t expiry = FIRST_EXPIRY + days[month] * INT64_C(86400), strike = 500 + 250 * (int64_t)(name % 20) + 5 * (step / 2);
	const char *side = step % 2 ? "PE" : "CE";
	uint32_t lot = 25 * (1 + name % 40);
	char text[32];

	snprintf(text, sizeof(text), "STOCK%u", name);
	buf_printf(out, "%u,XX,nse_fo,OPTSTK,%s,%s26%s%" PRId64 "%s,%s,%s22%s26%" PRId64 ".00%s,,%u,,,,,,5,%u,%" PRId64 ",-1,2,%g,NSE,OPTSTK,%" PRId64, 35000 + n, text, text,
	           months[month], strike, side, side, text, months[month], strike, side, 2000 + name, lot, expiry, (double)strike * 100, expiry);
	buf_printf(out, ",1471564800,%" PRId64 ",1471564800,0,0,0,0,0,,0,0,1472316328,,,,,,,,,,FO,,,,,,,1474502400,%" PRId64 ",,,,15.0000,Cash,,1,1,%u.00,%u,0,%u,5,1,1,1,"
	           "0,0,1,0,1e+12,1,0,%u,false\n", expiry, expiry, 40 * lot + 1, lot, 2015 + k % 5000, 40 * lot + 1);
}

static void make_file(struct buf *out, uint32_t rows)
{
	buf_puts(out, header);
	for (uint32_t k = 0; k < rows; k++)
		put_row(out, k, rows);
	assert(!out->failed);
}

/* -- the measurement ----------------------------------------------------------------------------------------- */

struct times { double parse[ROUNDS], index[ROUNDS], load[ROUNDS], used[ROUNDS], write[ROUNDS], map[ROUNDS]; };

static double median_ms(double *values) { return median(values, ROUNDS) * 1e3; }

struct sums { uint64_t tokens, lots, strikes; }; /* strikes in paise: the judge beside pandas */
static struct sums sums;

static void load(const struct buf *csv, uint32_t rows, const char *path, struct times *t, int round)
{
	date_t today = (date_t)((FIRST_EXPIRY + 315513000) / 86400);
	struct master_builder *b;
	struct master_counts counts;
	struct master_error error;
	double used = used_s(), at = now_s();
	int err = master_build(&b);

	if (err == 0)
		err = master_add_csv(b, SEGMENT_NSE_FO, csv->data, csv->len, today, rows / 2, &counts, &error);
	assert(err == 0 && counts.rows == rows);
	t->parse[round] = now_s() - at;
	at = now_s();
	err = master_index(b);
	assert(err == 0);
	t->index[round] = now_s() - at;
	t->load[round] = t->parse[round] + t->index[round];
	t->used[round] = used_s() - used;
	at = now_s();
	err = master_write(b, today, path, &error);
	assert(err == 0);
	t->write[round] = now_s() - at;
	sums = (struct sums){ 0 };
	for (uint32_t i = 0; i < b->rows; i++)
		sums = (struct sums){ sums.tokens + b->row[i].token, sums.lots + (uint64_t)b->row[i].lot, sums.strikes + (uint64_t)b->row[i].strike / 100 };
	master_build_free(&b);
}

/* Mapped and asked once: the first answer is what counts. */
static void map(const char *path, struct times *t, int round)
{
	struct master_error error;
	struct master *m;
	double at = now_s();
	int err = master_map(path, &m, &error);

	assert(err == 0 && master_by_token(m, SEGMENT_NSE_FO, 35000));
	t->map[round] = now_s() - at;
	master_unmap(&m);
}

/* Nanoseconds of a lookup by token, by symbol and by description, and milliseconds of a search, over random rows. */
static void lookups(const char *path, double ret[4])
{
	const struct master_row *found[20];
	struct master_error error;
	uint64_t random = 1;
	struct master *m;
	int err = master_map(path, &m, &error);

	assert(err == 0);
	for (int kind = 0; kind < 3; kind++) {
		double at = now_s();
		for (int i = 0; i < LOOKUPS; i++) {
			const struct master_row *r = master_at(m, (uint32_t)prng_below(&random, master_count(m))), *same;
			same = kind == 0   ? master_by_token(m, r->segment, r->token)
			       : kind == 1 ? master_by_symbol(m, r->segment, r->symbol)
			                   : master_contract(m, r->segment, r->name, r->expiry, r->strike, r->kind);
			assert(same == r);
		}
		ret[kind] = (now_s() - at) / LOOKUPS * 1e9;
	}
	double at = now_s();
	size_t n = master_search(m, "stock17", found, ARRAY_LEN(found));
	ret[3] = (now_s() - at) * 1e3;
	assert(n == ARRAY_LEN(found));
	master_unmap(&m);
}

int main(int argc, char **argv)
{
	bool only_file = argc > 2 && strcmp(argv[1], "write") == 0;
	const char *count = argc > (only_file ? 3 : 1) ? argv[only_file ? 3 : 1] : "100000";
	uint32_t rows = (uint32_t)strtoul(count, NULL, 10);
	char folder[] = "/tmp/bench_master.XXXXXX", path[64];
	struct buf csv = { 0 };
	struct times t;
	double ns[4];

	make_file(&csv, rows);
	if (only_file) {
		FILE *f = fopen(argv[2], "wb");
		bool good = f && fwrite(csv.data, 1, csv.len, f) == csv.len;
		buf_done(&csv);
		return !good || fclose(f) != 0;
	}
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/master.bin", folder);
	for (int r = 0; r < ROUNDS; r++) {
		load(&csv, rows, path, &t, r);
		map(path, &t, r);
	}
	lookups(path, ns);
	unlink(path);
	rmdir(folder);
	double load_ms = median_ms(t.load); /* which leaves the best first */
	printf("{\"bench\":\"master\",\"rows\":%u,\"columns\":79,\"bytes\":%zu,\"parse_ms\":%.2f,\"index_ms\":%.2f,\"load_ms\":%.2f,\"load_best_ms\":%.2f,\"load_cpu_ms\":%.2f,\"goal_load_ms\":15,\"index_and_write_ms\":%.2f,"
	       "\"map_ms\":%.3f,\"goal_map_ms\":1,\"by_token_ns\":%.0f,\"by_symbol_ns\":%.0f,\"by_contract_ns\":%.0f,\"search_ms\":%.2f,\"sums\":{\"tokens\":%" PRIu64 ",\"lots\":%" PRIu64 ",\"strikes_paise\":%" PRIu64 "}}\n", rows, csv.len,
	       median_ms(t.parse), median_ms(t.index), load_ms, t.load[0] * 1e3, median_ms(t.used), median_ms(t.write), median_ms(t.map), ns[0], ns[1], ns[2], ns[3],
	       sums.tokens, sums.lots, sums.strikes);
	buf_done(&csv);
	return 0;
}
