/* Makes a failing seed short and prints it with the command that shows it again: docs/simulator.md. Returns its events; 0: it does not fail. */
#pragma once

#include "tests/sim/run.h"

uint64_t shrink_seed(const struct run_options *o);
