/* What a bug report is made of: texts, each with a name, from which secrets were taken out before they were kept. */
#pragma once

#include "engined/ctl/redact.h"
#include "engined/ctl/settings.h"

#define REPORT_MEMBERS 32

struct report_member { char name[96]; struct buf text; unsigned redactions; };

struct report {
	const struct ctl_options *o;
	const char *log;                 /* a log file; NULL = journald's */
	unsigned lines;                  /* of it */
	struct settings settings;
	struct redact redact;
	struct report_member member[REPORT_MEMBERS];
	unsigned members;
};

/* Redacts and keeps it. */
void report_add(struct report *r, const char *name, const char *text, size_t len);

/* -- bugreport_parts.c: looks everywhere, and says of what cannot be had why ------------------------------------------- */
void report_collect(struct report *r);
