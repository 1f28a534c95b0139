/* `enginectl doctor`: is everything there that trading needs? Each line says what was looked at, what was found, why it matters, and
 * what exactly to do. It changes nothing; it never prints a secret. */
#pragma once

#include "engined/account.h"
#include "engined/ctl/ctl.h"
#include "engined/market.h"
#include "lib/base/json.h"

enum doctor_verdict { DOCTOR_OK, DOCTOR_WARN, DOCTOR_BAD, DOCTOR_UNKNOWN /* could not be looked at; the detail says why */ };

struct doctor {
	const struct ctl_options *options;
	struct config *config;
	struct market_tables *tables;   /* NULL: they could not be read */
	struct clock clock;
	bool offline;
	struct json json;
	struct buf out;
	unsigned count[DOCTOR_UNKNOWN + 1];
};

/* One line. `why` and `fix` are sentences without a full stop; fix is printed unless all is well. */
void doctor_say(struct doctor *d, enum doctor_verdict v, const char *what, const char *why, const char *fix, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

void doctor_settings(struct doctor *d); /* credentials, calendar, charges, folders, master, engine */
void doctor_account(struct doctor *d);  /* logs in: clock, session, address, funds */
