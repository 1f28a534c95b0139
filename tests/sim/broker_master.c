/* What can be traded: NIFTY, one share with a closing auction and one without, and the nearest expiry's options around the last close. And the day's files of it. */
#include "tests/sim/broker_priv.h"

#include <stdio.h>

#define NSE_EPOCH 315513000 /* 1980-01-01 00:00 in India */
#define NIFTY_LOT 65
#define NIFTY_FREEZE 3510
#define STRIKE_STEP 5000
#define HEADER "pSymbol,pGroup,pExchSeg,pInstType,pSymbolName,pTrdSymbol,pOptionType,pScripRefKey,pISIN,pAssetCode,pSubGroup,pCombinedSymbol,pDesc,pAmcCode," \
	"pContractId,dTickSize ,lLotSize,lExpiryDate ,lMultiplier ,lPrecision,dStrikePrice;,pExchange,pInstName,pExpiryDate,pIssueDate,pMaturityDate,pListingDate," \
	"pNoDelStartDate,pNoDelEndDate,pBookClsStartDate,pBookClsEndDate,pRecordDate,pCreditRating,pReAdminDate,pExpulsionDate,pLocalUpdateTime,pDeliveryUnits," \
	"pPriceUnits,pLastTradingDate,pTenderPeridEndDate,pTenderPeridStartDate,pSellVarMargin,pBuyVarMargin,pInstrumentInfo,pRemarksText,pSegment,pNav,pNavDate," \
	"pMfAmt,pSipSecurity,pFaceValue,pTrdUnits,pExerciseStartDate,pExerciseEndDate,pElmMargin,pVarMargin,pTotProposedLimitValue,pScripBasePrice," \
	"pSettlementType,pCurrectionTime,iPermittedToTrade,iBoardLotQty ,iMaxOrderSize ,iLotSize,dOpenInterest ,dHighPriceRange ,dLowPriceRange ,dPriceNum   ," \
	"dGenDen,dGenNum,dPriceQuatation ,dIssuerate ,dPriceDen,dWarningQty ,dIssueCapital ,dExposureMargin ,dMinRedemptionQty ,lFreezeQty,CASEligible\n"

const char *const sim_index_name = "Nifty 50";

static const int holidays[][3] = { { 2026, 11, 24 }, { 2026, 12, 25 } };

static bool holiday(int64_t date)
{
	struct ist t = text_date(date);

	for (size_t i = 0; i < ARRAY_LEN(holidays); i++)
		if (t.year == holidays[i][0] && t.month == holidays[i][1] && t.day == holidays[i][2])
			return true;
	return t.weekday == 0 || t.weekday == 6;
}

/* The Tuesday from today on; before a holiday the day that trades. The last Tuesday of a month is the monthly expiry. */
static int64_t expiry_date(int64_t today, bool *ret_monthly)
{
	for (int64_t date = today; ; date++) {
		if (text_date(date).weekday != 2)
			continue;
		int64_t moved = date;

		while (holiday(moved))
			moved--;
		if (moved < today)
			continue;
		*ret_monthly = text_date(date + 7).month != text_date(date).month;
		return moved;
	}
}

static void option_names(struct instrument *in, struct ist e, bool monthly)
{
	char month[4];
	long strike = (long)(in->strike / 100);
	const char *type = in->kind == KIND_CALL ? "CE" : "PE";

	text_copy(month, sizeof(month), text_month(e.month));
	for (char *c = month; *c; c++)
		*c = (char)(*c >= 'a' ? *c - 32 : *c);
	if (monthly)
		snprintf(in->symbol, sizeof(in->symbol), "NIFTY%02d%s%ld%s", e.year % 100, month, strike, type);
	else
		snprintf(in->symbol, sizeof(in->symbol), "NIFTY%02d%c%02d%ld%s", e.year % 100, "123456789OND"[e.month - 1], e.day, strike, type);
	snprintf(in->display, sizeof(in->display), "NIFTY%02d%s%02d%ld.00%s", e.day, month, e.year % 100, strike, type); /* the reference key */
}

