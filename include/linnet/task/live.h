/* SPDX-License-Identifier: Apache-2.0 */
/* live.h: a camera's frames through a task.  Frames come from any thread and are copied; only the
 * latest one waits, and one that comes while it does takes its place.  A thread of its own runs the
 * task and calls back.
 *
 *     static void show(void *user, const ln_live_result *r)
 *     {
 *         if (r->classification)
 *             printf("%lld: %s\n", r->timestamp, r->classification->heads[0].categories[0].name);
 *     }
 *
 *     ln_live_options options = {.classifier = classifier, .on_result = show};
 *     ln_live *live = ln_live_create(&options, NULL);
 *     ln_live_push(live, &frame, timestamp, NULL);      the camera's thread, for each frame
 *     ln_live_free(live);                               before the task is freed */
#ifndef LINNET_TASK_LIVE_H
#define LINNET_TASK_LIVE_H

#include "linnet/task/vision.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ln_live ln_live;

/* Of one frame; all of it is valid during the call only.  One of the four results is there, unless
 * `error` is. */
typedef struct ln_live_result {
    long long timestamp;      /* what was pushed with the frame */
    double latency;           /* seconds from the push to this result */
    const ln_frame *frame;    /* a copy of what was pushed */
    const ln_classification_result *classification;
    const ln_detection_result *detection;
    const ln_segmentation_result *segmentation;
    const ln_embedding_result *embedding;
    const ln_task_error *error;
} ln_live_result;

/* Exactly one task, or `analyze`, is to be given; it is used by the analyzer's thread alone until
 * ln_live_free. */
typedef struct ln_live_options {
    ln_image_classifier *classifier;
    ln_object_detector *detector;
    ln_image_segmenter *segmenter;
    ln_image_embedder *embedder;
    /* Something else to do with a frame: false, and `error` filled, when it fails. */
    bool (*analyze)(void *user, const ln_frame *frame, ln_task_error *error);
    void (*on_result)(void *user, const ln_live_result *result); /* from the analyzer's thread */
    void *user;
} ln_live_options;

/* Starts the thread; NULL on failure. */
LN_API ln_live *ln_live_create(const ln_live_options *options, ln_task_error *error);
/* Copies a frame and returns; it waits for no analysis, but for other pushes' bookkeeping.  False
 * when the frame is none or there is no memory.  Callable from several threads. */
LN_API bool ln_live_push(ln_live *live, const ln_frame *frame, long long timestamp,
                         ln_task_error *error);
/* Waits until all that was pushed has been analyzed or dropped. */
LN_API void ln_live_drain(ln_live *live);

/* What has become of the frames: pushed = analyzed + dropped + those that wait or run. */
typedef struct ln_live_counts {
    unsigned long long pushed, analyzed, dropped;
} ln_live_counts;

LN_API ln_live_counts ln_live_count(ln_live *live);
/* Waits for the analysis that runs, drops the frame that waits, and ends the thread.  Not to be
 * called by a callback.  NULL is allowed. */
LN_API void ln_live_free(ln_live *live);

#ifdef __cplusplus
}
#endif

#endif
