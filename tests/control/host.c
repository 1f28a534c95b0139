#include "tests/control/host.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "lib/base/json.h"
#include "lib/base/obj.h"

#define HELD_MAX 256

struct work { void (*run)(struct control_server *, void *); void *arg; sem_t done; };

static struct {
	uv_loop_t loop;
	uv_async_t async;
	struct control_server *server;
	pthread_t thread;
	char folder[64], path[96];
	struct host_options o;
	struct work *work;
	struct control_call *held[HELD_MAX];
	int held_count;
	bool stopping;
	sem_t ready;
} host;

atomic_int host_pauses;
_Atomic(const char *) host_shutdown_state;

/* -- the small engine --------------------------------------------------------------------------------------------- */

static void reply_text(struct control_call *call, const char *json)
{
	struct buf out = { 0 };

	buf_puts(&out, json);
	control_reply(call, &out);
	buf_done(&out);
}

static void on_pause(void *ctx, struct control_call *call)
{
	char text[32];

	(void)ctx;
	snprintf(text, sizeof(text), "{\"pauses\":%d}", atomic_fetch_add(&host_pauses, 1) + 1);
	reply_text(call, text);
}

static void on_resume(void *ctx, struct control_call *call)
{
	(void)ctx;
	control_fail(call, CODE_KILL_LATCHED, "flatten is latched since 10:00");
}

static void on_session(void *ctx, struct control_call *call)
{
	struct buf out = { 0 };
	struct json j;

	(void)ctx;
	json_begin(&j, &out);
	json_object(&j, NULL);
	json_str(&j, "principal", call->principal);
	json_str(&j, "role", control_role_name(call->role));
	json_object_end(&j);
	control_reply(call, &out);
	buf_done(&out);
}

static void on_debug(void *ctx, struct control_call *call)
{
	(void)ctx;
	WRONG(host.held_count == HELD_MAX);
	host.held[host.held_count++] = call;
}

static void on_balance(void *ctx, struct control_call *call)
{
	(void)ctx;
	reply_text(call, "{\"mode\":\"paper\",\"source\":\"paper\",\"broker_connected\":true,\"age_ms\":12,\"capital\":1234567.50,"
	                 "\"equity\":-1234.00,\"day_pnl\":512.25,\"charges\":null}");
}

static void on_positions(void *ctx, struct control_call *call)
{
	(void)ctx;
	reply_text(call, "{\"mode\":\"paper\",\"items\":[{\"symbol\":\"BANKNIFTY23APR41000CE\",\"strategy\":\"amd\",\"side\":\"long\","
	                 "\"qty\":25,\"average\":120.50,\"last\":118.00,\"pnl\":-62.50},{\"symbol\":\"NIFTY\\u001b[31m\",\"qty\":-1500,"
	                 "\"average\":100000.00,\"pnl\":0.00}],\"total\":{\"pnl\":-62.50},\"next\":null}");
}

/* A large body, for readers who do not read. */
static void on_orders(void *ctx, struct control_call *call)
{
	struct buf out = { 0 };

	(void)ctx;
	buf_puts(&out, "{\"items\":[],\"pad\":\"");
	for (int i = 0; i < 20000; i++)
		buf_puts(&out, "0123456789");
	buf_puts(&out, "\"}");
	control_reply(call, &out);
	buf_done(&out);
}

static void on_bad_answer(void *ctx, struct control_call *call)
{
	(void)ctx;
	reply_text(call, "{\n}");
}

static void on_metrics(void *ctx, struct control_call *call)
{
	(void)ctx;
	reply_text(call, "\"# HELP x\\nx 1\\n\"");
}

static void on_shutdown(void *ctx, struct control_call *call)
{
	(void)ctx;
	reply_text(call, "{\"operation\":\"shutdown\",\"positions\":\"flatten\",\"state\":\"running\"}");
}

static void on_shutdown_state(void *ctx, struct control_call *call)
{
	char text[64];

	(void)ctx;
	snprintf(text, sizeof(text), "{\"state\":\"%s\",\"open\":[]}", atomic_load(&host_shutdown_state));
	reply_text(call, text);
}

