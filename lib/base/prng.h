/* Deterministic random numbers: splitmix64, one word of state, so that a seed is a whole history. Not for secrets. */
#pragma once

#include <stdint.h>

static inline uint64_t prng_mix(uint64_t z)
{
	z ^= z >> 30;
	z *= UINT64_C(0xBF58476D1CE4E5B9);
	z ^= z >> 27;
	z *= UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static inline uint64_t prng_next(uint64_t *state)
{
	*state += UINT64_C(0x9E3779B97F4A7C15);
	return prng_mix(*state);
}

/* Uniform in [0, bound), bound > 0; the modulo bias is below 2^-32 for the bounds used here. */
static inline uint64_t prng_below(uint64_t *state, uint64_t bound)
{
	return prng_next(state) % bound;
}
