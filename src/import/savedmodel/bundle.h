/* SPDX-License-Identifier: Apache-2.0 */
/* bundle.h: the values of a checkpoint: PREFIX.index says where each tensor lies in the files
 * PREFIX.data-00000-of-00001 and so on, which are mapped as they are needed. */
#ifndef LN_IMPORT_SAVEDMODEL_BUNDLE_H
#define LN_IMPORT_SAVEDMODEL_BUNDLE_H

#include "base/file.h"
#include "base/leveldb.h"
#include <tensorflow.pb-c.h>

typedef struct ln_bundle {
    const char *prefix;
    ln_arena *arena; /* what is found in the bundle lives as long */
    ln_leveldb index;
    ln_file *shards; /* data NULL: not opened yet */
    int n_shards;
    bool there;
} ln_bundle;

typedef struct ln_bundle_tensor {
    const Tf__BundleEntry *entry;
    const uint8_t *data; /* in the mapped file, not aligned, but where it is joined */
    size_t size;
    bool joined; /* of slices: `data` lies in the arena */
} ln_bundle_tensor;

/* Reads the index.  A bundle that does not exist is empty. */
ln_status ln_bundle_open(ln_bundle *b, const char *prefix, ln_arena *arena,
                         ln_diag *diag) LN_MUST_USE;
void ln_bundle_close(ln_bundle *b);
/* What was read of the data files leaves memory until it is read again. */
void ln_bundle_forget(const ln_bundle *b);
/* The same of these bytes. */
void ln_bundle_forget_part(const ln_bundle *b, const void *data, size_t n);
/* The value of a key.  `slice`: as RestoreV2 says which part it reads, "" for all of it.
 * LN_ERR_NOT_FOUND without a message where there is no such key. */
ln_status ln_bundle_find(ln_bundle *b, const char *key, const char *slice, ln_bundle_tensor *out,
                         ln_diag *diag) LN_MUST_USE;
/* The entry itself; one that lists slices has no value. */
ln_status ln_bundle_entry(ln_bundle *b, const char *key, size_t length, ln_bundle_tensor *out,
                          ln_diag *diag) LN_MUST_USE;
/* slices.c: puts the value of the entry `out` together, or takes the part of it. */
ln_status ln_bundle_join(ln_bundle *b, const char *key, size_t length, const char *slice,
                         ln_bundle_tensor *out, ln_diag *diag) LN_MUST_USE;
/* The allocator by which protobuf-c puts messages into an arena. */
ProtobufCAllocator ln_proto_allocator(ln_arena *arena);

#endif
