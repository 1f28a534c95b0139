/* Which database the store has. Queries travel to its thread and their answers come back to the loop: one mutex, one list. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engined/account.h"
#include "engined/app.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/obj.h"
#include "lib/store/mongo/mongo.h"

struct store_answer {
	struct store_answer *next;
	struct app *app;
	struct control_call *call;
	struct store_query query, wanted; /* `wanted`: asked when `query` found that its strategy ever sent an order */
	bool looks;
	int err;
	struct buf json;
};

static struct { pthread_mutex_t lock; struct store_answer *done; } store_link = { .lock = PTHREAD_MUTEX_INITIALIZER };

int store_link_database(struct app *a)
{
	bool mongo = a->config->store_mongodb_uri[0] && a->mode != MODE_REPLAY; /* a replay is looked at and thrown away */
	struct journal_state state;
	struct store_error error = { "" };
	char path[600], account[ACCOUNT_NAME];

	journal_state(a->journal, &state);
	account_name(a->config, mode_name(a->mode), account);
	snprintf(path, sizeof(path), "%s/sauda.db", a->state_dir);
	struct store_options o = { .ops = mongo ? &store_mongo_ops : NULL, .path = mongo ? a->config->store_mongodb_uri : path,
	                           .account = account, .journal_id = state.id, .journal_dir = a->journal_dir };
	int err = store_open(&o, &a->store, &error);
	if (err != ERR_OK)
		log_error("store", "%s", error.text);
	return err != ERR_OK;
}

/* Store thread. */
static void answered(void *ctx, int err, struct buf *json)
{
	struct store_answer *q = ctx;

	q->err = err;
	if (json && err == ERR_OK)
		buf_put(&q->json, json->data, json->len);
	pthread_mutex_lock(&store_link.lock);
	q->next = store_link.done;
	store_link.done = q;
	pthread_mutex_unlock(&store_link.lock);
	uv_async_send(&q->app->wake);
}

/* The bar in the making is the core's to know: "forming":null of the store is replaced by it. */
static void add_forming(struct app *a, struct store_answer *q)
{
	static const char unknown[] = "\"forming\":null";
	uint32_t instrument = core_find_instrument(a->core, q->query.symbol);
	char *at = q->json.data ? strstr(q->json.data, unknown) : NULL;
	struct buf out = { 0 };
	struct json j;

	if (!at || instrument == INSTRUMENT_NONE)
		return;
	for (uint32_t i = a->core->link[instrument].series; i != SERIES_NONE; i = a->core->series[i].next) {
		const struct series *s = &a->core->series[i];

		if (s->interval_s != q->query.interval_s || !s->forming)
			continue;
		buf_put(&out, q->json.data, (size_t)(at - q->json.data));
		json_begin(&j, &out);
		json_object(&j, "forming");
		json_stamp(&j, "at", s->partial.start);
		json_decimal(&j, "o", s->partial.open);
		json_decimal(&j, "h", s->partial.high);
		json_decimal(&j, "l", s->partial.low);
		json_decimal(&j, "c", s->partial.close);
		json_int(&j, "v", s->partial.volume);
		json_object_end(&j);
		buf_puts(&out, at + sizeof(unknown) - 1);
		buf_done(&q->json);
		q->json = out;
		return;
	}
}

static void ask(struct store_answer *q)
{
	int err = store_query(q->app->store, &q->query, answered, q);

	if (err == ERR_OK)
		return;
	control_fail(q->call, CODE_INTERNAL, err_text(err));
	free(q);
}

static void deliver(struct app *a, struct store_answer *q)
{
	bool found = q->looks && q->json.data && !strstr(q->json.data, "\"items\":[]");

	if (q->err == ERR_OK && found) {
		buf_done(&q->json);
		q->query = q->wanted;
		q->looks = false;
		ask(q);
		return;
	}
	if (q->err != ERR_OK)
		control_fail(q->call, CODE_INTERNAL, err_text(q->err));
	else if (q->looks)
		strategy_unknown(a, q->call, q->query.strategy);
	else {
		if (q->query.kind == STORE_CANDLES)
			add_forming(a, q);
		control_reply(q->call, &q->json);
	}
	buf_done(&q->json);
	free(q);
}

static void on_wake(uv_async_t *handle)
{
	struct app *a = handle->data;
	struct store_answer *done;

	CHECK_OBJ(a, APP_MAGIC);
	pthread_mutex_lock(&store_link.lock);
	done = store_link.done;
	store_link.done = NULL;
	pthread_mutex_unlock(&store_link.lock);
	while (done) {
		struct store_answer *q = done;

		done = q->next;
		deliver(a, q);
	}
}

int store_link_open(struct app *a)
{
	a->wake.data = a;
	return uv_async_init(&a->loop, &a->wake, on_wake) == 0 ? ERR_OK : ERR_IO;
}

/* A strategy that is in no slot may have traded before it was taken out of the settings: its rows say so. */
void store_link_ask(struct app *a, struct control_call *call, const struct store_query *q)
{
	struct store_answer *s = calloc(1, sizeof(*s));

	if (!s) {
		control_fail(call, CODE_INTERNAL, "out of memory");
		return;
	}
	*s = (struct store_answer){ .app = a, .call = call, .query = *q, .wanted = *q };
	if (q->strategy[0] && !strategy_known(a, q->strategy)) {
		s->looks = true;
		s->query = (struct store_query){ .kind = STORE_ORDERS, .limit = 1 };
		memcpy(s->query.strategy, q->strategy, sizeof(s->query.strategy));
	}
	ask(s);
}
