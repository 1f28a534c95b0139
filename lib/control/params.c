#include "lib/control/params.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/base/obj.h"

#define GIVEN_SHOWN 48 /* bytes of a bad value that go into its sentence */

/* -- sentences ---------------------------------------------------------------------------------------------------- */

/* "an integer from 1 to 1000", "a text of 1 to 23 bytes", "one of pause|stop|flatten" */
static void describe(const struct control_param *p, char *text, size_t size)
{
	char low[NUM_TEXT], high[NUM_TEXT];
	bool bounded = p->min != 0 || p->max != 0;

	switch (p->type) {
	case CTL_TYPE_STR:
		snprintf(text, size, "a text of %" PRId64 " to %" PRId64 " bytes", p->min, p->max);
		break;
	case CTL_TYPE_INT:
	case CTL_TYPE_UINT:
		if (bounded)
			snprintf(text, size, "an integer from %" PRId64 " to %" PRId64, p->min, p->max);
		else
			snprintf(text, size, p->type == CTL_TYPE_UINT ? "an integer, not negative" : "an integer");
		break;
	case CTL_TYPE_BOOL:
		snprintf(text, size, "true or false");
		break;
	case CTL_TYPE_DEC:
		num_format(p->min, low);
		num_format(p->max, high);
		if (bounded)
			snprintf(text, size, "a decimal number from %s to %s", low, high);
		else
			snprintf(text, size, "a decimal number with at most four decimals");
		break;
	case CTL_TYPE_ENUM:
		snprintf(text, size, "one of %s", p->help);
		break;
	case CTL_TYPE_OBJECT:
		snprintf(text, size, "an object of %" PRId64 " to %" PRId64 " members", p->min, p->max);
		break;
	}
}

static int refuse(const struct control_param *p, const char *given, int err, struct control_fault *ret_fault)
{
	char wanted[96];

	describe(p, wanted, sizeof(wanted));
	control_fault_set(ret_fault, CODE_BAD_PARAMETER, NULL, "%s must be %s; given: %.*s%s", p->name, wanted, GIVEN_SHOWN,
	                  given, strlen(given) > GIVEN_SHOWN ? "..." : "");
	return err;
}

/* -- one value ---------------------------------------------------------------------------------------------------- */

/* Control characters would let one line of an audit or a log pose as two. */
static bool is_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7F)
			return false;
	return true;
}

static int check_str(const struct control_param *p, const char *text, struct control_value *ret)
{
	int64_t len = (int64_t)strlen(text);

	if (len < p->min || len > p->max)
		return ERR_RANGE;
	if (!is_printable(text))
		return ERR_PARSE;
	*ret = (struct control_value){ .given = true, .text = text };
	return ERR_OK;
}

static int check_enum(const struct control_param *p, const char *text, struct control_value *ret)
{
	size_t len = 0;
	const char *choice;

	for (size_t i = 0; (choice = control_choice(p, i, &len)) != NULL; i++) {
		if (strlen(text) != len || memcmp(text, choice, len) != 0)
			continue;
		*ret = (struct control_value){ .given = true, .number = (int64_t)i, .text = text };
		return ERR_OK;
	}
	return ERR_RANGE;
}

static int check_number(const struct control_param *p, const char *text, struct control_value *ret)
{
	bool bounded = p->min != 0 || p->max != 0;
	int64_t lowest = bounded ? p->min : p->type == CTL_TYPE_UINT ? 0 : -INT64_MAX, number = 0;
	int64_t highest = bounded ? p->max : INT64_MAX;
	int err = p->type == CTL_TYPE_DEC ? num_parse(text, strlen(text), &number) :
	                                    num_parse_int(text, strlen(text), lowest, highest, &number);

	if (err != 0)
		return err;
	if (number < lowest || number > highest)
		return ERR_RANGE;
	*ret = (struct control_value){ .given = true, .number = number };
	return ERR_OK;
}

static int check_bool(const char *text, struct control_value *ret)
{
	bool yes = strcmp(text, "true") == 0;

	if (!yes && strcmp(text, "false") != 0)
		return ERR_PARSE;
	*ret = (struct control_value){ .given = true, .number = yes };
	return ERR_OK;
}

int control_param_check_text(const struct control_param *p, const char *text, struct control_value *ret,
                             struct control_fault *ret_fault)
{
	int err = ERR_PARSE; /* an object cannot come as text */

	switch (p->type) {
	case CTL_TYPE_STR:    err = check_str(p, text, ret); break;
	case CTL_TYPE_ENUM:   err = check_enum(p, text, ret); break;
	case CTL_TYPE_BOOL:   err = check_bool(text, ret); break;
	case CTL_TYPE_INT:
	case CTL_TYPE_UINT:
	case CTL_TYPE_DEC:    err = check_number(p, text, ret); break;
	case CTL_TYPE_OBJECT: break;
	}
	return err == 0 ? 0 : refuse(p, text, err, ret_fault);
}

