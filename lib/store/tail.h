/* The stream that a lost disk is made again from: this head, the checkpoint's sections one after another, then records, each with its own head, up to
 * the last whose rows were written. tail.c makes it, restore.c reads it; in between it is cut into parts, each a zstd frame. */
#pragma once

#include <stdint.h>

#include "lib/core/event.h"
#include "lib/journal/journal.h"

#define TAIL_MAGIC "SAUDATL1"

struct tail_head {
	char magic[8];
	uint32_t core, sections;        /* CORE_VERSION of the checkpoint */
	uint64_t seq;                   /* the checkpoint's; the first record has this number, or 1 when there was no checkpoint (0) */
	struct { char name[16]; uint64_t len; } section[CHECKPOINT_SECTIONS];
};
struct tail_record { struct record head; uint64_t len; };
