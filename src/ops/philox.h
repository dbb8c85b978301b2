/* SPDX-License-Identifier: Apache-2.0 */
/* philox.h: Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011),
 * and how TensorFlow makes numbers of its words.  random.c and flex/flex_random.c use it. */
#ifndef LN_OPS_PHILOX_H
#define LN_OPS_PHILOX_H

#include "base/compiler.h"

enum { LN_RANDOM_WORDS = 4 }; /* of a block */

typedef struct ln_random_block {
    uint32_t word[LN_RANDOM_WORDS];
} ln_random_block;

typedef struct ln_philox {
    uint32_t key[2];
    ln_random_block counter; /* one number of 128 bits */
    bool ready;              /* for whoever keeps one: it has been set */
} ln_philox;

/* The block of one counter. */
ln_random_block ln_philox_mix(uint32_t key0, uint32_t key1, ln_random_block x);
void ln_philox_skip(ln_philox *g, uint64_t blocks);
ln_random_block ln_philox_next(ln_philox *g);

/* 23 bits as a number in [0, 1); 52 bits. */
float ln_unit_f32(uint32_t x);
double ln_unit_f64(uint32_t high, uint32_t low);
/* Box and Muller's transform of two numbers to two of the normal distribution. */
void ln_normal_pair(uint32_t a, uint32_t b, float y[2]);

#endif
