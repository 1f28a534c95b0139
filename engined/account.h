/* From the settings to the account: who logs in, where, and how fast it may ask. Shared by engined and `enginectl doctor`. */
#pragma once

#include "engined/config/config.h"
#include "lib/kotak/session.h"

/* False with a sentence in `why`: a credential that is not set, or a value that does not fit (it is never cut). The caller wipes *ret. */
bool account_options(const struct config *c, struct kotak_options *ret, char *why, size_t size);
/* Whose rows they are, where engines share a database: the mode and, since the client code is a secret, its hash. */
#define ACCOUNT_NAME 32
void account_name(const struct config *c, const char *mode, char ret[ACCOUNT_NAME]);
/* The host of a URL is this machine: only then may a simulator's clock drive the engine. */
bool account_is_loopback(const char *url);