/* cJSON keeps numbers as doubles, which hold any 15 digits exactly; a number that needs more must come as text. */
static bool number_text(double value, char *text, size_t size)
{
	snprintf(text, size, "%.15g", value);
	return isfinite(value) && !strchr(text, 'e') && strtod(text, NULL) == value;
}

static int check_json_number(const struct control_param *p, const cJSON *item, struct control_value *ret,
                             struct control_fault *ret_fault)
{
	char text[40];
	bool takes_numbers = p->type == CTL_TYPE_INT || p->type == CTL_TYPE_UINT || p->type == CTL_TYPE_DEC;

	if (number_text(item->valuedouble, text, sizeof(text)) && takes_numbers)
		return control_param_check_text(p, text, ret, ret_fault);
	int err = refuse(p, text, takes_numbers ? ERR_RANGE : ERR_PARSE, ret_fault);
	if (takes_numbers && isfinite(item->valuedouble))
		snprintf(ret_fault->remedy, sizeof(ret_fault->remedy), "send a number of more than 15 digits as text");
	return err;
}

static int check_value(const struct control_param *p, const cJSON *item, struct control_value *ret,
                       struct control_fault *ret_fault)
{
	if (cJSON_IsNumber(item))
		return check_json_number(p, item, ret, ret_fault);
	if (cJSON_IsString(item) && p->type != CTL_TYPE_OBJECT)
		return control_param_check_text(p, item->valuestring, ret, ret_fault);
	if (cJSON_IsBool(item) && p->type == CTL_TYPE_BOOL) {
		*ret = (struct control_value){ .given = true, .number = cJSON_IsTrue(item) };
		return ERR_OK;
	}
	if (!cJSON_IsObject(item) || p->type != CTL_TYPE_OBJECT)
		return refuse(p, cJSON_IsNull(item) ? "null" : cJSON_IsObject(item) ? "an object" : cJSON_IsArray(item) ?
		              "an array" : cJSON_IsString(item) ? "a text" : cJSON_IsTrue(item) ? "true" : "false", ERR_PARSE, ret_fault);
	int members = cJSON_GetArraySize(item);
	if (members < p->min || members > p->max)
		return refuse(p, members == 0 ? "an empty object" : "more members", ERR_RANGE, ret_fault);
	*ret = (struct control_value){ .given = true, .object = item };
	return ERR_OK;
}

/* -- all of a request --------------------------------------------------------------------------------------------- */

static int refuse_unknown(const struct control_command *c, const char *name, struct control_fault *ret_fault)
{
	const char *near = control_suggest_param(c, name);

	control_fault_set(ret_fault, CODE_BAD_PARAMETER, NULL, "%s has no parameter \"%.*s\"%s%s%s", c->method, GIVEN_SHOWN, name,
	                  near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	return ERR_PARSE;
}

static int check_required(const struct control_command *c, const struct control_args *args, struct control_fault *ret_fault)
{
	char wanted[96];

	for (const struct control_param *p = c->params; p->name; p++) {
		if (!p->required || args->values[p - c->params].given)
			continue;
		describe(p, wanted, sizeof(wanted));
		control_fault_set(ret_fault, CODE_BAD_PARAMETER, NULL, "%s needs %s, %s", c->method, p->name, wanted);
		return ERR_PARSE;
	}
	return ERR_OK;
}

int control_params_check(const struct control_command *c, const cJSON *params, struct control_args *ret,
                         struct control_fault *ret_fault)
{
	struct control_args args = { .command = c };

	for (const cJSON *item = params ? params->child : NULL; item; item = item->next) {
		if (item->string[0] == '_')
			continue;
		const struct control_param *p = control_param_find(c, item->string);
		if (!p)
			return refuse_unknown(c, item->string, ret_fault);
		int err = check_value(p, item, &args.values[p - c->params], ret_fault);
		if (err != 0)
			return err;
	}
	if (check_required(c, &args, ret_fault) != 0)
		return ERR_PARSE;
	*ret = args;
	return ERR_OK;
}

const struct control_value *control_arg(const struct control_args *args, const char *name)
{
	const struct control_param *p = control_param_find(args->command, name);

	assert(p);
	const struct control_value *value = &args->values[p - args->command->params];
	return value->given ? value : NULL;
}

const char *control_arg_text(const struct control_args *args, const char *name)
{
	const struct control_value *value = control_arg(args, name);

	return value ? value->text : NULL;
}

int64_t control_arg_number(const struct control_args *args, const char *name, int64_t otherwise)
{
	const struct control_value *value = control_arg(args, name);

	return value ? value->number : otherwise;
}
