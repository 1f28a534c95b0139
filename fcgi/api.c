#include "fcgi/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "fcgi/answer.h"
#include "fcgi/link.h"
#include "fcgi/param.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/obj.h"
#include "lib/control/frame.h"
#include "lib/control/snapshot.h"

#define API_MAGIC 0x41706920
#define SNAPSHOT_RETRY (100 * NANOS_MS)   /* between attempts to map a snapshot that is not there */
#define PARAMS_MAX (FRAME_LINE_MAX - 256) /* what is left of a line for params */
#define IDEMPOTENCY_KEY_MAX 64

struct api {
	uint32_t magic;
	struct link *link;
	struct auth_cache *auth;
	struct snapshot *snapshot;  /* NULL = not mapped */
	char *snapshot_path;
	nanos_t snapshot_retry_at;
	char run[17];               /* makes request ids of two runs differ */
	uint64_t requests;
	char body[SNAPSHOT_BODY_MAX + 1];
};

int api_open(struct api **ret, const char *snapshot_path, struct link *link)
{
	struct api *a = calloc(1, sizeof(*a));
	unsigned char run[8];

	if (!a)
		return ERR_NOMEM;
	a->magic = API_MAGIC;
	a->link = link;
	a->snapshot_path = strdup(snapshot_path);
	if (!a->snapshot_path || auth_cache_new(&a->auth) != 0) {
		api_close(&a);
		return ERR_NOMEM;
	}
	randombytes_buf(run, sizeof(run));
	sodium_bin2hex(a->run, sizeof(a->run), run, sizeof(run));
	*ret = a;
	return 0;
}

void api_close(struct api **at)
{
	struct api *a = *at;

	*at = NULL;
	if (!a)
		return;
	CHECK_OBJ(a, API_MAGIC);
	snapshot_done(&a->snapshot);
	auth_cache_free(&a->auth);
	free(a->snapshot_path);
	a->magic = 0;
	free(a);
}

static void finish(struct exchange *x)
{
	auth_wipe(&x->credentials);
	x->done(x->ctx);
}

static void finish_fault(struct exchange *x, const struct control_fault *f)
{
	reply_fault(&x->reply, f, x->request_id);
	finish(x);
}

static void finish_with(struct exchange *x, enum control_code code, const char *detail)
{
	struct control_fault f;

	control_fault_set(&f, code, NULL, "%s", detail);
	finish_fault(x, &f);
}

static void finish_result(struct exchange *x, const char *body, size_t len)
{
	if (x->route.command->id == CTL_LOGOUT)
		auth_forget(x->api->auth, x->principal.name);
	answer_result(x, body, len);
	finish(x);
}

static void finish_failure(struct exchange *x, const struct control_fault *f)
{
	answer_failure(x, f);
	finish(x);
}

/* -- the command --------------------------------------------------------------------------------------------------- */

static void command_answered(void *ctx, const struct link_answer *answer)
{
	struct exchange *x = ctx;
	struct control_fault f = answer->fault;

	CHECK_OBJ(x, EXCHANGE_MAGIC);
	x->call = NULL;
	if (answer->result.at) {
		finish_result(x, answer->result.at, answer->result.len);
		return;
	}
	if (x->route.command->id == CTL_AUTH_LINK && (f.code == CODE_LINK_USED || f.code == CODE_UNAUTHENTICATED))
		auth_count_failure(x->api->auth, x->request.remote_addr, snapshot_clock());
	/* Only a lost answer leaves it open; a refusal by the engine is an answer. */
	if (control_command_changes(x->route.command) && (f.code == CODE_TIMEOUT || f.code == CODE_ENGINE_DOWN))
		snprintf(f.remedy, sizeof(f.remedy), "it is not known whether it was done: look at the state, or send it again "
		         "with the same Idempotency-Key");
	finish_failure(x, &f);
}

static void send_failed(struct exchange *x, int err)
{
	struct control_fault f;

	if (err == ERR_CLOSED)
		control_fault_set(&f, CODE_ENGINE_DOWN, NULL, "the engine does not answer on its control socket");
	else
		control_fault_set(&f, CODE_RATE_LIMITED, NULL, "too many requests are waiting for the engine");
	finish_failure(x, &f);
}

static bool put_protocol_members(struct exchange *x, struct control_fault *f)
{
	const char *key = x->request.idempotency_key;
	struct json j = { .out = &x->params, .comma = x->params.len > 1 };

	json_object(&j, "_auth");
	json_str(&j, "principal", x->principal.name);
	json_str(&j, "role", control_role_name(x->principal.role));
	json_object_end(&j);
	if (key && control_command_changes(x->route.command)) {
		if (strlen(key) > IDEMPOTENCY_KEY_MAX || !answer_is_word(key)) {
			control_fault_set(f, CODE_BAD_REQUEST, "use 1 to 64 letters, digits, - or _, such as a UUID",
			                  "the Idempotency-Key is not usable");
			return false;
		}
		json_str(&j, "_request_id", key);
	}
	buf_putc(&x->params, '}');
	return true;
}

