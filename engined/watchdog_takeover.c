/* The account: taken from an engine that is gone. */
#include "engined/watchdog.h"
void takeover_tick(struct watchdog *w) { (void)w; }
void takeover_text(const struct watchdog *w, char *text, size_t size) { (void)w; (void)size; text[0] = '\0'; }
void takeover_close(struct watchdog *w) { (void)w; }
