/* Kills that need no client, no token and no network: two signals, and a file in the state folder. */
#pragma once

#include "engined/app.h"

int kill_catch_signals(struct app *a);  /* SIGUSR1 = stop, SIGUSR2 = flatten and lock */
/* The engine is ready: what was signalled while it started, what the file says, and from now on each second. */
void kill_begin(struct app *a);
/* The file is there: nobody resumes against it. Its path, for the words. */
bool kill_file_stands(const struct app *a, char *ret_path, size_t size);
