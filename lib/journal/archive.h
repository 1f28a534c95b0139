/* Old segments in the archive: NUMBER.journal.zst in place of NUMBER.journal, the bytes of its batches compressed, in front of them a note (a
 * skippable frame, so that zstd(1) unpacks the file too). A segment has one of the two, or both for a moment: then the plain one counts. */
#pragma once

#include "lib/journal/disk.h"

#define ARCHIVE_PRUNED UINT32_C(1) /* its bulk records are gone, if it had any */
#define ARCHIVE_NOTE_MAGIC UINT32_C(0x184D2A5A) /* one of zstd's for frames that are passed over */
struct archive_note {
	uint32_t magic, size;      /* as zstd wants them: size of what follows */
	uint64_t records, pruned;  /* pruned: of the records, gone */
	nanos_t last_stamp;
	uint64_t bytes;            /* unpacked */
	uint32_t flags;
	uint32_t crc;              /* of all above */
};
static_assert(sizeof(struct archive_note) == 48, "note of an archived segment on disk");

/* First sequences of all segments, plain or archived, rising; the caller frees *ret. */
int journal_archive_list(int dirfd, uint64_t **ret, size_t *ret_n);
/* Opens a segment for reading: the file, or memory with what was archived. A descriptor or an enum err; *ret_archived in either case. */
int journal_archive_open(int dirfd, uint64_t first_seq, bool *ret_archived);
int journal_archive_unpack(int dirfd, uint64_t first_seq); /* the archived one, whatever else is there */
void journal_archive_name(uint64_t first_seq, char ret_name[DISK_NAME]);
/* ERR_NOENT when the segment is not in the archive, ERR_CORRUPT when its note is damaged. */
int journal_archive_note(int dirfd, uint64_t first_seq, struct archive_note *ret);
