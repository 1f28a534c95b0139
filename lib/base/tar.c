#include "lib/base/tar.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"

/* The block before a member. Numbers are octal digits and end with a NUL. */
struct tar_head {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100], magic[6], version[2];
	char user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
static_assert(sizeof(struct tar_head) == TAR_BLOCK, "head of a tar member");

#define TYPE_FILE '0'

bool tar_name_safe(const char *name)
{
	for (const char *part = name;;) {
		size_t len = strcspn(part, "/");

		if (len == 0 || (len <= 2 && strncmp(part, "..", len) == 0))
			return false;
		for (size_t i = 0; i < len; i++) {
			if (part[i] < ' ' || part[i] > '~' || part[i] == '\\')
				return false;
		}
		if (part[len] == '\0')
			return part + len - name < TAR_NAME;
		part += len + 1;
	}
}

/* The bytes' sum, those of the sum itself taken as blanks. */
static unsigned sum_of(const struct tar_head *h)
{
	const unsigned char *at = (const unsigned char *)h;
	unsigned sum = 0;

	for (size_t i = 0; i < sizeof(*h); i++)
		sum += i >= offsetof(struct tar_head, sum) && i < offsetof(struct tar_head, type) ? ' ' : at[i];
	return sum;
}

/* The one head that this member has: nothing of the machine or its users is in it. */
static void head_make(struct tar_head *h, const struct tar_member *m)
{
	memset(h, 0, sizeof(*h));
	memcpy(h->name, m->name, strlen(m->name));
	snprintf(h->mode, sizeof(h->mode), "%07o", m->mode & 0777);
	snprintf(h->uid, sizeof(h->uid), "%07o", 0);
	snprintf(h->gid, sizeof(h->gid), "%07o", 0);
	snprintf(h->size, sizeof(h->size), "%011llo", (unsigned long long)m->size & TAR_SIZE_MAX);
	snprintf(h->mtime, sizeof(h->mtime), "%011llo", (unsigned long long)m->mtime & TAR_SIZE_MAX);
	h->type = TYPE_FILE;
	memcpy(h->magic, "ustar", sizeof(h->magic));
	memcpy(h->version, "00", sizeof(h->version));
	snprintf(h->sum, sizeof(h->sum), "%06o", sum_of(h) & 0777777);
	h->sum[7] = ' ';
}

static uint32_t padding(int64_t size)
{
	return (uint32_t)(-(uint64_t)size % TAR_BLOCK);
}

/* -- writing ------------------------------------------------------------------------------------------------------------------------------ */

static const char zeros[TAR_BLOCK];

static int write_out(struct tar_writer *w, const void *bytes, size_t len)
{
	if (w->err == ERR_OK && len > 0)
		w->err = w->put(w->ctx, bytes, len);
	return w->err;
}

/* Behind the last byte of a member, at once, so that an empty one has none. */
static int put_padding(struct tar_writer *w)
{
	uint32_t pad = w->left == 0 ? w->pad : 0;

	w->pad -= pad;
	return write_out(w, zeros, pad);
}

void tar_begin(struct tar_writer *w, int (*put)(void *ctx, const void *bytes, size_t len), void *ctx)
{
	*w = (struct tar_writer){ .put = put, .ctx = ctx };
}

int tar_member(struct tar_writer *w, const struct tar_member *m)
{
	struct tar_head h;

	assert(w->err != ERR_OK || w->left == 0);
	if (w->err != ERR_OK)
		return w->err;
	if (!tar_name_safe(m->name) || m->size < 0 || m->size > TAR_SIZE_MAX || m->mtime < 0 || m->mtime > TAR_SIZE_MAX)
		return w->err = ERR_INVAL;
	head_make(&h, m);
	w->left = m->size;
	w->pad = padding(m->size);
	return write_out(w, &h, sizeof(h));
}

int tar_put(struct tar_writer *w, const void *bytes, size_t len)
{
	if (w->err != ERR_OK)
		return w->err;
	assert((uint64_t)w->left >= len);
	w->left -= (int64_t)len;
	return write_out(w, bytes, len) == ERR_OK ? put_padding(w) : w->err;
}

int tar_file(struct tar_writer *w, const char *name, uint32_t mode, int64_t mtime, const void *bytes, size_t len)
{
	struct tar_member m = { .size = (int64_t)len, .mtime = mtime, .mode = mode };

	if (snprintf(m.name, sizeof(m.name), "%s", name) >= (int)sizeof(m.name) && w->err == ERR_OK)
		w->err = ERR_INVAL;
	return tar_member(w, &m) == ERR_OK ? tar_put(w, bytes, len) : w->err;
}

