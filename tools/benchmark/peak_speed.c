/* SPDX-License-Identifier: Apache-2.0 */
/* peak_speed.c: see peak.h. */
#include <pthread.h>

#include "benchmark/peak.h"
#include "common/measure.h"

enum { MAX_THREADS = 64, ROUNDS = 5, ENOUGH_MS = 5 };

typedef struct job {
    peak_loop run;
    long n;
    float result; /* so that the work is not left out */
} job;

static void *work_on(void *user)
{
    job *j = user;
    volatile float a = 0.999f, b = 0.001f; /* not known to the compiler */
    j->result = j->run(a, b, j->n);
    return NULL;
}

/* Milliseconds that `threads` threads take for `n` rounds each; 0: they cannot be had. */
static double timed(peak_loop run, long n, int threads)
{
    pthread_t ids[MAX_THREADS];
    job jobs[MAX_THREADS];
    int started = 0;
    const double start = measure_now_ms();
    for (int i = 0; i < threads; i++)
        jobs[i] = (job){run, n, 0};
    for (int i = 1; i < threads; i++) {
        if (pthread_create(&ids[i], NULL, work_on, &jobs[i]) != 0)
            break;
        started = i;
    }
    work_on(&jobs[0]);
    for (int i = 1; i <= started; i++)
        pthread_join(ids[i], NULL);
    return started + 1 == threads ? measure_now_ms() - start : 0;
}

double peak_speed(peak_loop run, double work, int threads)
{
    threads = threads < 1 ? 1 : threads > MAX_THREADS ? MAX_THREADS : threads;
    double best = 0;
    long n = 1000;
    double ms = timed(run, n, threads);
    for (; ms > 0 && ms < ENOUGH_MS; n *= 2)
        ms = timed(run, 2 * n, threads);
    for (int i = 0; ms > 0 && i < ROUNDS; i++) {
        ms = timed(run, n, threads);
        const double speed = ms > 0 ? work * (double)n * threads / ms / 1e6 : 0;
        best = speed > best ? speed : best;
    }
    return best;
}
