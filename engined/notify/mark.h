/* How far each chat was told, and which update was taken last: a small file beside the journals, which are the queue. It is written by a thread of the
 * loop's pool whenever it changed, since no disk may hold up the loop; in two places by turns, so that a write that is cut leaves the one before.
 * What a crash keeps from being written is told twice, and never left out. */
#pragma once

#include <stdint.h>

#include "engined/notify/chats.h"
#include "lib/base/num.h"
#include "lib/base/stamp.h"

#define MARK_POINTS 480 /* of a day's curve: more than its minutes; what does not fit makes it coarser */

struct mark_chat { char name[CHAT_TEXT]; uint64_t told; };
struct mark_page {
	uint64_t magic;
	uint64_t version;           /* the greater is the newer */
	uint8_t journal[16];
	int64_t offset;             /* the next update wanted; 0 = none was seen yet */
	struct mark_chat chat[CHATS_MAX];
	date_t ready_day, holiday_day; /* of the newest such message that got through */
	date_t curve_day;
	uint32_t curve_n, curve_step, curve_skip;
	money_t curve[MARK_POINTS];
	uint32_t zero, crc;         /* of all above */
};

struct mark;
struct uv_loop_s;
/* `last`: the journal's newest record. A chat that is new here, or another journal, begins behind it: no chat is told an old history. */
int mark_open(const char *path, const uint8_t journal[16], uint64_t last, const struct chat *chats, size_t n, struct mark **ret);
struct mark_page *mark_page(struct mark *m); /* chat[i] is chats[i]; to be changed at will */
/* Begins to write what changed; nothing, while the last write is under way. */
void mark_save(struct mark *m, struct uv_loop_s *loop);
uint64_t mark_failures(const struct mark *m);
/* Writes what changed, waiting for the disk; the loop must have turned since the last mark_save(). */
void mark_close(struct mark **m);

void mark_curve_begin(struct mark_page *p, date_t day);
void mark_curve_add(struct mark_page *p, money_t equity);
