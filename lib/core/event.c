#include "lib/core/event.h"

#include <string.h>

static const struct { size_t size; const char *name; } event_kinds[EVENT_COUNT] = {
	[EVENT_NONE]       = { 0, "none" },
	[EVENT_START]      = { sizeof(struct event_start), "start" },
	[EVENT_STRATEGY]   = { sizeof(struct event_strategy), "strategy" },
	[EVENT_INSTRUMENT] = { sizeof(struct instrument), "instrument" },
	[EVENT_SESSION]    = { sizeof(struct event_session), "session" },
	[EVENT_TICK]       = { sizeof(struct event_tick), "tick" },
	[EVENT_DEPTH]      = { sizeof(struct event_depth), "depth" },
	[EVENT_BAR]        = { sizeof(struct event_bar), "bar" },
	[EVENT_TIMER]      = { 0, "timer" },
	[EVENT_ORDER]      = { sizeof(struct event_order), "order_report" },
	[EVENT_FILL]       = { sizeof(struct event_fill), "broker_fill" },
	[EVENT_LINK]       = { sizeof(struct event_link), "link" },
	[EVENT_FUNDS]      = { sizeof(struct event_funds), "funds" },
	[EVENT_COMMAND]    = { sizeof(struct event_command), "command" },
	[EVENT_FEED_END]   = { 0, "feed_end" },
	[EVENT_FOREIGN]    = { sizeof(struct event_foreign), "foreign" },
	[EVENT_ACCOUNT]    = { sizeof(struct event_account), "account" },
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
	"limit", "acknowledge",
};

size_t event_payload_size(uint16_t kind)
{
	return kind < EVENT_COUNT ? event_kinds[kind].size : 0;
}

const char *event_kind_name(uint16_t kind)
{
	return kind < EVENT_COUNT ? event_kinds[kind].name : "unknown";
}

void event_init(struct event *e, enum event_kind kind, nanos_t stamp, uint32_t instrument)
{
	memset(e, 0, sizeof(e->head) + event_payload_size((uint16_t)kind));
	e->head.kind = (uint16_t)kind;
	e->head.stamp = stamp;
	e->head.instrument = instrument;
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
