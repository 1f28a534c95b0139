/* Strategies, positions and risk, as the core holds them. */
#include <string.h>

#include "engined/app.h"
#include "lib/base/obj.h"

static price_t close_price(const struct core *c, const struct book *b)
{
	const struct quote *q = &c->quote[b->instrument];
	const struct instrument *i = &c->instrument[b->instrument];

	return b->qty > 0 ? quote_bid(q, i) : quote_ask(q, i);
}

static price_t or_unknown(price_t price)
{
	return price > 0 ? price : NUM_UNKNOWN;
}

static price_t average(const struct book *b)
{
	return b->side == SIDE_BUY ? num_div_round(b->buy_value, b->bought) : num_div_round(b->sell_value, b->sold);
}

static void strategy_position(const struct core *c, const struct slot *s, struct json *j)
{
	const struct book *b = &s->book;

	if (b->qty == 0) {
		json_null(j, "position");
		return;
	}
	json_object(j, "position");
	json_str(j, "symbol", c->instrument[b->instrument].symbol);
	json_str(j, "side", b->qty > 0 ? "buy" : "sell");
	json_int(j, "qty", b->qty);
	json_decimal(j, "entry", average(b));
	json_decimal(j, "last", or_unknown(c->quote[b->instrument].last));
	json_decimal(j, "pnl", b->unrealised);
	json_decimal(j, "stop", or_unknown(s->plan.stop));
	json_decimal(j, "target", or_unknown(s->plan.target));
	json_decimal(j, "index_stop", or_unknown(s->plan.trail ? s->plan.trail : s->plan.index_stop));
	json_object_end(j);
}

static void last_signal(const struct slot *s, struct json *j)
{
	enum refusal r = (enum refusal)s->signal.refusal;

	if (s->signal_at == 0) {
		json_null(j, "last_signal");
		return;
	}
	json_object(j, "last_signal");
	json_stamp(j, "at", s->signal_at);
	json_str(j, "direction", s->signal.direction > 0 ? "bullish" : "bearish");
	json_bool(j, "taken", r == REFUSAL_NONE);
	json_str(j, "refusal", r == REFUSAL_NONE ? NULL : refusal_code(r));
	json_str(j, "text", r == REFUSAL_NONE ? "order sent" : refusal_text(r));
	json_object_end(j);
}

/* What it means that a condition of the rules fails; a condition without words here is named by its code alone. */
static const char *condition_text(const char *code)
{
	static const struct { const char *code, *text; } words[] = {
		{ "warm_up", "too few bars of this session yet" },
		{ "time_window", "outside the hours of this rule" },
		/* failed_auction */
		{ "rsi_neutral", "the RSI is outside its neutral band" },
		{ "above_vwap", "the close is not above the VWAP" },
		{ "upper_range", "the close is not in the upper part of the range" },
		{ "high_above_level", "no high above the earlier highs" },
		{ "closed_back_below", "not closed back below the level" },
		/* amd */
		{ "sweep", "the newest bars did not sweep the extreme" },
		{ "taken_back", "the sweep is not taken back" },
		{ "wick", "the wick on the swept side is too short" },
		{ "rsi_cross", "the RSI did not leave its extreme" },
		{ "range_half", "the close is in the wrong part of the range" },
		/* opening_range_breakout */
		{ "range_width", "the opening range is too narrow or too wide" },
		{ "breakout", "no clear close outside the opening range" },
		{ "once_a_side", "this side's breakout was used today" },
		/* ema_cross */
		{ "cross", "the averages have not crossed" },
		{ "trend", "the ADX shows no trend" },
		/* vwap_reversion */
		{ "beyond_vwap", "the close is too near the VWAP" },
		{ "rsi_extreme", "the RSI is not at an extreme" },
		{ "turned_back", "the price has not turned back to the VWAP" },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i].code, code) == 0)
			return words[i].text;
	return "this condition of the rules does not hold";
}

