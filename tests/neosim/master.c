/* The scrip master files as the broker prints them, quirks included (kotak-neo-api.md 6): stray blanks and a semicolon in the header,
 * strikes in %g, NSE's expiry counted from 1980, -1 for "none". */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/obj.h"
#include "tests/neosim/market_priv.h"

#define NSE_EPOCH 315513000 /* Unix seconds of 1980-01-01 00:00 in India */
#define NO_EXPIRY (-1)

static const char columns[] =
	"pSymbol,pGroup,pExchSeg,pInstType,pSymbolName,pTrdSymbol,pOptionType,pScripRefKey,pISIN,pAssetCode,"
	"pSubGroup,pCombinedSymbol,pDesc,pAmcCode,pContractId,dTickSize ,lLotSize,lExpiryDate ,lMultiplier ,"
	"lPrecision,dStrikePrice;,pExchange,pInstName,pExpiryDate,pIssueDate,pMaturityDate,pListingDate,"
	"pNoDelStartDate,pNoDelEndDate,pBookClsStartDate,pBookClsEndDate,pRecordDate,pCreditRating,pReAdminDate,"
	"pExpulsionDate,pLocalUpdateTime,pDeliveryUnits,pPriceUnits,pLastTradingDate,pTenderPeridEndDate,"
	"pTenderPeridStartDate,pSellVarMargin,pBuyVarMargin,pInstrumentInfo,pRemarksText,pSegment,pNav,pNavDate,"
	"pMfAmt,pSipSecurity,pFaceValue,pTrdUnits,pExerciseStartDate,pExerciseEndDate,pElmMargin,pVarMargin,"
	"pTotProposedLimitValue,pScripBasePrice,pSettlementType,pCurrectionTime,iPermittedToTrade,iBoardLotQty ,"
	"iMaxOrderSize ,iLotSize,dOpenInterest ,dHighPriceRange ,dLowPriceRange ,dPriceNum   ,dGenDen,dGenNum,"
	"dPriceQuatation ,dIssuerate ,dPriceDen,dWarningQty ,dIssueCapital ,dExposureMargin ,dMinRedemptionQty ,"
	"lFreezeQty,CASEligible";

/* "NIFTY22SEP2621000.00PE", "NIFTY29DEC26FUT". */
static void put_key(struct buf *b, const struct scrip *s)
{
	static const char *const months[] = { "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC" };
	struct civil c = date_to_civil(s->expiry);

	if (s->segment == SIM_MCX_FO) /* these rows have none */
		return;
	buf_printf(b, "%s%02d%s%02d", s->name, c.day, months[c.month - 1], c.year % 100);
	if (s->strike > 0)
		buf_printf(b, "%" PRId64 ".%02" PRId64 "%s", s->strike / 100, s->strike % 100, s->option);
	else
		buf_puts(b, "FUT");
}

/* NSE: 14:30 of the day, its own epoch. BSE: the day's last second in India. MCX: the day's last second in UTC. */
static int64_t raw_expiry(const struct scrip *s)
{
	int64_t midnight = s->expiry * INT64_C(86400) - 19800;

	switch (s->segment) {
	case SIM_NSE_FO: return midnight + 14 * 3600 + 1800 - NSE_EPOCH;
	case SIM_MCX_FO: return s->expiry * INT64_C(86400) + 86399;
	default:         return midnight + 86399;
	}
}

static const char *exchange_name(int segment)
{
	return segment == SIM_MCX_FO ? "MCX" : segment == SIM_BSE_FO || segment == SIM_BSE_CM ? "BSE" : "NSE";
}

