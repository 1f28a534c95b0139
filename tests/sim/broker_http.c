/* From a whole request to a whole answer: the url picks the call, the call fills the answer. */
#include "tests/sim/broker_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

const char *request_header(const struct sim_request *r, const char *name)
{
	for (size_t i = 0; i < r->n_headers; i++)
		if (!strcasecmp(r->headers[i].name, name))
			return r->headers[i].value;
	return NULL;
}

void answer_text(struct sim_broker *b, struct sim_answer *ret, int status, const char *type)
{
	assert(!b->answer.failed);
	ret->status = status;
	ret->body = b->answer.data ? b->answer.data : "";
	ret->len = b->answer.len;
	snprintf(ret->content_type, sizeof(ret->content_type), "%s", type);
}

void answer_json(struct sim_broker *b, struct sim_answer *ret, int status, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	assert(n >= 0 && (size_t)n < sizeof(text));
	buf_clear(&b->answer);
	buf_put(&b->answer, text, (size_t)n);
	answer_text(b, ret, status, "application/json");
}

void answer_gateway(struct sim_broker *b, struct sim_answer *ret, int status)
{
	static const struct { int status; const char *text; } texts[] = {
		{ 403, "Forbidden" }, { 404, "Not Found" }, { 429, "Too Many Requests" }, { 500, "Internal Server Error" }, { 502, "Bad Gateway" }, { 503, "Service Unavailable" },
		{ 504, "Gateway Time-out" }, { 200, "OK" },
	};
	const char *text = "Error";

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].status == status)
			text = texts[i].text;
	buf_clear(&b->answer);
	buf_printf(&b->answer, "<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n<center><h1>%d %s</h1></center>\r\n<hr><center>gateway</center>\r\n</body>\r\n</html>\r\n",
		status, text, status, text);
	answer_text(b, ret, status, "text/html");
}

void answer_not_ok(struct sim_broker *b, struct sim_answer *ret, int code, const char *text)
{
	answer_json(b, ret, 200, "{\"stCode\":%d,\"errMsg\":\"%s\",\"stat\":\"Not_Ok\"}", code, text);
}

/* An empty list, said as a refusal; `desc` in either of its shapes. */
void answer_no_data(struct sim_broker *b, struct sim_answer *ret)
{
	answer_json(b, ret, 200, "{\"stat\":\"Not_Ok\",\"stCode\":5203,\"errMsg\":\"No Data\",\"desc\":%s}", below(&b->dice_life, 2) ? "\"data not found\"" : "[]");
}

/* -- the calls -------------------------------------------------------------------------------------------------------------------- */

static void orders(struct sim_broker *b, const char *rest, struct sim_answer *ret)
{
	reports_orders(b, *rest == '/' ? rest + 1 : NULL, ret);
}

static void positions(struct sim_broker *b, struct sim_answer *ret)
{
	reports_positions(b, false, ret);
}

static void positions_with_price(struct sim_broker *b, struct sim_answer *ret)
{
	reports_positions(b, true, ret);
}

static void file(struct sim_broker *b, const char *rest, struct sim_answer *ret)
{
	if (!master_file(b, rest, ret))
		answer_gateway(b, ret, 403);
}

enum needs { NEEDS_NOTHING, NEEDS_KEY, NEEDS_SESSION };

