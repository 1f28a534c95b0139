#include "lib/core/action.h"

static const char *const action_names[ACTION_COUNT_END - ACTION_PLACE] = {
	"place", "modify", "cancel",
	[OUTCOME_ORDER - ACTION_PLACE] = "order", "fill", "trade", "decision", "equity", "series_bar", "state", "alert", "reply", "day",
};

static const struct reason_text exit_texts[EXIT_REASONS] = {
	{ "none" }, { "kill" }, { "shutdown" }, { "day_loss" }, { "square_off" }, { "index_stop" }, { "option_stop" }, { "trailing_stop" }, { "target" },
	{ "signal" }, { "manual" }, { "expiry" }, { "drawdown" }, { "profit_lock" },
};

static const char *const state_names[ENGINE_STATES] = {
	"starting", "running", "paused", "stopped", "locked", "stopping", "flat",
};

static const char *const alert_names[ALERT_KINDS] = {
	"day_loss", "not_flat", "exit_late", "link", "rejected", "assumed", "foreign", "late_fill", "clock",
	"drawdown", "profit_lock", "runaway", "delivery", "stop",
};

static const char *const refusal_codes[REFUSAL_COUNT] = {
#define REFUSAL(name, code, text) [REFUSAL_##name] = (code),
#include "lib/core/refusal.tbl.h"
#undef REFUSAL
};

static const char *const refusal_texts[REFUSAL_COUNT] = {
#define REFUSAL(name, code, text) [REFUSAL_##name] = (text),
#include "lib/core/refusal.tbl.h"
#undef REFUSAL
};

const char *action_kind_name(uint16_t kind)
{
	return action_payload_size(kind) ? action_names[kind - ACTION_PLACE] : "unknown";
}

const char *exit_reason_name(enum exit_reason r)
{
	return r < EXIT_REASONS ? exit_texts[r].text : "unknown";
}

const struct reason_text *exit_reason_text(enum exit_reason r)
{
	assert(r < EXIT_REASONS);
	return &exit_texts[r];
}

const char *engine_state_name(enum engine_state s)
{
	return s < ENGINE_STATES ? state_names[s] : "unknown";
}

const char *alert_name(enum alert a)
{
	return a < ALERT_KINDS ? alert_names[a] : "unknown";
}

const char *refusal_code(enum refusal r)
{
	return r < REFUSAL_COUNT ? refusal_codes[r] : "unknown";
}

const char *refusal_text(enum refusal r)
{
	return r < REFUSAL_COUNT ? refusal_texts[r] : "unknown";
}
