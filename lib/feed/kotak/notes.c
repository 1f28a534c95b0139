#include "lib/feed/kotak/notes.h"

#include <stdarg.h>
#include <stdio.h>

#include "lib/base/obj.h"

#define AGAIN_AFTER NANOS_MINUTE

void notes_say(struct notes *n, enum note_kind kind, nanos_t now, const char *format, ...)
{
	char text[320];
	va_list args;
	int len;

	assert(kind < NOTE_KINDS);
	if (n->said[kind] != 0 && now - n->said[kind] < AGAIN_AFTER && now >= n->said[kind]) {
		n->held[kind]++;
		return;
	}
	va_start(args, format);
	len = vsnprintf(text, sizeof(text) - 40, format, args);
	va_end(args);
	if (len < 0)
		return;
	if (n->held[kind] > 0) {
		size_t at = (size_t)len < sizeof(text) - 41 ? (size_t)len : sizeof(text) - 41;
		snprintf(text + at, sizeof(text) - at, " (and %u like it before)", n->held[kind]);
	}
	n->said[kind] = now;
	n->held[kind] = 0;
	if (n->note)
		n->note(n->ctx, text);
}
