/* The daemon's side of Telegram (engined/notify): made when a token is set, in every mode but replay, whose days are past. */
#pragma once

#include "engined/app.h"

int tell_open(struct app *a);      /* after recovery; 0 or an exit status */
int tell_catch_up(struct app *a);  /* on the start's thread */
void tell_test(struct app *a, struct control_call *call); /* replies itself */
/* The last words of this process, while there is hope and for `patience` at most; the loop turns. */
void tell_drain(struct app *a, nanos_t patience);
