/* What becomes of a write that was not synced when the machine ends: each of its sectors is there or as it was before, by chance. */
#pragma once

#include <sys/types.h>

#include "tests/sim/world.h"

void sectors_lose(enum world_purpose p, int fd, const uint8_t *before, size_t len, off_t at);
