#include "lib/control/message.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/base/err.h"
#include "lib/base/json.h"

/* Names are compared pairwise to find duplicates, so their number is bounded first. */
#define MEMBERS_MAX 64
#define ID_TEXT_MAX 64
#define EXACT_MAX 9007199254740992.0 /* 2^53: beyond it a JSON number is no longer one integer */

/* -- requests in -------------------------------------------------------------------------------------------------- */

static bool has_twin(const cJSON *member)
{
	for (const cJSON *other = member->next; other; other = other->next)
		if (strcmp(member->string, other->string) == 0)
			return true;
	return false;
}

/* Which of two equal names wins differs between parsers, so both are refused. */
static int check_members(const cJSON *value, struct control_fault *ret_fault)
{
	int members = 0;

	for (const cJSON *m = value->child; m; m = m->next) {
		if (cJSON_IsObject(value) && ++members > MEMBERS_MAX) {
			control_fault_set(ret_fault, CODE_BAD_REQUEST, "send fewer members",
			                  "an object has more than %d members", MEMBERS_MAX);
			return ERR_PARSE;
		}
		if (check_members(m, ret_fault) != 0)
			return ERR_PARSE;
	}
	for (const cJSON *m = value->child; m && cJSON_IsObject(value); m = m->next) {
		if (!has_twin(m))
			continue;
		control_fault_set(ret_fault, CODE_BAD_REQUEST, "send each member once", "the member \"%.64s\" stands twice",
		                  m->string);
		return ERR_PARSE;
	}
	return ERR_OK;
}

static cJSON *parse_tree(const char *line, size_t len, struct control_fault *ret_fault)
{
	const char *why = NULL, *end = NULL;
	size_t at = 0;

	if (message_check_text(line, len, &at, &why) != 0) {
		control_fault_set(ret_fault, CODE_BAD_JSON, NULL, "%s at byte %zu", why, at);
		return NULL;
	}
	cJSON *root = cJSON_ParseWithLengthOpts(line, len, &end, 0);
	at = end ? (size_t)(end - line) : 0;
	if (root && at + strspn(end, " \t\r") < len) {
		cJSON_Delete(root);
		root = NULL;
	}
	if (!root)
		control_fault_set(ret_fault, CODE_BAD_JSON, NULL, "the line is not one JSON value: trouble at byte %zu", at);
	return root;
}

/* 1 = there is none. An integer is printed here: cJSON would round its last digit. */
static int read_id(const cJSON *root, char *ret_id)
{
	const cJSON *id = cJSON_GetObjectItemCaseSensitive(root, "id");
	char printed[MESSAGE_ID_MAX];

	if (!id)
		return 1;
	if (cJSON_IsNumber(id) && fabs(id->valuedouble) <= EXACT_MAX && trunc(id->valuedouble) == id->valuedouble)
		snprintf(printed, sizeof(printed), "%" PRId64, (int64_t)id->valuedouble);
	else if (!cJSON_IsString(id) || strlen(id->valuestring) > ID_TEXT_MAX ||
	         !cJSON_PrintPreallocated((cJSON *)(uintptr_t)id, printed, sizeof(printed), 0))
		return ERR_PARSE;
	memcpy(ret_id, printed, strlen(printed) + 1);
	return ERR_OK;
}

static int refuse(struct control_fault *ret_fault, const char *detail)
{
	control_fault_set(ret_fault, CODE_BAD_REQUEST, NULL, "%s", detail);
	return ERR_PARSE;
}

static int check_request(const cJSON *root, char *ret_id, struct control_fault *ret_fault)
{
	const cJSON *version, *method, *params;

	if (cJSON_IsArray(root))
		return refuse(ret_fault, "batches are not taken: one request on a line");
	if (!cJSON_IsObject(root))
		return refuse(ret_fault, "a request is a JSON object");
	if (check_members(root, ret_fault) != 0)
		return ERR_PARSE;
	int id = read_id(root, ret_id);
	if (id == ERR_PARSE)
		return refuse(ret_fault, "\"id\" must be an integer or a text of at most 64 bytes");
	version = cJSON_GetObjectItemCaseSensitive(root, "jsonrpc");
	if (!cJSON_IsString(version) || strcmp(version->valuestring, "2.0") != 0)
		return refuse(ret_fault, "\"jsonrpc\" must be \"2.0\"");
	if (id == 1)
		return refuse(ret_fault, "\"id\" is missing: every command is answered, so every request has one");
	method = cJSON_GetObjectItemCaseSensitive(root, "method");
	if (!cJSON_IsString(method))
		return refuse(ret_fault, "\"method\" must be a text");
	params = cJSON_GetObjectItemCaseSensitive(root, "params");
	if (params && !cJSON_IsObject(params))
		return refuse(ret_fault, "\"params\" must be an object of names and values");
	return ERR_OK;
}

