/* What only the broker can tell: a login of the doctor's own, then the address it sees and the funds it holds. */
#include "engined/ctl/doctor.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/kotak/reports.h"

#define LOGIN_MS 60000  /* a fresh one-time code may be half a minute away */
#define TRIES_MOST 2    /* a code may have been used a moment ago; what is refused with a fresh one, too, stays so */
#define ANSWER_MS 15000
#define OFFSET_MOST (NANOS_SECOND / 2)

#define VISIT_MAGIC 0x56495349u
struct visit {
	uint32_t magic;
	struct doctor *doctor;
	uv_loop_t loop;
	uv_timer_t timer;
	struct kotak_session *session;
	struct rest *rest;
	bool settled, late;
	unsigned begun;
	char reason[256], address[64], funds[32];
	struct report report;
};

static const char why_login[] = "no login, no prices and no orders";

static struct visit *visit_of(void *ctx)
{
	struct visit *v = ctx;

	CHECK_OBJ(v, VISIT_MAGIC);
	return v;
}

static void changed(void *ctx, enum session_state state, const char *reason)
{
	struct visit *v = visit_of(ctx);

	snprintf(v->reason, sizeof(v->reason), "%s", reason);
	v->begun += state == SESSION_START;
	v->settled = state != SESSION_START || v->begun > TRIES_MOST;
}

static void on_late(uv_timer_t *timer)
{
	visit_of(timer->data)->late = true;
}

static void wait_for(struct visit *v, unsigned ms)
{
	v->settled = v->late = false;
	uv_update_time(&v->loop);
	uv_timer_start(&v->timer, on_late, ms, 0);
	while (!v->settled && !v->late)
		uv_run(&v->loop, UV_RUN_ONCE);
	uv_timer_stop(&v->timer);
}

/* -- questions ---------------------------------------------------------------------------------------------------------------- */

static void address_told(void *ctx, const struct wire_answer *a)
{
	struct visit *v = visit_of(ctx);
	const cJSON *row = cJSON_GetArrayItem(cJSON_GetObjectItem(a->json, "data"), 0);
	const char *ip = NULL;

	if (a->json && wire_text(row, "ip", &ip))
		snprintf(v->address, sizeof(v->address), "%s", ip);
	snprintf(v->reason, sizeof(v->reason), "%s", a->text);
	v->settled = true;
}

static void funds_told(void *ctx, const struct wire_answer *a)
{
	struct visit *v = visit_of(ctx);
	int64_t net;

	if (a->verdict == WIRE_OK && wire_decimal(a->json, "Net", &net))
		num_format(net, v->funds);
	snprintf(v->reason, sizeof(v->reason), "%s", a->text);
	v->settled = true;
}

static void ask(struct visit *v, void (*told)(void *ctx, const struct wire_answer *a))
{
	v->report.call.done = told;
	v->report.call.ctx = v;
	if (rest_call(v->rest, &v->report.call) == ERR_OK)
		wait_for(v, ANSWER_MS);
}

/* -- lines ---------------------------------------------------------------------------------------------------------------------- */

static void say_session(struct visit *v)
{
	nanos_t expires = kotak_session_expires(v->session), now = clock_now(&v->doctor->clock);
	char until[STAMP_TEXT] = "its end is not told";

	if (expires)
		stamp_format(expires, until);
	doctor_say(v->doctor, DOCTOR_OK, "login", why_login, "", "TOTP and MPIN were accepted");
	doctor_say(v->doctor, expires && expires - now < NANOS_HOUR ? DOCTOR_WARN : DOCTOR_OK, "token",
	           "a session that ends in market hours costs seconds of blindness", "restart engined, or let it log in again by itself", "valid until %s", until);
}

