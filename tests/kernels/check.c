/* SPDX-License-Identifier: Apache-2.0 */
/* check.c: the kernel tester's buffers, values and main program.
 *
 *   test_kernels [--bench] [NAME]   only functions whose names begin with NAME */
#include "check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpu.h"
#ifdef LINNET_PEAKS
#include "peak/peaks.h"
#endif

/* ---- buffers ---- */

enum { MAX_BUFFERS = 64, CANARY = 64, CANARY_BYTE = 0xA5 };

typedef struct buffer {
    char *map, *data;
    size_t mapped, in_front;
} buffer;

static buffer buffers[MAX_BUFFERS];
static int n_buffers;

static void give_up(const char *why)
{
    fprintf(stderr, "%s\n", why);
    exit(2);
}

void *check_buffer(size_t bytes)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t body = (bytes + CANARY + page - 1) / page * page;
    if (n_buffers == MAX_BUFFERS)
        give_up("too many buffers");
    buffer *b = &buffers[n_buffers];
    b->mapped = body + page;
    b->map = mmap(NULL, b->mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (b->map == MAP_FAILED || mprotect(b->map + body, page, PROT_NONE) != 0)
        give_up("no memory for a buffer");
    b->in_front = body - bytes;
    b->data = b->map + b->in_front;
    memset(b->map, CANARY_BYTE, b->in_front);
    n_buffers++;
    return b->data;
}

bool check_end(void)
{
    bool intact = true;
    for (int i = 0; i < n_buffers; i++) {
        const buffer *b = &buffers[i];
        for (size_t k = 0; k < b->in_front; k++)
            intact = intact && (unsigned char)b->map[k] == CANARY_BYTE;
        munmap(b->map, b->mapped);
    }
    n_buffers = 0;
    return intact;
}

/* ---- values ---- */

static uint32_t seed = 1;

uint32_t check_random(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8 | seed << 24;
}

static float one_float(int kind)
{
    static const float odd[] = {NAN,     INFINITY, -INFINITY, 0,       -0.0f,  1e-40f,
                                -1e-40f, 1,        -1,        8388608, 1e-30f, 3e38f};
    const uint32_t r = check_random();
    if (kind == CHECK_ODD && r % 3 == 0)
        return odd[r / 3 % LN_COUNTOF(odd)];
    if (kind == CHECK_EXTREME && r % 2 == 0)
        return r & 2 ? 3.4e38f : -3.4e38f;
    return (float)(int32_t)r / 268435456.0f;
}

