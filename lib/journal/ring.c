#include "lib/journal/ring.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/err.h"

int journal_ring_map(uint8_t **ret)
{
	int fd = memfd_create("journal-ring", MFD_CLOEXEC), err = ERR_OK;

	if (fd < 0)
		return err_from_errno(errno);
	uint8_t *ring = mmap(NULL, 2 * JOURNAL_RING, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (ring == MAP_FAILED || ftruncate(fd, (off_t)JOURNAL_RING) != 0)
		err = err_from_errno(errno);
	for (int half = 0; half < 2 && err == ERR_OK; half++) {
		if (mmap(ring + (size_t)half * JOURNAL_RING, JOURNAL_RING, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
			err = err_from_errno(errno);
	}
	close(fd);
	if (err == ERR_OK)
		*ret = ring;
	else if (ring != MAP_FAILED)
		munmap(ring, 2 * JOURNAL_RING);
	return err;
}

void journal_ring_unmap(uint8_t *ring)
{
	if (ring != NULL)
		munmap(ring, 2 * JOURNAL_RING);
}
