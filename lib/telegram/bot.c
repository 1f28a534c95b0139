#include "lib/telegram/bot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/obj.h"
#include "lib/loop/http.h"
#include "lib/loop/url.h"

#define TELEGRAM_MAGIC 0x54474241u
#define ASK_MAGIC 0x5447534Bu
#define SEND_MS 15000
#define PHOTO_MS 30000
#define POLL_GRACE_MS 10000     /* beyond the seconds it was asked to wait */
#define ANSWER_MAX (64 << 10)
#define UPDATES_BYTES (1 << 20) /* twenty of the longest messages are a tenth of it */
#define ADDRESS_MAX 700
#define BOUNDARY "sauda-7f3a91c2e5b8d604" /* never within a picture of ours: those hold no such text */

enum poll_size { POLL_WHOLE, POLL_ONE, POLL_NEWEST };

struct telegram {
	uint32_t magic;
	struct http *http;
	char url[420], token[160];
	struct telegram_stats stats;
	enum poll_size size;
	bool polling;
};

struct ask {
	uint32_t magic;
	struct telegram *t;
	telegram_done *done;
	telegram_heard *heard;
	void *ctx;
	struct buf in;               /* of a poll */
	bool giant;
};

/* -- what became of it ------------------------------------------------------------------------------------------------------ */

/* No text of this client holds the token, whoever wrote it. */
static void redact(const struct telegram *t, char *text)
{
	size_t len = strlen(t->token);

	for (char *at; (at = strstr(text, t->token)) != NULL;)
		memmove(at, at + len, strlen(at + len) + 1);
}

static void judge_silence(const struct http_answer *a, struct telegram_result *r)
{
	*r = (struct telegram_result){ .fate = a->fate == HTTP_CANCELLED ? TELEGRAM_GONE : TELEGRAM_DOWN, .unsure = a->fate != HTTP_NOT_SENT };
	snprintf(r->why, sizeof(r->why), "%s", a->error);
}

static void count(struct telegram *t, const struct telegram_result *r)
{
	struct telegram_stats *s = &t->stats;

	s->answered += r->fate == TELEGRAM_DONE;
	s->later += r->fate == TELEGRAM_LATER;
	s->down += r->fate == TELEGRAM_DOWN;
	s->unsure += r->fate == TELEGRAM_DOWN && r->unsure;
	s->refused += r->fate == TELEGRAM_TOKEN || r->fate == TELEGRAM_CHAT || r->fate == TELEGRAM_REFUSED;
}

static void ask_free(struct ask *q)
{
	buf_done(&q->in);
	q->magic = 0;
	free(q);
}

/* Retry-After in the header when a proxy answered in Telegram's place. */
static void look_at_header(const struct http_answer *a, struct telegram_result *r)
{
	if (r->fate == TELEGRAM_LATER && a->retry_after > r->wait)
		r->wait = a->retry_after < NANOS_HOUR ? a->retry_after : NANOS_HOUR;
}

static void answered(void *ctx, const struct http_answer *a)
{
	struct ask *q = ctx;
	const cJSON *result;
	struct telegram_result r;
	cJSON *root = NULL;

	CHECK_OBJ(q, ASK_MAGIC);
	if (a->fate == HTTP_ANSWERED)
		telegram_judge(a->status, a->body, a->len, &r, &root, &result);
	else
		judge_silence(a, &r);
	cJSON_Delete(root);
	look_at_header(a, &r);
	redact(q->t, r.why);
	count(q->t, &r);
	if (q->done)
		q->done(q->ctx, &r);
	ask_free(q);
}

