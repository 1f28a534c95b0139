#include "engined/notify/report.h"

#include <math.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "engined/notify/words.h"
#include "lib/base/obj.h"

static const cJSON *at(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text(const cJSON *object, const char *name, const char *otherwise)
{
	const char *value = cJSON_GetStringValue(at(object, name));

	return value ? value : otherwise;
}

/* Fewer than 15 digits: exact. What is null is not known, never 0. */
static money_t amount(const cJSON *object, const char *name)
{
	const cJSON *n = at(object, name);

	return cJSON_IsNumber(n) && fabs(n->valuedouble) < 9e10 ? (money_t)llround(n->valuedouble * NUM_SCALE) : NUM_UNKNOWN;
}

static int whole(const cJSON *object, const char *name)
{
	const cJSON *n = at(object, name);

	return cJSON_IsNumber(n) ? n->valueint : 0;
}

static void put(struct buf *out, const char *label, const cJSON *object, const char *name, bool sign)
{
	buf_puts(out, label);
	words_rupees(out, amount(object, name), sign);
}

/* -- one look each -------------------------------------------------------------------------------------------------------------- */

static void put_kill(const cJSON *root, struct buf *out)
{
	const cJSON *kill = at(root, "kill");

	if (cJSON_IsObject(kill))
		buf_printf(out, "\nKILL %s by %s: %s", text(kill, "rung", "?"), text(kill, "by", "?"), text(kill, "reason", ""));
}

static void look_status(const cJSON *root, struct buf *out)
{
	const cJSON *session = at(root, "session"), *feed = at(root, "feed"), *broker = at(root, "broker"), *journal = at(root, "journal");

	buf_printf(out, "\nstate %s, session %s %s", text(root, "state", "?"), text(session, "date", "none"), text(session, "phase", ""));
	buf_printf(out, "\nfeed %s, broker %s %s", cJSON_IsTrue(at(feed, "up")) ? "up" : "DOWN", text(broker, "name", "?"),
	           cJSON_IsTrue(at(broker, "connected")) ? "connected" : "NOT connected");
	if (text(broker, "reason", "")[0])
		buf_printf(out, " (%s)", text(broker, "reason", ""));
	if (text(journal, "trouble", "")[0])
		buf_printf(out, "\njournal: %s", text(journal, "trouble", ""));
	put_kill(root, out);
}

static void look_pnl(const cJSON *root, struct buf *out)
{
	const cJSON *day = at(root, "day");

	put(out, "\nday ", day, "pnl", true);
	put(out, ": realised ", day, "realised", true);
	put(out, ", open ", day, "unrealised", true);
	put(out, ", charges ", day, "charges", false);
	buf_printf(out, "%s, %d trades%s", cJSON_IsTrue(at(day, "charges_complete")) ? "" : " (not all known)", whole(day, "trades"),
	           cJSON_IsTrue(at(day, "locked")) ? ", LOCKED until tomorrow" : "");
}

static void look_balance(const cJSON *root, struct buf *out)
{
	put(out, "\nequity ", root, "equity", false);
	put(out, ", free ", root, "cash_free", false);
	put(out, ", used ", root, "used", false);
	put(out, "\ncapital ", root, "capital", false);
	put(out, ", day ", root, "day_pnl", true);
	put(out, "\nat the broker: cash ", at(root, "funds"), "cash", false);
	put(out, ", margin used ", at(root, "funds"), "margin_used", false);
}

static void look_positions(const cJSON *root, struct buf *out)
{
	const cJSON *item;
	unsigned open = 0;

	cJSON_ArrayForEach(item, at(root, "items")) {
		if (whole(item, "qty") == 0)
			continue;
		open++;
		buf_printf(out, "\n%s %+d", text(item, "symbol", "?"), whole(item, "qty"));
		put(out, " at ", item, "average", false);
		put(out, ", last ", item, "last", false);
		put(out, ", ", item, "pnl", true);
		buf_printf(out, " (%s)", text(item, "strategy", "?"));
	}
	if (open == 0)
		buf_puts(out, "\nno open positions");
	put(out, "\nday ", at(root, "total"), "pnl", true);
}

static void look_orders(const cJSON *root, struct buf *out)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, at(root, "items")) {
		buf_printf(out, "\n%.8s %s %d %s", strlen(text(item, "at", "")) > 19 ? text(item, "at", "") + 11 : "", text(item, "side", "?"), whole(item, "qty"), text(item, "symbol", "?"));
		put(out, " at ", item, "price", false);
		buf_printf(out, ": %s", text(item, "state", "?"));
	}
	if (cJSON_GetArraySize(at(root, "items")) == 0)
		buf_puts(out, "\nno orders yet");
}

static void look_strategies(const cJSON *root, struct buf *out)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, at(root, "items")) {
		buf_printf(out, "\n%s %s on %s", text(item, "id", "?"), text(item, "state", "?"), text(item, "underlying", "?"));
		put(out, ": day ", item, "day_pnl", true);
		buf_printf(out, ", %d trades", whole(item, "trades_today"));
	}
	if (cJSON_GetArraySize(at(root, "items")) == 0)
		buf_puts(out, "\nno strategies");
}

static void look_why(const cJSON *root, const char *more, struct buf *out)
{
	const cJSON *item;
	bool some = false;

	cJSON_ArrayForEach(item, at(root, "items")) {
		const cJSON *signal = at(item, "last_signal");

		if (more[0] && strcasecmp(more, text(item, "id", "")) != 0)
			continue;
		some = true;
		buf_printf(out, "\n%s: %s", text(item, "id", "?"), text(at(item, "why_not"), "text", "nothing stands in the way"));
		if (cJSON_IsObject(signal))
			buf_printf(out, "; last signal %s, %s", text(signal, "direction", "?"), text(signal, "text", "?"));
	}
	if (!some)
		buf_printf(out, "\nthere is no strategy \"%s\"; /strategies lists them", more);
}

static void put_plain(struct buf *out, const cJSON *item, const char *name)
{
	char number[NUM_TEXT];

	num_format(amount(item, name), number);
	buf_puts(out, amount(item, name) == NUM_UNKNOWN ? "none" : number);
}

/* Limits that are set; the hit ones first to catch the eye. */
static void look_risk(const cJSON *root, struct buf *out)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, at(root, "items")) {
		if (amount(item, "value") == NUM_UNKNOWN)
			continue;
		buf_printf(out, "\n%s%s ", cJSON_IsTrue(at(item, "hit")) ? "HIT " : "", text(item, "name", "?"));
		put_plain(out, item, "value");
		if (amount(item, "used") != NUM_UNKNOWN) {
			buf_puts(out, ", used ");
			put_plain(out, item, "used");
		}
		buf_printf(out, " %s", text(item, "unit", ""));
	}
	put_kill(root, out);
}

void report_look(enum ask_look look, const char *json, size_t len, const char *more, struct buf *out)
{
	cJSON *root = cJSON_ParseWithLength(json, len);

	switch (look) {
	case LOOK_NONE:       break;
	case LOOK_STATUS:     look_status(root, out); break;
	case LOOK_BALANCE:    look_balance(root, out); break;
	case LOOK_POSITIONS:  look_positions(root, out); break;
	case LOOK_ORDERS:     look_orders(root, out); break;
	case LOOK_PNL:        look_pnl(root, out); break;
	case LOOK_STRATEGIES: look_strategies(root, out); break;
	case LOOK_WHY:        look_why(root, more, out); break;
	case LOOK_RISK:       look_risk(root, out); break;
	}
	cJSON_Delete(root);
}
