#include "engined/backup/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"

#define OUT_MAGIC UINT32_C(0x626B6F75)
#define IN_MAGIC  UINT32_C(0x626B696E)
#define CHUNK ((size_t)128 << 10)
#define LEVEL 3           /* a day's ticks become a sixth at 300 MB/s; what is archived already is small */
#define WINDOW_LOG_MAX 24 /* memory that a file can make us use: 16 MiB */

struct trailer { uint32_t magic, size; char name[8]; uint8_t sum[crypto_hash_sha256_BYTES]; };
static_assert(sizeof(struct trailer) == 48, "end of a backup file");
#define TRAILER_MAGIC UINT32_C(0x184D2A5B) /* one of zstd's for frames that are passed over */
#define TRAILER_NAME "SAUDABK1"

/* -- writing -------------------------------------------------------------------------------------------------------------------------------- */

struct stream_out {
	uint32_t magic;
	int fd;
	uint64_t bytes;
	ZSTD_CCtx *zstd;
	crypto_hash_sha256_state sum;
	uint8_t chunk[CHUNK];
};

static int write_all(struct stream_out *s, const void *bytes, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = write(s->fd, (const char *)bytes + done, len - done);

		if (n < 0 && errno != EINTR)
			return err_from_errno(errno);
		done += n > 0 ? (size_t)n : 0;
	}
	s->bytes += len;
	return ERR_OK;
}

/* What is left in the compressor goes on to the file; with ZSTD_e_end until nothing is. */
static int pass_on(struct stream_out *s, ZSTD_inBuffer *in, ZSTD_EndDirective how)
{
	size_t left;

	do {
		ZSTD_outBuffer out = { s->chunk, sizeof(s->chunk), 0 };

		left = ZSTD_compressStream2(s->zstd, &out, in, how);
		if (ZSTD_isError(left))
			return ERR_NOMEM; /* the only thing that can go wrong there */
		crypto_hash_sha256_update(&s->sum, s->chunk, out.pos);
		int err = write_all(s, s->chunk, out.pos);
		if (err != ERR_OK)
			return err;
	} while (how == ZSTD_e_end ? left > 0 : in->pos < in->size);
	return ERR_OK;
}

int stream_create(struct stream_out **ret, const char *path)
{
	struct stream_out *s = sodium_init() < 0 ? NULL : calloc(1, sizeof(*s));

	if (s == NULL)
		return ERR_NOMEM;
	s->magic = OUT_MAGIC;
	s->zstd = ZSTD_createCCtx();
	s->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int err = s->fd < 0 ? err_from_errno(errno) : s->zstd == NULL ? ERR_NOMEM : ERR_OK;
	if (err != ERR_OK) {
		stream_discard(&s);
		return err;
	}
	ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_checksumFlag, 1);
	crypto_hash_sha256_init(&s->sum);
	*ret = s;
	return ERR_OK;
}

int stream_put(void *stream_out, const void *bytes, size_t len)
{
	struct stream_out *s = stream_out;
	ZSTD_inBuffer in = { bytes, len, 0 };

	CHECK_OBJ(s, OUT_MAGIC);
	return pass_on(s, &in, ZSTD_e_continue);
}

int stream_finish(struct stream_out *s, uint64_t *ret_bytes)
{
	struct trailer t = { .magic = TRAILER_MAGIC, .size = sizeof(t) - 8 };
	ZSTD_inBuffer in = { NULL, 0, 0 };

	CHECK_OBJ(s, OUT_MAGIC);
	int err = pass_on(s, &in, ZSTD_e_end);

	memcpy(t.name, TRAILER_NAME, sizeof(t.name));
	crypto_hash_sha256_final(&s->sum, t.sum);
	err = err != ERR_OK ? err : write_all(s, &t, sizeof(t));
	*ret_bytes = s->bytes;
	return err != ERR_OK ? err : fsync(s->fd) != 0 ? err_from_errno(errno) : ERR_OK;
}

void stream_discard(struct stream_out **ref)
{
	struct stream_out *s = *ref;

	*ref = NULL;
	if (s == NULL)
		return;
	CHECK_OBJ(s, OUT_MAGIC);
	if (s->fd >= 0)
		close(s->fd);
	ZSTD_freeCCtx(s->zstd);
	s->magic = 0;
	free(s);
}

/* -- reading -------------------------------------------------------------------------------------------------------------------------------- */

struct stream_in {
	uint32_t magic;
	int fd;
	uint64_t left, bytes; /* left: of the frame, not read yet */
	bool ended;           /* the frame's */
	ZSTD_DCtx *zstd;
	ZSTD_inBuffer in;
	uint8_t chunk[CHUNK];
};