/* What stands in the way now: the gate and the locks first, then what the last evaluation said. */
static void why_not(struct app *a, const struct slot *s, struct json *j)
{
	const struct strategy_ops *ops = core_ops(a->core, s);
	enum refusal r = core_ready(a->core);
	nanos_t since = s->why.since;
	const char *code, *text;

	if (r == REFUSAL_NONE && s->paused)
		r = REFUSAL_STRATEGY_PAUSED;
	if (r == REFUSAL_NONE)
		r = core_day_lock(a->core);
	if (r == REFUSAL_NONE && s->streak_locked)
		r = REFUSAL_LOSS_STREAK;
	if (r == REFUSAL_NONE && s->runaway)
		r = REFUSAL_RUNAWAY;
	if (r == REFUSAL_NONE && s->book.qty != 0)
		r = REFUSAL_POSITION_OPEN;
	if (r == REFUSAL_SESSION_CLOSED && s->why.refusal == REFUSAL_AFTER_MARKET)
		r = REFUSAL_AFTER_MARKET; /* a wish of the dry run */
	else if (r != REFUSAL_NONE)
		since = 0;
	else
		r = (enum refusal)s->why.refusal;
	code = r != REFUSAL_NONE ? refusal_code(r) : s->why.since && s->why.condition < ops->n_conditions ? ops->conditions[s->why.condition] : "no_bar_yet";
	text = r != REFUSAL_NONE ? refusal_text(r) : s->why.since ? condition_text(code) : "no bar of this strategy's length has closed yet";
	if (r == REFUSAL_NONE && ops == &strategy_manual)
		code = "by_hand", text = "no rule decides here, only a person";
	if (s->paused & PAUSED_REMOVED)
		code = "removed", text = "it is in the settings no longer: it enters nothing, and what it holds is managed to its end";
	if (a->pacer.ended) {
		code = "data_ended", text = "the recorded data has ended";
		since = 0;
	}
	json_object(j, "why_not");
	json_str(j, "code", code);
	json_str(j, "text", text);
	json_stamp(j, "since", since);
	json_object_end(j);
}

static void params(const struct core *c, const struct slot *s, struct json *j)
{
	const struct strategy_ops *ops = core_ops(c, s);
	static const char *const types[] = { "int", "decimal", "bool", "time", "choice" };
	char text[32];

	json_array(j, "params");
	for (uint32_t i = 0; i < strategy_param_count(ops); i++) {
		const struct param *p = strategy_param_at(ops, i);

		json_object(j, NULL);
		json_str(j, "name", p->name);
		json_str(j, "type", types[p->type]);
		param_format(p, s->params[i], text);
		json_str(j, "value", text);
		param_format(p, p->min, text);
		json_str(j, "min", text);
		param_format(p, p->max, text);
		json_str(j, "max", text);
		param_format(p, p->standard, text);
		json_str(j, "standard", text);
		json_str(j, "unit", p->unit);
		json_str(j, "help", p->help);
		if (p->type == PARAM_CHOICE) {
			json_array(j, "choices");
			for (const char *at = p->choices; at && *at;) {
				size_t len = strcspn(at, "|");
				char choice[32] = { 0 };

				memcpy(choice, at, len < sizeof(choice) - 1 ? len : sizeof(choice) - 1);
				json_str(j, NULL, choice);
				at += len + (at[len] == '|');
			}
			json_array_end(j);
		} else
			json_null(j, "choices");
		json_object_end(j);
	}
	json_array_end(j);
}

static void funnel(const struct core *c, const struct slot *s, struct json *j)
{
	const struct strategy_ops *ops = core_ops(c, s);

	json_object(j, "funnel");
	json_uint(j, "evaluations", s->funnel.evaluations);
	json_array(j, "conditions");
	for (uint32_t i = 0; i < ops->n_conditions; i++) {
		json_object(j, NULL);
		json_str(j, "name", ops->conditions[i]);
		json_uint(j, "passed", s->funnel.passed[i]);
		json_object_end(j);
	}
	json_array_end(j);
	json_uint(j, "signals", s->funnel.signals);
	json_array(j, "refusals");
	for (int r = 1; r < REFUSAL_COUNT; r++)
		if (s->funnel.refused[r]) {
			json_object(j, NULL);
			json_str(j, "code", refusal_code((enum refusal)r));
			json_uint(j, "count", s->funnel.refused[r]);
			json_object_end(j);
		}
	json_array_end(j);
	json_uint(j, "entries", s->funnel.entries);
	json_uint(j, "unfilled", s->funnel.unfilled);
	json_object_end(j);
}