/* True when nothing is wrong with them; else the whole line is parsed again, to say what. */
static bool read_plain_params(const char *line, size_t len, struct message_slice text, struct message *ret)
{
	struct control_fault unsaid;
	const char *end = NULL, *why;
	size_t at;

	if (message_check_text(line, len, &at, &why) != 0)
		return false;
	ret->root = cJSON_ParseWithLengthOpts(text.at, text.len, &end, 0);
	ret->params = ret->root;
	if (cJSON_IsObject(ret->root) && end == text.at + text.len && check_members(ret->root, &unsaid) == 0)
		return true;
	message_done(ret);
	return false;
}

static bool parse_plain(const char *line, size_t len, struct message *ret)
{
	struct message_plain plain;

	ret->root = NULL;
	ret->params = NULL;
	if (!message_cut_plain(line, len, &plain) || (plain.params.at && !read_plain_params(line, len, plain.params, ret)))
		return false;
	memcpy(ret->id, plain.id.at, plain.id.len);
	ret->id[plain.id.len] = '\0';
	memcpy(ret->word, plain.method.at, plain.method.len);
	ret->word[plain.method.len] = '\0';
	ret->method = ret->word;
	return true;
}

static int parse_any(const char *line, size_t len, struct message *ret, char *ret_id, struct control_fault *ret_fault)
{
	cJSON *root = parse_tree(line, len, ret_fault);

	memcpy(ret_id, "null", 5);
	if (!root)
		return ERR_PARSE;
	if (check_request(root, ret_id, ret_fault) != 0) {
		cJSON_Delete(root);
		return ERR_PARSE;
	}
	*ret = (struct message){ .root = root };
	ret->method = cJSON_GetObjectItemCaseSensitive(root, "method")->valuestring;
	ret->params = cJSON_GetObjectItemCaseSensitive(root, "params");
	memcpy(ret->id, ret_id, strlen(ret_id) + 1);
	return ERR_OK;
}

int message_parse(const char *line, size_t len, struct message *ret, char *ret_id, struct control_fault *ret_fault)
{
	if (!parse_plain(line, len, ret))
		return parse_any(line, len, ret, ret_id, ret_fault);
	memcpy(ret_id, ret->id, strlen(ret->id) + 1);
	return ERR_OK;
}

void message_done(struct message *m)
{
	if (m->root)
		cJSON_Delete(m->root);
	*m = (struct message){ 0 };
}

/* -- answers and notices out -------------------------------------------------------------------------------------- */

void message_put_result(struct buf *out, const char *id, const char *result, size_t len)
{
	buf_puts(out, "{\"jsonrpc\":\"2.0\",\"id\":");
	buf_puts(out, id);
	buf_puts(out, ",\"result\":");
	buf_put(out, result, len);
	buf_puts(out, "}\n");
}

void message_put_fault(struct buf *out, const char *id, const struct control_fault *f)
{
	const struct control_code_def *def = control_code_def(f->code);
	struct json j;

	json_begin(&j, out);
	json_object(&j, NULL);
	json_str(&j, "jsonrpc", "2.0");
	json_raw(&j, "id", id);
	json_object(&j, "error");
	json_int(&j, "code", def->rpc);
	json_str(&j, "message", def->title);
	json_object(&j, "data");
	json_str(&j, "code", def->code);
	json_int(&j, "status", def->http);
	json_str(&j, "detail", f->detail);
	json_str(&j, "remedy", f->remedy);
	json_object_end(&j);
	json_object_end(&j);
	json_object_end(&j);
	buf_putc(out, '\n');
}

void message_put_notice(struct buf *out, const char *topic, const char *data, size_t len)
{
	buf_puts(out, "{\"jsonrpc\":\"2.0\",\"method\":\"notice\",\"params\":{\"topic\":\"");
	buf_puts(out, topic);
	buf_puts(out, "\",\"data\":");
	buf_put(out, data, len);
	buf_puts(out, "}}\n");
}

void message_put_request(struct buf *out, uint64_t id, const char *method, const char *params)
{
	struct json j;

	json_begin(&j, out);
	json_object(&j, NULL);
	json_str(&j, "jsonrpc", "2.0");
	json_uint(&j, "id", id);
	json_str(&j, "method", method);
	if (params)
		json_raw(&j, "params", params);
	json_object_end(&j);
	buf_putc(out, '\n');
}

/* -- a fault read back -------------------------------------------------------------------------------------------- */

static const char *text_of(const cJSON *object, const char *name, const char *otherwise)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsString(item) ? item->valuestring : otherwise;
}

void message_read_fault(struct message_slice error, struct control_fault *ret)
{
	cJSON *root = cJSON_ParseWithLength(error.at, error.len);
	const cJSON *data = cJSON_GetObjectItemCaseSensitive(root, "data");
	enum control_code code = control_code_find(text_of(data, "code", ""));
	const char *message = text_of(root, "message", "the engine answered an error that cannot be read");

	control_fault_set(ret, code < CODE_COUNT ? code : CODE_INTERNAL, text_of(data, "remedy", NULL), "%s",
	                  text_of(data, "detail", message));
	cJSON_Delete(root);
}
