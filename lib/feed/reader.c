#include "lib/feed/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "lib/base/crc32c.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/feed/error.h"

#define LINE_READER_MAGIC 0x4c494e45u
#define STORED_BYTES (64 * 1024)
#define TEXT_BYTES (256 * 1024)
#define TEXT_TOTAL_MAX (UINT64_C(4) << 30) /* a small file that unpacks to more is no recording */

enum packing { PACKING_PLAIN, PACKING_GZIP, PACKING_ZSTD };

struct reader {
	uint32_t magic;
	int fd;
	enum packing packing;
	bool stored_end;      /* the file has no more bytes */
	bool stream_open;     /* inside a gzip member or zstd frame: an end of file here is a cut */
	bool text_end;
	bool skipping;        /* the rest of an over-long line is being dropped */
	uint32_t crc;
	uint64_t lines, total;
	z_stream zlib;
	ZSTD_DStream *zstd;
	size_t stored_at, stored_len;
	size_t text_at, text_len;
	const char *name;
	char path[256];
	unsigned char stored[STORED_BYTES];
	char text[TEXT_BYTES];
};

/* -- stored bytes ---------------------------------------------------------------------------------------------------- */

static int stored_fill(struct reader *r, struct feed_error *error)
{
	ssize_t got;

	do
		got = read(r->fd, r->stored, sizeof(r->stored));
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return feed_fail(error, err_from_errno(errno), "%s: cannot be read (%s)", r->name, strerror(errno));
	r->stored_end = got == 0;
	r->stored_at = 0;
	r->stored_len = (size_t)got;
	r->crc = crc32c(r->crc, r->stored, (size_t)got);
	return ERR_OK;
}

static int damaged(struct reader *r, struct feed_error *error, const char *what)
{
	return feed_fail(error, ERR_CORRUPT, "%s: damaged %s data after line %llu; fetch the file again", r->name, what,
	                 (unsigned long long)r->lines);
}

/* -- unpacking: each takes stored bytes and appends at most `room` bytes of text -------------------------------------- */

static int unpack_plain(struct reader *r, size_t room, size_t *got, struct feed_error *error)
{
	size_t left = r->stored_len - r->stored_at, n = left < room ? left : room;

	(void)error;
	memcpy(r->text + r->text_len, r->stored + r->stored_at, n);
	r->stored_at += n;
	*got = n;
	return ERR_OK;
}

static int unpack_gzip(struct reader *r, size_t room, size_t *got, struct feed_error *error)
{
	r->zlib.next_in = r->stored + r->stored_at;
	r->zlib.avail_in = (uInt)(r->stored_len - r->stored_at);
	r->zlib.next_out = (unsigned char *)r->text + r->text_len;
	r->zlib.avail_out = (uInt)room;
	if (!r->stream_open && r->zlib.avail_in > 0 && inflateReset(&r->zlib) != Z_OK)
		return damaged(r, error, "gzip");
	r->stream_open = true;
	int z = inflate(&r->zlib, Z_NO_FLUSH);
	if (z != Z_OK && z != Z_STREAM_END && z != Z_BUF_ERROR)
		return damaged(r, error, "gzip");
	r->stream_open = z != Z_STREAM_END;
	r->stored_at = r->stored_len - r->zlib.avail_in;
	*got = room - r->zlib.avail_out;
	return ERR_OK;
}

static int unpack_zstd(struct reader *r, size_t room, size_t *got, struct feed_error *error)
{
	ZSTD_inBuffer in = { r->stored, r->stored_len, r->stored_at };
	ZSTD_outBuffer out = { r->text + r->text_len, room, 0 };
	size_t hint = ZSTD_decompressStream(r->zstd, &out, &in);

	if (ZSTD_isError(hint))
		return damaged(r, error, "zstd");
	r->stream_open = hint != 0;
	r->stored_at = in.pos;
	*got = out.pos;
	return ERR_OK;
}

static int unpack(struct reader *r, size_t room, size_t *got, struct feed_error *error)
{
	switch (r->packing) {
	case PACKING_GZIP: return unpack_gzip(r, room, got, error);
	case PACKING_ZSTD: return unpack_zstd(r, room, got, error);
	default:           return unpack_plain(r, room, got, error);
	}
}

