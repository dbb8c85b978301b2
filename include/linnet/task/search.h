/* SPDX-License-Identifier: Apache-2.0 */
/* search.h: which stored items are like an image or a text?  An embedder's vector is compared with
 * those of an index, a file that TensorFlow Lite's Model Maker or the Task Library's index builder
 * has made: a LevelDB table (plain or Snappy) of vectors, or of codes of asymmetric hashing, in one
 * or several partitions, with a text or any bytes for each item.
 *
 *     ln_text_options options = {.base.model_path = "embedder.tflite"};
 *     ln_search_options search = {.index_path = "index.ldb"};
 *     ln_text_searcher *searcher = ln_text_searcher_create(&options, &search, NULL);
 *     ln_search_result *r = ln_text_search(searcher, "The weather was excellent.", NULL);
 *     printf("%s %g\n", r->neighbors[0].metadata, r->neighbors[0].distance);
 *
 * Functions that return a pointer return NULL on failure; `error` says why, where it is not NULL.
 * A searcher is to be used by one thread at a time. */
#ifndef LINNET_TASK_SEARCH_H
#define LINNET_TASK_SEARCH_H

#include "linnet/task/text.h"
#include "linnet/task/vision.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where the index is: a file, bytes, or, with neither, packed in the model (a file of the type
 * SCANN_INDEX_FILE at the output's metadata). */
typedef struct ln_search_options {
    const char *index_path;
    const void *index_data; /* must live as long as the searcher */
    size_t index_size;
    int max_results;        /* 0: 5 */
} ln_search_options;

/* An item of the index: its bytes, with a zero behind them. */
typedef struct ln_neighbor {
    const char *metadata;
    size_t size;
    float distance; /* the smaller the more alike; of dot products, their negative */
} ln_neighbor;

typedef struct ln_search_result {
    int n;
    const ln_neighbor *neighbors; /* nearest first */
} ln_search_result;

LN_API void ln_search_result_free(ln_search_result *result);

typedef struct ln_image_searcher ln_image_searcher;

/* The model is an image embedder; options.embedding.quantize is not possible. */
LN_API ln_image_searcher *ln_image_searcher_create(const ln_vision_options *options,
                                                   const ln_search_options *search,
                                                   ln_task_error *error);
/* What is like the part `roi` of a frame (NULL: all of it)? */
LN_API ln_search_result *ln_image_search(ln_image_searcher *searcher, const ln_frame *frame,
                                         const ln_box *roi, ln_task_error *error);
/* What the index's maker has put into it, `*size` bytes; they belong to the searcher. */
LN_API const char *ln_image_searcher_info(const ln_image_searcher *searcher, size_t *size);
LN_API void ln_image_searcher_free(ln_image_searcher *searcher);

typedef struct ln_text_searcher ln_text_searcher;

LN_API ln_text_searcher *ln_text_searcher_create(const ln_text_options *options,
                                                 const ln_search_options *search,
                                                 ln_task_error *error);
LN_API ln_search_result *ln_text_search(ln_text_searcher *searcher, const char *text,
                                        ln_task_error *error);
LN_API const char *ln_text_searcher_info(const ln_text_searcher *searcher, size_t *size);
LN_API void ln_text_searcher_free(ln_text_searcher *searcher);

#ifdef __cplusplus
}
#endif

#endif
