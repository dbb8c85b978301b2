/* SPDX-License-Identifier: Apache-2.0 */
/* mutate.h: what mutate.c (the driver) asks of a mutator, and the random numbers of both. */
#ifndef LN_FUZZ_MUTATE_H
#define LN_FUZZ_MUTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* splitmix64: any 64-bit state is fine, so a mutant's state can be computed from its number. */
static inline uint64_t rng_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline size_t rng_below(uint64_t *state, size_t n)
{
    return n ? (size_t)(rng_next(state) % n) : 0;
}

/* Feeds one variant of the seed, determined by *state, to LLVMFuzzerTestOneInput. */
void run_mutant(uint64_t *state, const uint8_t *seed, size_t size);
/* Prints what the mutants were about, all of it where `all`; false where something was left out. */
bool report_mutants(bool all);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
