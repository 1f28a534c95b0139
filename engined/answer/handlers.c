/* Control commands: reads are answered from the core or the store, changes become EVENT_COMMAND and are answered by the
 * OUTCOME_REPLY that the core gives, so that the journal holds every order of an operator before its effect. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engined/app.h"
#include "engined/kill.h"
#include "engined/probe.h"
#include "engined/tell.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/control/openapi.h"

static struct app *app_of(void *ctx)
{
	struct app *a = ctx;

	CHECK_OBJ(a, APP_MAGIC);
	return a;
}

/* -- reads ------------------------------------------------------------------------------------------------------------------- */

static void answer_with(struct app *a, struct control_call *call, answer *fill)
{
	struct json j;

	buf_clear(&a->scratch);
	json_begin(&j, &a->scratch);
	fill(a, &j);
	control_reply(call, &a->scratch);
}

#define READ(name) \
	static void on_##name(void *ctx, struct control_call *call) { answer_with(app_of(ctx), call, answer_##name); }
READ(health)
READ(ready)
READ(status)
READ(balance)
READ(strategies)
READ(positions)
READ(risk)
READ(debug)
READ(metrics)

static void on_shutdown(void *ctx, struct control_call *call)
{
	struct app *a = app_of(ctx);

	answer_with(a, call, answer_shutdown);
	a->followed = a->followed && !a->leaving;
}

static bool find_strategy(struct app *a, struct control_call *call, uint32_t *ret)
{
	return strategy_find_named(a, call, control_arg_text(&call->args, "id"), ret);
}

static void reply_strategy(struct app *a, struct control_call *call, uint32_t strategy)
{
	struct json j;

	buf_clear(&a->scratch);
	json_begin(&j, &a->scratch);
	answer_strategy(a, &j, strategy, true);
	control_reply(call, &a->scratch);
}

static void on_strategy(void *ctx, struct control_call *call)
{
	struct app *a = app_of(ctx);
	uint32_t strategy;

	if (find_strategy(a, call, &strategy))
		reply_strategy(a, call, strategy);
}

static void on_openapi(void *ctx, struct control_call *call)
{
	struct app *a = app_of(ctx);

	buf_clear(&a->scratch);
	openapi_put(&a->scratch, PACKAGE_VERSION);
	control_reply(call, &a->scratch);
}

/* -- queries ------------------------------------------------------------------------------------------------------------------ */

/* "2026-11-23" is a whole day, else an instant. */
static bool take_time(struct control_call *call, const char *name, bool end, nanos_t *ret)
{
	const char *text = control_arg_text(&call->args, name);
	struct control_fault fault;
	date_t date;

	if (!text || !text[0])
		return true;
	if (stamp_parse(text, strlen(text), ret) == ERR_OK)
		return true;
	if (date_parse(text, strlen(text), &date) == ERR_OK) {
		*ret = stamp_at(date, end ? NANOS_DAY : 0);
		return true;
	}
	control_fault_set(&fault, CODE_BAD_PARAMETER, "write a day as 2026-11-23 or an instant as 2026-11-23T09:15:00+05:30",
	                  "%s is neither a day nor an instant: \"%s\"", name, text);
	control_fail_with(call, &fault);
	return false;
}

static void take_filter(struct control_call *call, const char *name, char *to, size_t size)
{
	const char *text = control_arg_text(&call->args, name);

	snprintf(to, size, "%s", text ? text : "");
}

static void ask_list(struct app *a, struct control_call *call, enum store_query_kind kind)
{
	struct store_query q = { .kind = kind, .newest_first = true };

	if (!take_time(call, "from", false, &q.from) || !take_time(call, "to", true, &q.to))
		return;
	q.after = (uint64_t)control_arg_number(&call->args, "before", 0);
	q.limit = (uint32_t)control_arg_number(&call->args, "limit", 100);
	take_filter(call, "strategy", q.strategy, sizeof(q.strategy));
	take_filter(call, "symbol", q.symbol, sizeof(q.symbol));
	if (kind == STORE_ORDERS)
		take_filter(call, "state", q.state, sizeof(q.state));
	store_link_ask(a, call, &q);
}

