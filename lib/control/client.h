/* A small blocking client of the control socket, for enginectl, tools and tests. One request at a time. */
#pragma once

#include <stddef.h>

#include "lib/control/codes.h"
#include "lib/control/message.h"

struct control_client;

/* An answer or a notice; slices live until the next call on the client. */
struct control_answer {
	struct message_slice result;  /* at == NULL when it failed */
	struct control_fault fault;
};

/* ERR_NOENT no such socket, ERR_CLOSED nobody answers, ERR_DENIED, ERR_RANGE path too long, ERR_NOMEM, ERR_IO. */
int control_client_open(struct control_client **ret, const char *path);
void control_client_close(struct control_client **c);

/* params: a JSON object as text, or NULL. 0 = an answer, good or bad, is in *ret. ERR_CLOSED the engine hung up,
 * ERR_TIMEOUT, ERR_PARSE not our protocol. */
int control_client_call(struct control_client *c, const char *method, const char *params, int timeout_ms,
                        struct control_answer *ret);

/* After `subscribe`: the next notice as {"topic":..,"data":..}. Errors as above. */
int control_client_next(struct control_client *c, int timeout_ms, struct message_slice *ret_params);

/* Bytes as they are, for tests and tools that need to misbehave; and the next line whatever it is. */
int control_client_send(struct control_client *c, const void *bytes, size_t len);
int control_client_line(struct control_client *c, int timeout_ms, const char **ret_line, size_t *ret_len);
int control_client_fd(const struct control_client *c);
