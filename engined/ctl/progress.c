#include "engined/ctl/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BAR 30
#define BAR_EVERY 0.2    /* s */
#define LINE_EVERY 10.0

static double since(const struct timespec *then, const struct timespec *now)
{
	return (double)(now->tv_sec - then->tv_sec) + (double)(now->tv_nsec - then->tv_nsec) / 1e9;
}

static void put_rest(const struct progress *p, double seconds)
{
	double rate = seconds > 0 ? (double)p->bytes / seconds : 0;

	fprintf(stderr, "%.1f MB", (double)p->bytes / 1e6);
	if (p->of > 0)
		fprintf(stderr, " of %.1f", (double)p->of / 1e6);
	if (rate > 0)
		fprintf(stderr, ", %.0f MB/s", rate / 1e6);
	if (rate > 0 && p->of > p->bytes)
		fprintf(stderr, ", %.0f s left", (double)(p->of - p->bytes) / rate);
}

static void put_bar(const struct progress *p, double seconds)
{
	int part = p->of > 0 ? (int)((double)p->bytes / (double)p->of * BAR) : 0;

	if (p->of > 0)
		fprintf(stderr, "\r%s [%.*s%*s] %3.0f %%  ", p->what, part, "##############################", BAR - part, "", (double)p->bytes / (double)p->of * 100);
	else
		fprintf(stderr, "\r%s: ", p->what);
	put_rest(p, seconds);
	fputs("\033[K", stderr);
	fflush(stderr);
}

static void show(struct progress *p, const struct timespec *now)
{
	double seconds = since(&p->begun, now);

	p->told = *now;
	if (p->terminal) {
		put_bar(p, seconds);
		return;
	}
	fprintf(stderr, "%s: %s: ", p->program, p->what);
	put_rest(p, seconds);
	fputc('\n', stderr);
}

void progress_begin(struct progress *p, const char *program, bool quiet)
{
	*p = (struct progress){ .program = program, .quiet = quiet, .terminal = isatty(STDERR_FILENO) };
}

void progress_tell(void *progress, const char *what, uint64_t bytes, uint64_t of)
{
	struct progress *p = progress;
	struct timespec now;

	if (p->quiet)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	bool begins = strcmp(p->what, what) != 0 || bytes < p->bytes;
	if (begins) {
		progress_end(p);
		p->begun = p->told = now;
		snprintf(p->what, sizeof(p->what), "%s", what);
	}
	p->bytes = bytes;
	p->of = of;
	if (since(&p->told, &now) >= (p->terminal ? BAR_EVERY : LINE_EVERY))
		show(p, &now);
}

/* Each step is told once at least. */
void progress_end(struct progress *p)
{
	struct timespec now;

	if (p->quiet || p->what[0] == '\0')
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	show(p, &now);
	if (p->terminal)
		fputc('\n', stderr);
	p->what[0] = '\0';
}
