#include "lib/core/event.h"

static const char *const event_names[EVENT_COUNT] = {
	"none", "start", "strategy", "instrument", "session", "tick", "depth", "bar", "timer", "order_report", "broker_fill", "link", "funds", "command",
	"feed_end", "foreign", "account", "manual_order", "adopt",
};

static const char *const state_names[ORDER_STATES] = {
	"new", "denied", "intent", "sent", "unknown", "absent", "pending", "trigger_pending", "open", "partial", "filled",
	"cancelled", "rejected", "expired",
};

static const char *const report_names[REPORT_KINDS] = {
	"sent", "accepted", "open", "trigger_pending", "modified", "modify_rejected", "cancelled", "cancel_rejected",
	"rejected", "expired", "unknown", "absent",
};

static const char *const command_names[COMMAND_KINDS] = {
	"pause", "resume", "kill_stop", "kill_flatten", "shutdown", "strategy_pause", "strategy_resume", "strategy_param",
	"limit", "acknowledge", "stop_probe",
};

size_t event_payload_size(uint16_t kind)
{
	return event_size_of(kind);
}

const char *event_kind_name(uint16_t kind)
{
	return kind < EVENT_COUNT ? event_names[kind] : "unknown";
}

const char *order_state_name(enum order_state s)
{
	return s < ORDER_STATES ? state_names[s] : "unknown";
}

const char *order_report_name(enum order_report r)
{
	return r < REPORT_KINDS ? report_names[r] : "unknown";
}

const char *command_name(enum command c)
{
	return c < COMMAND_KINDS ? command_names[c] : "unknown";
}
