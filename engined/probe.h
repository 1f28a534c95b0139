/* The probe of the resting stop, asked of the broker: POST /api/stop/probe, outcome `ask`. */
#pragma once

#include "engined/app.h"

/* Answers itself, later. */
void probe_ask(struct app *a, struct control_call *call);
