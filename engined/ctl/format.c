#include "engined/ctl/ctl.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/base/num.h"
#include "lib/base/obj.h"
#include "lib/base/rupees.h"

/* Keys of amounts in rupees (docs/api.md); a sign is shown where it tells gain from loss. */
static const char *const amounts[] = { "capital", "cash_free", "used", "charges", "equity", "average", "last", "value", "entry",
	"exit", "stop", "target", "index_stop", "price", "trigger", "fill", "o", "h", "l", "c", "left",
	"cost", "free", "worst_loss", "exposure", "exposure_instrument", "cash", "margin_used", "collateral" };
static const char *const gains[] = { "pnl", "day_pnl", "realised", "unrealised", "gross", "net", "net_known" };

/* Whole numbers that name something; a person copies them. */
static const char *const identities[] = { "pid", "epoch", "seq", "durable", "order", "next_order", "checkpoint_seq" };

static bool is_in(const char *key, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

static bool is_gain(const char *key)
{
	return is_in(key, gains, ARRAY_LEN(gains));
}

size_t ctl_format_money(char *text, int64_t value, bool sign_always)
{
	return rupees_format(text, value, sign_always);
}

size_t ctl_format_integer(char *text, int64_t value)
{
	char plain[CTL_NUMBER_TEXT];
	int len = snprintf(plain, sizeof(plain), "%" PRId64, value);
	size_t sign = value < 0;

	text[0] = '-';
	return sign + rupees_group(text + sign, plain + sign, (size_t)len - sign);
}

/* Display only: the exact digits are what --json prints. */
static void put_number(struct buf *out, const char *key, double value)
{
	char text[CTL_NUMBER_TEXT];
	bool fits = fabs(value) < 9e13;

	if (fits && (is_gain(key) || is_in(key, amounts, ARRAY_LEN(amounts))))
		ctl_format_money(text, (int64_t)llround(value * 100) * (NUM_SCALE / 100), is_gain(key)); /* to the paisa */
	else if (fits && trunc(value) == value && !is_in(key, identities, ARRAY_LEN(identities)))
		ctl_format_integer(text, (int64_t)value);
	else
		snprintf(text, sizeof(text), "%.15g", value);
	buf_puts(out, text);
}

/* 2026-11-23T09:15:00.000+05:30: all times are IST, so the offset is noise here. */
static bool is_stamp(const char *text)
{
	return strlen(text) == 29 && text[10] == 'T' && strcmp(text + 23, "+05:30") == 0;
}

/* What comes over the socket must not steer the terminal. */
void ctl_format_text(struct buf *out, const char *text)
{
	if (is_stamp(text)) {
		buf_printf(out, "%.10s %.8s", text, text + 11);
		return;
	}
	for (; *text; text++) {
		bool c1 = (unsigned char)text[0] == 0xC2 && (unsigned char)text[1] >= 0x80 && (unsigned char)text[1] < 0xA0;

		buf_putc(out, (unsigned char)*text < 0x20 || *text == 0x7F || c1 ? '?' : *text);
		text += c1;
	}
}

/* "NIFTY, BANKNIFTY" */
static void put_list(struct buf *out, const char *key, const cJSON *list)
{
	const cJSON *item;

	if (!list->child)
		buf_puts(out, "none");
	cJSON_ArrayForEach(item, list) {
		buf_puts(out, item == list->child ? "" : ", ");
		ctl_format_value(out, key, item);
	}
}

void ctl_format_value(struct buf *out, const char *key, const cJSON *value)
{
	if (!value || cJSON_IsNull(value) || (cJSON_IsString(value) && value->valuestring[0] == '\0')) {
		buf_puts(out, "\xE2\x80\x94"); /* an em dash: not known, or nothing to say */
	} else if (cJSON_IsBool(value)) {
		buf_puts(out, cJSON_IsTrue(value) ? "yes" : "no");
	} else if (cJSON_IsNumber(value)) {
		put_number(out, key, value->valuedouble);
	} else if (cJSON_IsString(value)) {
		ctl_format_text(out, value->valuestring);
	} else if (cJSON_IsArray(value) && !cJSON_IsObject(value->child)) {
		put_list(out, key, value);
	} else {
		char *text = cJSON_PrintUnformatted(value);

		ctl_format_text(out, text ? text : "");
		cJSON_free(text);
	}
}

int ctl_format_direction(const char *key, const cJSON *value)
{
	if (!cJSON_IsNumber(value) || !is_gain(key))
		return 0;
	return (value->valuedouble > 0) - (value->valuedouble < 0);
}
