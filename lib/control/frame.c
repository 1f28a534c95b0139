/* Cuts a byte stream into lines. A line longer than the limit is thrown away as it comes, so the memory is bounded by the
 * limit whatever a peer sends; it must never lose the stream's place. */
#include "lib/control/frame.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"

#define FRAME_FIRST 4096

static size_t line_limit(const struct frame *f)
{
	return f->limit ? f->limit : FRAME_LINE_MAX;
}

static bool grow(struct frame *f)
{
	size_t most = line_limit(f) + 1, cap = f->cap ? f->cap * 2 : FRAME_FIRST;

	cap = cap < most ? cap : most;
	char *data = realloc(f->data, cap);
	if (!data)
		return false;
	f->data = data;
	f->cap = cap;
	return true;
}

char *frame_space(struct frame *f, size_t *ret_room)
{
	if (f->start > 0) {
		f->len -= f->start;
		f->scanned -= f->start;
		memmove(f->data, f->data + f->start, f->len);
		f->start = 0;
	}
	if (f->len == f->cap && !grow(f))
		return NULL;
	assert(f->len < f->cap); /* else the lines were not taken out */
	*ret_room = f->cap - f->len;
	return f->data + f->len;
}

void frame_filled(struct frame *f, size_t n)
{
	assert(n <= f->cap - f->len);
	f->len += n;
}

static void forget_all(struct frame *f)
{
	f->start = f->len = f->scanned = 0;
}

/* No newline in what is left: ask for more, or give the line up once it cannot fit any more. */
static int unfinished(struct frame *f)
{
	f->scanned = f->len;
	if (f->discarding) {
		forget_all(f);
		return 0;
	}
	if (f->len - f->start <= line_limit(f))
		return 0;
	forget_all(f);
	f->discarding = true;
	return ERR_RANGE;
}

int frame_line(struct frame *f, char **ret_line, size_t *ret_len)
{
	while (f->scanned < f->len) {
		char *end = memchr(f->data + f->scanned, '\n', f->len - f->scanned);
		if (!end)
			break;
		char *line = f->data + f->start;
		f->start = f->scanned = (size_t)(end - f->data) + 1;
		if (f->discarding) {
			f->discarding = false;
			continue;
		}
		*end = '\0';
		*ret_line = line;
		*ret_len = (size_t)(end - line);
		return 1;
	}
	return unfinished(f);
}

bool frame_partial(const struct frame *f)
{
	return f->discarding || f->len > f->start;
}

void frame_done(struct frame *f)
{
	free(f->data);
	*f = (struct frame){ .limit = f->limit };
}
