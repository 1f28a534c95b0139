#include "lib/loop/stint.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "lib/loop/clock.h"

/* Ready to run and kept waiting by others, so far; 0 where the kernel does not tell. */
static nanos_t in_line(void)
{
	static __thread int fd = -2;
	char text[96] = "";
	int64_t ran = 0, waited = 0;

	if (fd == -2)
		fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, text, sizeof(text) - 1, 0) <= 0 || sscanf(text, "%" SCNd64 " %" SCNd64, &ran, &waited) != 2)
		return 0;
	return waited;
}

static void look(struct stint *s)
{
	struct rusage usage;
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	getrusage(RUSAGE_THREAD, &usage);
	*s = (struct stint){ clock_mono(), t.tv_sec * NANOS_SECOND + t.tv_nsec, in_line(), usage.ru_nvcsw };
}

void stint_begin(struct stint *s)
{
	look(s);
}

void stint_end(const struct stint *s, struct stints *all)
{
	struct stint now;

	look(&now);
	nanos_t held = now.sleeps != s->sleeps ? now.wall - s->wall - (now.line - s->line) : now.processor - s->processor;
	all->n++;
	all->over += held > STINT_LONG;
	all->longest = held > all->longest ? held : all->longest;
}
