/* SPDX-License-Identifier: Apache-2.0 */
/* print.c: the lines that benchmark_model ends with, in TensorFlow Lite's words. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "benchmark/benchmark.h"
#include "benchmark/monitor.h"
#include "common/tool.h"

/* TensorFlow Lite measures whole microseconds. */
static double whole_us(double ms)
{
    return (double)llround(ms * 1e3);
}

void benchmark_phase_tally(const measure_phase *p, tally *t)
{
    memset(t, 0, sizeof *t);
    for (int i = 0; i < p->n; i++)
        tally_add(t, whole_us(p->ms[i]));
}

double benchmark_percentile(const measure_phase *p, int percent)
{
    if (p->n == 0)
        return 0;
    double *sorted = tool_new((size_t)p->n, sizeof *sorted);
    memcpy(sorted, p->ms, (size_t)p->n * sizeof *sorted);
    measure_sort(sorted, p->n);
    const double us = whole_us(sorted[(size_t)p->n * (size_t)percent / 100]);
    tool_free(sorted);
    return us;
}

void benchmark_print_stat(const measure_phase *p)
{
    char text[TALLY_TEXT];
    tally t;
    benchmark_phase_tally(p, &t);
    tally_text(&t, text);
    benchmark_log("INFO", "%s p5=%.0f median=%.0f p95=%.0f\n", text, benchmark_percentile(p, 5),
                  benchmark_percentile(p, 50), benchmark_percentile(p, 95));
}

static void print_memory_status(void)
{
    monitor_memory m;
    if (!monitor_look(&m))
        return;
    benchmark_log("INFO", "Memory status at the end of exeution:");
    benchmark_log("INFO", "- VmRSS              : %ld MB", m.resident_kb / 1024);
    benchmark_log("INFO", "+ RssAnnon           : %ld MB", (m.resident_kb - m.shared_kb) / 1024);
    benchmark_log("INFO", "+ RssFile + RssShmem : %ld MB", m.shared_kb / 1024);
}

/* The short form that people know, beside TensorFlow Lite's lines. */
static void print_short(const benchmark *b, const tally *t)
{
    const char *prefix = benchmark_text("output_prefix");
    printf("%sInference (avg): %.4gms\n", prefix, tally_mean(t) / 1e3);
    printf("%sInference (std): %.4gms\n", prefix, tally_deviation(t) / 1e3);
    printf("%sMemory footprint: %.4gMB\n", prefix, (double)b->overall_kb / 1024);
    fflush(stdout);
}

void benchmark_print_results(const benchmark *b)
{
    tally warmup, regular;
    benchmark_phase_tally(&b->warmup, &warmup);
    benchmark_phase_tally(&b->regular, &regular);
    benchmark_log("INFO",
                  "Inference timings in us: Init: %.0f, First inference: %.0f, Warmup (avg): %g, "
                  "Inference (avg): %g",
                  b->init_us, warmup.first, tally_mean(&warmup), tally_mean(&regular));
    benchmark_log("INFO", "Note: as the benchmark tool itself affects memory footprint, the "
                          "following is only APPROXIMATE to the actual memory footprint of the "
                          "model at runtime. Take the information at your discretion.");
    benchmark_log("INFO",
                  "Memory footprint delta from the start of the tool (MB): init=%g overall=%g",
                  (double)b->init_kb / 1024, (double)b->overall_kb / 1024);
    if (b->peak_mb > 0)
        benchmark_log("INFO", "Overall peak memory footprint (MB) via periodic monitoring: %g",
                      b->peak_mb);
    print_memory_status();
    print_short(b, &regular);
}