static void on_orders(void *ctx, struct control_call *call) { ask_list(app_of(ctx), call, STORE_ORDERS); }
static void on_trades(void *ctx, struct control_call *call) { ask_list(app_of(ctx), call, STORE_TRADES); }
static void on_history(void *ctx, struct control_call *call) { ask_list(app_of(ctx), call, STORE_HISTORY); }

static void on_equity(void *ctx, struct control_call *call)
{
	struct store_query q = { .kind = STORE_EQUITY };

	if (!take_time(call, "from", false, &q.from) || !take_time(call, "to", true, &q.to))
		return;
	q.after = (uint64_t)control_arg_number(&call->args, "after", 0);
	q.limit = (uint32_t)control_arg_number(&call->args, "limit", 1000);
	store_link_ask(app_of(ctx), call, &q);
}

static void on_events(void *ctx, struct control_call *call)
{
	struct store_query q = { .kind = STORE_EVENTS };
	const struct control_value *after = control_arg(&call->args, "after");

	q.newest_first = after == NULL || !after->given; /* without a cursor: the latest */
	q.after = (uint64_t)control_arg_number(&call->args, "after", 0);
	q.limit = (uint32_t)control_arg_number(&call->args, "limit", 100);
	store_link_ask(app_of(ctx), call, &q);
}

static void on_instruments(void *ctx, struct control_call *call)
{
	const char *expiry = control_arg_text(&call->args, "expiry");
	struct instrument_query q = { .text = control_arg_text(&call->args, "q"), .strike = control_arg_number(&call->args, "strike", 0),
	                              .limit = (uint32_t)control_arg_number(&call->args, "limit", 20) };
	struct app *a = app_of(ctx);
	struct json j;

	if (expiry && expiry[0] && date_parse(expiry, strlen(expiry), &q.expiry) != ERR_OK) {
		control_fail(call, CODE_BAD_PARAMETER, "expiry is a date such as 2026-11-24");
		return;
	}
	buf_clear(&a->scratch);
	json_begin(&j, &a->scratch);
	answer_instruments(a, &j, &q);
	control_reply(call, &a->scratch);
}

static void on_preview(void *ctx, struct control_call *call) { answer_preview(app_of(ctx), call); }
static void on_order_place(void *ctx, struct control_call *call) { order_place(app_of(ctx), call); }
static void on_order_cancel(void *ctx, struct control_call *call) { order_cancel(app_of(ctx), call); }
static void on_notify_test(void *ctx, struct control_call *call) { tell_test(app_of(ctx), call); }

static void on_candles(void *ctx, struct control_call *call)
{
	struct app *a = app_of(ctx);
	struct store_query q = { .kind = STORE_CANDLES, .newest_first = true };

	if (!take_time(call, "from", false, &q.from) || !take_time(call, "to", true, &q.to))
		return;
	take_filter(call, "symbol", q.symbol, sizeof(q.symbol));
	if (!q.symbol[0] && a->core->s->strategies > 0)
		snprintf(q.symbol, sizeof(q.symbol), "%s", a->core->slot[0].symbol);
	q.interval_s = (uint32_t)control_arg_number(&call->args, "interval", 0);
	if (q.interval_s == 0) { /* the shortest that somebody watches */
		uint32_t i = core_find_instrument(a->core, q.symbol);

		for (uint32_t s = i == INSTRUMENT_NONE ? SERIES_NONE : a->core->link[i].series; s != SERIES_NONE; s = a->core->series[s].next)
			if (q.interval_s == 0 || a->core->series[s].interval_s < q.interval_s)
				q.interval_s = a->core->series[s].interval_s;
		q.interval_s = q.interval_s ? q.interval_s : 60;
	}
	q.limit = (uint32_t)control_arg_number(&call->args, "limit", 400);
	store_link_ask(a, call, &q);
}

/* -- changes -------------------------------------------------------------------------------------------------------------------- */

