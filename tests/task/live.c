/* SPDX-License-Identifier: Apache-2.0 */
/* live.c: frames of a camera through a task: which ones are analyzed, which are dropped, and that a
 * push does not wait for an analysis. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <pthread.h>
#include <time.h>

#include <cmocka.h>

#include "linnet/task/live.h"

enum { FRAMES = 60, MAX_RESULTS = 4096 };

/* What the callbacks saw. */
typedef struct log {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool hold, started; /* the analysis waits while `hold` */
    int n, errors;
    long long timestamps[MAX_RESULTS];
    int values[MAX_RESULTS];
    bool named, wrong; /* a callback's thread cannot fail a test */
} log_of;

static void init_log(log_of *l)
{
    memset(l, 0, sizeof *l);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
}

static bool wait_and_look(void *user, const ln_frame *frame, ln_task_error *error)
{
    log_of *l = user;
    pthread_mutex_lock(&l->lock);
    l->started = true;
    pthread_cond_broadcast(&l->changed);
    while (l->hold)
        pthread_cond_wait(&l->changed, &l->lock);
    l->values[l->n] = frame->planes[0][frame->width * frame->height - 1];
    pthread_mutex_unlock(&l->lock);
    snprintf(error->message, sizeof error->message, "odd");
    return l->values[l->n] % 2 == 0;
}

static void keep(void *user, const ln_live_result *r)
{
    log_of *l = user;
    l->errors += r->error != NULL;
    l->wrong |= r->latency < 0 || (r->error && strcmp(r->error->message, "odd") != 0);
    if (r->classification)
        l->named = r->classification->heads[0].categories[0].name[0] != 0;
    l->timestamps[l->n++] = r->timestamp;
}

/* A gray frame with gaps between rows; its last pixel is `value`. */
static ln_frame gray(uint8_t *pixels, uint8_t value)
{
    memset(pixels, 255, 16 * 8);
    pixels[16 * 7 + 9] = value;
    return (ln_frame){
        .format = LN_PIXEL_GRAY, .width = 10, .height = 8, .planes = {pixels}, .strides = {16}};
}

static void test_only_the_latest_waits(void **state)
{
    (void)state;
    uint8_t pixels[16 * 8];
    log_of l;
    init_log(&l);
    l.hold = true;
    const ln_live_options o = {.analyze = wait_and_look, .on_result = keep, .user = &l};
    ln_live *live = ln_live_create(&o, NULL);
    assert_non_null(live);
    for (int i = 0; i < FRAMES; i++) { /* all but the first while an analysis stands still */
        const ln_frame f = gray(pixels, (uint8_t)i);
        assert_true(ln_live_push(live, &f, 1000 + i, NULL));
        pthread_mutex_lock(&l.lock);
        while (!l.started)
            pthread_cond_wait(&l.changed, &l.lock);
        pthread_mutex_unlock(&l.lock);
    }
    assert_int_equal(ln_live_count(live).dropped, FRAMES - 2);
    pthread_mutex_lock(&l.lock);
    l.hold = false;
    pthread_cond_broadcast(&l.changed);
    pthread_mutex_unlock(&l.lock);
    ln_live_drain(live);
    const ln_live_counts counts = ln_live_count(live);
    assert_int_equal(counts.pushed, FRAMES);
    assert_int_equal(counts.analyzed, 2);
    assert_int_equal(counts.dropped, FRAMES - 2);
    ln_live_free(live);
    assert_int_equal(l.n, 2);
    assert_int_equal(l.timestamps[0], 1000);
    assert_int_equal(l.timestamps[1], 1000 + FRAMES - 1);
    assert_int_equal(l.values[0], 0);
    assert_int_equal(l.values[1], FRAMES - 1);
    assert_int_equal(l.errors, 1); /* frame 59 is odd */
    assert_false(l.wrong);
}

/* ---- a camera that gives 60 frames a second, and a classifier ---- */

typedef struct camera {
    ln_live *live;
    int frames, pause_ms, first;
} camera;

