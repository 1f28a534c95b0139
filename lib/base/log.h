/* Prose for the operator on standard error: "<level>area: what happened (reason)". Only programs call this; libraries
 * return errors and the core returns actions. Secrets never enter a format string.
 * It never blocks: what standard error does not take is lost, counted, and told later. */
#pragma once

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARN = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

/* Messages above the level are dropped. `prefix` puts systemd's <n> level mark in front of each line. */
void log_setup(enum log_level level, int prefix);

void log_line(enum log_level level, const char *area, const char *format, ...) __attribute__((format(printf, 3, 4)));
#define log_error(area, ...) log_line(LOG_LEVEL_ERROR, area, __VA_ARGS__)
#define log_warn(area, ...)  log_line(LOG_LEVEL_WARN, area, __VA_ARGS__)
#define log_info(area, ...)  log_line(LOG_LEVEL_INFO, area, __VA_ARGS__)
#define log_debug(area, ...) log_line(LOG_LEVEL_DEBUG, area, __VA_ARGS__)
