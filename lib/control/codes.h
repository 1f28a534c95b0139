/* The stable error codes, and a fault: one code with its sentences. Faults are values here; printing them is message.h's
 * work and HTTP statuses are the FastCGI worker's. */
#pragma once

enum control_code {
#define CODE(id, ...) CODE_##id,
#include "lib/control/codes.tbl.h"
#undef CODE
	CODE_COUNT
};

struct control_code_def {
	const char *code;
	int http, rpc;
	const char *title, *remedy;
};

const struct control_code_def *control_code_def(enum control_code code);
/* CODE_COUNT when there is no such code. */
enum control_code control_code_find(const char *code);

/* detail = what and where, remedy = what to do; both complete sentences without a final stop. */
struct control_fault {
	enum control_code code;
	char detail[320];
	char remedy[160];
};

/* remedy NULL = the code's own. */
void control_fault_set(struct control_fault *f, enum control_code code, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