static void *shoot(void *arg)
{
    const camera *c = arg;
    static uint8_t pixels[4][64 * 48 * 3 / 2];
    uint8_t *mine = pixels[c->first % 4];
    const ln_frame f = {.format = LN_PIXEL_NV21, .width = 64, .height = 48, .planes = {mine}};
    const struct timespec pause = {0, c->pause_ms * 1000000L};
    for (int i = 0; i < c->frames; i++) {
        memset(mine, i, 64 * 48 * 3 / 2);
        if (!ln_live_push(c->live, &f, c->first + 4LL * i, NULL))
            return arg;
        if (c->pause_ms)
            nanosleep(&pause, NULL);
    }
    return NULL;
}

static void test_camera(void **state)
{
    (void)state;
    const ln_vision_options vision = {.base.model_path =
                                          LINNET_TEST_DATA "/digits_metadata.tflite"};
    ln_task_error error = {0};
    ln_image_classifier *classifier = ln_image_classifier_create(&vision, &error);
    log_of l;
    init_log(&l);
    const ln_live_options o = {.classifier = classifier, .on_result = keep, .user = &l};
    if (!classifier)
        fail_msg("%s", error.message);
    camera c = {ln_live_create(&o, NULL), 30, 16, 0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, shoot, &c), 0);
    void *failed;
    pthread_join(thread, &failed);
    assert_null(failed);
    ln_live_drain(c.live);
    const ln_live_counts counts = ln_live_count(c.live);
    ln_live_free(c.live);
    ln_image_classifier_free(classifier);
    assert_int_equal(counts.pushed, 30);
    assert_int_equal(counts.analyzed + counts.dropped, 30);
    assert_int_equal(l.n, counts.analyzed);
    assert_int_equal(l.errors, 0);
    assert_true(l.named);
    assert_int_equal(l.timestamps[l.n - 1], 4 * 29); /* the last frame is never dropped */
    for (int i = 1; i < l.n; i++)
        assert_true(l.timestamps[i] > l.timestamps[i - 1]);
    print_message("30 frames at 60 a second: %llu analyzed, %llu dropped\n", counts.analyzed,
                  counts.dropped);
}

static bool pass(void *user, const ln_frame *frame, ln_task_error *error)
{
    bool same = true; /* the pixels are of one frame, not of two */
    (void)user, (void)error;
    for (int i = 1; i < frame->width * frame->height; i++)
        same &= frame->planes[0][i] == frame->planes[0][0];
    return same;
}

static void test_many_cameras(void **state)
{
    (void)state;
    log_of l;
    init_log(&l);
    const ln_live_options o = {.analyze = pass, .on_result = keep, .user = &l};
    ln_live *live = ln_live_create(&o, NULL);
    camera cameras[4];
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        cameras[i] = (camera){live, 200, 0, i};
        assert_int_equal(pthread_create(&threads[i], NULL, shoot, &cameras[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    ln_live_drain(live);
    const ln_live_counts counts = ln_live_count(live);
    ln_live_free(live);
    assert_int_equal(counts.pushed, 800);
    assert_int_equal(counts.analyzed + counts.dropped, 800);
    assert_int_equal(l.n, counts.analyzed);
    assert_true(counts.analyzed > 0);
    assert_int_equal(l.errors, 0);
}

static void test_refusals(void **state)
{
    (void)state;
    ln_task_error error;
    const ln_live_options none = {0}, custom = {.analyze = pass};
    assert_null(ln_live_create(&none, &error));
    assert_int_equal(error.code, 2);
    ln_live *live = ln_live_create(&custom, &error);
    const ln_frame bad = {.format = LN_PIXEL_RGB, .width = 4, .height = 4};
    assert_false(ln_live_push(live, &bad, 0, &error));
    assert_non_null(strstr(error.message, "no pixels"));
    assert_int_equal(ln_live_count(live).pushed, 0);
    ln_live_free(live);
    ln_live_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_the_latest_waits),
        cmocka_unit_test(test_camera),
        cmocka_unit_test(test_many_cameras),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
