#include "lib/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static struct { enum log_level level; int prefix; } log_settings = { LOG_LEVEL_INFO, 0 };

void log_setup(enum log_level level, int prefix)
{
	log_settings.level = level;
	log_settings.prefix = prefix;
}

/* One write per line, so that lines of several threads and processes never mix. */
void log_line(enum log_level level, const char *area, const char *format, ...)
{
	char line[1024];
	va_list args;
	int at;

	if (level > log_settings.level)
		return;
	at = log_settings.prefix ? snprintf(line, sizeof(line), "<%d>%s: ", level, area)
	                         : snprintf(line, sizeof(line), "%s%s: ", level <= LOG_LEVEL_ERROR ? "error: " :
	                                    level == LOG_LEVEL_WARN ? "warning: " : "", area);
	va_start(args, format);
	at += vsnprintf(line + at, sizeof(line) - (size_t)at, format, args);
	va_end(args);
	if (at > (int)sizeof(line) - 2)
		at = (int)sizeof(line) - 2;
	line[at] = '\n';
	if (write(STDERR_FILENO, line, (size_t)at + 1) < 0)
		return; /* nowhere left to say it */
}
