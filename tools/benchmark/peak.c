/* SPDX-License-Identifier: Apache-2.0 */
/* peak.c: the machine's peak, by the loop of peak_loop.h in the widest form that it can run. */
#ifdef LINNET_PEAK_X86
#include <cpuid.h>
#endif
#include <pthread.h>

#include "benchmark/machine.h"
#include "common/measure.h"

enum { MAX_THREADS = 64, ROUNDS = 5, ENOUGH_MS = 5 };

typedef float (*loop)(float a, float b, long n);

float peak_plain(float a, float b, long n);
float peak_avx2(float a, float b, long n);
float peak_avx512(float a, float b, long n);

typedef struct job {
    loop run;
    long n;
    float result; /* so that the work is not left out */
} job;

static void *work(void *user)
{
    job *j = user;
    volatile float a = 0.999f, b = 0.001f; /* not known to the compiler */
    j->result = j->run(a, b, j->n);
    return NULL;
}

/* Milliseconds that `threads` threads take for `n` rounds each; 0: they cannot be had. */
static double timed(loop run, long n, int threads)
{
    pthread_t ids[MAX_THREADS];
    job jobs[MAX_THREADS];
    int started = 0;
    const double start = measure_now_ms();
    for (int i = 0; i < threads; i++)
        jobs[i] = (job){run, n, 0};
    for (int i = 1; i < threads; i++) {
        if (pthread_create(&ids[i], NULL, work, &jobs[i]) != 0)
            break;
        started = i;
    }
    work(&jobs[0]);
    for (int i = 1; i <= started; i++)
        pthread_join(ids[i], NULL);
    return started + 1 == threads ? measure_now_ms() - start : 0;
}

#ifdef LINNET_PEAK_X86
/* The system has the feature, whose registers it has to save, and so has the processor, which may
 * be a program that knows of less. */
static bool can(const char *feature, unsigned bit)
{
    unsigned a, b, c, d;
    return machine_has(feature) && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit);
}
#endif

double machine_peak(int threads)
{
    loop run = peak_plain;
    int width = 48;
#ifdef LINNET_PEAK_X86
    if (can("avx512f", bit_AVX512F)) {
        run = peak_avx512;
        width = 192;
    } else if (can("avx2", bit_AVX2) && machine_has("fma")) {
        run = peak_avx2;
        width = 96;
    }
#endif
    threads = threads < 1 ? 1 : threads > MAX_THREADS ? MAX_THREADS : threads;
    double best = 0;
    long n = 20000;
    double ms = timed(run, n, threads);
    for (; ms > 0 && ms < ENOUGH_MS; n *= 2)
        ms = timed(run, 2 * n, threads);
    for (int i = 0; ms > 0 && i < ROUNDS; i++) {
        ms = timed(run, n, threads);
        const double speed = ms > 0 ? 2.0 * width * (double)n * threads / ms / 1e6 : 0;
        best = speed > best ? speed : best;
    }
    return best;
}
