/* neosim: puts the world together, says where it listens, and turns until SIGTERM. One thread, one loop: what a client is told in one turn
 * is what the world was in that turn. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/stamp.h"
#include "tests/neosim/api.h"
#include "tests/neosim/options.h"

static const char *const host_names[] = {"mis.kotaksecurities.com", "cis.kotaksecurities.com", "lapi.kotaksecurities.com", "sfeed.kotaksecurities.com",
	"e21.kotaksecurities.com", "localhost", "127.0.0.1", NULL};

static volatile sig_atomic_t stop;

static void stopped(int number)
{
	(void)number;
	stop = 1;
}

/* -- the exchange's news ------------------------------------------------------------------------------------------ */

static void on_order(void *ctx, const struct sim_order *o)
{
	struct sim *s = ctx;
	const struct fault *f;
	const struct past_step *step;

	CHECK_OBJ(s, SIM_MAGIC);
	f = faults_meet(&s->faults, FAULT_GROUP_STEP, FAULT_AT_STEP, "", "");
	step = past_add_step(&s->past, o, f ? f->body : sim_status_text(o->status), sim_time(s));
	if (!o->hidden && !s->late)
		order_feed_order(s, step);
}

static void on_trade(void *ctx, const struct sim_order *o, const struct sim_trade *t)
{
	(void)ctx; /* the order feed knows no trades; the books ask the exchange */
	(void)o;
	(void)t;
}

static void on_position(void *ctx, const struct sim_position *p)
{
	struct sim *s = ctx;

	CHECK_OBJ(s, SIM_MAGIC);
	past_add_position(&s->past, p, sim_time(s));
	order_feed_position(s, p);
}

static void on_price(void *ctx, const struct scrip *scrip, const struct sim_quote *q)
{
	struct sim *s = ctx;

	(void)q;
	exchange_price(s->exchange, scrip);
}

/* -- the loop ----------------------------------------------------------------------------------------------------- */

static void turn(struct sim *s)
{
	int64_t next = market_next_at(s->market), other = exchange_next_at(s->exchange);

	net_turn(s->net, sim_wait_ms(&s->clock, other < next ? other : next));
	order_feed_flush(s);
	market_advance(s->market, on_price, s);
	exchange_advance(s->exchange);
	order_feed_flush(s);
	market_feed_flush(s);
}

static void say_where(const struct sim *s, const char *dir)
{
	printf("{\"port\":%d,\"tls_port\":%d,\"proxy_port\":%d,\"ca\":\"%s/ca.pem\",\"virtual_ns\":%lld,\"real_ns\":%lld,\"speed\":%lld}\n", net_port(s->net, 0),
	       net_port(s->net, 1), net_port(s->net, 2), dir, (long long)s->clock.virtual_from, (long long)s->clock.real_from, (long long)s->clock.speed);
	fflush(stdout);
}

/* -- begin, end --------------------------------------------------------------------------------------------------- */

static int64_t machine_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * NANOS_SECOND + t.tv_nsec;
}

static int open_world(struct sim *s, const struct sim_options *o, char error[256])
{
	struct market_options m = {.data = o->data, .n_data = o->n_data, .seed = o->seed, .master_rows = o->master_rows};
	struct exchange_options x = {.cash = o->cash, .step_delay = o->step_ms * NANOS_MS, .fill_delay = o->step_ms * NANOS_MS, .partial_fills = true,
		.replace_tag = true, .square_off = true, .seed = o->seed};
	struct exchange_events events = {on_order, on_trade, on_position, s};
	int err = market_open(&m, &s->clock, &s->market, error);

	if (err)
		return err;
	err = exchange_open(&x, s->market, &s->clock, &events, &s->exchange);
	if (err)
		snprintf(error, 256, "exchange: %s", err_text(err));
	return err;
}

static int open_net(struct sim *s, const struct sim_options *o, const char *dir, char error[256])
{
	char cert[PATH_MAX], key[PATH_MAX];
	struct net_options n = {.bind = "127.0.0.1", .port = o->port, .tls_port = o->tls_port, .proxy_port = o->proxy_port, .cert = cert, .key = key,
		.serve = api_serve, .ctx = s, .ws = feed_events(s)};
	int err = net_make_certificates(dir, host_names, error);

	snprintf(cert, sizeof(cert), "%s/cert.pem", dir);
	snprintf(key, sizeof(key), "%s/key.pem", dir);
	return err ? err : net_open(&n, &s->net, error);
}

static void begin(struct sim *s, const struct sim_options *o)
{
	*s = (struct sim){.magic = SIM_MAGIC, .account = o->account, .ip = "203.0.113.7", .registered_ip = "203.0.113.7"};
	s->order_feed.feed.orders = true;
	sim_clock_start(&s->clock, o->at ? o->at : machine_now(), o->speed);
	s->auth.random = o->seed ^ (uint64_t)s->clock.real_from; /* a session of an earlier run is nobody's now */
}

static void end(struct sim *s)
{
	size_t i;

	net_close(&s->net);
	exchange_close(&s->exchange);
	market_close(&s->market);
	faults_clear(&s->faults);
	capture_clear(&s->capture);
	free(s->capture.list);
	past_done(&s->past);
	order_feed_done(&s->order_feed);
	for (i = 0; i < SIM_MASTERS; i++)
		free(s->masters[i].csv);
}

static void remove_dir(const char *dir)
{
	static const char *const files[] = {"ca.pem", "cert.pem", "key.pem"};
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < ARRAY_LEN(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	rmdir(dir);
}

static int run(const struct sim_options *o, const char *dir)
{
	static struct sim s;
	char error[256] = "";
	int err;

	begin(&s, o);
	err = open_world(&s, o, error);
	if (!err)
		err = open_net(&s, o, dir, error);
	if (err)
		log_error("neosim", "%s", *error ? error : err_text(err));
	else
		say_where(&s, dir);
	while (!err && !stop)
		turn(&s);
	end(&s);
	return err ? 1 : 0;
}

static const char *own_dir(char *template, size_t size)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(template, size, "%s/neosim-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	return mkdtemp(template);
}

int main(int argc, char **argv)
{
	struct sigaction term = {.sa_handler = stopped}, ignore = {.sa_handler = SIG_IGN};
	char error[256], own[256];
	struct sim_options o;
	const char *dir;
	int status;

	if (!options_take(argc, argv, &o, error)) {
		fprintf(stderr, "%s%s%s", error, *error ? "\n" : "", options_usage());
		return 2;
	}
	if (o.log && !freopen(o.log, "a", stderr)) {
		fprintf(stderr, "neosim: %s: %s\n", o.log, strerror(errno));
		return 2;
	}
	log_setup(o.log ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, false);
	sigaction(SIGTERM, &term, NULL);
	sigaction(SIGINT, &term, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	if (o.dir)
		mkdir(o.dir, 0755);
	dir = o.dir ? o.dir : own_dir(own, sizeof(own));
	if (!dir) {
		fprintf(stderr, "neosim: no folder for the certificates: %s\n", strerror(errno));
		return 1;
	}
	status = run(&o, dir);
	if (!o.dir)
		remove_dir(dir);
	return status;
}
