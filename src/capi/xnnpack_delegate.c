/* SPDX-License-Identifier: Apache-2.0 */
/* xnnpack_delegate.c: TFLite's name for its fast CPU code stands for our CPU engine.  Options that
 * are about XNNPACK's insides are kept and given back, but change nothing; caches of packed
 * weights in memory exist and stay empty; the one in a file is kept (cpu/cache.h). */
#include "tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h"

#include <string.h>

#include "base/alloc.h"
#include "cpu/engine.h"

static const ln_alloc *const heap = &ln_alloc_default;

enum { CONSISTENT = TFLITE_XNNPACK_DELEGATE_FLAG_SLOW_CONSISTENT_ARITHMETIC };

static const char IN_MEMORY[] = ":memory";

struct TfLiteXNNPackDelegateWeightsCache {
    bool final_soft, final_hard;
};

bool TfLiteXNNPackDelegateCanUseInMemoryWeightCacheProvider(void)
{
    return false;
}

const char *TfLiteXNNPackDelegateInMemoryFilePath(void)
{
    return IN_MEMORY;
}

TfLiteXNNPackDelegateOptions TfLiteXNNPackDelegateOptionsDefault(void)
{
    TfLiteXNNPackDelegateOptions options = {0};
    options.flags = TFLITE_XNNPACK_DELEGATE_FLAG_QS8 | TFLITE_XNNPACK_DELEGATE_FLAG_QU8 |
                    TFLITE_XNNPACK_DELEGATE_FLAG_DYNAMIC_FULLY_CONNECTED;
    return options;
}

/* The file that options name; NULL where they ask for a cache in memory. */
static const char *cache_file(const TfLiteXNNPackDelegateOptions *options)
{
    const char *path = options->weight_cache_file_path;
    return !path || options->weights_cache || strcmp(path, IN_MEMORY) == 0 ? NULL : path;
}

TfLiteDelegate *TfLiteXNNPackDelegateCreate(const TfLiteXNNPackDelegateOptions *options)
{
    return TfLiteXNNPackDelegateCreateWithThreadpool(options, NULL);
}

TfLiteDelegate *TfLiteXNNPackDelegateCreateWithThreadpool(
    const TfLiteXNNPackDelegateOptions *options, TfLiteContext *context)
{
    TfLiteXNNPackDelegateOptions *kept = ln_new(heap, 1, sizeof *kept);
    if (!kept)
        return NULL;
    *kept = options ? *options : TfLiteXNNPackDelegateOptionsDefault();
    if (context && context->recommended_num_threads > kept->num_threads)
        kept->num_threads = context->recommended_num_threads;
    const ln_cpu_options cpu = {.threads = kept->num_threads,
                                .same_floats = kept->flags & CONSISTENT,
                                .half = kept->flags & TFLITE_XNNPACK_DELEGATE_FLAG_FORCE_FP16,
                                .weight_cache = cache_file(kept)};
    TfLiteDelegate *delegate = ln_cpu_create(&cpu);
    if (!delegate) {
        ln_free(heap, kept);
        return NULL;
    }
    *ln_cpu_user(delegate) = kept;
    return delegate;
}

void TfLiteXNNPackDelegateDelete(TfLiteDelegate *delegate)
{
    if (!delegate)
        return;
    ln_free(heap, *ln_cpu_user(delegate));
    ln_cpu_destroy(delegate);
}

void *TfLiteXNNPackDelegateGetThreadPool(TfLiteDelegate *delegate)
{
    (void)delegate; /* programs would take it for a pthreadpool_t, which it is not */
    return NULL;
}

const TfLiteXNNPackDelegateOptions *TfLiteXNNPackDelegateGetOptions(TfLiteDelegate *delegate)
{
    return delegate ? *ln_cpu_user(delegate) : NULL;
}

int TfLiteXNNPackDelegateGetFlags(TfLiteDelegate *delegate)
{
    const TfLiteXNNPackDelegateOptions *options = TfLiteXNNPackDelegateGetOptions(delegate);
    return options ? (int)options->flags : 0;
}

/* ---- caches of packed weights ---- */

struct TfLiteXNNPackDelegateWeightsCache *TfLiteXNNPackDelegateWeightsCacheCreate(void)
{
    return ln_new(heap, 1, sizeof(struct TfLiteXNNPackDelegateWeightsCache));
}

struct TfLiteXNNPackDelegateWeightsCache *TfLiteXNNPackDelegateWeightsCacheCreateWithSize(
    size_t size)
{
    (void)size;
    return TfLiteXNNPackDelegateWeightsCacheCreate();
}

bool TfLiteXNNPackDelegateWeightsCacheFinalizeSoft(struct TfLiteXNNPackDelegateWeightsCache *cache)
{
    if (!cache || cache->final_hard)
        return false;
    cache->final_soft = true;
    return true;
}

bool TfLiteXNNPackDelegateWeightsCacheFinalizeHard(struct TfLiteXNNPackDelegateWeightsCache *cache)
{
    if (!cache || cache->final_hard)
        return false;
    cache->final_hard = true;
    return true;
}

void TfLiteXNNPackDelegateWeightsCacheDelete(struct TfLiteXNNPackDelegateWeightsCache *cache)
{
    ln_free(heap, cache);
}
