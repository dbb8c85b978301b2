/* SPDX-License-Identifier: Apache-2.0 */
/* write.h: what the files that write a model share. */
#ifndef LN_MODEL_WRITE_H
#define LN_MODEL_WRITE_H

#include "fb/builder.h"
#include "ir/graph.h"

typedef struct ln_written_code {
    int builtin, version;
    const char *custom;
} ln_written_code;

typedef struct ln_writing {
    const ln_model *m;
    ln_model *last; /* the same model, where it is not needed behind this; else NULL */
    size_t written; /* bytes of constants, since memory of theirs was given back */
    ln_fb_builder b;
    ln_diag *diag;
    /* Data outside the flatbuffer: in the first pass its place is not known yet (0), in the
     * second it is where the next piece goes, and `file` gets the pieces. */
    bool all_outside;
    uint64_t outside_at;
    uint8_t *file;
    ln_written_code *codes; /* in order of first use */
    int n_codes;
    size_t code_capacity;
} ln_writing;

/* The table in the model's file that `source` points to; absent when it does not. */
ln_fb_table ln_source_table(const ln_model *m, const void *source);
/* `a`, or nothing when it is NULL or, unless `keep_empty`, has no items. */
ln_fb_ref ln_write_ids(ln_writing *w, const TfLiteIntArray *a, bool keep_empty);
/* Puts bytes outside the flatbuffer and returns where. */
uint64_t ln_put_outside(ln_writing *w, const uint8_t *data, size_t size);

ln_fb_ref ln_write_tensor(ln_writing *w, const ln_tensor *t);
ln_fb_ref ln_write_node(ln_writing *w, const ln_graph *g, const ln_node *n);

/* versions.c: the lowest version of its op that has all that the node uses. */
int ln_node_version(const ln_graph *g, const ln_node *n);

#endif
