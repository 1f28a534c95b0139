/* The program's command line, and the file of credentials. */
#pragma once

#include "tests/neosim/auth.h"

#define DATA_MAX 64
struct sim_options {
	int port, tls_port, proxy_port;
	const char *dir, *log;       /* dir NULL = one of its own, gone at the end */
	int64_t at, speed;           /* at: ns; 0 = the machine's time */
	const char *data[DATA_MAX];
	size_t n_data;
	uint64_t seed;
	uint32_t master_rows;
	int64_t cash, step_ms;       /* cash: paise */
	struct sim_account account;
};

/* False: `error` says what is wrong with the line. "--help" is an error of no text. */
bool options_take(int argc, char **argv, struct sim_options *ret, char error[256]);
const char *options_usage(void);
