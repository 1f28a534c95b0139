#include "lib/kotak/totp.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <liboath/oath.h>
#include <sodium.h>

#include "lib/base/err.h"
#include "lib/base/num.h"

#define TOTP_STEP  (30 * NANOS_SECOND)
#define TOTP_SPARE (3 * NANOS_SECOND) /* a code younger than this from its end may arrive too late */
#define TOTP_BACK  (2 * NANOS_MINUTE)  /* a clock set back by more: its code was of another time, and waiting for that would be a day without a session */
#define TOTP_TYPED 256

/* Upper case, no blanks, no hyphens, no padding: what is left must be base32. */
static int tidy(const char *secret, char ret[TOTP_TYPED], size_t *ret_len)
{
	size_t len = 0;

	for (const char *at = secret; *at; at++) {
		if (strchr(" \t-=", *at))
			continue;
		bool lower = *at >= 'a' && *at <= 'z';
		char c = lower ? (char)(*at - 'a' + 'A') : *at;
		if (!((c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7')))
			return ERR_PARSE;
		if (len == TOTP_TYPED - 1)
			return ERR_RANGE;
		ret[len++] = c;
	}
	ret[len] = '\0';
	*ret_len = len;
	return len > 0 ? ERR_OK : ERR_PARSE;
}

int totp_decode(const char *secret, unsigned char *ret, size_t size, size_t *ret_len)
{
	char typed[TOTP_TYPED];
	size_t len = 0, bytes = 0;
	char *out = NULL;
	int err = tidy(secret, typed, &len);

	if (err == ERR_OK && oath_base32_decode(typed, len, &out, &bytes) != OATH_OK)
		err = ERR_PARSE;
	if (err == ERR_OK && bytes > size)
		err = ERR_RANGE;
	if (err == ERR_OK && bytes == 0)
		err = ERR_PARSE;
	if (err == ERR_OK) {
		memcpy(ret, out, bytes);
		*ret_len = bytes;
	}
	sodium_memzero(typed, sizeof(typed));
	if (out)
		sodium_memzero(out, bytes);
	free(out);
	return err;
}

int totp_code(const unsigned char *secret, size_t len, nanos_t at, char ret[TOTP_TEXT])
{
	if (at < 0)
		return ERR_RANGE;
	int result = oath_totp_generate((const char *)secret, len, (time_t)(at / NANOS_SECOND), OATH_TOTP_DEFAULT_TIME_STEP_SIZE,
	                                OATH_TOTP_DEFAULT_START_TIME, TOTP_TEXT - 1, ret);
	return result == OATH_OK ? ERR_OK : ERR_INVAL;
}

nanos_t totp_ready_at(nanos_t now, nanos_t used)
{
	nanos_t step = num_div_floor(now, TOTP_STEP);

	if (used > 0 && used - now < TOTP_BACK && step <= num_div_floor(used, TOTP_STEP))
		return (num_div_floor(used, TOTP_STEP) + 1) * TOTP_STEP; /* also when the clock was set back: later is never twice */
	return (step + 1) * TOTP_STEP - now < TOTP_SPARE ? (step + 1) * TOTP_STEP : now;
}
