/* One pass over the text: at each place the known values are tried, then the forms, and what none of them takes is copied. */
#include "engined/ctl/redact.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/obj.h"

#define VALUE_LEAST 3 /* shorter ones would take every digit out */
#define VALUE_SURE  6 /* shorter ones only as words of their own */

/* A text and a place in it. */
struct scan { const char *text; size_t len, at; };

static bool is_word(int c) { return isalnum(c) || c == '_'; }
static bool is_base32(int c) { return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7'); }
static bool is_hex(int c) { return isxdigit(c) || c == '-'; }
static bool is_token(int c) { return isalnum(c) || c == '_' || c == '-'; }
static bool is_jwt(int c) { return is_token(c) || c == '.'; }
static bool is_credential(int c) { return is_jwt(c) || c == '+' || c == '/' || c == '='; }
static bool is_digit(int c) { return isdigit(c); }
static bool is_quad(int c) { return isdigit(c) || c == '.'; }
static bool is_path(int c) { return c > ' ' && c != '/' && c != '"' && c != ':' && c != ','; }

static int char_at(const struct scan *s, size_t at)
{
	return at < s->len ? (unsigned char)s->text[at] : 0;
}

/* How many from `at` on are of the kind. */
static size_t run_of(const struct scan *s, size_t at, bool (*kind)(int))
{
	size_t n = 0;

	while (at + n < s->len && kind((unsigned char)s->text[at + n]))
		n++;
	return n;
}

static bool begins_word(const struct scan *s)
{
	return s->at == 0 || !is_word((unsigned char)s->text[s->at - 1]);
}

static bool has(const struct scan *s, const char *word)
{
	return s->len - s->at >= strlen(word) && memcmp(s->text + s->at, word, strlen(word)) == 0;
}

/* -- values that are known ------------------------------------------------------------------------------------------------- */

static void add(struct redact *r, const char *value, size_t len)
{
	for (size_t i = 0; i < r->values; i++)
		if (r->len[i] == len && memcmp(r->value[i], value, len) == 0)
			return;
	if (len < VALUE_LEAST || len >= CONFIG_TEXT_MAX || r->values == REDACT_VALUES)
		return;
	memcpy(r->value[r->values], value, len);
	r->len[r->values++] = len;
}

/* As it stands, and as it stands in JSON. */
static void add_forms(struct redact *r, const char *value, size_t len)
{
	char text[CONFIG_TEXT_MAX];
	struct buf out = { 0 };
	struct json j;

	snprintf(text, sizeof(text), "%.*s", (int)len, value);
	add(r, text, strlen(text));
	json_begin(&j, &out);
	json_str(&j, NULL, text);
	if (out.len > 2)
		add(r, out.data + 1, out.len - 2);
	explicit_bzero(text, sizeof(text));
	if (out.data)
		explicit_bzero(out.data, out.len);
	buf_done(&out);
}

/* Words of a list, and what is between the marks of an address: a password, a path that is a key. */
static void add_parts(struct redact *r, const char *value)
{
	for (const char *at = value + strcspn(value, " ,:/@"); *at;) {
		at += strspn(at, " ,:/@");
		size_t n = strcspn(at, " ,:/@");
		if (n >= VALUE_SURE)
			add_forms(r, at, n);
		at += n;
	}
}

static void take(void *ctx, enum config_key key, const char *value)
{
	struct redact *r = ctx;
	size_t len = strlen(value);

	add_forms(r, value, len);
	if (key == CONFIG_kotak_mobile_number && len > 10) {
		add(r, value + 1, len - 1);
		add(r, value + len - 10, 10);
	} else if (key == CONFIG_telegram_chats) {
		for (const char *at = value; *at; at += strcspn(at, ","), at += strspn(at, ", "))
			add(r, at, strcspn(at, ":"));
	} else if (key == CONFIG_store_mongodb_uri || key == CONFIG_watchdog_webhook_url || key == CONFIG_watchdog_deadman_url || key == CONFIG_watchdog_command)
		add_parts(r, value);
}

void redact_init(struct redact *r, const struct config *c)
{
	memset(r, 0, sizeof(*r));
	config_each_personal(c, take, r);
}

void redact_done(struct redact *r)
{
	explicit_bzero(r, sizeof(*r));
}

static size_t known(const struct redact *r, const struct scan *s)
{
	size_t longest = 0;

	for (size_t i = 0; i < r->values; i++) {
		size_t n = r->len[i];
		bool here = s->len - s->at >= n && n > longest && memcmp(s->text + s->at, r->value[i], n) == 0;

		if (here && (n >= VALUE_SURE || (begins_word(s) && !is_word(char_at(s, s->at + n)))))
			longest = n;
	}
	return longest;
}

/* -- forms: how many bytes are one, from the place on ----------------------------------------------------------------------------- */

/* What comes behind such a word and = or : is its value. */
static bool is_key(const char *word, size_t len)
{
	static const char *const whole[] = { "ucc", "sid", "auth", "chat", "chats", "cookie", "csrf", "userid", "clientcode", "client_code", "actid" };
	static const char *const parts[] = { "mpin", "totp", "password", "passwd", "secret", "token", "consumer_key", "apikey", "api_key", "mobile", "chat_id", "authorization" };
	char low[48] = "";
	size_t skipped = len < sizeof(low) ? 0 : len - sizeof(low) + 1; /* of a long one the end tells */

	word += skipped;
	len -= skipped;
	for (size_t i = 0; i < len; i++)
		low[i] = (char)tolower((unsigned char)word[i]);
	for (size_t i = 0; i < ARRAY_LEN(whole); i++)
		if (strcmp(low, whole[i]) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (strstr(low, parts[i]))
			return true;
	return len > 4 && strcmp(low + len - 4, "_ucc") == 0;
}

static size_t blanks(const struct scan *s, size_t at)
{
	size_t n = 0;

	while (char_at(s, at + n) == ' ')
		n++;
	return n;
}

/* "Bearer abc": the word and what it brings. */
static size_t bearer(const struct scan *s)
{
	size_t n = has(s, "Bearer ") || has(s, "bearer ") ? 7 : has(s, "Basic ") ? 6 : 0, value = n ? run_of(s, s->at + n, is_credential) : 0;

	return value >= 8 ? n + value : 0;
}

/* "word = value", "word":"value": the place where the value begins and its length, 0 = there is none. */
static size_t key_value(const struct scan *s, size_t *ret_from)
{
	size_t n = run_of(s, s->at, is_token), at = s->at + n;

	if (n == 0 || !begins_word(s) || !is_key(s->text + s->at, n))
		return 0;
	at += char_at(s, at) == '\\';
	at += char_at(s, at) == '"';
	at += blanks(s, at);
	if (char_at(s, at) != '=' && char_at(s, at) != ':')
		return 0;
	at++;
	at += blanks(s, at);
	at += char_at(s, at) == '\\';
	bool quoted = char_at(s, at) == '"';
	at += quoted;
	struct scan value = { s->text, s->len, at };
	size_t end = at + bearer(&value);
	while (end < s->len && s->text[end] != '\n' && s->text[end] != '"' && s->text[end] != '\\' && (quoted || !strchr(" ,;}])", s->text[end])))
		end++;
	*ret_from = at;
	bool empty = end == at || strchr("([{", s->text[at]) || (end - at == 4 && memcmp(s->text + at, "null", 4) == 0);
	return empty ? 0 : end - at;
}

/* "://user:password@" */
static size_t userinfo(const struct scan *s)
{
	size_t n = 3;

	if (!has(s, "://"))
		return 0;
	while (s->at + n < s->len && !strchr("/@ \"\n?", s->text[s->at + n]))
		n++;
	return char_at(s, s->at + n) == '@' ? n + 1 : 0;
}

/* A bot's token: digits, a colon, the key; in an address right behind "bot". */
static size_t bot(const struct scan *s)
{
	size_t digits = run_of(s, s->at, is_digit);

	if (digits < 5 || (s->at > 0 && is_digit((unsigned char)s->text[s->at - 1])) || char_at(s, s->at + digits) != ':')
		return 0;
	size_t rest = run_of(s, s->at + digits + 1, is_token);
	return rest >= 20 ? digits + 1 + rest : 0;
}

static size_t jwt(const struct scan *s)
{
	size_t n = has(s, "eyJ") ? run_of(s, s->at, is_jwt) : 0;

	return n >= 20 ? n : 0;
}

/* Tokens of ours (64 digits), keys of Kotak (8-4-4-4-12). Hashes go with them. */
static size_t hexes(const struct scan *s)
{
	size_t n = run_of(s, s->at, is_hex), dashes = 0;

	for (size_t i = 0; i < n; i++)
		dashes += s->text[s->at + i] == '-';
	return n >= 40 || (n == 36 && dashes == 4) ? n : 0;
}

/* A base32 text; a future is none: BANKNIFTY26NOVFUT. An option's strike holds a 0. */
static size_t base32(const struct scan *s)
{
	size_t n = run_of(s, s->at, is_base32), digits = 0;

	for (size_t i = 0; i < n; i++)
		digits += isdigit((unsigned char)s->text[s->at + i]) != 0;
	bool future = n > 3 && memcmp(s->text + s->at + n - 3, "FUT", 3) == 0;
	return n >= 16 && digits > 0 && !future && !is_word(char_at(s, s->at + n)) ? n : 0;
}

/* +919876543210, 919876543210, 9876543210 */
static size_t mobile(const struct scan *s)
{
	size_t plus = char_at(s, s->at) == '+', n = run_of(s, s->at + plus, is_digit);
	const char *d = s->text + s->at + plus;

	if (is_word(char_at(s, s->at + plus + n)) || (n < 10 || n > 14))
		return 0;
	bool plain = n == 10 && d[0] >= '6', country = n == 12 && d[0] == '9' && d[1] == '1' && d[2] >= '6';
	return (plus && n >= 11) || plain || country ? plus + n : 0;
}

static size_t address(const struct scan *s)
{
	size_t n = run_of(s, s->at, is_quad), dots = 0;

	for (size_t i = 0; i < n; i++)
		dots += s->text[s->at + i] == '.';
	n -= n && s->text[s->at + n - 1] == '.';
	return n >= 7 && n <= 15 && (dots == 3 || dots == 4) && !has(s, "127.") && !has(s, "0.0.") ? n : 0;
}

static size_t home(const struct scan *s)
{
	size_t n = has(s, "/ho" "me/") ? run_of(s, s->at + 6, is_path) : 0;

	return n ? 6 + n : 0;
}

static size_t form(const struct scan *s)
{
	static size_t (*const anywhere[])(const struct scan *) = { userinfo, bearer, home, bot };
	static size_t (*const words[])(const struct scan *) = { jwt, hexes, base32, mobile, address };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(anywhere) && n == 0; i++)
		n = anywhere[i](s);
	for (size_t i = 0; i < ARRAY_LEN(words) && n == 0 && (s->at == 0 || !isalnum((unsigned char)s->text[s->at - 1]) || has(s, "eyJ")); i++)
		n = words[i](s);
	return n;
}

/* -- the pass ------------------------------------------------------------------------------------------------------------------------ */

unsigned redact_text(const struct redact *r, const char *text, size_t len, struct buf *out)
{
	struct scan s = { .text = text, .len = len };
	unsigned count = 0;

	while (s.at < len) {
		size_t from = s.at, n = known(r, &s);

		if (n == 0)
			n = form(&s);
		if (n == 0)
			n = key_value(&s, &from);
		if (n) {
			buf_put(out, text + s.at, from - s.at);
			buf_puts(out, REDACT_MARK);
			s.at = from + n;
			count++;
		} else
			buf_putc(out, text[s.at++]);
	}
	return count;
}
