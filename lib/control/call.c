/* What a line asks for: parse, command, who, role, parameters, repeated or not, then the handler; and the way back. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/obj.h"
#include "lib/control/server_priv.h"

/* What stands beside the parameters: who is spoken for, and the request's own name. */
struct envelope { enum control_role role; const char *principal, *request_id; };

/* -- a call's life ------------------------------------------------------------------------------------------------ */

/* One ended call is kept for the next: most are answered before the next line is read. */
static struct call *call_new(struct client *c)
{
	struct control_server *s = c->server;
	struct call *call = s->spare_call ? s->spare_call : malloc(sizeof(*call));

	assert(call);
	s->spare_call = NULL;
	*call = (struct call){ .pub = { .magic = CALL_MAGIC }, .server = s, .client = c };
	return call;
}

static void call_link(struct call *call)
{
	struct control_server *s = call->server;

	call->next = s->calls;
	if (s->calls)
		s->calls->prev = call;
	s->calls = call;
	s->stats.calls++;
	call->client->in_flight++;
	call->began = uv_hrtime();
}

static void call_end(struct call *call)
{
	struct control_server *s = call->server;

	message_done(&call->message);
	free(call->line);
	call->pub.magic = 0;
	if (s && !s->spare_call)
		s->spare_call = call;
	else
		free(call);
}

static void call_unlink(struct call *call)
{
	struct control_server *s = call->server;

	if (s && call->prev)
		call->prev->next = call->next;
	else if (s)
		s->calls = call->next;
	if (s && call->next)
		call->next->prev = call->prev;
	if (s)
		s->stats.calls--;
}

void call_orphan_client(struct client *c)
{
	for (struct call *call = c->server->calls; call; call = call->next)
		if (call->client == c)
			call->client = NULL;
}

void call_orphan_server(struct control_server *s)
{
	for (struct call *call = s->calls, *next; call; call = next) {
		next = call->next;
		call->client = NULL;
		call->server = NULL;
		call->prev = call->next = NULL;
	}
	s->calls = NULL;
}

/* -- the way back ------------------------------------------------------------------------------------------------- */

static void finish(struct call *call)
{
	struct client *c = call->client;

	if (call->server)
		histogram_add(&call->server->service, (nanos_t)(uv_hrtime() - call->began));
	call_unlink(call);
	call_end(call);
	if (c)
		client_answered(c);
}

void control_fail_with(struct control_call *pub, const struct control_fault *f)
{
	CHECK_OBJ(pub, CALL_MAGIC);
	struct call *call = (struct call *)pub;

	if (call->told)
		call->told(call->told_ctx, NULL, f);
	if (call->server && call->ticket)
		answers_keep_fault(call->server->answers, call->ticket, f);
	if (call->client)
		client_fault(call->client, call->message.id, f);
	finish(call);
}

void control_fail(struct control_call *pub, enum control_code code, const char *detail)
{
	struct control_fault f;

	control_fault_set(&f, code, NULL, "%s", detail);
	control_fail_with(pub, &f);
}

void control_reply(struct control_call *pub, const struct buf *result)
{
	CHECK_OBJ(pub, CALL_MAGIC);
	struct call *call = (struct call *)pub;

	/* A newline would end the line early and the rest would pass for another answer. */
	if (result->failed || result->len == 0 || memchr(result->data, '\n', result->len)) {
		control_fail(pub, CODE_INTERNAL, "the answer could not be built");
		return;
	}
	if (call->told)
		call->told(call->told_ctx, result, NULL);
	if (call->server && call->ticket)
		answers_keep_result(call->server->answers, call->ticket, result->data, result->len);
	if (call->client && client_may_write(call->client))
		message_put_result(&call->client->stream.out, call->message.id, result->data, result->len);
	finish(call);
}

/* -- the way in --------------------------------------------------------------------------------------------------- */

static bool is_word(const char *text, size_t max)
{
	size_t len = strlen(text);

	if (len == 0 || len > max)
		return false;
	for (; *text; text++)
		if (!isgraph((unsigned char)*text))
			return false;
	return true;
}

