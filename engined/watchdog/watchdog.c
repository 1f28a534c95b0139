/* engine-watchdog: a small process of its own that reads the engine's beats, raises the alarm when they stop or say that something is wrong, pings somebody
 * off this machine while all is well, and in live closes what a dead engine left open. It asks the engine nothing and shares nothing with it
 * but two small files. docs/watchdog.md. */
#include "engined/watchdog/watchdog.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engined/account.h"
#include "engined/market.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/obj.h"

#define TICK_MS 250

static const char *const modes[] = { "demo", "replay", "paper", "live" };

struct watchdog *watchdog_of(void *ctx)
{
	struct watchdog *w = ctx;

	CHECK_OBJ(w, WATCHDOG_MAGIC);
	return w;
}

/* -- a tick ---------------------------------------------------------------------------------------------------------------- */

/* A year without a calendar is taken for open on working days: a false alarm costs less than a missed one. */
static bool market_open(const struct watchdog *w, nanos_t now, uint32_t mode)
{
	nanos_t time = stamp_time_of_day(now);
	struct session_day day;
	enum session_phase phase;

	if (mode < MODE_PAPER)
		return true;
	session_lookup(&w->tables.calendar, stamp_date(now), GROUP_FO, &day);
	phase = session_phase(&day, now);
	if (phase == PHASE_UNKNOWN)
		return date_weekday(stamp_date(now)) < WEEKDAY_SAT && time >= TIME_OF_DAY(9, 15) && time < TIME_OF_DAY(15, 30);
	return phase == PHASE_OPEN || phase == PHASE_SQUARE_OFF;
}

static void look(struct watchdog *w, struct watch_input *in)
{
	nanos_t now;
	int err = heartbeat_read(w->heartbeat, &in->beat, &in->alive);
	bool odd = err != ERR_OK && err != ERR_NOENT;

	in->known = err == ERR_OK;
	if (odd && !w->unreadable)
		log_error("watchdog", "%s: %s; is it of the engine of this version?", w->heartbeat, err_text(err));
	w->unreadable = odd;
	if (!in->known && w->watch.in.known) { /* a file that vanished or was damaged is no better news than its last beat */
		in->beat = w->watch.in.beat;
		in->known = true;
	}
	time_keep(w, in);
	now = clock_now(&w->clock);
	in->mono = clock_mono();
	in->today = stamp_date(now);
	in->market_open = market_open(w, now, in->known ? in->beat.mode : w->mode);
	in->expected = w->mode >= MODE_PAPER;
}

static void on_tick(uv_timer_t *timer)
{
	struct watchdog *w = watchdog_of(timer->data);
	struct watch_input in = { 0 };

	look(w, &in);
	w->said = watch_step(&w->watch, &in);
	if (status_acknowledged(w))
		watch_acknowledge(&w->watch);
	if (w->said != SAY_NOTHING)
		alarm_tell(w, w->said);
	takeover_tick(w);
	alarm_ping(w);
	status_write(w);
	manager_alive(&w->manager, in.mono);
}

/* -- life -------------------------------------------------------------------------------------------------------------------- */

static void on_signal(uv_signal_t *signal, int number)
{
	struct watchdog *w = watchdog_of(signal->data);

	log_info("watchdog", "%s: leaving; nobody watches the engine now", number == SIGTERM ? "SIGTERM" : "SIGINT");
	manager_stopping(&w->manager);
	uv_stop(&w->loop);
}

static int fail(const char *what, const char *why)
{
	log_error("watchdog", "%s: %s", what, why);
	return 1;
}

static int choose_mode(struct watchdog *w)
{
	w->mode = (uint32_t)w->config->engine_mode;
	for (uint32_t i = 0; w->o.mode && i < ARRAY_LEN(modes); i++)
		if (strcmp(modes[i], w->o.mode) == 0)
			w->mode = i;
	if (!w->o.clock)
		return 0;
	if (clock_parse(w->o.clock, &w->clock) != ERR_OK)
		return fail("--clock", "takes VIRTUAL_NS,REAL_NS,SPEED as a simulator prints them");
	if (!account_is_loopback(w->config->kotak_session_url))
		return fail("--clock", "is for a simulator on this machine; kotak.session_url names another host, or none");
	return 0;
}

static void folders(struct watchdog *w)
{
	const struct config *c = w->config;

	snprintf(w->root_dir, sizeof(w->root_dir), "%s", w->o.state_dir ? w->o.state_dir : c->engine_state_dir);
	snprintf(w->runtime_dir, sizeof(w->runtime_dir), "%s", w->o.runtime_dir ? w->o.runtime_dir : c->engine_runtime_dir);
	snprintf(w->heartbeat, sizeof(w->heartbeat), "%s/heartbeat", w->runtime_dir);
	if (mkdir(w->runtime_dir, 0750) != 0 && errno != EEXIST)
		log_warn("watchdog", "%s: %s", w->runtime_dir, strerror(errno));
}