float *check_floats(size_t n, int kind)
{
    float *x = check_buffer(n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = one_float(kind);
    return x;
}

int8_t *check_bytes(size_t n, int kind)
{
    int8_t *x = check_buffer(n);
    const int8_t constant = check_random() & 1 ? INT8_MIN : INT8_MAX;
    for (size_t i = 0; i < n; i++) {
        const uint32_t r = check_random();
        x[i] = kind == CHECK_PLAIN     ? (int8_t)r
               : kind == CHECK_EXTREME ? (r & 1 ? INT8_MIN : INT8_MAX)
                                       : constant;
    }
    return x;
}

int32_t *check_ints(size_t n, int32_t limit)
{
    int32_t *x = check_buffer(n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = (int32_t)(((int64_t)(int32_t)check_random() * limit) >> 31);
    return x;
}

/* ---- comparing ---- */

/* Floats in order as integers in order. */
static int64_t rank(float x)
{
    int32_t i;
    memcpy(&i, &x, sizeof i);
    return i < 0 ? (int64_t)INT32_MIN - i : i;
}

uint32_t check_ulps(float a, float b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b) ? 0 : UINT32_MAX;
    const int64_t d = rank(a) - rank(b);
    return (uint32_t)LN_MIN(d < 0 ? -d : d, (int64_t)UINT32_MAX);
}

size_t check_differ(const float *a, const float *b, size_t n, uint32_t ulps, float absolute)
{
    for (size_t i = 0; i < n; i++)
        if (check_ulps(a[i], b[i]) > ulps && !(fabsf(a[i] - b[i]) <= absolute))
            return i;
    return n;
}

/* ---- reports ---- */

static const char *current = "";

bool check_begin(check *c, const char *name, void (*fn)(void), void (*old)(void))
{
    if (!fn || fn == old || (c->filter && strncmp(name, c->filter, strlen(c->filter)) != 0))
        return false;
    current = name;
    c->tested++;
    return true;
}

bool check_that(check *c, bool ok, const char *fmt, ...)
{
    va_list args;
    if (ok)
        return true;
    c->failed++;
    printf("FAIL %s %s: ", current, c->set);
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    printf("\n");
    return false;
}

#ifdef LINNET_PEAKS
/* What `work` of this unit, as a kernel counts it, is of what the sets up to c->set do at most. */
static void print_share(const check *c, double speed, const char *unit)
{
    static const struct {
        const char *unit, *name;
        int kind, times;
    } rows[] = {
        {"GFLOP/s", "gemm_half", PEAK_HALF, 1},
        {"GFLOP/s", "", PEAK_F32, 1},
        {"GOP/s", "", PEAK_S8, 1},
        {"G/s products", "", PEAK_S16, 2},
        {"GB/s", "", PEAK_L1, 1},
    };
    static double peaks[LN_ISA_COUNT][PEAK_KINDS]; /* 0: not measured yet */
    for (size_t i = 0; i < LN_COUNTOF(rows); i++) {
        const int kind = rows[i].kind;
        if (strncmp(unit, rows[i].unit, strlen(rows[i].unit)) != 0 ||
            strncmp(current, rows[i].name, strlen(rows[i].name)) != 0)
            continue;
        double *peak = &peaks[c->isa][kind];
        const unsigned sets = ln_cpu_isas() & ((2u << c->isa) - 1);
        if (*peak <= 0)
            *peak = peaks_best(kind, sets, 1, &(const char *){NULL});
        if (*peak > 0)
            printf(", %.0f %%", 100 * speed * rows[i].times / *peak);
        return;
    }
}
#else
static void print_share(const check *c, double speed, const char *unit)
{
    (void)c, (void)speed, (void)unit;
}
#endif

void check_bench(check *c, void (*fn)(void *), void *arg, double work, const char *unit)
{
    enum { LEAST_NS = 2000000, TRIES = 7 };
    uint64_t best = UINT64_MAX, runs = 1;
    if (!c->bench)
        return;
    for (int try = 0; try < TRIES; try++) {
        const uint64_t start = ln_now_ns();
        for (uint64_t i = 0; i < runs; i++)
            fn(arg);
        const uint64_t ns = ln_now_ns() - start;
        if (ns < LEAST_NS) {
            runs *= 2;
            try--;
            continue;
        }
        best = LN_MIN(best, ns / runs);
    }
    const double speed = work / (double)LN_MAX(best, (uint64_t)1);
    printf("%-32s %-12s %9.2f %s", current, c->set, speed, unit);
    print_share(c, speed, unit);
    printf("\n");
}

/* ---- main ---- */

static void (*const families[])(check *) = {
#define CHECK(family) check_##family,
#include "families.def"
#undef CHECK
};

int main(int argc, char **argv)
{
    check c = {.set = "portable"};
    ln_kernels tables[LN_ISA_COUNT];
    const unsigned isas = ln_cpu_isas();
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--bench") == 0)
            c.bench = true;
        else
            c.filter = argv[i];
    for (int isa = 0; isa < LN_ISA_COUNT; isa++) {
        if (!(isas >> isa & 1))
            continue;
        ln_kernels_init(&tables[isa], isas & ((2u << isa) - 1), false);
        c.new = &tables[isa];
        c.set = ln_isa_name(isa);
        c.isa = isa;
        for (size_t f = 0; f < LN_COUNTOF(families); f++)
            families[f](&c);
        c.old = c.new;
    }
    printf("%d functions tested, %d failures\n", c.tested, c.failed);
    return c.failed > 0 || c.tested == 0;
}