static int read_auth(const struct client *c, const cJSON *auth, struct envelope *e, struct control_fault *f)
{
	const cJSON *principal = cJSON_GetObjectItemCaseSensitive(auth, "principal");
	const cJSON *role = cJSON_GetObjectItemCaseSensitive(auth, "role");
	int named = cJSON_IsString(role) ? control_role_find(role->valuestring) : -1;

	if (c->uid != getuid()) {
		control_fault_set(f, CODE_FORBIDDEN, "leave out _auth: the socket already knows your user id",
		                  "_auth is taken only from a process of the engine's own user; you are %s", c->principal);
		return ERR_DENIED;
	}
	if (named < 0 || !cJSON_IsString(principal) || !is_word(principal->valuestring, CONTROL_PRINCIPAL_MAX - 1)) {
		control_fault_set(f, CODE_BAD_PARAMETER, NULL,
		                  "_auth must be {\"principal\": 1 to 63 printable characters, \"role\": none|read|trade|admin}");
		return ERR_PARSE;
	}
	e->principal = principal->valuestring;
	e->role = (enum control_role)named < c->role ? (enum control_role)named : c->role;
	return ERR_OK;
}

static int read_envelope(const struct client *c, const cJSON *params, struct envelope *e, struct control_fault *f)
{
	*e = (struct envelope){ .role = c->role, .principal = c->principal };
	for (const cJSON *item = params ? params->child : NULL; item; item = item->next) {
		if (item->string[0] != '_')
			continue;
		if (strcmp(item->string, "_auth") == 0) {
			int err = read_auth(c, item, e, f);
			if (err != 0)
				return err;
		} else if (strcmp(item->string, "_request_id") == 0 && cJSON_IsString(item) && is_word(item->valuestring, CONTROL_REQUEST_ID_MAX - 1)) {
			e->request_id = item->valuestring;
		} else {
			control_fault_set(f, CODE_BAD_PARAMETER, NULL, strcmp(item->string, "_request_id") == 0 ?
			                  "_request_id must be a text of 1 to 64 printable characters without spaces" :
			                  "names that begin with _ are reserved; known are _auth and _request_id");
			return ERR_PARSE;
		}
	}
	return ERR_OK;
}

static int check_role(const struct control_command *command, const struct envelope *e, struct control_fault *f)
{
	if (e->role >= command->role)
		return ERR_OK;
	control_fault_set(f, e->role == ROLE_NONE ? CODE_UNAUTHENTICATED : CODE_FORBIDDEN, NULL,
	                  "%s needs the role %s; %s has the role %s", command->method, control_role_name(command->role),
	                  e->principal, control_role_name(e->role));
	return ERR_DENIED;
}

