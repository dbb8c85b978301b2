/* SPDX-License-Identifier: Apache-2.0 */
/* cache.h: a file of packed weights, so that a model which was loaded once loads faster and several
 * processes share one copy.  It holds for one model, one build of this library and one processor;
 * whatever does not fit is packed as usual, and the file is then replaced as a whole.
 *
 * Entries are found by a key that covers all that the packed bytes depend on beside the model. */
#ifndef LN_CPU_CACHE_H
#define LN_CPU_CACHE_H

#include "base/file.h"
#include "kernels/kernels.h"

typedef struct ln_cpu_cache ln_cpu_cache;

/* `path`: need not be there yet.  NULL when memory is out. */
ln_cpu_cache *ln_cpu_cache_new(const char *path, const ln_kernels *kernels) LN_MUST_USE;
/* One for what else is known of the same model, in a file whose name ends in `suffix` besides.
 * `cache` must outlive it. */
ln_cpu_cache *ln_cpu_cache_beside(const ln_cpu_cache *cache, const char *suffix) LN_MUST_USE;
void ln_cpu_cache_free(ln_cpu_cache *cache);

/* `bytes` bytes of the file, 64-byte aligned, for the model in `model`; writes to them stay in this
 * process.  They live as long as the cache.  NULL: not there. */
void *ln_cpu_cache_find(ln_cpu_cache *cache, const ln_file *model, uint64_t key, size_t *bytes);

/* Notes what the file lacks; the data must stay until it is saved or dropped. */
void ln_cpu_cache_add(ln_cpu_cache *cache, const ln_file *model, uint64_t key, const void *data,
                      size_t bytes);
void ln_cpu_cache_drop(ln_cpu_cache *cache, const void *data);

/* Writes a new file with all that was found or noted, if anything was noted. */
ln_status ln_cpu_cache_save(ln_cpu_cache *cache, ln_diag *diag) LN_MUST_USE;

#endif
