/* The words of the drill's end, and whether it proved what it should. */
#pragma once

#include <stdio.h>

#include "engined/drill/drill.h"

bool drill_proven(const struct drill_tally *t, unsigned kills);
void drill_print(FILE *out, struct drill_tally *t, unsigned kills); /* sorts t->restored */