void answer_strategy(struct app *a, struct json *j, uint32_t strategy, bool whole)
{
	static const int minutes[] = { 1, 3, 5, 15, 0 }; /* 0: every tick */
	const struct slot *s = &a->core->slot[strategy];
	money_t open = s->book.qty != 0 ? s->book.unrealised : 0;

	json_object(j, NULL);
	json_str(j, "id", s->id);
	json_str(j, "kind", s->kind);
	json_str(j, "title", core_ops(a->core, s)->title);
	json_str(j, "state", s->paused & PAUSED_REMOVED ? "removed" : s->paused ? "paused" : s->streak_locked || s->runaway || a->core->s->account.day_locked ? "locked" : "running");
	json_bool(j, "live", s->params[COMMON_live] != 0);
	json_str(j, "underlying", s->symbol);
	json_int(j, "bar_minutes", minutes[s->params[COMMON_bar]]);
	json_str(j, "trade", s->params[COMMON_trade] ? "underlying" : "option");
	json_decimal(j, "day_pnl", s->day_realised - s->day_charges + open);
	json_decimal(j, "pnl", s->realised - s->charges + open);
	json_uint(j, "trades_today", s->trades_today);
	json_uint(j, "trades", s->trades);
	json_uint(j, "wins", s->wins);
	json_uint(j, "loss_streak", s->loss_streak);
	strategy_position(a->core, s, j);
	last_signal(s, j);
	why_not(a, s, j);
	if (whole) {
		params(a->core, s, j);
		funnel(a->core, s, j);
	}
	json_object_end(j);
}

void answer_strategies(struct app *a, struct json *j)
{
	json_object(j, NULL);
	json_str(j, "mode", mode_name(a->mode));
	json_array(j, "items");
	for (uint32_t i = 0; i < a->core->s->strategies; i++)
		answer_strategy(a, j, i, false);
	json_array_end(j);
	json_null(j, "next");
	json_object_end(j);
}

/* -- positions ------------------------------------------------------------------------------------------------------------- */

static void position(struct app *a, struct json *j, const struct slot *s)
{
	const struct core *c = a->core;
	const struct book *b = &s->book;
	const struct instrument *i = &c->instrument[b->instrument];
	const struct quote *q = &c->quote[b->instrument];
	money_t gross = b->sell_value - b->buy_value;

	json_object(j, NULL);
	json_str(j, "symbol", i->symbol);
	json_str(j, "strategy", s->id);
	json_str(j, "product", s->params[COMMON_product] ? "NRML" : "MIS");
	json_str(j, "side", b->qty > 0 ? "long" : b->qty < 0 ? "short" : "flat");
	json_int(j, "qty", b->qty);
	json_int(j, "lots", b->qty / i->lot);
	json_int(j, "lot", i->lot);
	json_decimal(j, "average", average(b));
	json_decimal(j, "last", or_unknown(q->last));
	if (q->stamp)
		json_int(j, "last_age_ms", (c->s->now - q->stamp) / NANOS_MS);
	else
		json_null(j, "last_age_ms");
	json_decimal(j, "value", b->qty && close_price(c, b) > 0 ? b->qty * close_price(c, b) : b->qty ? NUM_UNKNOWN : 0);
	json_decimal(j, "pnl", b->qty ? b->unrealised : gross);
	json_decimal(j, "realised", b->qty ? 0 : gross);
	json_decimal(j, "charges", charges_total(&b->charges));
	json_bool(j, "charges_complete", b->charges.unknown == 0);
	json_stamp(j, "opened", b->opened);
	json_object_end(j);
}

void answer_positions(struct app *a, struct json *j)
{
	const struct account *t = &a->core->s->account;

	json_object(j, NULL);
	json_str(j, "mode", mode_name(a->mode));
	json_array(j, "items");
	for (uint32_t i = 0; i < a->core->s->strategies; i++)
		if (a->core->slot[i].book.instrument != INSTRUMENT_NONE && a->core->slot[i].book.bought + a->core->slot[i].book.sold > 0)
			position(a, j, &a->core->slot[i]);
	json_array_end(j);
	json_null(j, "next");
	json_object(j, "total");
	json_decimal(j, "pnl", core_day_pnl(a->core));
	json_decimal(j, "realised", t->day_realised);
	json_decimal(j, "unrealised", t->unrealised);
	json_decimal(j, "charges", t->day_charges);
	json_object_end(j);
	json_object_end(j);
}

