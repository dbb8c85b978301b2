/* SPDX-License-Identifier: Apache-2.0 */
/* live.c: the latest frame of a camera.  Frames lie in slots: one is being analyzed, one waits, and
 * the others are free to be filled by those who push.  The lock is held to change a slot's state,
 * never while pixels are copied or a model runs. */
#include "linnet/task/live.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "media/plane.h"
#include "task/task.h"

/* Two more than analyzed and waiting ones: so many threads can push at the same moment before a
 * frame has to go. */
enum { SLOTS = 4 };

typedef enum slot_state { FREE, FILLING, WAITING, RUNNING } slot_state;

typedef struct slot {
    slot_state state;
    ln_frame frame; /* in `bytes` */
    uint8_t *bytes;
    size_t capacity;
    long long timestamp;
    uint64_t number, pushed_at;
} slot;

struct ln_live {
    ln_live_options options;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a frame waits, an analysis has ended, or all is to end */
    slot slots[SLOTS];
    ln_live_counts counts;
    uint64_t next_number;
    bool ending;
};

static slot *find(ln_live *live, slot_state state)
{
    for (int i = 0; i < SLOTS; i++) {
        if (live->slots[i].state == state)
            return &live->slots[i];
    }
    return NULL;
}

/* ---- the analyzer's thread ---- */

static void analyze(ln_live *live, const slot *s)
{
    const ln_live_options *o = &live->options;
    ln_live_result r = {.timestamp = s->timestamp, .frame = &s->frame};
    ln_task_error error = {0};
    ln_classification_result *classification = NULL;
    ln_detection_result *detection = NULL;
    ln_segmentation_result *segmentation = NULL;
    ln_embedding_result *embedding = NULL;
    bool ok;

    if (o->classifier)
        ok = (classification = ln_image_classify(o->classifier, &s->frame, NULL, &error));
    else if (o->detector)
        ok = (detection = ln_object_detect(o->detector, &s->frame, &error));
    else if (o->segmenter)
        ok = (segmentation = ln_image_segment(o->segmenter, &s->frame, &error));
    else if (o->embedder)
        ok = (embedding = ln_image_embed(o->embedder, &s->frame, NULL, &error));
    else
        ok = o->analyze(o->user, &s->frame, &error);
    r.classification = classification;
    r.detection = detection;
    r.segmentation = segmentation;
    r.embedding = embedding;
    r.error = ok ? NULL : &error;
    r.latency = (double)(ln_now_ns() - s->pushed_at) * 1e-9;
    if (o->on_result)
        o->on_result(o->user, &r);
    ln_classification_result_free(classification);
    ln_detection_result_free(detection);
    ln_segmentation_result_free(segmentation);
    ln_embedding_result_free(embedding);
}

static void *run(void *arg)
{
    ln_live *live = arg;
    pthread_mutex_lock(&live->lock);
    for (;;) {
        slot *s = find(live, WAITING);
        if (live->ending)
            break;
        if (!s) {
            pthread_cond_wait(&live->changed, &live->lock);
            continue;
        }
        s->state = RUNNING;
        pthread_mutex_unlock(&live->lock);
        analyze(live, s);
        pthread_mutex_lock(&live->lock);
        s->state = FREE;
        live->counts.analyzed++;
        pthread_cond_broadcast(&live->changed);
    }
    pthread_mutex_unlock(&live->lock);
    return NULL;
}

/* ---- frames come ---- */

/* A slot to fill; NULL when the frame has to be dropped. */
static slot *take_slot(ln_live *live)
{
    pthread_mutex_lock(&live->lock);
    slot *s = find(live, FREE);
    live->counts.pushed++;
    if (s) {
        s->state = FILLING;
        s->number = live->next_number++;
    } else {
        live->counts.dropped++;
    }
    pthread_mutex_unlock(&live->lock);
    return s;
}