/* One of the three: what is asked is in the path alone, in the request, or in what follows the path. */
static const struct route {
	const char *method, *path;
	enum needs needs;
	bool form;
	void (*alone)(struct sim_broker *b, struct sim_answer *ret);
	void (*of_request)(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret);
	void (*of_rest)(struct sim_broker *b, const char *rest, struct sim_answer *ret);
} routes[] = {
	{ "POST", "/login/1.0/tradeApiLogin", NEEDS_NOTHING, .of_request = session_login },
	{ "POST", "/login/1.0/tradeApiValidate", NEEDS_NOTHING, .of_request = session_validate },
	{ "GET", "/login/1.0/get-client-ip", NEEDS_NOTHING, .of_request = session_client_ip },
	{ "GET", "/5config/config?", NEEDS_NOTHING, .of_rest = session_config },
	{ "POST", "/quick/order/rule/ms/place", NEEDS_NOTHING, true, .of_request = desk_place },
	{ "POST", "/quick/order/vr/modify", NEEDS_NOTHING, true, .of_request = desk_modify },
	{ "POST", "/quick/order/cancel", NEEDS_NOTHING, true, .of_request = desk_cancel },
	{ "POST", "/quick/order/history", NEEDS_SESSION, true, .of_request = reports_history },
	{ "GET", "/quick/user/orders", NEEDS_SESSION, .of_rest = orders },
	{ "GET", "/quick/user/trades", NEEDS_SESSION, .alone = reports_trades },
	{ "GET", "/quick/user/positions", NEEDS_SESSION, .alone = positions },
	{ "GET", "/portfolio/v2/positions", NEEDS_SESSION, .alone = positions_with_price },
	{ "GET", "/portfolio/v1/holdings", NEEDS_SESSION, .alone = reports_holdings },
	{ "POST", "/quick/user/limits", NEEDS_SESSION, true, .of_request = reports_limits },
	{ "POST", "/quick/user/check-margin", NEEDS_SESSION, true, .of_request = reports_margin },
	{ "GET", "/script-details/1.0/masterscrip/file-paths", NEEDS_KEY, .alone = master_paths },
	{ "GET", "/script-details/1.0/quotes/neosymbol/", NEEDS_KEY, .of_rest = data_quotes },
	{ "GET", "/market-data/1.0/historical/details?", NEEDS_KEY, .of_rest = data_candles },
	{ "GET", "/market-data/1.0/watchlist/expiries?", NEEDS_KEY, .of_rest = data_expiries },
	{ "GET", "/market-data/1.0/watchlist/option-chain?", NEEDS_KEY, .of_rest = data_chain },
	{ "GET", "/wso2-scripmaster/v1/prod/", NEEDS_NOTHING, .of_rest = file },
};

static const struct route *find(const char *method, const char *path, const char **ret_rest)
{
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		size_t len = strlen(routes[i].path);

		*ret_rest = path + len;
		if (!strcmp(method, routes[i].method) && !strncmp(path, routes[i].path, len) && (routes[i].of_rest || !path[len]))
			return &routes[i];
	}
	return NULL;
}

static bool form_given(const struct sim_request *r)
{
	const char *type = request_header(r, "Content-Type");

	return type && !strncasecmp(type, "application/x-www-form-urlencoded", 33);
}

static void serve(struct sim_broker *b, const struct sim_request *r, const char *path, struct sim_answer *ret)
{
	const char *rest;
	const struct route *route = find(r->method, path, &rest);
	struct session *s = route && route->needs == NEEDS_SESSION ? session_of(b, r) : NULL;

	if (s)
		session_troubles(b, s);
	if (!route)
		answer_gateway(b, ret, 404);
	else if (route->needs == NEEDS_SESSION && (!s || s->ended || s->stolen))
		session_refuse(b, r, ret);
	else if (route->needs == NEEDS_KEY && !session_key(r))
		answer_json(b, ret, 401, "{\"fault\":{\"code\":900901,\"message\":\"Invalid Credentials\",\"description\":\"Access failure for API\"}}");
	else if (route->form && !form_given(r))
		answer_json(b, ret, 400, "{\"stCode\":1007,\"errMsg\":\"body invalid\",\"stat\":\"bad request\"}");
	else if (route->alone)
		route->alone(b, ret);
	else if (route->of_request)
		route->of_request(b, r, ret);
	else
		route->of_rest(b, rest, ret);
}

void sim_broker_http(struct sim_broker *b, sim_ns now, const struct sim_request *r, struct sim_answer *ret)
{
	const char *base = sim_broker_account()->base_url;
	size_t len = strlen(base);

	sim_broker_run(b, now);
	b->counts.requests++;
	memset(ret, 0, sizeof(*ret));
	ret->date = now / SECOND * SECOND;
	if (strncmp(r->url, base, len) || r->url[len] != '/')
		answer_not_ok(b, ret, 200032, "Invalid URL. Please verify the 'baseUrl' in the Login Validate API response");
	else
		serve(b, r, r->url + len, ret);
}
