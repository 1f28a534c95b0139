/* Makes a failing seed small: switches dials off one by one as long as the same invariant fails, then finds the earliest event at which it does. */
#pragma once

#include "tests/sim/run.h"

void shrink_seed(const struct run_options *o);