/* The filled slot waits now, unless a later one does; an earlier one goes. */
static void give_slot(ln_live *live, slot *s, bool filled)
{
    pthread_mutex_lock(&live->lock);
    slot *other = find(live, WAITING);
    s->state = FREE;
    if (!filled || (other && other->number > s->number)) {
        live->counts.dropped++;
    } else {
        s->state = WAITING;
        if (other) {
            other->state = FREE;
            live->counts.dropped++;
        }
    }
    pthread_cond_broadcast(&live->changed);
    pthread_mutex_unlock(&live->lock);
}

static bool fill_slot(slot *s, const ln_frame *frame, ln_task_error *error)
{
    const size_t n = ln_frame_bytes(frame);
    if (n > s->capacity) {
        ln_free(&ln_alloc_default, s->bytes);
        s->bytes = ln_new(&ln_alloc_default, n, 1);
        s->capacity = s->bytes ? n : 0;
    }
    if (!s->bytes)
        return ln_task_fail(error, kError, "No memory for a frame of %zu bytes.", n);
    ln_frame_copy(frame, s->bytes, &s->frame);
    return true;
}

bool ln_live_push(ln_live *live, const ln_frame *frame, long long timestamp, ln_task_error *error)
{
    ln_planes planes;
    ln_diag diag = {0};
    const uint64_t now = ln_now_ns();
    const ln_status status = ln_frame_planes(&planes, frame, NULL, &diag);

    if (status != LN_OK)
        return ln_task_fail_diag(error, kInvalidArgumentError, status, &diag);
    slot *s = take_slot(live);
    if (!s)
        return true;
    const bool filled = fill_slot(s, frame, error);
    s->timestamp = timestamp;
    s->pushed_at = now;
    give_slot(live, s, filled);
    return filled;
}

/* ---- life ---- */

ln_live *ln_live_create(const ln_live_options *o, ln_task_error *error)
{
    const int tasks = (o->classifier != NULL) + (o->detector != NULL) + (o->segmenter != NULL) +
                      (o->embedder != NULL) + (o->analyze != NULL);
    ln_live *live = tasks == 1 ? ln_new(&ln_alloc_default, 1, sizeof *live) : NULL;

    if (!live) {
        ln_task_fail(error, tasks == 1 ? kError : kInvalidArgumentError,
                     tasks == 1 ? "No memory for an analyzer." : "Give exactly one task, not %d.",
                     tasks);
        return NULL;
    }
    live->options = *o;
    pthread_mutex_init(&live->lock, NULL);
    pthread_cond_init(&live->changed, NULL);
    if (pthread_create(&live->thread, NULL, run, live) == 0)
        return live;
    pthread_cond_destroy(&live->changed);
    pthread_mutex_destroy(&live->lock);
    ln_free(&ln_alloc_default, live);
    ln_task_fail(error, kError, "A thread cannot be started.");
    return NULL;
}

void ln_live_drain(ln_live *live)
{
    pthread_mutex_lock(&live->lock);
    while (live->counts.pushed != live->counts.analyzed + live->counts.dropped)
        pthread_cond_wait(&live->changed, &live->lock);
    pthread_mutex_unlock(&live->lock);
}

ln_live_counts ln_live_count(ln_live *live)
{
    pthread_mutex_lock(&live->lock);
    const ln_live_counts counts = live->counts;
    pthread_mutex_unlock(&live->lock);
    return counts;
}

void ln_live_free(ln_live *live)
{
    if (!live)
        return;
    pthread_mutex_lock(&live->lock);
    live->ending = true;
    pthread_cond_broadcast(&live->changed);
    pthread_mutex_unlock(&live->lock);
    pthread_join(live->thread, NULL);
    pthread_cond_destroy(&live->changed);
    pthread_mutex_destroy(&live->lock);
    for (int i = 0; i < SLOTS; i++)
        ln_free(&ln_alloc_default, live->slots[i].bytes);
    ln_free(&ln_alloc_default, live);
}