#define WAITING ARRAY_LEN(((struct app *)0)->waiting)

bool handlers_wait(struct app *a, struct control_call *call, uint64_t *ret_request)
{
	uint64_t request = ++a->requests;

	if (a->waiting[request % WAITING]) {
		control_fail(call, CODE_RATE_LIMITED, "too many commands wait for their answer");
		return false;
	}
	a->waiting[request % WAITING] = call;
	*ret_request = request;
	return true;
}

/* Journals the command; the answer comes through handlers_durable(). */
static void command(struct app *a, struct control_call *call, enum command kind, uint32_t index, uint32_t param, int64_t value)
{
	const struct control_value *reason = control_param_find(call->command, "reason") ? control_arg(&call->args, "reason") : NULL;
	struct event e;
	uint64_t request;

	if (!handlers_wait(a, call, &request))
		return;
	event_init(&e, EVENT_COMMAND, 0, INSTRUMENT_NONE);
	e.command.request = request;
	e.command.command = (uint32_t)kind;
	e.command.index = index;
	e.command.param = param;
	e.command.value = value;
	snprintf(e.command.principal, sizeof(e.command.principal), "%.*s", PRINCIPAL_TEXT - 1, call->principal);
	snprintf(e.command.reason, sizeof(e.command.reason), "%s", reason && reason->text ? reason->text : "");
	app_post_command(a, &e);
}

static void state_answer(struct app *a, struct json *j)
{
	json_object(j, NULL);
	json_str(j, "state", engine_state_name(core_engine_state(a->core)));
	answer_kill(a, j, "kill");
	json_object_end(j);
}

static void shutdown_answer(struct app *a, struct json *j)
{
	json_object(j, NULL);
	json_str(j, "operation", "shutdown");
	json_str(j, "positions", a->core->s->stop_keep ? "keep" : "flatten");
	json_str(j, "state", "running");
	json_object_end(j);
}

static void acknowledged_answer(struct app *a, struct json *j)
{
	json_object(j, NULL);
	answer_foreign(a, j, "foreign");
	answer_not_flat(a, j, "not_flat");
	json_object_end(j);
}

static void answer_change(struct app *a, struct control_call *call)
{
	uint32_t strategy;

	switch (call->command->id) {
	case CTL_SHUTDOWN: answer_with(a, call, shutdown_answer); break;
	case CTL_ORDER_PLACE:
	case CTL_ORDER_CANCEL: answer_order(a, call); break;
	case CTL_ACKNOWLEDGE: answer_with(a, call, acknowledged_answer); break;
	case CTL_STOP_PROBE:
	case CTL_RISK_SET: answer_with(a, call, answer_risk); break;
	case CTL_STRATEGY_SET:
	case CTL_STRATEGY_PAUSE:
	case CTL_STRATEGY_RESUME:
		if (find_strategy(a, call, &strategy))
			reply_strategy(a, call, strategy);
		break;
	default: answer_with(a, call, state_answer); break;
	}
}

static void answer_now(struct app *a, const struct outcome_reply *r)
{
	struct control_call *call = a->waiting[r->request % WAITING];

	if (!call)
		return;
	a->waiting[r->request % WAITING] = NULL;
	if (a->snapshot)
		app_publish(a);
	answer_tell(call, r->err == ERR_OK ? NULL : r->refusal != REFUSAL_NONE ? refusal_text((enum refusal)r->refusal) : r->text);
	if (r->err == ERR_OK)
		answer_change(a, call);
	else if (r->refusal != REFUSAL_NONE)
		answer_refused(call, (enum refusal)r->refusal);
	else
		control_fail(call, r->err == ERR_EXIST ? CODE_REQUEST_ID_REUSED : r->err == ERR_DENIED ? CODE_KILL_LATCHED : r->err == ERR_NOENT ? CODE_NOT_FOUND :
		             r->err == ERR_RANGE ? CODE_BAD_PARAMETER : CODE_CONFLICT, r->text);
}

