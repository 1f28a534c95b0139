#include "tests/neosim/rows.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/base/stamp.h"
#include "tests/neosim/form.h"

struct row { struct json *j; const struct row_style *style; };
struct filler { const char *key, *value; };

/* -- values ------------------------------------------------------------------------------------------------------- */

const char *money_text(char ret[MONEY_TEXT], int segment, int64_t value, int places)
{
	int have = segment == SIM_CDE_FO ? 4 : 2, i;
	int64_t unit = have == 4 ? 10000 : 100;
	int n = snprintf(ret, MONEY_TEXT, "%s%lld.%0*lld", value < 0 ? "-" : "", (long long)((value < 0 ? -value : value) / unit), have,
	                 (long long)((value < 0 ? -value : value) % unit));

	for (i = have; i < places && n < MONEY_TEXT - 1; i++)
		ret[n++] = '0';
	ret[n] = 0;
	return ret;
}

/* Would JSON take it as a number? */
static bool numeric(const char *s)
{
	const char *digits = s += *s == '-';

	while (isdigit((unsigned char)*s))
		s++;
	if (s == digits || (*digits == '0' && s - digits > 1))
		return false;
	if (*s == '.' && isdigit((unsigned char)s[1]))
		for (s++; isdigit((unsigned char)*s); s++)
			;
	return !*s;
}

static bool left_out(const struct row *r, const char *key)
{
	return r->style->missing && strcmp(r->style->missing, key) == 0;
}

static void put_text(const struct row *r, const char *key, const char *value)
{
	if (left_out(r, key))
		return;
	if (r->style->swap && numeric(value))
		json_raw(r->j, key, value);
	else
		json_str(r->j, key, value);
}

static void put_whole(const struct row *r, const char *key, int64_t value)
{
	char text[24];

	if (left_out(r, key))
		return;
	snprintf(text, sizeof(text), "%lld", (long long)value);
	if (r->style->swap || r->style->strings)
		json_str(r->j, key, text);
	else
		json_int(r->j, key, value);
}

static void put_whole_text(const struct row *r, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	put_text(r, key, text);
}

static void put_money(const struct row *r, const char *key, int segment, int64_t value)
{
	char text[MONEY_TEXT];

	put_text(r, key, money_text(text, segment, value, 2));
}

static void put_fillers(const struct row *r, const struct filler *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		put_text(r, list[i].key, list[i].value);
}

enum stamp_form { STAMP_BOOK /* 22-Jan-2025 14:28:01 */, STAMP_SPACED /* 22-Jan-2025 14: 28: 01 */, STAMP_SLASHED /* 2025/01/22 14:28:01 */,
                  STAMP_DAY /* 22-Jan-2025 */, STAMP_TIME /* 14:28:01 */ };

static void put_stamp(const struct row *r, const char *key, enum stamp_form form, int64_t at, const char *unknown)
{
	struct sim_day d = day_split(at);
	char text[40] = "";

	if (at == 0) {
		put_text(r, key, unknown);
		return;
	}
	if (form == STAMP_SLASHED)
		snprintf(text, sizeof(text), "%04d/%02d/%02d ", d.year % 10000, d.month, d.day);
	else if (form != STAMP_TIME)
		snprintf(text, sizeof(text), "%02d-%s-%04d%s", d.day, month_names[d.month - 1], d.year % 10000, form == STAMP_DAY ? "" : " ");
	if (form != STAMP_DAY)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), form == STAMP_SPACED ? "%02d: %02d: %02d" : "%02d:%02d:%02d", d.hour, d.minute, d.second);
	put_text(r, key, text);
}

/* "29 May, 2025" and the Unix second of that day's midnight in UTC. */
static void put_expiry(const struct row *r, const struct scrip *s, const char *text_key, const char *unix_key, const char *none)
{
	struct civil c = date_to_civil(s ? s->expiry : 0);
	char text[24];

	if (!s || s->expiry == 0) {
		put_text(r, text_key, "NA");
		put_text(r, unix_key, none);
		return;
	}
	snprintf(text, sizeof(text), "%02d %s, %04d", c.day, month_names[c.month - 1], c.year % 10000);
	put_text(r, text_key, text);
	put_whole_text(r, unix_key, (int64_t)s->expiry * 86400);
}

/* -- what rows have in common ------------------------------------------------------------------------------------- */

static const char *option_type(const struct scrip *s)
{
	return !s || !*s->option ? "- " : s->option;
}