static void put_contract(struct buf *b, const struct scrip *s, int32_t date)
{
	bool nse = s->segment == SIM_NSE_FO, delivery = !strcmp(s->type, "OPTSTK") || !strcmp(s->type, "FUTSTK");
	int64_t expiry = raw_expiry(s), issued = expiry - INT64_C(34) * 86400 - 52200, day = expiry - 52200;

	buf_printf(b, "%u,XX,%s,%s,%s,%s,%s,", s->token, sim_segment_name(s->segment), s->type, s->name, s->symbol, s->option);
	put_key(b, s);
	buf_puts(b, ",,");
	if (s->underlying)
		buf_printf(b, "%u", s->underlying);
	buf_printf(b, ",,,,,,%" PRId64 ",%" PRId64 ",%" PRId64 ",%d,2,%g,", s->tick, s->lot, expiry, nse || s->strike > 0 ? -1 : 1, s->strike > 0 ? (double)s->strike : -1.0);
	buf_printf(b, "%s,%s,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",0,0,0,0,0,,0,0,", exchange_name(s->segment), s->type, expiry, issued, expiry, issued);
	buf_printf(b, "%" PRId64 ",,,,,,,,,,FO,,,,,,,%" PRId64 ",%" PRId64 ",,,,", date * INT64_C(86400) + 9000 - (nse ? NSE_EPOCH : 0), day, expiry);
	buf_printf(b, "15.0000,%s,,1,1,%" PRId64 ".00,%" PRId64 ",0,", delivery ? "Delivery" : "Cash", s->freeze, s->lot);
	buf_printf(b, "%" PRId64 ",%" PRId64 ",1,1,1,0,0,1,0,1e+12,1,0,%" PRId64 ",false\n", s->band_high, s->band_low, s->freeze);
}

static void put_index(struct buf *b, const struct scrip *s)
{
	int lot = s->segment == SIM_BSE_CM ? -1 : 1;

	buf_printf(b, "%u,,%s,,%s,%s,,%s,,,,,%s,,,-1,%d,-1,-1,2,-1", s->token, sim_segment_name(s->segment), s->name, s->symbol, s->name, s->name, lot);
	for (int i = 0; i < 40; i++)
		buf_putc(b, ',');
	buf_printf(b, "0,1,0,%d,0,0,0,1,1,1,0,0,1,0,-1,0,0,0,false,\n", lot);
}

static void put_share(struct buf *b, const struct scrip *s, int32_t date)
{
	int64_t low = s->band_low, high = s->band_high;

	buf_printf(b, "%u,%s,%s,,%s,%s,,%s,INE%03uA01018,,,,%s LIMITED,,,%" PRId64 ",1,-1,-1,2,-1,", s->token, s->series, sim_segment_name(s->segment), s->name, s->symbol, s->name,
		s->token % 1000, s->name, s->tick);
	buf_printf(b, "%s,,,467424000,,502070400,0,0,0,0,1439596800,", exchange_name(s->segment));
	buf_printf(b, "%" PRId64 ".%02" PRId64 "-%" PRId64 ".%02" PRId64 ",0,0,%" PRId64, low / 100, low % 100, high / 100, high % 100, date * INT64_C(86400) + 9000 - NSE_EPOCH);
	buf_printf(b, ",,,,,,,,,,CASH,,,,,1000,,,,0,20,,0.0000,T+1,%d,0,1,%" PRId64 ".00,1,0,", NSE_EPOCH, s->freeze);
	buf_printf(b, "%" PRId64 ",%" PRId64 ",1,1,1,0,0,1,0,1.35325e+10,0,0,%" PRId64 ",%s,\n", high, low, s->freeze, s->auction ? "true" : "false");
}

static void put_rows(struct buf *b, const struct market *m, int segment)
{
	for (size_t i = 0; i < market_count(m, segment); i++) {
		const struct scrip *s = market_at(m, segment, i);
		if (s->index)
			put_index(b, s);
		else if (segment == SIM_NSE_CM || segment == SIM_BSE_CM)
			put_share(b, s, m->date);
		else
			put_contract(b, s, m->date);
	}
}

/* Currency and NSE's commodities are header-only. */
char *market_master_csv(const struct market *m, const char *stem, size_t *ret_len)
{
	static const struct { const char *stem; int segment; bool cash; } files[] = {
		{ "nse_cm-v1", SIM_NSE_CM, true }, { "bse_cm-v1", SIM_BSE_CM, true }, { "nse_fo", SIM_NSE_FO, false }, { "bse_fo", SIM_BSE_FO, false },
		{ "mcx_fo", SIM_MCX_FO, false }, { "cde_fo", SIM_CDE_FO, false }, { "nse_com", 0, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct buf b = { 0 };
		if (strcmp(files[i].stem, stem) != 0)
			continue;
		buf_puts(&b, columns);
		buf_puts(&b, files[i].cash ? ",surveillanceMessage\n" : "\n"); /* cash files have an eightieth column */
		put_rows(&b, m, files[i].segment);
		if (b.failed)
			buf_done(&b);
		*ret_len = b.len;
		return b.data;
	}
	return NULL;
}