/* Moves the unread text to the front and adds some; sets text_end when there is none. */
static int text_fill(struct reader *r, struct feed_error *error)
{
	size_t got = 0;
	int err;

	memmove(r->text, r->text + r->text_at, r->text_len - r->text_at);
	r->text_len -= r->text_at;
	r->text_at = 0;
	while (got == 0) {
		if (r->stored_at == r->stored_len && !r->stored_end && (err = stored_fill(r, error)) != ERR_OK)
			return err;
		if (r->stored_at < r->stored_len || r->stream_open)
			if ((err = unpack(r, sizeof(r->text) - r->text_len, &got, error)) != ERR_OK)
				return err;
		if (got == 0 && r->stored_end && r->stream_open)
			return feed_fail(error, ERR_TRUNCATED, "%s: the file was cut short after line %llu; fetch it again, or unpack "
			                 "what is there into a plain .csv", r->name, (unsigned long long)r->lines);
		if (got == 0 && r->stored_end) {
			r->text_end = true;
			return ERR_OK;
		}
	}
	r->text_len += got;
	r->total += got;
	if (r->total > TEXT_TOTAL_MAX)
		return feed_fail(error, ERR_RANGE, "%s: unpacks to more than 4 GiB; split it by day", r->name);
	return ERR_OK;
}

/* -- lines ----------------------------------------------------------------------------------------------------------- */

/* Text up to `len` bytes became a line; `whole` = its end was seen. */
static int line_give(struct reader *r, size_t len, bool whole, struct line *ret)
{
	const char *text = r->text + r->text_at;

	r->text_at += len + whole;
	r->skipping = !whole && !r->text_end;
	r->lines++;
	if (len > 0 && text[len - 1] == '\r')
		len--;
	ret->too_long = len > READER_LINE_MAX;
	ret->text = text;
	ret->len = ret->too_long ? READER_LINE_MAX : len;
	ret->number = r->lines;
	return 1;
}

/* Drops text up to the next line end; true when it was found. */
static bool line_skip(struct reader *r)
{
	char *end = memchr(r->text + r->text_at, '\n', r->text_len - r->text_at);

	r->text_at = end != NULL ? (size_t)(end - r->text) + 1 : r->text_len;
	if (end != NULL || r->text_end)
		r->skipping = false;
	return end != NULL;
}

int reader_next(struct reader *r, struct line *ret, struct feed_error *error)
{
	CHECK_OBJ(r, LINE_READER_MAGIC);
	for (int err;;) {
		if (r->skipping)
			line_skip(r);
		size_t left = r->text_len - r->text_at;
		char *end = memchr(r->text + r->text_at, '\n', left);
		if (end != NULL)
			return line_give(r, (size_t)(end - r->text) - r->text_at, true, ret);
		if (r->text_end && left == 0)
			return 0;
		if (r->text_end || left == sizeof(r->text))
			return line_give(r, left, false, ret);
		if ((err = text_fill(r, error)) != ERR_OK)
			return err;
	}
}

/* -- life ------------------------------------------------------------------------------------------------------------ */

static int packing_start(struct reader *r, struct feed_error *error)
{
	static const unsigned char gzip[] = { 0x1f, 0x8b }, zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };
	int err = stored_fill(r, error);

	if (err != ERR_OK)
		return err;
	if (r->stored_len >= sizeof(gzip) && memcmp(r->stored, gzip, sizeof(gzip)) == 0) {
		r->packing = PACKING_GZIP;
		return inflateInit2(&r->zlib, 15 + 16) == Z_OK ? ERR_OK : feed_fail(error, ERR_NOMEM, "out of memory");
	}
	if (r->stored_len >= sizeof(zstd) && memcmp(r->stored, zstd, sizeof(zstd)) == 0) {
		r->packing = PACKING_ZSTD;
		r->zstd = ZSTD_createDStream();
		return r->zstd != NULL ? ERR_OK : feed_fail(error, ERR_NOMEM, "out of memory");
	}
	return ERR_OK;
}

int reader_open(const char *path, struct reader **ret, struct feed_error *error)
{
	struct reader *r = calloc(1, sizeof(*r));
	int err;

	if (r == NULL)
		return feed_fail(error, ERR_NOMEM, "out of memory");
	r->magic = LINE_READER_MAGIC;
	strncpy(r->path, path, sizeof(r->path) - 1);
	r->name = strrchr(r->path, '/') != NULL ? strrchr(r->path, '/') + 1 : r->path;
	r->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0) {
		err = feed_fail(error, err_from_errno(errno), "%s: cannot be opened (%s); check the path", path, strerror(errno));
		free(r);
		return err;
	}
	if ((err = packing_start(r, error)) != ERR_OK) {
		reader_close(&r);
		return err;
	}
	*ret = r;
	return ERR_OK;
}

uint32_t reader_crc(const struct reader *r)
{
	CHECK_OBJ(r, LINE_READER_MAGIC);
	return r->crc;
}

void reader_close(struct reader **r)
{
	struct reader *dead = *r;

	*r = NULL;
	if (dead == NULL)
		return;
	CHECK_OBJ(dead, LINE_READER_MAGIC);
	if (dead->packing == PACKING_GZIP)
		inflateEnd(&dead->zlib);
	ZSTD_freeDStream(dead->zstd);
	close(dead->fd);
	dead->magic = 0;
	free(dead);
}