static const char *instrument(const struct scrip *s)
{
	return !s || !*s->type ? "EQ" : s->type;
}

static const char *series(const struct scrip *s)
{
	return !s ? "" : s->expiry ? "XX" : s->series;
}

/* A future's is -1 in the master and nothing here. */
static int64_t strike(const struct scrip *s)
{
	return s && s->strike > 0 ? s->strike : 0;
}

static void put_factors(const struct row *r, const struct scrip *s)
{
	static const struct filler ones[] = {{"genDen", "1"}, {"genNum", "1"}, {"prcNum", "1"}, {"prcDen", "1"}, {"multiplier", "1"}};

	put_fillers(r, ones, ARRAY_LEN(ones));
	put_whole_text(r, "lotSz", s ? s->lot : 1);
	put_text(r, "precision", s && s->segment == SIM_CDE_FO ? "4" : "2");
}

static void put_user(const struct row *r, const struct sim_account *who)
{
	char user[32];

	snprintf(user, sizeof(user), "%s0000A", who->ucc);
	put_text(r, "actId", who->ucc);
	put_text(r, "usrId", user);
}

static void put_tag(const struct row *r, const struct sim_order *o, const struct sim_account *who)
{
	char text[96];

	snprintf(text, sizeof(text), "%s", o->gui_id);
	if (r->style->replace_tag || !*text)
		snprintf(text, sizeof(text), "%lld-%06llu-%s-ADMINAPI", (long long)(o->entered / NANOS_SECOND), (unsigned long long)(o->index + 100000) % 1000000, who->ucc);
	else if (r->style->cut_tag)
		text[10] = 0;
	put_text(r, "GuiOrdId", text);
}

static void put_terms(const struct row *r, const struct sim_order *o)
{
	const struct sim_request *a = &o->asked;
	const struct scrip *s = o->scrip;

	put_text(r, "nOrdNo", o->number);
	put_text(r, "exSeg", sim_segment_name(a->segment) ? sim_segment_name(a->segment) : "");
	put_text(r, "trdSym", a->symbol);
	put_text(r, "sym", s ? s->name : a->symbol);
	put_text(r, "series", series(s));
	if (s)
		put_whole_text(r, "tok", s->token);
	else
		put_text(r, "tok", "");
	put_text(r, "trnsTp", a->side == 'B' ? "B" : "S");
	put_text(r, "prcTp", a->type);
	put_text(r, "prod", a->product);
	put_money(r, "prc", a->segment, a->price);
	put_money(r, "trgPrc", a->segment, a->trigger);
	put_money(r, "stkPrc", a->segment, strike(s));
	put_money(r, "avgPrc", a->segment, o->filled ? (o->value + o->filled / 2) / o->filled : 0);
}

static void put_amounts(const struct row *r, const struct sim_order *o)
{
	put_whole(r, "qty", o->asked.qty);
	put_whole(r, "fldQty", o->filled);
	put_whole(r, "unFldSz", sim_status_terminal(o->status) ? 0 : o->asked.qty - o->filled);
	put_whole(r, "cnlQty", o->cancelled);
	put_whole(r, "minQty", 0);
}

static void put_updated(const struct row *r, int64_t at)
{
	put_stamp(r, "hsUpTm", STAMP_SLASHED, at, "--");
	put_whole(r, "updRecvTm", at);
	put_whole(r, "boeSec", at / NANOS_SECOND);
}

/* -- order book --------------------------------------------------------------------------------------------------- */

static const struct filler order_fillers[] = {
	{"algId", "NA"}, {"algCat", "NA"}, {"algSeqNo", "NA"}, {"brkClnt", "08081"}, {"defMktProV", "0"}, {"dscQtyPct", "0"}, {"exUsrInfo", "NA"},
	{"mktProPct", "--"}, {"mktPro", "0"}, {"mfdBy", "NA"}, {"mktProFlg", "0"}, {"noMktProFlg", "0"}, {"ordAutSt", "NA"}, {"odCrt", "NA"},
	{"ordSrc", "ADMINCPPAPI_TRADEAPI"}, {"ordValDt", "NA"}, {"rmk", "--"}, {"rptTp", "NA"}, {"reqId", "1"}, {"sipInd", "NA"}, {"symOrdId", "NA"},
	{"classification", "0"}, {"vendorCode", ""}, {"locId", "111111111111100"}, {"appInstlId", "NA"}, {"ordModNo", "NA"}, {"strategyCode", "1"},
};

