/* What a person changed, or was refused, is a line of the log as well: whoever reads that at night may have nothing else. */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <string.h>

#include "engined/app.h"
#include "lib/base/log.h"

static void put_value(struct buf *out, const struct control_param *p, const struct control_value *v)
{
	char number[NUM_TEXT];
	char *object = v->object ? cJSON_PrintUnformatted(v->object) : NULL;

	num_format(v->number, number);
	if (v->object)
		buf_puts(out, object ? object : "");
	else if (v->text)
		buf_puts(out, v->text);
	else if (p->type == CTL_TYPE_DEC)
		buf_puts(out, number);
	else
		buf_printf(out, "%" PRId64, v->number);
	cJSON_free(object);
}

/* It stays one line: a text with control characters was no parameter (params.c). */
void answer_tell(const struct control_call *call, const char *refused)
{
	const struct control_command *c = call->command;
	const struct control_value *reason = control_param_find(c, "reason") ? control_arg(&call->args, "reason") : NULL;
	struct buf line = { 0 };

	buf_puts(&line, c->method);
	for (const struct control_param *p = c->params; p->name; p++) {
		const struct control_value *v = control_arg(&call->args, p->name);

		if (!v || strcmp(p->name, "reason") == 0)
			continue;
		buf_printf(&line, " %s=", p->name);
		put_value(&line, p, v);
	}
	buf_printf(&line, " by %s", call->principal);
	if (reason && reason->text && reason->text[0])
		buf_printf(&line, ": %s", reason->text);
	if (refused)
		buf_printf(&line, "; refused: %s", refused);
	if (c->id == CTL_KILL)
		log_warn("engine", "%s", line.data ? line.data : c->method);
	else
		log_info("engine", "%s", line.data ? line.data : c->method);
	buf_done(&line);
}