static void send_command(struct exchange *x)
{
	struct control_fault f;

	if (!put_protocol_members(x, &f)) {
		finish_fault(x, &f);
		return;
	}
	if (x->params.failed || x->params.len > PARAMS_MAX) {
		finish_with(x, CODE_TOO_LARGE, "the parameters are longer than one control request may be");
		return;
	}
	int err = link_send(x->api->link, x->route.command->method, x->params.data, command_answered, x, snapshot_clock(),
	                    &x->call);
	if (err)
		send_failed(x, err);
}

/* -- the snapshot -------------------------------------------------------------------------------------------------- */

static int snapshot_fetch(struct api *a, enum command_id id, size_t *ret_len, int64_t *ret_age_ns)
{
	int err = a->snapshot ? snapshot_read(a->snapshot, id, a->body, sizeof(a->body), ret_len, ret_age_ns) : ERR_CLOSED;

	if (err != ERR_CLOSED)
		return err;
	/* The engine has gone, or has come back with a new file. */
	nanos_t now = snapshot_clock();
	if (now < a->snapshot_retry_at)
		return ERR_CLOSED;
	snapshot_done(&a->snapshot);
	a->snapshot_retry_at = now + SNAPSHOT_RETRY;
	if (snapshot_open(&a->snapshot, a->snapshot_path) != 0)
		return ERR_CLOSED;
	return snapshot_read(a->snapshot, id, a->body, sizeof(a->body), ret_len, ret_age_ns);
}

/* False: ask the engine itself. A snapshot outlives a killed engine by its heartbeat's three seconds, the connection does not. */
static bool answer_from_snapshot(struct exchange *x)
{
	struct api *a = x->api;
	size_t len;
	int64_t age_ns;

	if (!x->route.command->hot || !link_is_up(a->link, snapshot_clock()))
		return false;
	if (snapshot_fetch(a, x->route.command->id, &len, &age_ns) != 0)
		return false;
	reply_header_number(&x->reply, "X-Data-Age-Ms", (uint64_t)age_ns / NANOS_MS);
	finish_result(x, a->body, len);
	return true;
}

/* -- the steps before ---------------------------------------------------------------------------------------------- */

static void run_command(struct exchange *x)
{
	struct control_fault f;

	buf_clear(&x->params);
	buf_putc(&x->params, '{');
	int err = param_put_all(&x->route, &x->request, x->body.len ? x->body.data : NULL, x->body.len, &x->params, &f);
	if (err)
		finish_fault(x, &f);
	else if (!answer_from_snapshot(x))
		send_command(x);
}

static void authorise(struct exchange *x)
{
	struct control_fault f;

	if (x->route.command->role != ROLE_NONE &&
	    auth_permits(&x->principal, &x->credentials, &x->request, x->route.command, &f) != 0)
		finish_fault(x, &f);
	else
		run_command(x);
}

/* Who has no credentials that count: a probe may look all the same. */
static void refuse_stranger(struct exchange *x, const struct control_fault *f)
{
	if (x->route.command->role == ROLE_NONE)
		run_command(x);
	else
		finish_fault(x, f);
}

static void refuse_credentials(struct exchange *x)
{
	struct control_fault f;

	auth_count_failure(x->api->auth, x->request.remote_addr, snapshot_clock());
	control_fault_set(&f, CODE_UNAUTHENTICATED, NULL, "the %s is not valid any more, or never was",
	                  x->credentials.kind == AUTH_TOKEN ? "token" : "session");
	refuse_stranger(x, &f);
}

static void identity_answered(void *ctx, const struct link_answer *answer)
{
	struct exchange *x = ctx;
	nanos_t now = snapshot_clock();

	CHECK_OBJ(x, EXCHANGE_MAGIC);
	x->call = NULL;
	if (answer->result.at && auth_read_answer(answer->result, &x->principal) == 0) {
		auth_remember(x->api->auth, &x->credentials, now, &x->principal);
		authorise(x);
	} else if (!answer->result.at && answer->fault.code == CODE_UNAUTHENTICATED) {
		auth_remember(x->api->auth, &x->credentials, now, NULL);
		refuse_credentials(x);
	} else if (!answer->result.at) {
		finish_failure(x, &answer->fault);
	} else {
		finish_with(x, CODE_INTERNAL, "the engine's answer to who this is cannot be read");
	}
}