static void say_clock(struct visit *v)
{
	static const char why[] = "one-time codes and the age of prices need a true clock";
	nanos_t offset = kotak_session_clock_offset(v->session);

	if (offset == NUM_UNKNOWN)
		doctor_say(v->doctor, DOCTOR_UNKNOWN, "clock", why, "compare the clock with an NTP server", "the server told no time");
	else /* an HTTP Date has whole seconds: half a second of it is nobody's fault */
		doctor_say(v->doctor, llabs(offset) > OFFSET_MOST + NANOS_SECOND ? DOCTOR_BAD : DOCTOR_OK, "clock", why,
		           "run an NTP client (systemd-timesyncd or chrony)", "the server's is %+.1f s away, to the second it tells", (double)offset / 1e9);
}

static void say_address(struct visit *v)
{
	static const char why[] = "orders are taken from the whitelisted address only";
	const char *registered = v->doctor->config->kotak_registered_ip;

	report_client_ip(&v->report);
	ask(v, address_told);
	if (v->address[0] == '\0')
		doctor_say(v->doctor, DOCTOR_UNKNOWN, "address", why, "try again, or look at the Trade API page", "Kotak did not tell (%s)", v->reason);
	else if (registered[0] == '\0')
		doctor_say(v->doctor, DOCTOR_WARN, "address", why, "set kotak.registered_ip to the address whitelisted on the Trade API page",
		           "Kotak sees %s; kotak.registered_ip is not set", v->address);
	else if (strcmp(registered, v->address) != 0)
		doctor_say(v->doctor, DOCTOR_BAD, "address", why, "send from the registered address (kotak.ip_version picks the family), or register this one",
		           "Kotak sees %s, registered is %s", v->address, registered);
	else
		doctor_say(v->doctor, DOCTOR_OK, "address", why, "", "Kotak sees %s, as registered", v->address);
}

static void say_funds(struct visit *v)
{
	static const char why[] = "an order without margin is rejected";

	report_limits(&v->report);
	ask(v, funds_told);
	if (v->funds[0])
		doctor_say(v->doctor, DOCTOR_OK, "funds", why, "", "%s rupees of margin are free", v->funds);
	else
		doctor_say(v->doctor, DOCTOR_UNKNOWN, "funds", why, "look in the Neo app; the call fails on some accounts", "Kotak did not tell (%s)", v->reason);
}

/* -- the visit -------------------------------------------------------------------------------------------------------------------- */

static void leave(struct visit *v)
{
	if (v->rest)
		rest_close(&v->rest);
	if (v->session)
		kotak_session_close(&v->session);
	uv_close((uv_handle_t *)&v->timer, NULL);
	uv_run(&v->loop, UV_RUN_DEFAULT);
	uv_loop_close(&v->loop);
}

static int arrive(struct visit *v)
{
	static struct kotak_options o;
	struct kotak_listener listener = { changed, v };
	int err = ERR_INVAL;

	if (account_options(v->doctor->config, &o, v->reason, sizeof(v->reason)))
		err = kotak_session_open(&v->loop, &o, &v->doctor->clock, &v->session, v->reason);
	explicit_bzero(&o, sizeof(o));
	if (err == ERR_OK)
		err = rest_open(v->session, &v->rest);
	if (err == ERR_OK)
		err = kotak_session_listen(v->session, &listener);
	if (err != ERR_OK)
		return err;
	kotak_session_start(v->session, true);
	wait_for(v, LOGIN_MS);
	return kotak_session_state(v->session) == SESSION_UP ? ERR_OK : ERR_DENIED;
}

void doctor_account(struct doctor *d)
{
	struct visit *v = calloc(1, sizeof(*v));

	if (d->offline || !v) {
		doctor_say(d, DOCTOR_UNKNOWN, "login", why_login, "run without --offline", "not tried");
		free(v);
		return;
	}
	*v = (struct visit){ .magic = VISIT_MAGIC, .doctor = d };
	uv_loop_init(&v->loop);
	uv_timer_init(&v->loop, &v->timer);
	v->timer.data = v;
	if (arrive(v) == ERR_OK) {
		say_session(v);
		say_clock(v);
		say_address(v);
		say_funds(v);
	} else
		doctor_say(d, DOCTOR_BAD, "login", why_login, "check the KOTAK_* values; after a refusal wait five minutes before the next try", "%s",
		           v->reason[0] ? v->reason : "no answer in a minute");
	leave(v);
	free(v);
}
