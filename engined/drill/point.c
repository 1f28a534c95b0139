/* The journal's points: what each record and each file that comes up means to the drill. */
#include <string.h>

#include "engined/drill/drill.h"

static const struct { const char *text; bool early; } points[] = {
#define POINT(name, early, text) { text, early },
#include "engined/drill/point.tbl.h"
#undef POINT
};

const char *drill_point_text(enum drill_point p)
{
	return points[p].text;
}

bool drill_point_early(enum drill_point p)
{
	return points[p].early;
}

static enum drill_point of_report(const struct event_order *e)
{
	if (e->report == REPORT_SENT)
		return DRILL_SENT;
	return e->report == REPORT_ACCEPTED || e->report == REPORT_OPEN ? DRILL_ACK : DRILL_POINTS;
}

enum drill_point drill_point_of_record(const struct record *head, const void *payload)
{
	switch (head->kind) {
	case EVENT_START:      return DRILL_START;
	case EVENT_LINK:       return ((const struct event_link *)payload)->up ? DRILL_LINK : DRILL_POINTS;
	case EVENT_ACCOUNT:    return DRILL_ACCOUNT;
	case EVENT_ORDER:      return of_report(payload);
	case EVENT_FILL:       return DRILL_FILL;
	case EVENT_COMMAND:    return DRILL_COMMAND;
	case ACTION_PLACE:     return DRILL_INTENT;
	case ACTION_MODIFY:    return DRILL_MODIFY;
	case ACTION_CANCEL:    return DRILL_CANCEL;
	case OUTCOME_DECISION: return DRILL_DECISION;
	case OUTCOME_TRADE:    return DRILL_TRADE;
	default:               return DRILL_POINTS;
	}
}

static bool ends(const char *name, const char *with)
{
	size_t len = strlen(name), tail = strlen(with);

	return len >= tail && strcmp(name + len - tail, with) == 0;
}

enum drill_point drill_point_of_file(const char *name, bool renamed)
{
	if (strncmp(name, "checkpoint-", 11) == 0)
		return renamed ? DRILL_CHECKPOINT_NAMED : DRILL_CHECKPOINT_BEGUN;
	if (renamed)
		return ends(name, ".journal") ? DRILL_SEGMENT_NAMED : DRILL_POINTS;
	return ends(name, ".journal.new") ? DRILL_SEGMENT_BEGUN : DRILL_POINTS;
}
