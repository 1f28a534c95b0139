/* What the feed tells people. A fault repeats thousands of times a minute; a sentence of each kind goes out at most once a minute, and the
 * next one says how many were held back. */
#pragma once

#include "lib/base/stamp.h"

enum note_kind {
	NOTE_DAY, NOTE_MASTER, NOTE_LINK, NOTE_STREAM, NOTE_SYMBOL, NOTE_ROOM, NOTE_SILENT, NOTE_PACKET, NOTE_CLOCK, NOTE_BARS, NOTE_STATUS,
	NOTE_KINDS,
};
struct notes {
	void (*note)(void *ctx, const char *text);
	void *ctx;
	nanos_t said[NOTE_KINDS]; /* 0 = never */
	uint32_t held[NOTE_KINDS];
};
void notes_say(struct notes *n, enum note_kind kind, nanos_t now, const char *format, ...) __attribute__((format(printf, 4, 5)));
