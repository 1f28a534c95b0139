#include "lib/base/rupees.h"

#include <string.h>

#include "lib/base/num.h"

size_t rupees_group(char *out, const char *digits, size_t count)
{
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		size_t left = count - i;

		if (i > 0 && left >= 3 && (left - 3) % 2 == 0)
			out[len++] = ',';
		out[len++] = digits[i];
	}
	out[len] = '\0';
	return len;
}

int64_t rupees_to_paisa(int64_t value)
{
	return num_div_round(value, NUM_SCALE / 100) * (NUM_SCALE / 100);
}

size_t rupees_format(char *out, int64_t value, bool sign_always)
{
	char plain[NUM_TEXT];
	size_t len = 0;

	num_format(value, plain);
	const char *digits = plain + (plain[0] == '-');
	size_t whole = strspn(digits, "0123456789");
	if (plain[0] == '-')
		out[len++] = '-';
	else if (value > 0 && sign_always)
		out[len++] = '+';
	len += rupees_group(out + len, digits, whole);
	size_t rest = strlen(digits + whole);
	memcpy(out + len, digits + whole, rest + 1);
	return len + rest;
}