int tar_end(struct tar_writer *w)
{
	assert(w->err != ERR_OK || w->left == 0);
	write_out(w, zeros, sizeof(zeros));
	return write_out(w, zeros, sizeof(zeros));
}

/* -- reading ------------------------------------------------------------------------------------------------------------------------------ */

/* All of it or an enum err. */
static int read_in(struct tar_reader *r, void *bytes, size_t len)
{
	for (size_t done = 0; done < len && r->err == ERR_OK;) {
		ssize_t got = r->get(r->ctx, (char *)bytes + done, len - done);

		if (got <= 0)
			r->err = got < 0 ? (int)got : ERR_TRUNCATED;
		else
			done += (size_t)got;
	}
	return r->err;
}

static bool all_zero(const void *bytes, size_t len)
{
	assert(len <= sizeof(zeros));
	return memcmp(bytes, zeros, len) == 0;
}

static int get_zeros(struct tar_reader *r, size_t len)
{
	char bytes[TAR_BLOCK];

	if (read_in(r, bytes, len) == ERR_OK && !all_zero(bytes, len))
		r->err = ERR_CORRUPT;
	return r->err;
}

static bool octal(const char *text, size_t size, int64_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < size - 1; i++) {
		if (text[i] < '0' || text[i] > '7')
			return false;
		*ret = *ret * 8 + (text[i] - '0');
	}
	return true;
}

/* The words of what it is come before what it is worth: a link is told as a link. */
static int head_read(const struct tar_head *h, struct tar_member *ret)
{
	struct tar_head again;
	int64_t mode;

	*ret = (struct tar_member){ 0 };
	if (memcmp(h->magic, "ustar", sizeof(h->magic)) != 0 || !octal(h->mode, sizeof(h->mode), &mode) || !octal(h->size, sizeof(h->size), &ret->size) ||
	    !octal(h->mtime, sizeof(h->mtime), &ret->mtime) || h->name[sizeof(h->name) - 1] != '\0')
		return ERR_CORRUPT;
	ret->mode = (uint32_t)mode;
	memcpy(ret->name, h->name, sizeof(ret->name));
	if (h->type != TYPE_FILE)
		return ERR_UNSUPPORTED;
	if (!tar_name_safe(ret->name))
		return ERR_DENIED;
	head_make(&again, ret);
	return memcmp(&again, h, sizeof(again)) == 0 ? ERR_OK : ERR_CORRUPT;
}

/* After the first block of zeros: another, and no byte more. */
static int end_read(struct tar_reader *r)
{
	char byte;
	ssize_t more;

	if (get_zeros(r, TAR_BLOCK) != ERR_OK)
		return r->err;
	more = r->get(r->ctx, &byte, 1);
	r->err = more < 0 ? (int)more : more > 0 ? ERR_CORRUPT : ERR_OK;
	return r->err;
}

static int pass_over(struct tar_reader *r)
{
	char bytes[TAR_BLOCK];

	while (r->err == ERR_OK && r->left > 0)
		tar_get(r, bytes, sizeof(bytes));
	return r->err;
}

void tar_open(struct tar_reader *r, ssize_t (*get)(void *ctx, void *bytes, size_t len), void *ctx)
{
	*r = (struct tar_reader){ .get = get, .ctx = ctx };
}

int tar_next(struct tar_reader *r, struct tar_member *ret)
{
	struct tar_head h;

	if (pass_over(r) != ERR_OK || read_in(r, &h, sizeof(h)) != ERR_OK)
		return r->err;
	if (all_zero(&h, sizeof(h)))
		return end_read(r);
	r->err = head_read(&h, ret);
	r->left = ret->size;
	r->pad = padding(ret->size);
	return r->err == ERR_OK ? 1 : r->err;
}

ssize_t tar_get(struct tar_reader *r, void *bytes, size_t len)
{
	size_t want = (uint64_t)r->left < len ? (size_t)r->left : len;

	if (r->err != ERR_OK || want == 0)
		return r->err;
	ssize_t got = r->get(r->ctx, bytes, want);
	if (got <= 0)
		return r->err = got < 0 ? (int)got : ERR_TRUNCATED;
	r->left -= got;
	return r->left == 0 && get_zeros(r, r->pad) != ERR_OK ? r->err : got;
}
