/* The journal's disk: what was written and not synced may be gone after a crash, sector by sector; writes and syncs may fail; the machine may end in the midst of one.
 * Below journal_disk (lib/journal/disk.h), over files in memory. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

void disk_begin(void);         /* a new run */
/* The machine ends: un-synced sectors are there or not, by chance, or (keep) all there: only the process ended. Nothing is written any more until disk_alive(). */
void disk_crash(bool keep);
void disk_alive(void);
void disk_heal(void);          /* there is room again */
void disk_end(void);
