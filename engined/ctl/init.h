/* What the parts of `enginectl init` share. */
#pragma once

#include "engined/ctl/settings.h"

#define INIT_STRATEGIES 8

struct init {
	struct ctl_options options;
	struct config *config;               /* the answers; holds secrets until the end */
	struct config_issues issues;
	const char *out, *clock;
	bool force, offline, from_environment;
	char strategy[INIT_STRATEGIES][24];
	uint32_t strategies;
	bool strategies_said;                /* on the command line, "none" too */
	char conf[512], environment[512];    /* the two files */
};

/* Words separated by blanks or commas; "none" for none. False and a complaint when one is no strategy. */
bool init_take_strategies(struct init *in, const char *text);

/* -- init_ask.c: a person at a terminal. False when he leaves. ------------------------------------------------------------ */
bool init_ask(struct init *in);

/* -- init_write.c: both texts, checked as engined will read them; then both files or none. ctl_exit. ---------------------- */
bool init_free(const struct init *in);   /* nothing is there that may not be replaced; else it says so */
int init_write(struct init *in);
