/* How far long work is: a bar with rate and time left on a terminal, a line now and then elsewhere, nothing with --json. On standard error. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct progress {
	const char *program;      /* begins plain lines */
	bool quiet, terminal;
	char what[32];            /* the step at hand */
	struct timespec begun, told;
	uint64_t bytes, of;
};

void progress_begin(struct progress *p, const char *program, bool quiet);
/* As backup_progress wants it. `of` 0 = not known. */
void progress_tell(void *progress, const char *what, uint64_t bytes, uint64_t of);
void progress_end(struct progress *p); /* a bar's line ends */
