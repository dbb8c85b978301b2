/* SPDX-License-Identifier: Apache-2.0 */
/* cpu/: the fast code, as a delegate over the public interface.  engine.c claims nodes and runs
 * them; one file per operator family holds a row: what it claims, what it prepares, how it runs.
 * The reference for every row is the operator's eval in ops/.
 *
 * engine.h: the delegate.  Each claimed node becomes a kernel of its own, so that the runtime goes
 * on planning memory and keeping times per node. */
#ifndef LN_CPU_ENGINE_H
#define LN_CPU_ENGINE_H

#include "base/alloc.h"
#include "tensorflow/lite/c/common.h"

/* Where several ways compete: which one runs (tune.h). */
typedef enum ln_cpu_tuning {
    LN_CPU_TUNE_DEFAULT, /* as LINNET_TUNE in the environment says, else quick */
    LN_CPU_TUNE_OFF,     /* the one that is expected to be fastest, */
    LN_CPU_TUNE_QUICK,   /* what a few measurements find, as long as results keep their bits, */
    LN_CPU_TUNE_FULL,    /* what measuring all of them finds */
} ln_cpu_tuning;

typedef struct ln_cpu_options {
    int threads; /* of the engine's own pool; 1 or less: the caller's thread only */
    bool same_floats; /* on every processor, at the portable kernels' speed */
    bool half;        /* products of float32 may be computed in 16 bits; not with same_floats */
    /* A file that keeps packed weights, for the model that is loaded first; NULL: none. */
    const char *weight_cache;
    ln_cpu_tuning tuning;
} ln_cpu_options;

/* Makes a delegate; NULL when memory is out.  `options` may be NULL. */
TfLiteDelegate *ln_cpu_create(const ln_cpu_options *options);
/* To be called after the interpreters that use it are gone; NULL is fine. */
void ln_cpu_destroy(TfLiteDelegate *delegate);
/* Room in the delegate for something of its maker. */
void **ln_cpu_user(TfLiteDelegate *delegate);

/* Why a node that the engine was offered is not with it, for people.  `tensors`: the graph's. */
const char *ln_cpu_why(int builtin, const TfLiteNode *node, const TfLiteTensor *tensors);

#endif