static void add_options(struct sim_broker *b, int64_t centre)
{
	for (size_t i = 0; i < 2 * SIM_STRIKES; i++) {
		struct instrument *in = &b->instruments[3 + i];

		in->kind = i % 2 ? KIND_PUT : KIND_CALL;
		in->token = 43100 + (uint32_t)i * 7;
		in->strike = centre + ((int64_t)(i / 2) - SIM_STRIKES / 2) * STRIKE_STEP;
		in->lot = NIFTY_LOT;
		in->freeze = NIFTY_FREEZE;
		in->tick = 5;
		in->close = b->day + (15 * 60 + 40) * MINUTE;
		option_names(in, text_ist(b->expiry), b->monthly);
	}
}

void master_init(struct sim_broker *b)
{
	uint64_t seed = prng_mix(b->options.seed ^ UINT64_C(0x3A57E2));
	int64_t level = 2280000 + ((int64_t)below(&seed, 160001) - 80000) / 5 * 5;

	b->trading_day = b->trading_day && !holiday(b->date);
	b->expiry = expiry_date(b->date, &b->monthly) * 24 * 60 * MINUTE + 9 * 60 * MINUTE;
	b->instruments[0] = (struct instrument){ .kind = KIND_INDEX, .token = 26000, .symbol = "NIFTY", .lot = 1, .tick = 5, .previous = level,
		.close = b->day + (15 * 60 + 15) * MINUTE };
	b->instruments[1] = (struct instrument){ .kind = KIND_SHARE, .token = 2885, .symbol = "RELIANCE-EQ", .display = "RELIANCE", .lot = 1, .tick = 10,
		.freeze = 100000, .previous = 139080, .close = b->day + (15 * 60 + 15) * MINUTE };
	b->instruments[2] = (struct instrument){ .kind = KIND_SHARE, .token = 11763, .symbol = "JPPOWER-EQ", .display = "JPPOWER", .lot = 1, .tick = 1,
		.freeze = 1000000, .previous = 1874, .close = b->day + (15 * 60 + 30) * MINUTE };
	snprintf(b->instruments[0].display, sizeof(b->instruments[0].display), "%s-IN", sim_index_name);
	add_options(b, (level + STRIKE_STEP / 2) / STRIKE_STEP * STRIKE_STEP);
}

const char *master_segment(const struct instrument *in)
{
	return master_option(in) ? "nse_fo" : "nse_cm";
}

int master_find(const struct sim_broker *b, const char *symbol)
{
	for (int i = 1; i < SIM_INSTRUMENTS; i++)
		if (!strcmp(b->instruments[i].symbol, symbol))
			return i;
	return -1;
}

int master_token(const struct sim_broker *b, const char *segment, const char *id, size_t len)
{
	char token[40];

	if (!len || len >= sizeof(token))
		return -1;
	memcpy(token, id, len);
	token[len] = '\0';
	if (!strcmp(segment, "nse_cm") && (!strcmp(token, sim_index_name) || !strcmp(token, "26000")))
		return 0;
	for (int i = 1; i < SIM_INSTRUMENTS; i++) {
		char own[16];

		snprintf(own, sizeof(own), "%u", b->instruments[i].token);
		if (!strcmp(own, token) && !strcmp(segment, master_segment(&b->instruments[i])))
			return i;
	}
	return -1;
}

/* -- the files -------------------------------------------------------------------------------------------------------------------- */

static const char *const files[] = {
	"transformed/bse_fo.csv", "transformed/cde_fo.csv", "transformed-v1/nse_cm-v1.csv", "transformed/nse_fo.csv", "transformed-v1/bse_cm-v1.csv", "transformed/mcx_fo.csv",
	"transformed/nse_com.csv",
};

void master_paths(struct sim_broker *b, struct sim_answer *ret)
{
	const char *base = sim_broker_account()->base_url;
	struct ist t = text_ist(b->now);

	buf_clear(&b->answer);
	buf_printf(&b->answer, "{\"data\":{\"filesPaths\":[");
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		buf_printf(&b->answer, "%s\"%s/wso2-scripmaster/v1/prod/%04d-%02d-%02d/%s\"", i ? "," : "", base, t.year, t.month, t.day, files[i]);
	buf_printf(&b->answer, "],\"baseFolder\":\"%s/wso2-scripmaster/v1/prod\"}}", base);
	answer_text(b, ret, 200, "application/json");
}