/* Who was told that a kill is latched must find it latched after a power cut: no answer before the record is on disk. */
void handlers_reply(struct app *a, uint64_t seq, const struct outcome_reply *r)
{
	assert(a->held_n < ARRAY_LEN(a->held)); /* one for each call that waits */
	a->held[a->held_n++] = (struct app_reply){ seq, *r };
}

void handlers_durable(struct app *a, uint64_t seq)
{
	unsigned done = 0;

	while (done < a->held_n && a->held[done].seq <= seq)
		answer_now(a, &a->held[done++].reply);
	a->held_n -= done;
	memmove(a->held, a->held + done, a->held_n * sizeof(a->held[0]));
}

void handlers_failed(struct app *a)
{
	a->held_n = 0;
	for (size_t i = 0; i < WAITING; i++) {
		struct control_call *call = a->waiting[i];

		a->waiting[i] = NULL;
		if (call)
			control_fail(call, CODE_INTERNAL, "the journal failed: it is not known whether this will stand after a restart");
	}
}

static void on_pause(void *ctx, struct control_call *call)
{
	command(app_of(ctx), call, COMMAND_PAUSE, 0, 0, 0);
}

/* From a pause `trade` is enough; from a latched kill it takes an admin and a reason. */
static void on_resume(void *ctx, struct control_call *call)
{
	struct app *a = app_of(ctx);
	char path[600];
	struct control_fault fault;

	if (a->core->s->kill != KILL_NONE && call->role < ROLE_ADMIN)
		control_fail(call, CODE_KILL_LATCHED, "only an admin may resume after stop or flatten");
	else if (kill_file_stands(a, path, sizeof(path))) {
		control_fault_set(&fault, CODE_CONFLICT, "remove the file, then resume", "the kill file %s is still there", path);
		control_fail_with(call, &fault);
	}
	else
		command(a, call, COMMAND_RESUME, 0, 0, 0);
}

static void on_kill(void *ctx, struct control_call *call)
{
	static const enum command rungs[] = { COMMAND_PAUSE, COMMAND_KILL_STOP, COMMAND_KILL_FLATTEN };

	command(app_of(ctx), call, rungs[control_arg_number(&call->args, "rung", 0)], 0, 0, 0);
}

/* It holds for the quantity that is there now, or for what did not become flat so far. */
static void on_acknowledge(void *ctx, struct control_call *call)
{
	struct app *a = app_of(ctx);
	const char *symbol = control_arg_text(&call->args, "symbol");
	uint32_t at = core_find_foreign(a->core, symbol);
	const struct foreign *f = at == UINT32_MAX ? NULL : &a->core->s->foreign[at];

	if (strcmp(symbol, "not-flat") == 0)
		command(a, call, COMMAND_ACKNOWLEDGE, ACKNOWLEDGE_NOT_FLAT, 0, a->core->s->not_flat.times);
	else if (f)
		command(a, call, COMMAND_ACKNOWLEDGE, at, 0, f->manual + f->broker + f->unexplained);
	else
		control_fail(call, CODE_NOT_FOUND, "the account holds nothing of that contract that is not ours");
}

static void on_stop_probe(void *ctx, struct control_call *call)
{
	int64_t outcome = control_arg_number(&call->args, "outcome", 0); /* failed, passed, ask */

	if (outcome < 2)
		command(app_of(ctx), call, COMMAND_STOP_PROBE, 0, 0, outcome);
	else
		probe_ask(app_of(ctx), call);
}

static void on_shutdown_request(void *ctx, struct control_call *call)
{
	app_of(ctx)->followed = true;
	command(app_of(ctx), call, COMMAND_SHUTDOWN, 0, 0, control_arg_number(&call->args, "positions", SHUTDOWN_FLATTEN));
}

static void on_strategy_pause(void *ctx, struct control_call *call)
{
	uint32_t strategy;

	if (find_strategy(app_of(ctx), call, &strategy))
		command(app_of(ctx), call, COMMAND_STRATEGY_PAUSE, strategy, 0, 0);
}

