/* SPDX-License-Identifier: Apache-2.0 */
/* hash.h: XXH64, a fast hash that tells files apart; no protection against forgery.  The algorithm
 * is that of github.com/Cyan4973/xxHash, doc/xxhash_spec.md. */
#ifndef LN_BASE_HASH_H
#define LN_BASE_HASH_H

#include "base/compiler.h"

uint64_t ln_hash(const void *data, size_t n, uint64_t seed);

#endif