static int open_loop(struct watchdog *w)
{
	struct http_options o = { .ca_file = w->config->kotak_session_url[0] && w->config->kotak_ca_file[0] ? w->config->kotak_ca_file : NULL,
	                          .user_agent = "engine-watchdog/" PACKAGE_VERSION, .body_max = 64 * 1024 };

	if (sodium_init() < 0 || uv_loop_init(&w->loop) != 0 || http_open(&w->loop, &o, &w->http) != ERR_OK)
		return fail("start", "the event loop, libsodium or libcurl cannot be started");
	uv_timer_init(&w->loop, &w->tick);
	uv_signal_init(&w->loop, &w->term);
	uv_signal_init(&w->loop, &w->interrupt);
	w->tick.data = w->term.data = w->interrupt.data = w;
	signal(SIGPIPE, SIG_IGN); /* an alarm program that does not read is no reason to die */
	uv_signal_start(&w->term, on_signal, SIGTERM);
	uv_signal_start(&w->interrupt, on_signal, SIGINT);
	uv_timer_start(&w->tick, on_tick, 0, TICK_MS);
	return 0;
}

static int begin(struct watchdog *w)
{
	const struct config *c = w->config;
	struct watch_settings set = { .alarm_after = c->watchdog_alarm_after_s * NANOS_SECOND, .repeat = c->watchdog_repeat_s * NANOS_SECOND,
	                              .grace = c->watchdog_restart_grace_s * NANOS_SECOND, .flatten = c->watchdog_flatten != 0 };
	struct market_error error;

	watch_init(&w->watch, &set);
	folders(w);
	if (choose_mode(w))
		return 1;
	if (market_load(w->o.tables_dir ? w->o.tables_dir : c->engine_tables_dir, &w->tables, &error) != ERR_OK)
		return fail("tables", error.text);
	return open_loop(w);
}

static void close_handle(uv_handle_t *handle, void *ctx)
{
	const char *at = (const char *)handle, *from = ctx;

	if (at >= from && at < from + sizeof(struct watchdog) && !uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void finish(struct watchdog *w)
{
	takeover_close(w);
	alarm_stop(w);
	status_remove(w);
	http_close(&w->http);
	uv_walk(&w->loop, close_handle, w);
	for (int i = 0; i < 100 && uv_run(&w->loop, UV_RUN_NOWAIT) != 0; i++)
		uv_sleep(1);
}

static int run(const struct watchdog_options *o, struct config *config)
{
	static struct watchdog w;

	w = (struct watchdog){ .magic = WATCHDOG_MAGIC, .o = *o, .config = config, .clock = CLOCK_SYSTEM };
	log_setup(config_log_level(config), getenv("JOURNAL_STREAM") != NULL);
	manager_open(&w.manager);
	if (begin(&w))
		return 1;
	log_info("watchdog", "watching %s", w.heartbeat);
	uv_run(&w.loop, UV_RUN_DEFAULT);
	finish(&w);
	manager_close(&w.manager);
	return 0;
}

/* -- the command line ---------------------------------------------------------------------------------------------------------- */

static void usage(FILE *to)
{
	fputs("engine-watchdog [--config FILE] [--mode demo|replay|paper|live] [--state DIR] [--runtime DIR] [--tables DIR]\n"
	      "  watches the engine of the same folders; its settings are the section [watchdog]\n"
	      "  --clock V,R,S   the clock of a broker simulator on this machine, as it prints it\n", to);
}

static int parse(int argc, char **argv, struct watchdog_options *o)
{
	static const struct option long_options[] = {
		{ "config", required_argument, NULL, 'c' }, { "mode", required_argument, NULL, 'm' }, { "state", required_argument, NULL, 'S' },
		{ "runtime", required_argument, NULL, 'R' }, { "tables", required_argument, NULL, 'T' }, { "clock", required_argument, NULL, 'L' },
		{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' }, { 0 },
	};
	bool known = false;
	int c;

	while ((c = getopt_long(argc, argv, "c:m:S:R:T:L:hV", long_options, NULL)) != -1)
		switch (c) {
		case 'c': o->config_path = optarg; break;
		case 'm': o->mode = optarg; break;
		case 'S': o->state_dir = optarg; break;
		case 'R': o->runtime_dir = optarg; break;
		case 'T': o->tables_dir = optarg; break;
		case 'L': o->clock = optarg; break;
		case 'h': usage(stdout); return 0;
		case 'V': puts("engine-watchdog " PACKAGE_VERSION); return 0;
		default:  usage(stderr); return 2;
		}
	for (size_t i = 0; o->mode && i < ARRAY_LEN(modes); i++)
		known = known || strcmp(modes[i], o->mode) == 0;
	if (optind < argc || (o->mode && !known)) {
		fprintf(stderr, "engine-watchdog: \"%s\" is not known\n", optind < argc ? argv[optind] : o->mode);
		return 2;
	}
	return -1;
}

static int load(struct config *config, const char *path)
{
	struct config_issues issues = { 0 };
	int err = config_load(config, path, &issues);

	if (issues.count)
		fputs(issues.text.data, stderr);
	else if (err != ERR_OK)
		fprintf(stderr, "engine-watchdog: %s: %s\n", path ? path : "settings", err_text(err));
	config_issues_done(&issues);
	return err;
}

int main(int argc, char **argv)
{
	struct watchdog_options o = { 0 };
	struct config *config = calloc(1, sizeof(*config));
	int status = config ? parse(argc, argv, &o) : 1;

	if (status < 0) {
		status = load(config, o.config_path) == ERR_OK ? 0 : 1;
		config_scrub_environment();
		if (status == 0)
			status = run(&o, config);
		config_wipe(config);
	}
	free(config);
	return status;
}
