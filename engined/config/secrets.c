/* Settings that may be shown or copied: the secrets' lines are taken out of a file's text. Keys are looked at without their section, so that one written in the
 * wrong place goes too. */
#include "engined/config/config_priv.h"

#include <string.h>
#include <strings.h>

static const char *secret_named(const char *key, size_t len)
{
	for (int k = 0; k < CONFIG_KEYS; k++) {
		if ((config_table[k].flags & CONFIG_SECRET) && strlen(config_table[k].key) == len && strncasecmp(config_table[k].key, key, len) == 0)
			return config_table[k].key;
	}
	return NULL;
}

/* The secret that this line sets, also when it is commented out; NULL. */
static const char *secret_of(const char *line, size_t len)
{
	size_t from = 0, to;

	while (from < len && strchr(" \t#;\r", line[from]))
		from++;
	for (to = from; to < len && !strchr("=: \t\r\n", line[to]); to++)
		;
	return secret_named(line + from, to - from);
}

void config_without_secrets(const char *text, size_t len, struct buf *out)
{
	bool within = false; /* lines that go on with a secret's value are indented */

	for (size_t at = 0, next; at < len; at = next) {
		const char *line = text + at, *end = memchr(line, '\n', len - at);

		next = end ? (size_t)(end - text) + 1 : len;
		const char *secret = secret_of(line, next - at);

		if (secret)
			buf_printf(out, "# %s: left out\n", secret);
		else if (!within || !strchr(" \t", line[0]))
			buf_put(out, line, next - at);
		within = secret || (within && strchr(" \t", line[0]));
	}
}
