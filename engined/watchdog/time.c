/* The watchdog's time is the engine's, which knows the broker's (engined/live_clock.c): from the last beat of an engine that lives it runs on by the steady clock. Where
 * none has beaten for an hour the machine's wall clock is all there is. */
#include "engined/watchdog/watchdog.h"

#define FRESH (2 * NANOS_SECOND)
#define FORGOTTEN NANOS_HOUR

static bool tells_time(const struct watch_input *in, nanos_t mono)
{
	return in->known && in->alive && in->beat.mode >= MODE_PAPER && !(in->beat.bits & (BEAT_STARTING | BEAT_EXITED)) && mono - in->beat.mono < FRESH;
}

void time_keep(struct watchdog *w, const struct watch_input *in)
{
	nanos_t mono = clock_mono();

	if (w->o.clock) /* a simulator's */
		return;
	if (tells_time(in, mono)) {
		w->clock.base = &w->clock_base;
		clock_base_begin(w->clock.base, in->beat.wall + mono - in->beat.mono, clock_steady(&w->clock));
		w->time_told = mono;
	} else if (w->time_told == 0 || mono - w->time_told > FORGOTTEN) {
		clock_begin(&w->clock, &w->clock_base);
	}
	clock_look(&w->clock);
}
