/* The main of a fuzzer without libFuzzer: [CASES [SEED]]. The seed is told first and brings the same cases again. */
#pragma once

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/obj.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz { uint64_t cases, random; };

static inline struct fuzz fuzz_begin(const char *name, uint64_t cases, int argc, char **argv)
{
	struct fuzz f = { argc > 1 ? strtoull(argv[1], NULL, 10) : cases, argc > 2 ? strtoull(argv[2], NULL, 10) : 1 };

	printf("%s: %" PRIu64 " cases, seed %" PRIu64 "\n", name, f.cases, f.random);
	return f;
}

/* One case, in memory of exactly its size: the sanitizer sees a byte read too far. */
static inline void fuzz_exactly(const uint8_t *data, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);

	assert(exact);
	memcpy(exact, data, len);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
}

#define FUZZ_CASE 2048
static inline int fuzz_run(struct fuzz f, size_t (*make_case)(uint64_t *random, uint8_t *out, size_t cap))
{
	uint8_t data[FUZZ_CASE];

	for (uint64_t i = 0; i < f.cases; i++)
		fuzz_exactly(data, make_case(&f.random, data, sizeof(data)));
	return 0;
}
