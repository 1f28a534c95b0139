/* JSON-RPC 2.0, one object on a line: requests in, answers and notices out. No sockets here. Stricter than the standard
 * where money is at stake: no batches, no duplicate members, and every request has an id because every one is answered. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/control/codes.h"

struct cJSON;

#define MESSAGE_ID_MAX 128 /* of an id, printed as JSON */
#define MESSAGE_WORD_MAX 48 /* of a method that needs no tree */

/* Not copied: method may point into it. */
struct message {
	struct cJSON *root;
	const char *method;
	const struct cJSON *params; /* an object, or NULL */
	char word[MESSAGE_WORD_MAX];
	char id[MESSAGE_ID_MAX];    /* ready to print */
};

struct message_slice { const char *at; size_t len; };

/* ERR_PARSE with *ret_fault filled when it is not a request; ret_id (MESSAGE_ID_MAX bytes) is then the id when one could
 * be read, else "null". */
int message_parse(const char *line, size_t len, struct message *ret, char *ret_id, struct control_fault *ret_fault);
void message_done(struct message *m);

/* {"jsonrpc":"2.0","id":N,"method":"word"}, or with ,"params":... behind it, as message_put_request writes it. False for any
 * other form, right or wrong; params are not looked at. */
struct message_plain { struct message_slice id, method, params; };
bool message_cut_plain(const char *line, size_t len, struct message_plain *ret);

/* Each appends one line with its newline. `result`, `params` and `data` must be one JSON value without a newline. */
void message_put_result(struct buf *out, const char *id, const char *result, size_t len);
void message_put_fault(struct buf *out, const char *id, const struct control_fault *f);
void message_put_notice(struct buf *out, const char *topic, const char *data, size_t len);
void message_put_request(struct buf *out, uint64_t id, const char *method, const char *params /* NULL = none */);

/* Cuts an answer or a notice of the engine into its parts without building a tree: a body may then go on unchanged,
 * digits and all. Slices point into the line; an absent one is NULL. Reads the engine's own output: it checks structure
 * as far as it must walk, no more. ERR_PARSE. */
struct message_answer { struct message_slice id, result, error, method, params; };
int message_split(const char *line, size_t len, struct message_answer *ret);
/* One member of an object given as text, by name; ERR_NOENT, ERR_PARSE. */
int message_member(const char *json, size_t len, const char *name, struct message_slice *ret);

/* The fault inside an answer's error member; what is not one of ours becomes CODE_INTERNAL with its message. */
void message_read_fault(struct message_slice error, struct control_fault *ret);

/* Is this well-formed for us: UTF-8, no control characters, no NUL even as an escape, nested at most 32 deep? ERR_PARSE
 * with *ret_at = byte offset of the offence and *ret_why = what it is. */
int message_check_text(const char *text, size_t len, size_t *ret_at, const char **ret_why);
