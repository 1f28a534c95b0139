#include "lib/core/action.h"

#define FIRST ACTION_PLACE

static const struct { size_t size; const char *name; } action_kinds[ACTION_COUNT_END - FIRST] = {
	[ACTION_PLACE - FIRST]     = { sizeof(struct order_request), "place" },
	[ACTION_MODIFY - FIRST]    = { sizeof(struct order_request), "modify" },
	[ACTION_CANCEL - FIRST]    = { sizeof(struct order_request), "cancel" },
	[OUTCOME_ORDER - FIRST]    = { sizeof(struct outcome_order), "order" },
	[OUTCOME_FILL - FIRST]     = { sizeof(struct outcome_fill), "fill" },
	[OUTCOME_TRADE - FIRST]    = { sizeof(struct outcome_trade), "trade" },
	[OUTCOME_DECISION - FIRST] = { sizeof(struct outcome_decision), "decision" },
	[OUTCOME_EQUITY - FIRST]   = { sizeof(struct outcome_equity), "equity" },
	[OUTCOME_BAR - FIRST]      = { sizeof(struct outcome_bar), "series_bar" },
	[OUTCOME_STATE - FIRST]    = { sizeof(struct outcome_state), "state" },
	[OUTCOME_ALERT - FIRST]    = { sizeof(struct outcome_alert), "alert" },
	[OUTCOME_REPLY - FIRST]    = { sizeof(struct outcome_reply), "reply" },
	[OUTCOME_DAY - FIRST]      = { sizeof(struct outcome_day), "day" },
};

static const char *const exit_names[EXIT_REASONS] = {
	"none", "kill", "shutdown", "day_loss", "square_off", "index_stop", "option_stop", "trailing_stop", "target", "signal",
	"manual", "expiry",
};

static const char *const state_names[ENGINE_STATES] = {
	"starting", "running", "paused", "stopped", "locked", "stopping", "flat",
};

static const char *const alert_names[ALERT_KINDS] = {
	"day_loss", "not_flat", "exit_late", "link", "rejected", "assumed", "foreign", "late_fill",
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

size_t action_payload_size(uint16_t kind)
{
	return kind >= FIRST && kind < ACTION_COUNT_END ? action_kinds[kind - FIRST].size : 0;
}

const char *action_kind_name(uint16_t kind)
{
	return action_payload_size(kind) ? action_kinds[kind - FIRST].name : "unknown";
}

const char *exit_reason_name(enum exit_reason r)
{
	return r < EXIT_REASONS ? exit_names[r] : "unknown";
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