static void on_strategy_resume(void *ctx, struct control_call *call)
{
	uint32_t strategy;

	if (find_strategy(app_of(ctx), call, &strategy))
		command(app_of(ctx), call, COMMAND_STRATEGY_RESUME, strategy, 0, 0);
}

/* -- parameters and limits -------------------------------------------------------------------------------------------------------- */

/* 35.0000 -> 35 */
static void drop_zeros(char *number)
{
	size_t n = strlen(number);

	while (n > 0 && strchr(number, '.') && (number[n - 1] == '0' || number[n - 1] == '.'))
		number[--n] = '\0';
}

static bool param_value(struct control_call *call, const struct strategy_ops *ops, const cJSON *item, int *ret_index, int64_t *ret)
{
	char number[32], min[32], max[32];
	const char *text = cJSON_IsString(item) ? item->valuestring : cJSON_IsTrue(item) ? "true" : cJSON_IsFalse(item) ? "false" : number;
	struct control_fault fault;

	if (cJSON_IsNumber(item))
		snprintf(number, sizeof(number), "%.4f", item->valuedouble);
	else if (text == number)
		snprintf(number, sizeof(number), "(no value)");
	if (cJSON_IsNumber(item))
		drop_zeros(number);
	*ret_index = strategy_param_index(ops, item->string);
	if (*ret_index < 0) {
		control_fault_set(&fault, CODE_BAD_PARAMETER, "GET the strategy to see its parameters", "%s has no parameter \"%s\"",
		                  ops->name, item->string);
		control_fail_with(call, &fault);
		return false;
	}
	const struct param *p = strategy_param_at(ops, (uint32_t)*ret_index);
	if (param_parse(p, text, ret) == ERR_OK)
		return true;
	param_format(p, p->min, min);
	param_format(p, p->max, max);
	if (p->type == PARAM_CHOICE)
		control_fault_set(&fault, CODE_BAD_PARAMETER, "choose one of these", "%s must be one of %s; \"%s\" was given", p->name, p->choices, text);
	else
		control_fault_set(&fault, CODE_BAD_PARAMETER, "give a value within these bounds", "%s must be %s to %s%s%s; \"%s\" was given",
		                  p->name, min, max, p->unit[0] ? " " : "", p->unit, text);
	control_fail_with(call, &fault);
	return false;
}

/* All values are checked before the first is applied, so a request changes everything or nothing. */
static void on_strategy_set(void *ctx, struct control_call *call)
{
	struct app *a = app_of(ctx);
	const cJSON *params = control_arg(&call->args, "params")->object, *item;
	int indexes[STRATEGY_PARAMS_MAX];
	int64_t values[STRATEGY_PARAMS_MAX];
	size_t n = 0;
	uint32_t strategy;

	if (!find_strategy(a, call, &strategy))
		return;
	cJSON_ArrayForEach(item, params) {
		if (n == STRATEGY_PARAMS_MAX || !param_value(call, core_ops(a->core, &a->core->slot[strategy]), item, &indexes[n], &values[n]))
			return;
		n++;
	}
	for (size_t i = 0; i + 1 < n; i++) { /* only the last one answers the caller */
		struct event e;

		event_init(&e, EVENT_COMMAND, 0, INSTRUMENT_NONE);
		e.command.command = COMMAND_STRATEGY_PARAM;
		e.command.index = strategy;
		e.command.param = (uint32_t)indexes[i];
		e.command.value = values[i];
		snprintf(e.command.principal, sizeof(e.command.principal), "%.*s", PRINCIPAL_TEXT - 1, call->principal);
		app_post_command(a, &e);
	}
	if (n > 0)
		command(a, call, COMMAND_STRATEGY_PARAM, strategy, (uint32_t)indexes[n - 1], values[n - 1]);
	else
		reply_strategy(a, call, strategy);
}

static bool loosens(const struct core *c, int limit, int64_t value)
{
	int64_t now = c->s->limit[limit];

	return now != NUM_UNKNOWN && (limit_table[limit].tighter < 0 ? value > now : value < now);
}

