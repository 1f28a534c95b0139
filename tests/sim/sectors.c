#include "tests/sim/sectors.h"

#include <unistd.h>

#include "lib/base/obj.h"

#define SECTOR 512

void sectors_lose(enum world_purpose p, int fd, const uint8_t *before, size_t len, off_t at)
{
	for (size_t done = 0; done < len;) {
		size_t end = ((size_t)at + done) / SECTOR * SECTOR + SECTOR - (size_t)at, part = (end < len ? end : len) - done;

		if (world_below(p, 2))
			assert(pwrite(fd, before + done, part, at + (off_t)done) == (ssize_t)part);
		done += part;
	}
}
