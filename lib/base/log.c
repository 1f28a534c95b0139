#include "lib/base/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct { enum log_level level; int prefix; } log_settings = { LOG_LEVEL_INFO, 0 };

void log_setup(enum log_level level, int prefix)
{
	log_settings.level = level;
	log_settings.prefix = prefix;
}

/* An order never waits for somebody to read the log: a pipe or terminal that takes nothing loses lines, and says how many once it takes some again. */
static void put(const char *line, size_t len)
{
	static atomic_uint lost;
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };
	char told[64];

	if (poll(&p, 1, 0) == 0) {
		atomic_fetch_add(&lost, 1);
		return;
	}
	unsigned n = atomic_exchange(&lost, 0);
	if (n > 0) {
		snprintf(told, sizeof(told), "warning: log: %u lines were lost\n", n);
		if (write(STDERR_FILENO, told, strlen(told)) < 0)
			return;
	}
	if (write(STDERR_FILENO, line, len) < 0)
		return; /* nowhere left to say it */
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
	put(line, (size_t)at + 1);
}