static void ask_identity(struct exchange *x, nanos_t now)
{
	buf_clear(&x->params);
	auth_put_question(&x->credentials, &x->params);
	int err = link_send(x->api->link, "auth.token", x->params.data, identity_answered, x, now, &x->call);
	sodium_memzero(x->params.data, x->params.len);
	if (err)
		send_failed(x, err);
}

static void identify(struct exchange *x, nanos_t now)
{
	enum auth_verdict verdict = auth_look_up(x->api->auth, &x->credentials, now, &x->principal);
	struct control_fault f;

	if (verdict == AUTH_KNOWN) {
		authorise(x);
	} else if (auth_is_held_back(x->api->auth, x->request.remote_addr, now)) {
		control_fault_set(&f, CODE_RATE_LIMITED, NULL, "too many wrong credentials came from this address");
		refuse_stranger(x, &f);
	} else if (verdict == AUTH_REFUSED) {
		refuse_credentials(x);
	} else {
		ask_identity(x, now);
	}
}

static void begin_routed(struct exchange *x, nanos_t now)
{
	const struct control_command *command = x->route.command;
	struct control_fault f;

	if (request_check_body(&x->request, x->body.len, &f) != 0) {
		finish_fault(x, &f);
	} else if (strcmp(command->http_method, "GET") != 0 && auth_is_cross_site(&x->request)) {
		finish_with(x, CODE_FORBIDDEN, "a page of another site asked for a change");
	} else if (command->id == CTL_AUTH_LINK) {
		if (auth_is_held_back(x->api->auth, x->request.remote_addr, now))
			finish_with(x, CODE_RATE_LIMITED, "too many wrong login links came from this address");
		else
			run_command(x);
	} else if (command->id == CTL_HEALTH) {
		run_command(x);
	} else if (auth_read(&x->request, &x->credentials, &f) != 0) {
		refuse_stranger(x, &f);
	} else if (x->credentials.kind == AUTH_ABSENT) {
		control_fault_set(&f, CODE_UNAUTHENTICATED, NULL, "%s needs to know who asks", command->method);
		refuse_stranger(x, &f);
	} else {
		identify(x, now);
	}
}

static void finish_options(struct exchange *x, int status)
{
	struct buf allow = { 0 };

	route_put_allow(x->request.path, &allow);
	reply_header(&x->reply, "Allow", allow.data ? allow.data : "");
	buf_done(&allow);
	if (status == 204) {
		x->reply.status = 204;
		finish(x);
	} else {
		finish_with(x, CODE_METHOD_NOT_ALLOWED, "this path does not take that method");
	}
}

/* The run's name and the request's number, in at least eight hexadecimal digits. */
static void name_request(struct exchange *x)
{
	char digits[16], *at = digits + sizeof(digits);
	uint64_t number = ++x->api->requests;
	size_t run = strlen(x->api->run), len;

	for (; number || at > digits + sizeof(digits) - 8; number >>= 4)
		*--at = "0123456789abcdef"[number & 15];
	len = (size_t)(digits + sizeof(digits) - at);
	assert(run + len < sizeof(x->request_id));
	memcpy(x->request_id, x->api->run, run);
	memcpy(x->request_id + run, at, len);
	x->request_id[run + len] = '\0';
}

void api_begin(struct exchange *x, char *const *env, nanos_t now)
{
	struct control_fault f;

	CHECK_OBJ(x, EXCHANGE_MAGIC);
	CHECK_OBJ(x->api, API_MAGIC);
	reply_clear(&x->reply);
	x->call = NULL;
	x->request = (struct request){ 0 }; /* the last one's texts are gone */
	x->route = (struct route){ 0 };
	x->principal = (struct principal){ .name = "anonymous", .role = ROLE_NONE };
	x->credentials.kind = AUTH_ABSENT;
	name_request(x);
	if (request_read(env, &x->request, &f) != 0)
		finish_fault(x, &f);
	else if (route_find(x->request.method, x->request.path, &x->route) != 0)
		finish_with(x, CODE_NOT_FOUND, "there is no such path; GET /api/openapi.json lists them");
	else if (strcmp(x->request.method, "OPTIONS") == 0)
		finish_options(x, 204);
	else if (!x->route.command)
		finish_options(x, 405);
	else
		begin_routed(x, now);
}

void api_abandon(struct exchange *x)
{
	CHECK_OBJ(x, EXCHANGE_MAGIC);
	link_forget(x->call);
	x->call = NULL;
	auth_wipe(&x->credentials);
}

void exchange_done(struct exchange *x)
{
	buf_done(&x->body);
	buf_done(&x->params);
	reply_done(&x->reply);
}