static ssize_t read_some(int fd, void *bytes, size_t len)
{
	ssize_t n;

	do
		n = read(fd, bytes, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? err_from_errno(errno) : n;
}

/* The next bytes of the frame into the chunk; 0 at its end. */
static ssize_t fill(struct stream_in *s)
{
	ssize_t n = read_some(s->fd, s->chunk, s->left < CHUNK ? (size_t)s->left : CHUNK);

	if (n == 0 && s->left > 0)
		return ERR_TRUNCATED;
	s->left -= n > 0 ? (uint64_t)n : 0;
	s->in = (ZSTD_inBuffer){ s->chunk, n > 0 ? (size_t)n : 0, 0 };
	return n;
}

static int check_trailer(struct stream_in *s, const uint8_t sum[crypto_hash_sha256_BYTES])
{
	struct trailer t;
	size_t got = 0;

	while (got < sizeof(t)) {
		ssize_t n = read_some(s->fd, (char *)&t + got, sizeof(t) - got);

		if (n <= 0)
			return n < 0 ? (int)n : ERR_TRUNCATED;
		got += (size_t)n;
	}
	if (t.magic != TRAILER_MAGIC || t.size != sizeof(t) - 8 || memcmp(t.name, TRAILER_NAME, sizeof(t.name)) != 0)
		return ERR_TRUNCATED; /* it ends with something else: the end is missing, or it never was one of ours */
	return memcmp(t.sum, sum, sizeof(t.sum)) == 0 ? ERR_OK : ERR_CORRUPT;
}

static int check_sum(struct stream_in *s, void (*progress)(void *ctx, uint64_t bytes), void *ctx)
{
	uint8_t sum[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state h;
	ssize_t n;

	crypto_hash_sha256_init(&h);
	while ((n = fill(s)) > 0) {
		crypto_hash_sha256_update(&h, s->chunk, (unsigned long long)n);
		if (progress)
			progress(ctx, s->bytes - sizeof(struct trailer) - s->left);
	}
	crypto_hash_sha256_final(&h, sum);
	return n < 0 ? (int)n : check_trailer(s, sum);
}

static int open_file(struct stream_in *s, const char *path)
{
	static const uint8_t zstd[4] = { 0x28, 0xB5, 0x2F, 0xFD };
	uint8_t first[sizeof(zstd)];
	struct stat st;

	s->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0 || fstat(s->fd, &st) != 0)
		return err_from_errno(errno);
	if (!S_ISREG(st.st_mode) || (st.st_size >= (off_t)sizeof(first) && pread(s->fd, first, sizeof(first), 0) == (ssize_t)sizeof(first) &&
	                             memcmp(first, zstd, sizeof(zstd)) != 0))
		return ERR_VERSION;
	s->bytes = (uint64_t)st.st_size;
	if (s->bytes < sizeof(struct trailer))
		return ERR_TRUNCATED;
	s->left = s->bytes - sizeof(struct trailer);
	return ERR_OK;
}

int stream_open(struct stream_in **ret, const char *path, void (*progress)(void *ctx, uint64_t bytes), void *ctx)
{
	struct stream_in *s = sodium_init() < 0 ? NULL : calloc(1, sizeof(*s));

	if (s == NULL)
		return ERR_NOMEM;
	s->magic = IN_MAGIC;
	s->zstd = ZSTD_createDCtx();
	int err = open_file(s, path);
	err = err != ERR_OK ? err : s->zstd == NULL ? ERR_NOMEM : check_sum(s, progress, ctx);
	if (err == ERR_OK && lseek(s->fd, 0, SEEK_SET) != 0)
		err = ERR_IO;
	if (err != ERR_OK) {
		stream_close(&s);
		return err;
	}
	ZSTD_DCtx_setParameter(s->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	s->left = s->bytes - sizeof(struct trailer);
	s->in = (ZSTD_inBuffer){ s->chunk, 0, 0 };
	*ret = s;
	return ERR_OK;
}

ssize_t stream_get(void *stream_in, void *bytes, size_t len)
{
	struct stream_in *s = stream_in;
	ZSTD_outBuffer out = { bytes, len, 0 };

	CHECK_OBJ(s, IN_MAGIC);
	while (out.pos == 0 && !s->ended) {
		size_t left = ZSTD_decompressStream(s->zstd, &out, &s->in); /* first what it holds back: the file may have ended */

		if (ZSTD_isError(left))
			return ERR_CORRUPT;
		s->ended = left == 0;
		if (out.pos == 0 && !s->ended && s->in.pos == s->in.size) {
			ssize_t n = fill(s);

			if (n <= 0)
				return n < 0 ? n : ERR_TRUNCATED;
		}
	}
	if (s->ended && (s->in.pos != s->in.size || s->left > 0))
		return ERR_CORRUPT;
	return (ssize_t)out.pos;
}

void stream_close(struct stream_in **ref)
{
	struct stream_in *s = *ref;

	*ref = NULL;
	if (s == NULL)
		return;
	CHECK_OBJ(s, IN_MAGIC);
	if (s->fd >= 0)
		close(s->fd);
	ZSTD_freeDCtx(s->zstd);
	s->magic = 0;
	free(s);
}
