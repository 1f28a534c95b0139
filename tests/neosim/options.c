#include "tests/neosim/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/obj.h"
#include "tests/neosim/form.h"

const char *options_usage(void)
{
	return "usage: neosim [--port N] [--tls-port N] [--proxy-port N] [--dir DIR] [--at 2026-11-23T09:00:00+05:30] [--speed N]\n"
	       "              [--data FILE]... [--seed N] [--master-rows N] [--cash RUPEES] [--step-ms N] [--log FILE] [--credentials FILE]\n";
}

static bool take_number(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	return whole_parse(text, ret) && *ret >= min && *ret <= max;
}

static bool take_port(const char *text, int *ret)
{
	int64_t n;

	if (!take_number(text, 0, 65535, &n))
		return false;
	*ret = (int)n;
	return true;
}

/* -- credentials -------------------------------------------------------------------------------------------------- */

static const struct sim_account account_of_the_manual = {"11111111-2222-3333-4444-555555555555", "+919876543210", "ABC12", "123456",
	"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"};

static bool take_credential(struct sim_account *a, const char *name, const char *value)
{
	const struct { const char *name; char *to; size_t size; } fields[] = {
		{"consumer_key", a->consumer_key, sizeof(a->consumer_key)}, {"mobile", a->mobile, sizeof(a->mobile)}, {"ucc", a->ucc, sizeof(a->ucc)},
		{"mpin", a->mpin, sizeof(a->mpin)}, {"totp_secret", a->totp_secret, sizeof(a->totp_secret)},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(fields); i++)
		if (strcmp(fields[i].name, name) == 0)
			return (size_t)snprintf(fields[i].to, fields[i].size, "%s", value) < fields[i].size;
	return false;
}

static bool take_credentials(const char *path, struct sim_account *a, char error[256])
{
	FILE *f = fopen(path, "r");
	char line[256], *equals;
	int n = 0;
	bool ok = true;

	if (!f) {
		snprintf(error, 256, "%.200s: %s", path, strerror(errno));
		return false;
	}
	while (ok && fgets(line, sizeof(line), f)) {
		n++;
		line[strcspn(line, "\r\n")] = 0;
		if (!*line || *line == '#')
			continue;
		equals = strchr(line, '=');
		if (equals)
			*equals = 0;
		ok = equals && take_credential(a, line, equals + 1);
		if (!ok)
			snprintf(error, 256, "%.160s: line %d is not one of consumer_key mobile ucc mpin totp_secret=VALUE", path, n);
	}
	fclose(f);
	return ok;
}

/* -- the line ----------------------------------------------------------------------------------------------------- */

enum option { PORT, TLS_PORT, PROXY_PORT, DIR, AT, SPEED, DATA, SEED, MASTER_ROWS, CASH, STEP_MS, LOG, CREDENTIALS, OPTIONS };
static const char *const names[OPTIONS] = {"--port", "--tls-port", "--proxy-port", "--dir", "--at", "--speed", "--data", "--seed", "--master-rows", "--cash",
	"--step-ms", "--log", "--credentials"};

static bool take_data(struct sim_options *o, const char *path)
{
	if (o->n_data == DATA_MAX)
		return false;
	o->data[o->n_data++] = path;
	return true;
}

static bool take_option(struct sim_options *o, enum option which, const char *value, char error[256])
{
	int64_t n = 0;
	bool ok = true;

	switch (which) {
	case PORT: return take_port(value, &o->port);
	case TLS_PORT: return take_port(value, &o->tls_port);
	case PROXY_PORT: return take_port(value, &o->proxy_port);
	case DIR: o->dir = value; break;
	case AT: return instant_parse(value, &o->at);
	case SPEED: return take_number(value, 0, 1000000, &o->speed);
	case DATA: return take_data(o, value);
	case SEED: ok = take_number(value, 0, INT64_C(9000000000000), &n); o->seed = (uint64_t)n; break;
	case MASTER_ROWS: ok = take_number(value, 0, 1000000, &n); o->master_rows = (uint32_t)n; break;
	case CASH: return decimal_parse(value, 2, &o->cash);
	case STEP_MS: return take_number(value, 0, 600000, &o->step_ms);
	case LOG: o->log = value; break;
	case CREDENTIALS: return take_credentials(value, &o->account, error);
	case OPTIONS: return false;
	}
	return ok;
}

bool options_take(int argc, char **argv, struct sim_options *ret, char error[256])
{
	int i, k;

	*ret = (struct sim_options){.speed = 1, .seed = 1, .cash = INT64_C(1000000) * 100, .step_ms = 20, .account = account_of_the_manual};
	error[0] = 0;
	for (i = 1; i < argc; i += 2) {
		for (k = 0; k < OPTIONS && strcmp(names[k], argv[i]) != 0; k++)
			;
		if (strcmp(argv[i], "--help") == 0)
			return false;
		if (k == OPTIONS || i + 1 == argc || !take_option(ret, (enum option)k, argv[i + 1], error)) {
			if (!*error)
				snprintf(error, 256, "%.60s: %s", argv[i], k == OPTIONS ? "no such option" : i + 1 == argc ? "needs a value" : "does not take this value");
			return false;
		}
	}
	return true;
}
