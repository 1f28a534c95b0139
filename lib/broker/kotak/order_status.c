/* Kotak's words for the state of an order. Free text, an open set: a word that is not known means work for a person and a poll,
 * never an end. kotak-neo-api.md 3.7. */
#include <ctype.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/broker/kotak/order_codec.h"

static const struct { const char *text; enum row_status status; } words[] = {
	{ "put order req received", ROW_RECEIVED },
	{ "validation pending", ROW_VALIDATING },
	{ "open pending", ROW_OPEN_PENDING },
	{ "open", ROW_OPEN },
	{ "trigger pending", ROW_TRIGGER_PENDING },
	{ "modify validation pending", ROW_MODIFYING },
	{ "modify pending", ROW_MODIFYING },
	{ "modified", ROW_MODIFIED },
	{ "not modified", ROW_NOT_MODIFIED },
	{ "cancel pending", ROW_CANCELLING },
	{ "not cancelled", ROW_NOT_CANCELLED },
	{ "after market order req received", ROW_AMO },
	{ "modify after market order req received", ROW_AMO },
	{ "complete", ROW_COMPLETE },
	{ "traded", ROW_COMPLETE },
	{ "rejected", ROW_REJECTED },
	{ "cancelled", ROW_CANCELLED },
	{ "canceled", ROW_CANCELLED },
	{ "cancelled after market order", ROW_CANCELLED },
};

/* Lower case, trimmed, blanks between words one. Longer texts are cut: none of ours is as long. */
static void tidy(const char *text, char *ret, size_t size)
{
	size_t len = 0;

	for (; *text && len + 1 < size; text++) {
		char c = (char)tolower((unsigned char)*text);

		if (!isspace((unsigned char)c))
			ret[len++] = c;
		else if (len > 0 && ret[len - 1] != ' ')
			ret[len++] = ' ';
	}
	while (len > 0 && ret[len - 1] == ' ')
		len--;
	ret[len] = '\0';
}

enum row_status row_status_of(const char *text)
{
	char plain[64];

	tidy(text, plain, sizeof(plain));
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i].text, plain) == 0)
			return words[i].status;
	return ROW_WORKING_UNKNOWN;
}

bool row_status_terminal(enum row_status s)
{
	return s == ROW_COMPLETE || s == ROW_REJECTED || s == ROW_CANCELLED;
}
