/* What the account owns and may spend: holdings, limits, the margin of one order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/stamp.h"
#include "tests/neosim/api.h"
#include "tests/neosim/form.h"

/* -- holdings: shares the human bought long ago ------------------------------------------------------------------- */

static const struct { const char *symbol; int qty; int64_t average; } held[] = {{"RELIANCE-EQ", 10, 121040}, {"HDFCBANK-EQ", 25, 81315}};

static void put_rupees(struct json *j, const char *key, int64_t paise)
{
	char text[MONEY_TEXT];

	json_raw(j, key, money_text(text, 0, paise, 2));
}

static void put_holding(struct call *c, const struct scrip *s, int qty, int64_t average)
{
	const struct sim_quote *q = sim_quote(c->sim, s);
	char id[16];

	snprintf(id, sizeof(id), "%u", s->token);
	json_object(&c->j, NULL);
	json_str(&c->j, "displaySymbol", s->name);
	json_str(&c->j, "symbol", s->name);
	put_rupees(&c->j, "averagePrice", average);
	json_int(&c->j, "quantity", qty);
	json_int(&c->j, "sellableQuantity", qty);
	put_rupees(&c->j, "holdingCost", average * qty);
	put_rupees(&c->j, "mktValue", q->last * qty);
	put_rupees(&c->j, "closingPrice", q->close);
	json_str(&c->j, "exchangeSegment", sim_segment_name(s->segment));
	json_str(&c->j, "exchangeIdentifier", id);
	json_int(&c->j, "instrumentToken", s->token + 700000); /* an id of another kind: nobody may match on it */
	json_str(&c->j, "instrumentType", "Equity");
	json_bool(&c->j, "isAlternateScrip", false);
	snprintf(id, sizeof(id), "%x", s->token * 2654435761u);
	json_str(&c->j, "scripId", id);
	json_object_end(&c->j);
}

void api_holdings(struct call *c)
{
	size_t i;

	json_object(&c->j, NULL);
	json_array(&c->j, "data");
	for (i = 0; i < ARRAY_LEN(held); i++) {
		const struct scrip *s = market_find_symbol(c->sim->market, SIM_NSE_CM, held[i].symbol);

		if (s)
			put_holding(c, s, held[i].qty, held[i].average);
	}
	json_array_end(&c->j);
	json_object_end(&c->j);
}

/* -- limits ------------------------------------------------------------------------------------------------------- */

static void put_money(struct json *j, const char *key, int64_t paise, int places)
{
	char text[MONEY_TEXT];

	json_str(j, key, money_text(text, 0, paise, places));
}

static int64_t available(const struct sim_funds *f)
{
	return f->cash + f->collateral + f->realised + f->unrealised - f->used - f->premium;
}

/* The doubles of the broker's program show through: 19.41 may come as 19.409999999999997. */
static void put_noisy(struct json *j, const char *key, int64_t paise)
{
	char text[40];

	snprintf(text, sizeof(text), "%.17g", (double)paise / 100);
	json_str(j, key, text);
}

