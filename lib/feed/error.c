#include "lib/feed/error.h"

#include <stdarg.h>
#include <stdio.h>

int feed_fail(struct feed_error *error, int err, const char *format, ...)
{
	va_list args;

	if (error == NULL)
		return err;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return err;
}
