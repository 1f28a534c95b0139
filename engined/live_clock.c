/* What time it is. The machine's wall clock is asked once, at the start, and compared with the broker's before anything is journalled; from then on time is kept by the
 * steady clock, and a wall clock that jumps moves nothing (lib/loop/clock_base.h). A simulator's clock is taken as it is. */
#include "engined/live_priv.h"

#include "lib/base/err.h"
#include "lib/base/log.h"

static double seconds(nanos_t span)
{
	return (double)span / (double)NANOS_SECOND;
}

void live_clock_ask(struct live *l)
{
	int err = l->app->clock.base ? kotak_session_ask_time(l->session) : ERR_OK;

	if (err != ERR_OK)
		log_warn("clock", "the broker cannot be asked what time it is: %s", err_text(err));
}

void live_clock_settle(struct app *a)
{
	const struct clock_base *b = &a->clock_base;

	if (!a->live || !a->clock.base)
		return;
	start_step(a, "the broker's time");
	while (kotak_session_asking_time(a->live->session))
		uv_run(&a->loop, UV_RUN_ONCE);
	clock_look(&a->clock);
	kotak_session_take_time(a->live->session, a->core->s->now);
	nanos_t offset = kotak_session_clock_offset(a->live->session);
	if (offset == NUM_UNKNOWN)
		log_warn("clock", "the broker did not say what time it is: this machine's clock is believed until it does");
	else if (b->held)
		app_note_error(a, "this machine's clock is %+.1f s from the broker's: the broker's time is kept; set the clock (NTP)", seconds(b->away));
	a->live->holds = b->holds;
}

void live_clock_look(struct live *l)
{
	struct app *a = l->app;
	const struct clock_base *b = &a->clock_base;
	bool was = b->held;

	if (!a->clock.base)
		return;
	clock_look(&a->clock);
	if (b->holds != l->holds)
		app_note_error(a, "this machine's clock was set by %+.1f s: the time before it is kept, and the broker's decides; look at NTP", seconds(b->away));
	else if (b->adopted != l->adopted)
		app_note_error(a, "the broker's time is as this machine's clock shows it: ours was wrong, and is right now%s",
		               b->owed > 0 ? ", or will be: it was ahead, and goes at half pace until then" : "");
	else if (was && !b->held)
		log_info("clock", "this machine's clock is back");
	l->holds = b->holds;
	l->adopted = b->adopted;
}

void live_put_clock(struct app *a, struct json *j)
{
	const struct clock_base *b = &a->clock_base;
	nanos_t offset = kotak_session_clock_offset(a->live->session);

	json_object(j, "clock");
	json_bool(j, "held", b->held);
	json_int(j, "wall_ms", b->away / NANOS_MS);
	if (offset == NUM_UNKNOWN)
		json_null(j, "broker_ms");
	else
		json_int(j, "broker_ms", offset / NANOS_MS);
	json_int(j, "ahead_ms", b->owed / NANOS_MS);
	json_uint(j, "holds", b->holds);
	json_uint(j, "adopted", b->adopted);
	json_object_end(j);
}
