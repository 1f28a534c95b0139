/* A strategy that throws dice for the bar it sees, so that many trades come about in a short day; the same bars give the same wishes. Parameters: its own
 * number, chances of entry and of leaving per thousand bars. */
#pragma once

#include "lib/core/strategy.h"

enum dice_param { DICE_NUMBER, DICE_ENTER, DICE_LEAVE, DICE_PARAMS };
extern const struct strategy_ops *const dice_only[]; /* for engine_options.ops */
