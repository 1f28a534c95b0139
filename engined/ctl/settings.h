/* What the tools that look at settings share: one load, mistakes told as people or programs read them. */
#pragma once

#include "engined/config/config.h"
#include "engined/ctl/ctl.h"
#include "lib/base/json.h"

struct settings {
	struct config *config;           /* secrets are in it: settings_done() wipes them */
	struct config_issues issues;
	const char *file;                /* NULL = defaults and environment */
};
void settings_load(struct settings *s, const char *file);
void settings_done(struct settings *s);

/* The mistakes as members of an array of {"place","text"}; and one a line for a person, on standard error. */
void settings_put_issues(const struct settings *s, struct json *j, const char *key);
void settings_print_issues(const struct settings *s);

/* -- config_diff.c: what differs from the defaults, and from what the running engine took ----------------------------- */
int settings_diff(const struct settings *s, const struct ctl_options *o);