static void updates_came(void *ctx, const struct http_answer *a)
{
	struct telegram_update list[TELEGRAM_UPDATES_MAX];
	struct ask *q = ctx;
	struct telegram *t = q->t;
	const cJSON *result = NULL;
	struct telegram_result r;
	cJSON *root = NULL;
	size_t n = 0;

	CHECK_OBJ(q, ASK_MAGIC);
	t->polling = false;
	if (a->fate == HTTP_ANSWERED)
		telegram_judge(a->status, q->in.data ? q->in.data : "", q->in.len, &r, &root, &result);
	else
		judge_silence(a, &r);
	if (r.fate == TELEGRAM_DONE)
		n = telegram_updates(result, list);
	cJSON_Delete(root);
	if (q->giant) {
		t->stats.giant++;
		t->size = t->size == POLL_WHOLE ? POLL_ONE : POLL_NEWEST;
		snprintf(r.why, sizeof(r.why), "an answer of more than %d bytes", UPDATES_BYTES);
	} else if (r.fate == TELEGRAM_DONE)
		t->size = POLL_WHOLE;
	look_at_header(a, &r);
	redact(t, r.why);
	count(t, &r);
	q->heard(q->ctx, &r, list, n);
	ask_free(q);
}

static bool take_updates(void *ctx, const char *bytes, size_t len)
{
	struct ask *q = ctx;

	CHECK_OBJ(q, ASK_MAGIC);
	q->giant = q->in.len + len > UPDATES_BYTES;
	if (!q->giant)
		buf_put(&q->in, bytes, len);
	return !q->giant && !q->in.failed;
}

/* -- asking ----------------------------------------------------------------------------------------------------------------- */

static void call(struct telegram *t, const char *method, const char *type, const struct buf *body, unsigned ms, struct ask *q)
{
	char address[ADDRESS_MAX];
	struct http_header header = { "Content-Type", type };

	snprintf(address, sizeof(address), "%s/bot%s/%s", t->url, t->token, method);
	struct http_request r = { .method = "POST", .url = address, .headers = &header, .n_headers = 1, .body = body->data, .body_len = body->len, .once = !q->heard,
	                          .timeout_ms = ms, .body_max = ANSWER_MAX, .sink = q->heard ? take_updates : NULL, .done = q->heard ? updates_came : answered, .ctx = q };
	int err = http_call(t->http, &r);

	explicit_bzero(address, sizeof(address));
	assert(err == ERR_OK); /* the address was tried when the client was opened, and it is not closed */
	t->stats.requests++;
}

static struct ask *ask_new(struct telegram *t, telegram_done *done, void *ctx)
{
	struct ask *q = calloc(1, sizeof(*q));

	CHECK_OBJ(t, TELEGRAM_MAGIC);
	assert(q);
	*q = (struct ask){ .magic = ASK_MAGIC, .t = t, .done = done, .ctx = ctx };
	return q;
}

static void call_json(struct telegram *t, const char *method, struct buf *body, unsigned ms, struct ask *q)
{
	assert(!body->failed);
	call(t, method, "application/json", body, ms, q);
	buf_done(body);
}

static void put_buttons(struct json *j, const struct telegram_message *m)
{
	json_object(j, "reply_markup");
	json_array(j, "inline_keyboard");
	json_array(j, NULL);
	for (size_t i = 0; i < m->n_buttons; i++) {
		json_object(j, NULL);
		json_str(j, "text", m->buttons[i].text);
		json_str(j, "callback_data", m->buttons[i].data);
		json_object_end(j);
	}
	json_array_end(j);
	json_array_end(j);
	json_object_end(j);
}

void telegram_send(struct telegram *t, const struct telegram_message *m, telegram_done *done, void *ctx)
{
	struct ask *q = ask_new(t, done, ctx);
	struct buf body = { 0 };
	struct json j;

	json_begin(&j, &body);
	json_object(&j, NULL);
	json_str(&j, "chat_id", m->chat);
	json_str(&j, "text", m->text);
	json_bool(&j, "disable_notification", m->quiet);
	json_object(&j, "link_preview_options");
	json_bool(&j, "is_disabled", true);
	json_object_end(&j);
	if (m->n_buttons)
		put_buttons(&j, m);
	json_object_end(&j);
	call_json(t, "sendMessage", &body, SEND_MS, q);
}

