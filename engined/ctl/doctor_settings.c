/* What can be looked at without the network. */
#include "engined/ctl/doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "lib/base/err.h"
#include "lib/control/client.h"
#include "lib/kotak/master.h"
#include "lib/kotak/totp.h"

/* docs/operating.md "How large it grows": a live day, and what is left of it once it is archived. */
#define LIVE_DAY 1700000000ull
#define ARCHIVED_DAY 300000000ull
#define SPACE_SMALL (LIVE_DAY * 3 + ARCHIVED_DAY * 3) /* the alarm of packaging/monitoring/alerts.yml is here too */

static void credentials(struct doctor *d)
{
	static const char why[] = "without them neither prices nor orders come from Kotak";
	static struct kotak_options o;
	char fault[256] = "";

	if (account_options(d->config, &o, fault, sizeof(fault)))
		doctor_say(d, DOCTOR_OK, "credentials", why, "", "all five are set");
	else
		doctor_say(d, DOCTOR_BAD, "credentials", why, "set the KOTAK_* variables, or the [kotak] section of a file with mode 600", "%s", fault);
	explicit_bzero(&o, sizeof(o));
}

static void totp(struct doctor *d)
{
	static const char why[] = "each login needs a code made from this secret";
	unsigned char secret[128];
	char code[TOTP_TEXT];
	size_t len = 0;
	int err = totp_decode(d->config->kotak_totp_secret, secret, sizeof(secret), &len);

	if (err == ERR_OK && len > 0)
		err = totp_code(secret, len, clock_now(&d->clock), code);
	if (err == ERR_OK && len >= 10)
		doctor_say(d, DOCTOR_OK, "totp", why, "", "the secret is base32 of %zu bytes and gives codes", len);
	else
		doctor_say(d, DOCTOR_BAD, "totp", why, "copy KOTAK_TOTP_SECRET again from the registration page (the text, not the code)",
		           "%s", d->config->kotak_totp_secret[0] ? "the secret is not whole base32 text" : "no secret is set");
	explicit_bzero(secret, sizeof(secret));
	explicit_bzero(code, sizeof(code));
}

/* -- tables ------------------------------------------------------------------------------------------------------------------ */

static void calendar(struct doctor *d, date_t today)
{
	static const char why[] = "on a date the calendar does not know, live takes no entry";
	static const char fix[] = "bring tables/holidays.csv up to date with the exchange's circular";
	struct civil day = date_to_civil(today);
	struct session_day s;

	session_lookup(&d->tables->calendar, today, GROUP_FO, &s);
	if (s.kind == DAY_UNKNOWN)
		doctor_say(d, DOCTOR_BAD, "calendar", why, fix, "today is not known");
	else if (day.month == 12 && d->tables->calendar.year_to <= day.year)
		doctor_say(d, DOCTOR_WARN, "calendar", why, fix, "known to the end of %d; next year's holidays are missing", d->tables->calendar.year_to);
	else
		doctor_say(d, DOCTOR_OK, "calendar", why, "", "known to the end of %d; today is %s%s%s", d->tables->calendar.year_to,
		           s.kind == DAY_CLOSED ? "no trading day" : "a trading day", s.name[0] ? ": " : "", s.name);
}

static void charges(struct doctor *d, date_t today)
{
	static const char why[] = "a charge that is not known makes every net result wrong; live refuses entries then";
	struct instrument option = { .kind = INSTRUMENT_CALL, .segment = SEGMENT_NSE_FO, .lot = 65, .tick = 500, .underlying = "NIFTY" };
	struct charge_set set = { 0 };

	charges_compute(&d->tables->charges, today, &option, PRODUCT_MIS, SIDE_SELL, option.lot, 100 * NUM_SCALE, 1, &set);
	if (set.unknown | set.assumed)
		doctor_say(d, DOCTOR_BAD, "charges", why, "bring tables/charges.csv up to date", "some have no row for today");
	else
		doctor_say(d, DOCTOR_OK, "charges", why, "", "every kind has a row for today");
}

static void tables(struct doctor *d, date_t today)
{
	struct market_error error;

	if (market_load(d->config->engine_tables_dir, d->tables, &error) != ERR_OK) {
		doctor_say(d, DOCTOR_BAD, "tables", "holidays, charges and lots come from them", "set engine.tables_dir to the folder of the market tables",
		           "%s", error.text);
		d->tables = NULL;
		return;
	}
	calendar(d, today);
	charges(d, today);
}

/* -- this machine ------------------------------------------------------------------------------------------------------------- */

