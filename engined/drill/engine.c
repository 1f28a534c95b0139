/* The engine under drill: settings, environment and folders of its own, so that nothing of the operator's can reach it or be reached. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "engined/drill/drill_priv.h"
#include "lib/control/client.h"

#define STRATEGIES 21
#define HOLDING    6
#define ANSWER_MS  2000

/* -- folders and settings ------------------------------------------------------------------------------------------- */

/* No limit of its own keeps a strategy out, and no target or trailing stop takes it out. */
static const char freely[] =
	"live = yes\nreward = 100\ntrail_bars = 0\ncooldown = 0\nstopout_cooldown = 0\nentries_per_day = 1000\nloss_streak = 1000\nrisk_pct = 20\n"
	"risk_cap_pct = 50\nlots_max = 1\ncost_pct = 1000\nstop_pct = 100\nentry_from = 09:16\nentry_to = 15:00\natr_length = 2\n";
/* Averages that cross at every turn of the market: in and out all day. */
static const char restless[] = "kind = ema_cross\nfast = 1\nwarm_bars = 3\nadx_length = 1\nadx_min = 0\nstop_atr = 3\n";
/* In at the next bar that turns to the average, and out by a far stop alone: something is always held. */
static const char holding[] = "kind = vwap_reversion\nfrom = 09:16\ndeviations = 0\nrsi_length = 2\nrsi_low = 100\nrsi_high = 0\nstop_atr = 12\ntarget_reward = 0\n";

static void settings(struct buf *to)
{
	static const char *const underlyings[] = { "NIFTY", "BANKNIFTY", "SENSEX" };

	buf_puts(to, "[account]\ncapital = 20000000\n[limits]\nday_loss_pct = 100\nopen_orders = 100\norder_rate = 10\norder_reserve = 1\n");
	for (unsigned n = 0; n < STRATEGIES; n++) {
		buf_printf(to, "[strategy.s%u]\nunderlying = %s\n%s", n, underlyings[n % 3], freely);
		if (n < HOLDING)
			buf_puts(to, holding);
		else
			buf_printf(to, "slow = %u\n%s", 2 + n / 3, restless);
	}
}

bool drill_keep(const struct day *d, const char *name, const struct buf *text)
{
	char path[400];

	snprintf(path, sizeof(path), "%s/%s", d->dir, name);
	FILE *f = fopen(path, "we");
	bool good = f && fwrite(text->data, 1, text->len, f) == text->len;

	if (f)
		good = fclose(f) == 0 && good;
	return good && chmod(path, 0600) == 0;
}

bool drill_folders(struct day *d, const char *dir)
{
	struct buf text = { 0 };
	char live[320];

	snprintf(d->dir, sizeof(d->dir), "%s/day%u", dir, d->tally->days);
	snprintf(d->state, sizeof(d->state), "%s/state", d->dir);
	snprintf(live, sizeof(live), "%s/live", d->state);
	snprintf(d->journal, sizeof(d->journal), "%s/journal", live);
	snprintf(d->runtime, sizeof(d->runtime), "%s/run", d->dir);
	snprintf(d->neosim, sizeof(d->neosim), "%s/neosim", d->dir);
	snprintf(d->config, sizeof(d->config), "%s/sauda.conf", d->dir);
	snprintf(d->socket, sizeof(d->socket), "%s/control.sock", d->runtime);
	const char *const folders[] = { d->dir, d->state, live, d->journal, d->runtime, d->neosim };
	bool good = true;

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		good = good && mkdir(folders[i], 0700) == 0;
	settings(&text);
	good = good && !text.failed && drill_keep(d, "sauda.conf", &text);
	buf_done(&text);
	return good;
}

/* -- a life --------------------------------------------------------------------------------------------------------- */

pid_t drill_engine_start(struct day *d)
{
	char url[80], ca[560], log[300];
	const char *argv[] = { d->paths->engined, "--mode", "live", "--exit", "--config", d->config, "--state", d->state, "--runtime", d->runtime,
	                 "--tables", d->paths->tables, "--clock", d->broker.clock_text, NULL };
	/* The account that neosim knows, nobody's secrets; and no word of the caller's environment. */
	const char *env[] = { "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", url, ca, "KOTAK_CONSUMER_KEY=11111111-2222-3333-4444-555555555555",
	                "KOTAK_MOBILE_NUMBER=+919876543210", "KOTAK_UCC=ABC12", "KOTAK_MPIN=123456", "KOTAK_TOTP_SECRET=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", NULL };

	snprintf(url, sizeof(url), "KOTAK_SESSION_URL=https://127.0.0.1:%d", d->broker.tls_port);
	snprintf(ca, sizeof(ca), "KOTAK_CA_FILE=%s", d->broker.ca);
	snprintf(log, sizeof(log), "%s/engined.log", d->dir);
	return drill_child_start(argv, env, -1, log);
}

/* -- asking --------------------------------------------------------------------------------------------------------- */

static bool not_starting(struct message_slice answer)
{
	cJSON *root = cJSON_ParseWithLength(answer.at, answer.len);
	const cJSON *state = cJSON_GetObjectItemCaseSensitive(root, "state");
	bool good = cJSON_IsString(state) && strcmp(state->valuestring, "starting") != 0;

	cJSON_Delete(root);
	return good;
}

static bool call(const struct day *d, const char *method, const char *params, bool (*judge)(struct message_slice))
{
	struct control_client *c = NULL;
	struct control_answer answer = { 0 };
	bool good = control_client_open(&c, d->socket) == 0 && control_client_call(c, method, params, ANSWER_MS, &answer) == 0 && answer.result.at &&
	            (!judge || judge(answer.result));

	control_client_close(&c);
	return good;
}

bool drill_engine_restored(const struct day *d)
{
	return call(d, "status", NULL, not_starting);
}

bool drill_engine_ask(const struct day *d, const char *method)
{
	return call(d, method, "{\"reason\":\"crash drill\"}", NULL);
}

bool drill_engine_tell(const struct day *d, const char *method)
{
	struct control_client *c = NULL;
	char line[128];
	int n = snprintf(line, sizeof(line), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":{\"reason\":\"crash drill\"}}\n", method);
	bool good = control_client_open(&c, d->socket) == 0 && control_client_send(c, line, (size_t)n) == 0;

	control_client_close(&c);
	return good;
}
