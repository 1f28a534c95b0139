/* The bytes of a backup file: one zstd frame, which zstd(1) unpacks, and behind it a frame that zstd passes over with the SHA-256 of all before it. So
 * one bit more, less or other anywhere in the file is seen before anything in it is believed. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct stream_out;
/* A new file, 0600; ERR_EXIST when it is there. */
int stream_create(struct stream_out **ret, const char *path);
int stream_put(void *stream_out, const void *bytes, size_t len); /* as tar_writer wants it */
/* The frame's end, the sum, and all of it durable. The file's size through ret_bytes. */
int stream_finish(struct stream_out *s, uint64_t *ret_bytes);
void stream_discard(struct stream_out **s); /* closes it; the file stays as it is */

struct stream_in;
/* Reads the whole file first: ERR_TRUNCATED, ERR_CORRUPT, ERR_VERSION (not one of ours). `progress` (may be NULL) hears of the bytes read. */
int stream_open(struct stream_in **ret, const char *path, void (*progress)(void *ctx, uint64_t bytes), void *ctx);
ssize_t stream_get(void *stream_in, void *bytes, size_t len); /* as tar_reader wants it */
void stream_close(struct stream_in **s);