/* Tightening is anybody's who may trade, and instant. */
static bool may_change(const struct app *a, struct control_call *call, int limit, int64_t value)
{
	const char *reason = control_arg_text(&call->args, "reason");
	struct control_fault fault;

	if (!loosens(a->core, limit, value))
		return true;
	if (call->role < ROLE_ADMIN)
		control_fault_set(&fault, CODE_FORBIDDEN, "ask an admin", "only an admin may loosen %s", limit_table[limit].name);
	else if (!reason || !reason[0])
		control_fault_set(&fault, CODE_BAD_PARAMETER, "send a reason", "raising %s loosens it, and no reason was given", limit_table[limit].name);
	else
		return true;
	control_fail_with(call, &fault);
	return false;
}

static void on_risk_set(void *ctx, struct control_call *call)
{
	struct app *a = app_of(ctx);
	const char *name = control_arg_text(&call->args, "limit");
	int64_t value = control_arg_number(&call->args, "value", 0);
	struct control_fault fault;

	for (int l = 0; l < LIMIT_COUNT; l++) {
		if (strcmp(limit_table[l].name, name) != 0)
			continue;
		if (may_change(a, call, l, value))
			command(a, call, COMMAND_LIMIT, 0, (uint32_t)l, value);
		return;
	}
	control_fault_set(&fault, CODE_BAD_PARAMETER, "GET /api/risk lists the limits", "there is no limit \"%s\"", name);
	control_fail_with(call, &fault);
}

/* -- replay ----------------------------------------------------------------------------------------------------------------------- */

static void replay_answer(struct app *a, struct json *j)
{
	char speed[24];

	snprintf(speed, sizeof(speed), "%lld", (long long)a->pacer.speed);
	json_object(j, NULL);
	json_str(j, "speed", a->pacer.speed ? speed : "max");
	json_bool(j, "paused", a->pacer.paused);
	json_object_end(j);
}

static void on_replay_set(void *ctx, struct control_call *call)
{
	struct app *a = app_of(ctx);
	const char *speed = control_arg_text(&call->args, "speed");
	const struct control_value *paused = control_arg(&call->args, "paused");
	int64_t factor = a->pacer.speed;

	if (a->mode != MODE_REPLAY && a->mode != MODE_DEMO) {
		control_fail(call, CODE_NOT_REPLAY, "the clock of a real market cannot be set");
		return;
	}
	if (speed && strcmp(speed, "max") == 0)
		factor = 0;
	else if (speed && num_parse_int(speed, strlen(speed), 1, 100000, &factor) != ERR_OK) {
		control_fail(call, CODE_BAD_PARAMETER, "speed must be 1 to 100000, or max");
		return;
	}
	a->pacer.speed = factor;
	if (paused && paused->given)
		a->pacer.paused = paused->number != 0;
	a->pacer.steps += (uint64_t)control_arg_number(&call->args, "step", 0);
	pacer_match(a);
	answer_with(a, call, replay_answer);
}

/* -- who is who --------------------------------------------------------------------------------------------------------------------- */

static void who_answer(struct app *a, struct control_call *call, const struct auth_who *who, const char *cookie)
{
	struct json j;

	buf_clear(&a->scratch);
	json_begin(&j, &a->scratch);
	json_object(&j, NULL);
	json_str(&j, "principal", who->principal);
	json_str(&j, "role", control_role_name(who->role));
	json_str(&j, "csrf", who->csrf);
	if (cookie)
		json_str(&j, "cookie", cookie);
	json_object_end(&j);
	control_reply(call, &a->scratch);
	buf_clear(&a->scratch);
}

static void on_auth_token(void *ctx, struct control_call *call)
{
	struct app *a = app_of(ctx);
	const char *token = control_arg_text(&call->args, "token"), *cookie = control_arg_text(&call->args, "cookie");
	struct auth_who who;
	int err = token ? auth_token_check(a->auth, token, app_mono(), &who) :
	          cookie ? auth_cookie_check(a->auth, cookie, app_mono(), &who) : ERR_DENIED;

	if (err == ERR_OK)
		who_answer(a, call, &who, NULL);
	else
		control_fail(call, err == ERR_AGAIN ? CODE_RATE_LIMITED : CODE_UNAUTHENTICATED, "the token or session is not valid");
}