/* -- risk -------------------------------------------------------------------------------------------------------------------- */

static int64_t percent_of(money_t part, money_t whole)
{
	int64_t pct;

	return whole > 0 && num_mul_div(part, 100 * NUM_SCALE, whole, &pct) ? pct : NUM_UNKNOWN;
}

/* Of a profit that never reached profit_lock_pct any part may be given back: nothing of the bound is used. */
static int64_t given_back(const struct core *c, money_t fall)
{
	const struct account *t = &c->s->account;
	int64_t from = c->s->limit[LIMIT_PROFIT_LOCK_PCT], peak = percent_of(t->day_peak, t->capital);

	return from == NUM_UNKNOWN || peak == NUM_UNKNOWN || peak < from ? NUM_UNKNOWN : percent_of(fall, t->day_peak);
}

/* NUM_UNKNOWN for what is bounded order by order and has no running use. */
static int64_t limit_used(const struct core *c, enum limit l)
{
	const struct account *t = &c->s->account;
	money_t pnl = core_day_pnl(c), fall = t->day_peak > pnl ? t->day_peak - pnl : 0;
	int64_t sent = 0;

	switch (l) {
	case LIMIT_DAY_LOSS_PCT:    return percent_of(pnl < 0 ? -pnl : 0, t->capital);
	case LIMIT_DRAWDOWN_PCT:    return percent_of(fall, t->capital);
	case LIMIT_PROFIT_LOCK_PCT: return percent_of(t->day_peak, t->capital);
	case LIMIT_GIVE_BACK_PCT:   return given_back(c, fall);
	case LIMIT_ENTRIES_DAY:     return (int64_t)t->day_entries * NUM_SCALE;
	case LIMIT_ORDER_RATE:
		for (int i = 0; i < RATE_SLOTS; i++)
			sent += c->s->rate.sent[i] != 0 && c->s->now - c->s->rate.sent[i] < NANOS_SECOND;
		return sent * NUM_SCALE;
	case LIMIT_OPEN_ORDERS: return (int64_t)c->s->live_orders * NUM_SCALE;
	case LIMIT_EXPOSURE:    return core_exposure(c);
	default:                return NUM_UNKNOWN;
	}
}

/* Once hit, hit until tomorrow. */
static enum day_lock lock_of(enum limit l)
{
	return l == LIMIT_DAY_LOSS_PCT ? DAY_LOCK_LOSS : l == LIMIT_DRAWDOWN_PCT ? DAY_LOCK_DRAWDOWN : l == LIMIT_GIVE_BACK_PCT ? DAY_LOCK_PROFIT : DAY_UNLOCKED;
}

static void limit(const struct core *c, struct json *j, enum limit l)
{
	enum day_lock lock = lock_of(l);
	const struct limit_info *info = &limit_table[l];
	int64_t value = c->s->limit[l], used = limit_used(c, l);
	bool bounded = value != NUM_UNKNOWN && used != NUM_UNKNOWN;

	json_object(j, NULL);
	json_str(j, "name", info->name);
	json_str(j, "text", info->text);
	json_str(j, "unit", info->unit);
	json_decimal(j, "value", value);
	json_decimal(j, "used", used);
	json_decimal(j, "left", bounded ? (value > used ? value - used : 0) : NUM_UNKNOWN);
	json_bool(j, "hit", lock == DAY_UNLOCKED ? bounded && used >= value : c->s->account.day_locked == (uint32_t)lock);
	json_object_end(j);
}

void answer_risk(struct app *a, struct json *j)
{
	static const char *const probes[] = { [STOP_PROBE_NONE] = NULL, [STOP_PROBE_PASSED] = "passed", [STOP_PROBE_FAILED] = "failed" };

	json_object(j, NULL);
	json_str(j, "mode", mode_name(a->mode));
	json_array(j, "items");
	for (int l = 0; l < LIMIT_COUNT; l++)
		limit(a->core, j, (enum limit)l);
	json_array_end(j);
	json_null(j, "next");
	answer_kill(a, j, "kill");
	json_str(j, "stop_probe", probes[a->core->s->stop_probe]);
	json_object_end(j);
}