/* Strikes stand in the file as a C library's %g of the paise, six digits. */
static void option_row(struct sim_broker *b, const struct instrument *in)
{
	long long raw = (long long)(b->expiry / SECOND) - NSE_EPOCH, issued = raw - 35 * 86400;

	buf_printf(&b->answer, "%u,XX,nse_fo,OPTIDX,NIFTY,%s,%s,%s,,26000,,,,,,%d,%d,%lld,-1,2,%g,NSE,OPTIDX,%lld,%lld,%lld,%lld,0,0,0,0,0,,0,0,%lld,,,,,,,,,,FO,,,,,,,"
		"%lld,%lld,,,,15.0000,Cash,,1,1,%d.00,%d,0,%lld,%lld,1,1,1,0,0,1,0,1e+12,1,0,%d,false\n",
		in->token, in->symbol, in->kind == KIND_CALL ? "CE" : "PE", in->display, (int)in->tick, (int)in->lot, raw, (double)in->strike, raw, issued, raw, issued,
		issued + 8 * 86400, raw - 9 * 3600 - 1800, raw, (int)in->freeze + 1, (int)in->lot, (long long)in->band_high, (long long)in->band_low, (int)in->freeze + 1);
}

static void share_row(struct sim_broker *b, const struct instrument *in, const char *isin, bool auction)
{
	buf_printf(&b->answer, "%u,EQ,nse_cm,,%s,%s,,%s,%s,%u,,%s,\"%s LIMITED\",,,%d,1,-1,1,2,-1,NSE,EQUITY,-1,0,0,0,0,0,0,0,0,%lld.%02lld-%lld.%02lld,0,0,0,,,,,,,,,"
		"\"            \",CASH,,,,,10,,0,0,,,,,,%d,0,1,%lld.00,1,0,%lld,%lld,1,1,1,0,0,1,0,1e+12,0,0,%lld,%s\n", in->token, in->display, in->symbol, in->symbol, isin,
		in->token, in->symbol, in->display, (int)in->tick, (long long)in->band_low / 100, (long long)in->band_low % 100, (long long)in->band_high / 100,
		(long long)in->band_high % 100, NSE_EPOCH, (long long)in->freeze, (long long)in->band_high, (long long)in->band_low, (long long)in->freeze, auction ? "true" : "false");
}

static void index_row(struct sim_broker *b)
{
	buf_printf(&b->answer, "26000,,nse_cm,,NIFTY,NIFTY,,NIFTY,,26000,,NIFTY,\"%s\",,,-1,-1,-1,1,2,-1,NSE,,-1,0,0,0,0,0,0,0,0,,0,0,0,,,,,,,,,,CASH,,,,,0,,0,0,,,,,,%d,0,-1,-1,-1,0,"
		"0,0,1,1,1,0,0,1,0,0,0,0,-1,false\n", sim_index_name, NSE_EPOCH);
}

bool master_file(struct sim_broker *b, const char *path, struct sim_answer *ret)
{
	struct ist t = text_ist(b->now);
	char today[64];

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		snprintf(today, sizeof(today), "%04d-%02d-%02d/%s", t.year, t.month, t.day, files[i]);
		if (strcmp(path, today))
			continue;
		buf_clear(&b->answer);
		buf_puts(&b->answer, HEADER);
		for (size_t k = 3; strstr(files[i], "nse_fo") && k < SIM_INSTRUMENTS; k++)
			option_row(b, &b->instruments[k]);
		if (strstr(files[i], "nse_cm")) {
			share_row(b, &b->instruments[2], "INE351F01018", false);
			index_row(b);
			share_row(b, &b->instruments[1], "INE002A01018", true);
		}
		answer_text(b, ret, 200, "text/csv");
		return true;
	}
	return false;
}