static void folder(struct doctor *d)
{
	static const char why[] = "no order leaves before its intent is on this disk";
	const char *path = d->config->engine_state_dir;
	struct statvfs fs;

	if (access(path, W_OK | X_OK) != 0) {
		doctor_say(d, errno == ENOENT ? DOCTOR_WARN : DOCTOR_BAD, "disk", why, "make the folder for the user engined runs as, or set engine.state_dir",
		           "%s: %s", path, strerror(errno));
		return;
	}
	uint64_t space = statvfs(path, &fs) == 0 ? (uint64_t)fs.f_bavail * fs.f_frsize : 0;
	unsigned long long days = space > LIVE_DAY ? (space - LIVE_DAY) / ARCHIVED_DAY : 0;
	enum doctor_verdict verdict = space < LIVE_DAY ? DOCTOR_BAD : space < SPACE_SMALL ? DOCTOR_WARN : DOCTOR_OK;

	doctor_say(d, verdict, "disk", why, "free space on it, or move engine.state_dir", "%s has %.1f GB free: full in %llu live days, if nothing else writes there; ticks stay %lld",
	           path, (double)space / 1e9, days, (long long)d->config->engine_ticks_days);
}

static void master_age(struct doctor *d, date_t today)
{
	static const char why[] = "tokens, lots and bands change every day; orders need the master of today";
	struct master_error error = { "" };
	struct master *m = NULL;
	char path[600], day[STAMP_TEXT];

	snprintf(path, sizeof(path), "%.500s/kotak/master.bin", d->config->engine_state_dir);
	if (access(path, F_OK) != 0) {
		doctor_say(d, DOCTOR_WARN, "master", why, "start engined in paper or live mode: it fetches the master after its login", "there is none yet (%s)", path);
		return;
	}
	if (master_map(path, &m, &error) != ERR_OK) {
		doctor_say(d, DOCTOR_BAD, "master", why, "remove the file; engined fetches it again", "%s", error.text);
		return;
	}
	date_format(master_day(m), day);
	doctor_say(d, master_day(m) == today ? DOCTOR_OK : DOCTOR_WARN, "master", why, "engined fetches a new one after its next login", "of %s, %u rows", day,
	           master_count(m));
	master_unmap(&m);
}

/* False: no engine is there. *ret_root (to be deleted) is NULL when it does not answer. */
static bool ask_engine(const struct doctor *d, const char *method, cJSON **ret_root)
{
	struct control_client *c = NULL;
	struct control_answer answer;

	*ret_root = NULL;
	if (control_client_open(&c, d->options->socket) != 0)
		return false;
	if (control_client_call(c, method, NULL, 5000, &answer) == 0 && answer.result.at)
		*ret_root = cJSON_ParseWithLength(answer.result.at, answer.result.len);
	control_client_close(&c);
	return true;
}

static void telegram(struct doctor *d)
{
	static const char why[] = "alerts, the day's summary and a kill from afar go that way", name[] = "telegram";
	cJSON *root = NULL;

	if (!d->config->telegram_bot_token[0]) {
		doctor_say(d, DOCTOR_WARN, name, why, "set telegram.bot_token and telegram.chat_id (docs/telegram.md)", "no token is set: nobody is told");
		return;
	}
	ask_engine(d, "status", &root);
	const cJSON *told = cJSON_GetObjectItem(root, name);
	const char *state = cJSON_GetStringValue(cJSON_GetObjectItem(told, "state")), *reason = cJSON_GetStringValue(cJSON_GetObjectItem(told, "reason"));
	if (!state)
		doctor_say(d, DOCTOR_OK, name, why, "", "token and chats are set; not tried, since no engine answers");
	else if (strcmp(state, "ok") == 0)
		doctor_say(d, DOCTOR_OK, name, why, "", "the engine gets through");
	else
		doctor_say(d, strcmp(state, "starting") == 0 || strcmp(state, "slowed") == 0 ? DOCTOR_WARN : DOCTOR_BAD, name, why,
		           "`enginectl notify test` tries each chat; docs/telegram.md says what each state means", "%s%s%s", state, reason ? ": " : "", reason ? reason : "");
	cJSON_Delete(root);
}

static void engine(struct doctor *d)
{
	static const char why[] = "it holds the positions and runs the exits";
	cJSON *root;

	if (!ask_engine(d, "ready", &root)) {
		doctor_say(d, DOCTOR_UNKNOWN, "engine", why, "start engined, or give --socket PATH", "no engine answers at %s", d->options->socket);
		return;
	}
	if (root) {
		const cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "reasons"), 0);
		const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(first, "text"));

		doctor_say(d, text ? DOCTOR_WARN : DOCTOR_OK, "engine", why, "`enginectl status` and docs/refusals.md say what to do", "%s%s",
		           text ? "runs and may not take entries: " : "runs and may take entries", text ? text : "");
	} else
		doctor_say(d, DOCTOR_BAD, "engine", why, "look at its log", "the engine does not answer");
	cJSON_Delete(root);
}

void doctor_settings(struct doctor *d)
{
	date_t today = stamp_date(clock_now(&d->clock));

	credentials(d);
	totp(d);
	tables(d, today);
	folder(d);
	master_age(d, today);
	engine(d);
	telegram(d);
}