static control_handler *const handlers[CTL_COUNT] = {
	[CTL_PAUSE] = on_pause, [CTL_RESUME] = on_resume, [CTL_SESSION] = on_session, [CTL_DEBUG] = on_debug,
	[CTL_BALANCE] = on_balance, [CTL_POSITIONS] = on_positions, [CTL_ORDERS] = on_orders, [CTL_RISK] = on_bad_answer,
	[CTL_METRICS] = on_metrics, [CTL_SHUTDOWN] = on_shutdown, [CTL_SHUTDOWN_STATE] = on_shutdown_state,
	[CTL_HEALTH] = on_session, [CTL_KILL] = on_debug,
};

/* -- the thread --------------------------------------------------------------------------------------------------- */

static int seam_uid(int fd, uid_t *ret)
{
	(void)fd;
	*ret = host.o.peer;
	return 0;
}

static void woken(uv_async_t *async)
{
	struct work *work = host.work;

	host.work = NULL;
	if (work) {
		work->run(host.server, work->arg);
		sem_post(&work->done);
	}
	if (host.stopping) {
		control_server_close(&host.server);
		uv_close((uv_handle_t *)async, NULL);
	}
}

static void *loop_thread(void *arg)
{
	char why[256] = "";
	struct control_server_options o = { .loop = &host.loop, .path = host.path, .handlers = handlers,
		.peer_uid = host.o.as_peer ? seam_uid : NULL, .clients_max = host.o.clients_max,
		.half_line_ms = host.o.half_line_ms, .backlog_max = host.o.backlog_max };

	uv_loop_init(&host.loop);
	uv_async_init(&host.loop, &host.async, woken);
	WRONG(control_server_open(&host.server, &o, why, sizeof(why)) != 0);
	sem_post(&host.ready);
	uv_run(&host.loop, UV_RUN_DEFAULT);
	WRONG(uv_loop_close(&host.loop) != 0);
	return arg;
}

void host_start(const struct host_options *o)
{
	memset(&host, 0, sizeof(host));
	atomic_store(&host_pauses, 0);
	atomic_store(&host_shutdown_state, "flat");
	if (o)
		host.o = *o;
	strcpy(host.folder, "/tmp/sauda-control-XXXXXX");
	WRONG(!mkdtemp(host.folder));
	snprintf(host.path, sizeof(host.path), "%s/control.sock", host.folder);
	sem_init(&host.ready, 0, 0);
	WRONG(pthread_create(&host.thread, NULL, loop_thread, NULL) != 0);
	sem_wait(&host.ready);
}

static void raise_flag(struct control_server *s, void *arg)
{
	(void)s;
	*(bool *)arg = true;
}

void host_run(void (*run)(struct control_server *, void *), void *arg)
{
	struct work work = { .run = run, .arg = arg };

	sem_init(&work.done, 0, 0);
	host.work = &work;
	uv_async_send(&host.async);
	sem_wait(&work.done);
	sem_destroy(&work.done);
}

/* The flag is set on the loop's thread and looked at behind the work that sets it. */
static void end_thread(void)
{
	host_run(raise_flag, &host.stopping);
	pthread_join(host.thread, NULL);
	sem_destroy(&host.ready);
	WRONG(access(host.path, F_OK) == 0);
	rmdir(host.folder);
}

void host_stop(void)
{
	host_release_held();
	end_thread();
}

void host_stop_keeping_calls(void)
{
	end_thread();
	for (int i = 0; i < host.held_count; i++)
		reply_text(host.held[i], "{}");
}

const char *host_path(void)
{
	return host.path;
}

static void take_stats(struct control_server *s, void *arg)
{
	*(struct control_server_stats *)arg = control_server_stats(s);
}

struct control_server_stats host_stats(void)
{
	struct control_server_stats stats;

	host_run(take_stats, &stats);
	return stats;
}

static void release(struct control_server *s, void *arg)
{
	(void)s;
	(void)arg;
	for (int i = 0; i < host.held_count; i++)
		reply_text(host.held[i], "{\"held\":true}");
	host.held_count = 0;
}

void host_release_held(void)
{
	host_run(release, NULL);
}