void api_limits(struct call *c)
{
	static const char *const zeros[] = {"NotionalCash", "AdhocMargin", "RmsPayInAmt", "RmsPayOutAmt", "CashUnRlsMtomPrsnt", "CashRlsMtomPrsnt", "ComUnRlsMtomPrsnt",
		"ComRlsMtomPrsnt", "CurUnRlsMtomPrsnt", "CurRlsMtomPrsnt", "ExposureMarginPrsnt", "MarginVarPrsnt", "MarginScripBasketPrsnt", "RmsCollateral", "Collateral",
		"BoardLotLimit", "MarginUsedPrsntMult", "CdsSpreadBenefit", "DeliveryMarginPrsnt", "CncSellcrdPrsnt", "FoPremiumPrsnt", "ReceivedPayInPrsnt"};
	struct sim_funds f;
	char stamp[24];
	size_t i;

	if (!call_field(c, "seg") || !call_field(c, "exch") || !call_field(c, "prod")) {
		call_bad_form(c);
		return;
	}
	exchange_funds(c->sim->exchange, &f);
	json_object(&c->j, NULL);
	json_str(&c->j, "Category", "CLIENT_BOSC");
	put_noisy(&c->j, "Net", available(&f));
	put_money(&c->j, "MarginUsed", f.used + f.premium, 2);
	put_money(&c->j, "MarginUsedPrsnt", f.used + f.premium, 2);
	put_money(&c->j, "CollateralValue", f.cash + f.collateral, 2);
	put_money(&c->j, "UnrealizedMtomPrsnt", f.unrealised, 2);
	put_money(&c->j, "RealizedMtomPrsnt", f.realised, 2);
	put_money(&c->j, "FoUnRlsMtomPrsnt", f.unrealised, 2);
	put_money(&c->j, "FoRlsMtomPrsnt", f.realised, 2);
	put_money(&c->j, "SpanMarginPrsnt", f.used, 2);
	put_money(&c->j, "PremiumPrsnt", f.premium, 2);
	for (i = 0; i < ARRAY_LEN(zeros); i++)
		json_str(&c->j, zeros[i], "0");
	snprintf(stamp, sizeof(stamp), "%lld", (long long)(sim_time(c->sim) / NANOS_MS));
	json_str(&c->j, "TimeStamp", stamp);
	json_str(&c->j, "stat", "Ok");
	json_int(&c->j, "stCode", 200);
	json_object_end(&c->j);
}

/* -- margin of an order ------------------------------------------------------------------------------------------- */

static bool take(const struct call *c, struct sim_request *q)
{
	const char *segment = call_field(c, "exSeg"), *token = call_field(c, "tok"), *side = call_field(c, "trnsTp"), *qty = call_field(c, "qty");
	const char *price = call_field(c, "prc"), *trigger = call_field(c, "trgPrc"), *type = call_field(c, "prcTp"), *product = call_field(c, "prod");
	const struct scrip *s;

	if (!segment || !token || !side || !qty || !price || !type || !product || (side[0] != 'B' && side[0] != 'S') || side[1])
		return false;
	q->segment = sim_segment_find(segment);
	s = q->segment ? market_find(c->sim->market, q->segment, token) : NULL;
	if (!s || !whole_parse(qty, &q->qty) || q->qty <= 0 || !decimal_parse(price, 2, &q->price) || (trigger && !decimal_parse(trigger, 2, &q->trigger)))
		return false;
	q->side = side[0];
	snprintf(q->symbol, sizeof(q->symbol), "%s", s->symbol);
	snprintf(q->type, sizeof(q->type), "%s", type);
	snprintf(q->product, sizeof(q->product), "%s", product);
	snprintf(q->validity, sizeof(q->validity), "DAY");
	if (q->price == 0)
		q->price = sim_quote(c->sim, s)->last;
	return true;
}

void api_margin(struct call *c)
{
	struct sim_request q = {0};
	struct sim_funds f;
	int64_t need, have;

	if (!take(c, &q)) {
		call_bad_form(c);
		return;
	}
	exchange_funds(c->sim->exchange, &f);
	need = exchange_margin(c->sim->exchange, &q);
	have = available(&f);
	json_object(&c->j, NULL);
	put_money(&c->j, "avlCash", f.cash + f.collateral, 6);
	put_money(&c->j, "totMrgnUsd", f.used + f.premium + need, 6);
	put_money(&c->j, "mrgnUsd", f.used + f.premium, 6);
	put_money(&c->j, "ordMrgn", need, 6);
	json_str(&c->j, "rmsVldtd", need > have ? "INSUFFICIENT_MARGIN" : "OK");
	put_money(&c->j, "reqdMrgn", need, 6);
	put_money(&c->j, "avlMrgn", have, 6);
	put_money(&c->j, "insufFund", need > have ? need - have : 0, 6);
	json_str(&c->j, "stat", "Ok");
	json_int(&c->j, "stCode", 200);
	json_object_end(&c->j);
}