void row_order(struct json *j, const char *key, const struct past_step *step, const struct sim_account *who, const struct row_style *style)
{
	const struct sim_order *o = &step->order;
	const struct scrip *s = o->scrip;
	struct row r = {j, style};
	char tick[MONEY_TEXT];

	json_object(j, key);
	put_user(&r, who);
	put_terms(&r, o);
	put_amounts(&r, o);
	put_text(&r, "exOrdId", *o->exchange_number ? o->exchange_number : "NA");
	put_text(&r, "ordSt", step->status);
	put_text(&r, "stat", step->status);
	put_text(&r, "rejRsn", o->reason);
	put_text(&r, "vldt", o->asked.validity);
	put_text(&r, "ordGenTp", o->asked.amo ? "AMO" : "NA");
	put_text(&r, "optTp", option_type(s));
	put_text(&r, "it", instrument(s));
	put_tag(&r, o, who);
	put_whole(&r, "dscQty", o->asked.disclosed);
	put_whole(&r, "coPct", 0);
	put_whole(&r, "refLmtPrc", 0);
	put_whole_text(&r, "brdLtQty", s ? s->lot : 1);
	put_text(&r, "tckSz", money_text(tick, o->asked.segment, s ? s->tick : 5, 4));
	put_expiry(&r, s, "expDt", "expDtSsb", "-");
	put_factors(&r, s);
	put_stamp(&r, "ordDtTm", STAMP_BOOK, o->entered, "--");
	put_stamp(&r, "ordEntTm", STAMP_BOOK, o->entered, "--");
	put_stamp(&r, "exCfmTm", STAMP_BOOK, o->confirmed, "--");
	put_whole_text(&r, "uSec", o->updated / NANOS_SECOND);
	put_updated(&r, o->updated);
	put_fillers(&r, order_fillers, ARRAY_LEN(order_fillers));
	json_object_end(j);
}

/* -- history ------------------------------------------------------------------------------------------------------ */

static const struct filler history_fillers[] = {
	{"algId", "NA"}, {"algCat", "NA"}, {"brkClnt", "08081"}, {"legOrdInd", "NA"}, {"ordUsrMsg", "NA"}, {"rmk", "--"}, {"rptTp", "NA"}, {"nReqId", "1"},
	{"ordSrc", "ADMINCPPAPI_FINTECH001"}, {"locId", "111111111111100"}, {"strategyCode", "1"},
};

void row_history(struct json *j, const struct past_step *step, const struct sim_account *who, const struct row_style *style)
{
	const struct sim_order *o = &step->order;
	const struct scrip *s = o->scrip;
	struct row r = {j, style};

	json_object(j, NULL);
	put_user(&r, who);
	put_terms(&r, o);
	put_amounts(&r, o);
	put_text(&r, "exchOrdId", *o->exchange_number ? o->exchange_number : "NA");
	put_text(&r, "ordSt", step->status);
	put_text(&r, "rejRsn", o->reason);
	put_text(&r, "ordDur", o->asked.validity);
	put_text(&r, "ordGenTp", o->asked.amo ? "AMO" : "--");
	put_text(&r, "optTp", s && *s->option ? s->option : "XX");
	put_text(&r, "exch", o->asked.segment == SIM_BSE_CM || o->asked.segment == SIM_BSE_FO ? "BSE" : o->asked.segment == SIM_MCX_FO ? "MCX" : "NSE");
	put_text(&r, "scripName", s ? s->name : "");
	put_tag(&r, o, who);
	put_whole(&r, "dclQty", o->asked.disclosed);
	put_whole(&r, "brdLtQty", s ? s->lot : 1);
	put_expiry(&r, s, "expDt", "exp", "-");
	put_factors(&r, s);
	put_stamp(&r, "exchTmstp", STAMP_SPACED, o->confirmed, "--");
	put_stamp(&r, "flDtTm", STAMP_SPACED, o->filled ? o->updated : 0, "--");
	put_whole_text(&r, "uSec", o->updated / NANOS_MS);
	put_updated(&r, o->updated);
	put_fillers(&r, history_fillers, ARRAY_LEN(history_fillers));
	json_object_end(j);
}

/* -- trades ------------------------------------------------------------------------------------------------------- */

static const struct filler trade_fillers[] = {
	{"algCat", "NA"}, {"algId", "NA"}, {"brkClnt", "NA"}, {"cstFrm", "C"}, {"minQty", "0"}, {"nReqId", "1"}, {"ordDur", "NA"}, {"rmk", "--"},
	{"rptTp", "fill"}, {"locId", "111111111111100"}, {"ordSrc", "NA"}, {"strategyCode", ""}, {"tok", ""}, {"posFlg", ""}, {"prc", ""}, {"tm", ""},
};

