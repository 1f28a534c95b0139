/* JSON text to cJSON, made safe and small first: bounded, no NUL, integers that a double cannot hold are kept as their text, fillers left out. */
#include "lib/kotak/wire.h"

#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/obj.h"

#define BODY_MAX   (16 * 1024 * 1024)
#define DEPTH_MAX  64
#define DIGITS_MAX 15 /* every integer of so many digits is exact in a double */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Length of the string that begins at text[0] == '"', both quotes counted; len when it does not end. */
static size_t string_len(const char *text, size_t len)
{
	size_t i = 1;

	while (i < len && text[i] != '"')
		i += text[i] == '\\' ? 2 : 1;
	return i < len ? i + 1 : len;
}

static size_t number_len(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && (is_digit(text[i]) || (text[i] && strchr("+-.eE", text[i]))))
		i++;
	return i;
}

static bool is_long_integer(const char *text, size_t len)
{
	bool negative = text[0] == '-';

	for (size_t i = negative; i < len; i++)
		if (!is_digit(text[i]))
			return false;
	return len - negative > DIGITS_MAX && text[negative] != '0';
}

/* -- what nobody reads --------------------------------------------------------------------------------------------- */

/* Of the 75 fields of an order's row these 55 are read nowhere: each left in costs three allocations, and a heavy day's book has 5,000 rows. By length. */
static const char *const unread[] = {
	[2] = "it", [3] = "symrmk", [4] = "vldtuSec", [5] = "actIdusrIdprcTpoptTpcoPctexpDttckSzlotSzalgIdmfdByodCrtrptTpreqIdlocId",
	[6] = "seriesstkPrcminQtydscQtygenDengenNumprcNumprcDenhsUpTmalgCatmktProordSrcsipIndboeSec", [7] = "unFldSzordDtTmexCfmTmbrkClnt",
	[8] = "expDtSsbordEntTmalgSeqNoordAutStordValDtsymOrdIdordModNobrdLtQty", [9] = "refLmtPrcprecisiondscQtyPctexUsrInfomktProPctmktProFlg",
	[10] = "multiplierdefMktProVvendorCodeappInstlId", [11] = "noMktProFlg", [12] = "strategyCode", [14] = "classification",
};

static bool is_unread(const char *key, size_t len)
{
	const char *names = len < ARRAY_LEN(unread) ? unread[len] : NULL;

	for (; names && *names; names += len)
		if (*names == *key && memcmp(names, key, len) == 0)
			return true;
	return false;
}

static size_t blanks(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n'))
		i++;
	return i;
}

/* Length of a plain value: text without escapes, or digits; 0 = something else. */
static size_t plain_len(const char *text, size_t len)
{
	size_t i = 0;

	if (len == 0 || text[0] != '"') {
		while (i < len && is_digit(text[i]))
			i++;
		return i;
	}
	for (i = 1; i < len && text[i] != '"'; i++)
		if (text[i] == '\\')
			return 0;
	return i < len ? i + 1 : 0;
}

/* Length of `"key": value, ` at the key whose quoted length is `key`, when all of it may be left out; 0 otherwise. Another member must follow and the
 * value must be plain, so that what is left is JSON exactly when the whole was. */
static size_t skippable(const char *text, size_t key, size_t len)
{
	size_t at = key, value;

	if (key < 2 || !is_unread(text + 1, key - 2))
		return 0;
	at += blanks(text + at, len - at);
	if (at == len || text[at++] != ':')
		return 0;
	at += blanks(text + at, len - at);
	if (!(value = plain_len(text + at, len - at)))
		return 0;
	at += value;
	at += blanks(text + at, len - at);
	if (at == len || text[at++] != ',')
		return 0;
	at += blanks(text + at, len - at);
	return at < len && text[at] == '"' ? at : 0;
}

/* -- the copy ------------------------------------------------------------------------------------------------------ */

/* Where the pass is: in which kinds of container, and after what. */
struct place { unsigned depth; uint64_t objects; char before; };

static bool enter(struct place *p, char c)
{
	if (c == '{' || c == '[') {
		if (++p->depth > DEPTH_MAX)
			return false;
		p->objects = p->objects << 1 | (c == '{');
	} else if ((c == '}' || c == ']') && p->depth > 0) {
		p->depth--;
		p->objects >>= 1;
	}
	return true;
}

static size_t token_len(const char *text, size_t len)
{
	return *text == '"' ? string_len(text, len) : *text == '-' || is_digit(*text) ? number_len(text, len) : 1;
}

/* Copies `text` with quotes around long integers and without what nobody reads. False when it is nested too deep. */
static bool copy_safe(const char *text, size_t len, struct buf *out)
{
	struct place p = { 0 };
	size_t from = 0;

	for (size_t at = 0, n, skip; at < len; at += n) {
		char c = text[at];

		n = token_len(text + at, len - at);
		bool key = c == '"' && p.depth > 1 && (p.objects & 1) && (p.before == ',' || p.before == '{');
		bool quote = (c == '-' || is_digit(c)) && is_long_integer(text + at, n);
		if (key && (skip = skippable(text + at, n, len - at)) > 0) {
			buf_put(out, text + from, at - from);
			from = at + (n = skip);
			continue;
		}
		if (quote) {
			buf_put(out, text + from, at - from);
			buf_putc(out, '"');
			buf_put(out, text + at, n);
			buf_putc(out, '"');
			from = at + n;
		}
		if (!enter(&p, c))
			return false;
		if (blanks(&c, 1) == 0)
			p.before = c;
	}
	buf_put(out, text + from, len - from);
	return true;
}

static bool only_blanks(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

cJSON *wire_parse(const char *text, size_t len)
{
	struct buf safe = { 0 };
	const char *end = NULL;
	cJSON *json = NULL;

	if (len == 0 || len > BODY_MAX || memchr(text, '\0', len))
		return NULL;
	if (buf_reserve(&safe, len) && copy_safe(text, len, &safe) && !safe.failed)
		json = cJSON_ParseWithLengthOpts(safe.data, safe.len, &end, 0);
	if (json && end && !only_blanks(end)) {
		cJSON_Delete(json);
		json = NULL;
	}
	if (safe.data) /* a login's answer holds tokens */
		explicit_bzero(safe.data, safe.cap);
	buf_done(&safe);
	return json;
}
