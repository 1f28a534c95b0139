#include "lib/control/codes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"

static const struct control_code_def codes[CODE_COUNT] = {
#define CODE(id, code_, http_, rpc_, title_, remedy_) \
	[CODE_##id] = { .code = code_, .http = http_, .rpc = rpc_, .title = title_, .remedy = remedy_ },
#include "lib/control/codes.tbl.h"
#undef CODE
};

const struct control_code_def *control_code_def(enum control_code code)
{
	assert((unsigned)code < CODE_COUNT);
	return &codes[code];
}

enum control_code control_code_find(const char *code)
{
	int i = 0;

	while (i < CODE_COUNT && strcmp(codes[i].code, code) != 0)
		i++;
	return (enum control_code)i;
}

void control_fault_set(struct control_fault *f, enum control_code code, const char *remedy, const char *format, ...)
{
	va_list args;

	f->code = code;
	va_start(args, format);
	vsnprintf(f->detail, sizeof(f->detail), format, args);
	va_end(args);
	snprintf(f->remedy, sizeof(f->remedy), "%s", remedy ? remedy : control_code_def(code)->remedy);
}
