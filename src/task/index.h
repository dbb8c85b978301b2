/* SPDX-License-Identifier: Apache-2.0 */
/* index.h: the index of a searcher: vectors, or codes of them, and what is near a vector. */
#ifndef LN_TASK_INDEX_H
#define LN_TASK_INDEX_H

#include "linnet/task/search.h"
#include "base/leveldb.h"

typedef enum ln_distance { LN_DISTANCE_SQUARED, LN_DISTANCE_DOT, LN_DISTANCE_UNSAID } ln_distance;

/* Vectors of one length, one after the other. */
typedef struct ln_vectors {
    float *at;
    size_t n, capacity; /* floats */
    int count, length;  /* of vectors */
} ln_vectors;

/* A partition: items `first` and on. */
typedef struct ln_leaf {
    const uint8_t *data;
    int items, first;
} ln_leaf;

/* Codes of asymmetric hashing: a vector is cut into parts, and each of them is the number of one of
 * the vectors in that part's codebook. */
typedef struct ln_codebook {
    int parts, codes; /* codes: of each part */
    int *lengths;     /* of the parts' vectors */
    float *at;        /* part by part, code by code */
    int dimension;    /* of whole vectors */
    int lookup;       /* how distances to codes are rounded: a LookupType */
    float *distances; /* room for them: part by part, code by code */
} ln_codebook;

typedef struct ln_index {
    ln_leveldb table;
    ln_arena arena;
    int dimension; /* of vectors that are asked for */
    int width;     /* of stored ones: floats or codes */
    bool hashed;
    ln_distance distance, hash_distance, center_distance;
    ln_codebook book;
    ln_vectors centers; /* of the partitions; none: there is one partition */
    float fraction;     /* of the partitions, that are searched */
    int n_leaves, n_wanted;
    ln_leaf *leaves;
    int *order; /* of leaves, by how near they are */
    float *nearness;
    uint32_t *firsts; /* items before each partition */
    size_t n_firsts;
    float *row; /* room for a vector */
} ln_index;

/* Reads an index from bytes that must live as long as it.  To be freed by ln_index_deinit, also
 * after a failure. */
ln_status ln_index_read(ln_index *index, const uint8_t *data, size_t n, ln_diag *diag) LN_MUST_USE;
void ln_index_deinit(ln_index *index);
/* The nearest `most` items (at most) of a vector of index->dimension values. */
ln_search_result *ln_index_search(ln_index *index, const float *query, int most,
                                  ln_task_error *error) LN_MUST_USE;
/* "" where there is none. */
const char *ln_index_info(const ln_index *index, size_t *size);

#endif