void row_trade(struct json *j, const struct sim_order *o, const struct sim_trade *t, const struct sim_account *who, const struct row_style *style)
{
	const struct scrip *s = o->scrip;
	struct row r = {j, style};

	json_object(j, NULL);
	put_user(&r, who);
	put_money(&r, "avgPrc", o->asked.segment, t->price);
	put_whole(&r, "brdLtQty", s ? s->lot : 1);
	put_text(&r, "exOrdId", o->exchange_number);
	put_expiry(&r, s, "expDt", "exp", "");
	put_text(&r, "exSeg", sim_segment_name(o->asked.segment));
	put_stamp(&r, "exTm", STAMP_BOOK, o->confirmed, "--");
	put_whole(&r, "fldQty", t->qty);
	put_stamp(&r, "flDt", STAMP_DAY, t->stamp, "--");
	put_stamp(&r, "flTm", STAMP_TIME, t->stamp, "--");
	put_text(&r, "flId", t->id);
	put_whole(&r, "flLeg", 1);
	put_text(&r, "nOrdNo", o->number);
	put_text(&r, "optTp", option_type(s));
	put_text(&r, "ordGenTp", o->asked.amo ? "AMO" : "--");
	put_text(&r, "prcTp", o->asked.type);
	put_text(&r, "prod", o->asked.product);
	put_whole(&r, "qty", 0);
	put_text(&r, "series", series(s));
	put_money(&r, "stkPrc", o->asked.segment, strike(s));
	put_text(&r, "sym", s ? s->name : o->asked.symbol);
	put_text(&r, "trdSym", o->asked.symbol);
	put_text(&r, "trnsTp", o->asked.side == 'B' ? "B" : "S");
	put_text(&r, "it", instrument(s));
	put_tag(&r, o, who);
	put_factors(&r, s);
	put_whole_text(&r, "uSec", t->stamp / NANOS_SECOND);
	put_updated(&r, t->stamp);
	put_fillers(&r, trade_fillers, ARRAY_LEN(trade_fillers));
	json_object_end(j);
}

/* -- positions ---------------------------------------------------------------------------------------------------- */

void row_position(struct json *j, const char *key, const struct sim_position *p, int64_t ltp, int64_t stamp, const struct sim_account *who,
                  const struct row_style *style)
{
	const struct scrip *s = p->scrip;
	struct row r = {j, style};

	json_object(j, key);
	put_text(&r, "actId", who->ucc);
	put_text(&r, "exSeg", sim_segment_name(s->segment));
	put_whole_text(&r, "tok", s->token);
	put_text(&r, "trdSym", s->symbol);
	put_text(&r, "sym", s->name);
	put_text(&r, "series", series(s));
	put_text(&r, "type", s->type);
	put_text(&r, "optTp", s->expiry ? s->option : "- ");
	put_money(&r, "stkPrc", s->segment, strike(s));
	put_text(&r, "prod", p->product);
	put_whole_text(&r, "cfBuyQty", p->cf_buy);
	put_whole_text(&r, "cfSellQty", p->cf_sell);
	put_whole_text(&r, "flBuyQty", p->buy);
	put_whole_text(&r, "flSellQty", p->sell);
	put_money(&r, "cfBuyAmt", s->segment, p->cf_buy_value);
	put_money(&r, "cfSellAmt", s->segment, p->cf_sell_value);
	put_money(&r, "buyAmt", s->segment, p->buy_value);
	put_money(&r, "sellAmt", s->segment, p->sell_value);
	put_factors(&r, s);
	put_expiry(&r, s, "expDt", "exp", "");
	put_text(&r, "sqrFlg", "Y");
	put_text(&r, "posFlg", "true");
	put_text(&r, "upldPrc", "0.00");
	put_text(&r, "dscQty", "0");
	put_stamp(&r, "hsUpTm", STAMP_SLASHED, stamp, "--");
	if (ltp >= 0)
		put_money(&r, "ltp", s->segment, ltp);
	if (key) { /* a frame: all of its values are text, and it has no more */
		json_object_end(j);
		return;
	}
	put_whole(&r, "brdLtQty", s->lot);
	put_whole(&r, "updRecvTm", stamp);
	json_object_end(j);
}