static const struct control_command *find_command(const char *method, struct control_fault *f)
{
	const struct control_command *command = control_command_find(method);

	if (command)
		return command;
	const char *near = control_suggest_command(method);
	control_fault_set(f, CODE_UNKNOWN_METHOD, NULL, "there is no command \"%.64s\"%s%s%s", method,
	                  near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	return NULL;
}

/* -- subscribe: the one command the server answers itself --------------------------------------------------------- */

static bool topics_valid(const char *topics)
{
	size_t word = 0;

	for (const char *at = topics; *at; at++) {
		if (*at == ',' ? word == 0 : !isalnum((unsigned char)*at) && !strchr("._-", *at))
			return false;
		word = *at == ',' ? 0 : word + 1;
	}
	return *topics == '\0' || word > 0;
}

static void subscribe(struct control_call *pub)
{
	struct client *c = ((struct call *)pub)->client;
	const char *topics = control_arg_text(&pub->args, "topics");
	struct buf result = { 0 };
	struct json j;

	if (!topics_valid(topics ? topics : "")) {
		control_fail(pub, CODE_BAD_PARAMETER, "topics must be words of letters, digits, '.', '_' or '-', with commas between");
		return;
	}
	c->subscribed = true;
	memcpy(c->topics, topics ? topics : "", topics ? strlen(topics) + 1 : 1); /* at most 255, by the table */
	json_begin(&j, &result);
	json_object(&j, NULL);
	json_bool(&j, "subscribed", true);
	json_str(&j, "topics", c->topics);
	json_object_end(&j);
	control_reply(pub, &result);
	buf_done(&result);
}

/* -- a request ---------------------------------------------------------------------------------------------------- */

/* True when this request was answered from memory, or refused because of it. */
static bool answered_before(struct client *c, struct call *call, const char *request_id)
{
	struct control_fault f;
	struct answer known;

	if (!request_id || !control_command_changes(call->pub.command))
		return false;
	switch (answers_begin(c->server->answers, call->pub.principal, request_id, call->pub.command->method,
	                      call->message.params, &call->ticket, &known)) {
	case ANSWERS_NEW:
		return false;
	case ANSWERS_KNOWN:
		if (known.fault)
			client_fault(c, call->message.id, known.fault);
		else if (client_may_write(c))
			message_put_result(&c->stream.out, call->message.id, known.result, known.len);
		return true;
	case ANSWERS_PENDING:
		control_fault_set(&f, CODE_IN_PROGRESS, NULL, "the first request with this _request_id is not answered yet");
		break;
	case ANSWERS_OTHER:
		control_fault_set(&f, CODE_REQUEST_ID_REUSED, NULL, "this _request_id was used for another request");
		break;
	}
	client_fault(c, call->message.id, &f);
	return true;
}

static void dispatch(struct client *c, struct call *call)
{
	control_handler *handler = c->server->o.handlers[call->pub.command->id];

	call_link(call);
	if (call->pub.command->id == CTL_SUBSCRIBE)
		subscribe(&call->pub);
	else if (handler)
		handler(c->server->o.ctx, &call->pub);
	else
		control_fail(&call->pub, CODE_UNAVAILABLE, "this engine does not answer that command");
}

/* Fills the call from its message; the fault says why not. */
static int prepare(struct client *c, struct call *call, struct envelope *e, struct control_fault *f)
{
	struct control_call *pub = &call->pub;

	pub->command = find_command(call->message.method, f);
	if (!pub->command)
		return ERR_NOENT;
	int err = read_envelope(c, call->message.params, e, f);
	if (err == 0)
		err = check_role(pub->command, e, f);
	if (err == 0)
		err = control_params_check(pub->command, call->message.params, &pub->args, f);
	if (err != 0)
		return err;
	pub->role = e->role;
	memcpy(pub->principal, e->principal, strlen(e->principal) + 1); /* its length was checked */
	if (e->request_id)
		memcpy(pub->request_id, e->request_id, strlen(e->request_id) + 1);
	return ERR_OK;
}

static void request(struct client *c, struct call *call)
{
	struct control_fault f;
	struct envelope e;

	if (prepare(c, call, &e, &f) != 0)
		client_fault(c, call->message.id, &f);
	else if (!answered_before(c, call, e.request_id)) {
		dispatch(c, call);
		return;
	}
	call_end(call);
}

void call_line(struct client *c, char *line, size_t len)
{
	struct call *call;
	char id[MESSAGE_ID_MAX];
	struct control_fault f;

	if (*line != '{' && strspn(line, " \t\r") == len)
		return;
	c->server->stats.requests++;
	call = call_new(c);
	if (message_parse(line, len, &call->message, id, &f) == 0) {
		request(c, call);
		return;
	}
	client_fault(c, id, &f);
	call_end(call);
}

/* -- from inside the process --------------------------------------------------------------------------------------- */

static int prepare_local(struct call *call, const struct control_local *l, struct control_fault *f)
{
	struct envelope e = { .role = l->role, .principal = l->principal };
	struct control_call *pub = &call->pub;
	char id[MESSAGE_ID_MAX];
	int err = message_parse(call->line, strlen(call->line), &call->message, id, f);

	if (err == 0 && !(pub->command = find_command(call->message.method, f)))
		err = ERR_NOENT;
	if (err == 0)
		err = check_role(pub->command, &e, f);
	if (err == 0)
		err = control_params_check(pub->command, call->message.params, &pub->args, f);
	pub->role = l->role;
	snprintf(pub->principal, sizeof(pub->principal), "%s", l->principal);
	return err;
}

void control_local(control_handler *const *handlers, void *ctx, const struct control_local *l)
{
	struct call *call = calloc(1, sizeof(*call));
	struct control_fault f;

	assert(call);
	*call = (struct call){ .pub = { .magic = CALL_MAGIC }, .told = l->told, .told_ctx = l->told_ctx, .line = strdup(l->line) };
	assert(call->line);
	if (prepare_local(call, l, &f) != 0)
		control_fail_with(&call->pub, &f);
	else if (handlers[call->pub.command->id])
		handlers[call->pub.command->id](ctx, &call->pub);
	else
		control_fail(&call->pub, CODE_UNAVAILABLE, "this engine does not answer that command");
}