static void put_part(struct buf *body, const char *name, const char *more, const void *bytes, size_t len)
{
	buf_printf(body, "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n\r\n", name, more);
	buf_put(body, bytes, len);
	buf_puts(body, "\r\n");
}

void telegram_photo(struct telegram *t, const char *chat, const char *caption, const void *png, size_t len, telegram_done *done, void *ctx)
{
	struct ask *q = ask_new(t, done, ctx);
	struct buf body = { 0 };

	put_part(&body, "chat_id", "", chat, strlen(chat));
	put_part(&body, "caption", "", caption, strlen(caption));
	put_part(&body, "photo", "; filename=\"equity.png\"\r\nContent-Type: image/png", png, len);
	buf_puts(&body, "--" BOUNDARY "--\r\n");
	assert(!body.failed);
	call(t, "sendPhoto", "multipart/form-data; boundary=" BOUNDARY, &body, PHOTO_MS, q);
	buf_done(&body);
}

void telegram_pressed(struct telegram *t, const char *query, const char *text)
{
	struct ask *q = ask_new(t, NULL, NULL);
	struct buf body = { 0 };
	struct json j;

	json_begin(&j, &body);
	json_object(&j, NULL);
	json_str(&j, "callback_query_id", query);
	json_str(&j, "text", text);
	json_object_end(&j);
	call_json(t, "answerCallbackQuery", &body, SEND_MS, q);
}

void telegram_poll(struct telegram *t, int64_t offset, unsigned seconds, telegram_heard *heard, void *ctx)
{
	struct ask *q = ask_new(t, NULL, ctx);
	struct buf body = { 0 };
	struct json j;

	assert(!t->polling);
	t->polling = true;
	q->heard = heard;
	json_begin(&j, &body);
	json_object(&j, NULL);
	json_int(&j, "offset", t->size == POLL_NEWEST ? -1 : offset);
	json_int(&j, "limit", t->size == POLL_WHOLE ? TELEGRAM_UPDATES_MAX : 1);
	json_uint(&j, "timeout", seconds);
	json_array(&j, "allowed_updates"); /* no edits: a command is what was sent */
	json_str(&j, NULL, "message");
	json_str(&j, NULL, "callback_query");
	json_array_end(&j);
	json_object_end(&j);
	call_json(t, "getUpdates", &body, seconds * 1000 + POLL_GRACE_MS, q);
}

/* -- life ------------------------------------------------------------------------------------------------------------------- */

struct telegram_stats telegram_stats(const struct telegram *t)
{
	CHECK_OBJ(t, TELEGRAM_MAGIC);
	return t->stats;
}

int telegram_open(struct uv_loop_s *loop, const struct telegram_options *o, struct telegram **ret)
{
	struct telegram *t = calloc(1, sizeof(*t));
	struct http_options h = { .user_agent = "sauda", .body_max = ANSWER_MAX, .stints = o->stints };
	struct url url;
	int err = ERR_OK;

	if (!t)
		return ERR_NOMEM;
	*t = (struct telegram){ .magic = TELEGRAM_MAGIC };
	if (strlen(o->url) >= sizeof(t->url) || strlen(o->token) >= sizeof(t->token) || o->token[0] == '\0')
		err = ERR_RANGE;
	snprintf(t->url, sizeof(t->url), "%s", o->url);
	snprintf(t->token, sizeof(t->token), "%s", o->token);
	if (err == ERR_OK)
		err = url_split(t->url, "http", "https", &url);
	if (err == ERR_OK)
		err = http_open(loop, &h, &t->http);
	if (err != ERR_OK) {
		telegram_close(&t);
		return err;
	}
	*ret = t;
	return ERR_OK;
}

void telegram_close(struct telegram **ref)
{
	struct telegram *t = *ref;

	*ref = NULL;
	if (!t)
		return;
	CHECK_OBJ(t, TELEGRAM_MAGIC);
	http_close(&t->http);
	explicit_bzero(t->token, sizeof(t->token));
	t->magic = 0;
	free(t);
}
