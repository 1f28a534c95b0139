/* SQLite's disk in the world: a VFS over the system's, which fails as the dials say (the STORE_ ones), stands still, and forgets what was written and not synced when the
 * machine ends. SQLite's own log and recovery must mend that. */
#pragma once

#include <stdbool.h>

/* The VFS that every database opened from now on uses. pause: called again and again while a call takes its time; NULL or false = nothing can wait here. */
void vfs_begin(bool (*pause)(void));
void vfs_crash(bool keep);      /* keep: the process ends and what it wrote stays; else the machine ends. The world is dead meanwhile. */
void vfs_heal(void);
void vfs_end(void);