static void on_auth_link(void *ctx, struct control_call *call)
{
	struct app *a = app_of(ctx);
	char cookie[AUTH_SECRET_TEXT];
	struct auth_who who;

	if (auth_link_use(a->auth, control_arg_text(&call->args, "code"), app_mono(), cookie, &who) == ERR_OK)
		who_answer(a, call, &who, cookie);
	else
		control_fail(call, CODE_LINK_USED, "this login link was used already or has expired");
}

static void on_auth_new_link(void *ctx, struct control_call *call)
{
	struct app *a = app_of(ctx);
	char code[AUTH_SECRET_TEXT];
	struct json j;

	auth_link_new(a->auth, ROLE_ADMIN, app_mono(), code);
	buf_clear(&a->scratch);
	json_begin(&j, &a->scratch);
	json_object(&j, NULL);
	json_str(&j, "code", code);
	json_object_end(&j);
	control_reply(call, &a->scratch);
	buf_clear(&a->scratch);
}

static void on_session(void *ctx, struct control_call *call)
{
	struct app *a = app_of(ctx);
	struct auth_who who = { .role = call->role };

	if (auth_session_find(a->auth, call->principal, app_mono(), &who) != ERR_OK)
		snprintf(who.principal, sizeof(who.principal), "%s", call->principal);
	who_answer(a, call, &who, NULL);
}

static void on_logout(void *ctx, struct control_call *call)
{
	struct app *a = app_of(ctx);

	auth_logout(a->auth, call->principal); /* a token has no session to end; that is no error */
	buf_clear(&a->scratch);
	buf_puts(&a->scratch, "{\"session\":null}");
	control_reply(call, &a->scratch);
}

control_handler *const app_handlers[CTL_COUNT] = {
	[CTL_HEALTH] = on_health,
	[CTL_READY] = on_ready,
	[CTL_STATUS] = on_status,
	[CTL_DEBUG] = on_debug,
	[CTL_BALANCE] = on_balance,
	[CTL_STRATEGIES] = on_strategies,
	[CTL_STRATEGY] = on_strategy,
	[CTL_STRATEGY_SET] = on_strategy_set,
	[CTL_STRATEGY_PAUSE] = on_strategy_pause,
	[CTL_STRATEGY_RESUME] = on_strategy_resume,
	[CTL_POSITIONS] = on_positions,
	[CTL_ORDERS] = on_orders,
	[CTL_PREVIEW] = on_preview,
	[CTL_ORDER_PLACE] = on_order_place,
	[CTL_ORDER_CANCEL] = on_order_cancel,
	[CTL_TRADES] = on_trades,
	[CTL_HISTORY] = on_history,
	[CTL_EQUITY] = on_equity,
	[CTL_CANDLES] = on_candles,
	[CTL_INSTRUMENTS] = on_instruments,
	[CTL_EVENTS] = on_events,
	[CTL_RISK] = on_risk,
	[CTL_RISK_SET] = on_risk_set,
	[CTL_PAUSE] = on_pause,
	[CTL_KILL] = on_kill,
	[CTL_RESUME] = on_resume,
	[CTL_ACKNOWLEDGE] = on_acknowledge,
	[CTL_STOP_PROBE] = on_stop_probe,
	[CTL_SHUTDOWN] = on_shutdown_request,
	[CTL_SHUTDOWN_STATE] = on_shutdown,
	[CTL_REPLAY_SET] = on_replay_set,
	[CTL_NOTIFY_TEST] = on_notify_test,
	[CTL_METRICS] = on_metrics,
	[CTL_OPENAPI] = on_openapi,
	[CTL_SESSION] = on_session,
	[CTL_AUTH_TOKEN] = on_auth_token,
	[CTL_AUTH_LINK] = on_auth_link,
	[CTL_AUTH_NEW_LINK] = on_auth_new_link,
	[CTL_LOGOUT] = on_logout,
};
