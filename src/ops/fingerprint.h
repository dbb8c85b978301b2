/* SPDX-License-Identifier: Apache-2.0 */
/* fingerprint.h: FarmHash's Fingerprint64, the hash that TFLite's lookup ops and
 * TensorFlow's hash buckets are defined by. */
#ifndef LN_OPS_FINGERPRINT_H
#define LN_OPS_FINGERPRINT_H

#include "base/compiler.h"

/* Of 4 bytes followed by `n` bytes. */
uint64_t ln_fingerprint64(const char head[4], const char *tail, size_t n);
/* Of `n` bytes. */
uint64_t ln_fingerprint64_text(const char *text, size_t n);
/* Of two fingerprints one after the other (TensorFlow's FingerprintCat64). */
uint64_t ln_fingerprint64_join(uint64_t first, uint64_t second);

#endif
