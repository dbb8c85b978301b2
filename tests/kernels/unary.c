/* SPDX-License-Identifier: Apache-2.0 */
/* unary.c: functions of one float. */
#include <math.h>

#include "check.h"

static float clamp(float x, float min, float max)
{
    const float v = x > min ? x : min;
    return v < max ? v : max;
}

static float relu(float x)
{
    return x > 0 ? x : 0;
}
static float relu6(float x)
{
    return clamp(x, 0, 6);
}
static float relu_n1_to_1(float x)
{
    return clamp(x, -1, 1);
}
static float relu_0_to_1(float x)
{
    return clamp(x, 0, 1);
}
static float negate(float x)
{
    return -x;
}
static float square(float x)
{
    return x * x;
}
static float hard_swish(float x)
{
    return x * (clamp(x + 3, 0, 6) * (1.0f / 6));
}

typedef struct speed {
    ln_unary_f32 fn;
    float *y, *x;
    size_t n;
} speed;

static void run(void *arg)
{
    const speed *s = arg;
    s->fn(s->y, s->x, s->n);
}

static void check_one(check *c, ln_unary_f32 fn, float (*plain)(float), uint32_t ulps)
{
    enum { MOST = 67, SPEED = 4096 };
    for (int kind = 0; kind < CHECK_KINDS; kind++)
        for (size_t n = 0; n <= MOST; n++) {
            float *x = check_floats(n, kind), *y = check_buffer(n * sizeof *y), want[MOST];
            fn(y, x, n);
            for (size_t i = 0; i < n; i++)
                want[i] = plain(x[i]);
            const size_t at = check_differ(y, want, n, ulps, 0);
            if (at < n)
                check_that(c, false, "n %zu, [%zu] f(%g) is %g, not %g", n, at, (double)x[at],
                           (double)y[at], (double)want[at]);
            check_that(c, check_end(), "n %zu: writes in front of a buffer", n);
        }
    speed s = {fn, check_buffer(SPEED * sizeof(float)), check_floats(SPEED, CHECK_PLAIN), SPEED};
    check_bench(c, run, &s, 2.0 * SPEED * sizeof(float), "GB/s");
    check_end();
}

#define ONE(member, plain, ulps)                        \
    if (CHECK_BEGIN(c, "unary_" #member, unary.member)) \
    check_one(c, c->new->unary.member, plain, ulps)

void check_unary(check *c)
{
    ONE(relu, relu, 0);
    ONE(relu6, relu6, 0);
    ONE(relu_n1_to_1, relu_n1_to_1, 0);
    ONE(relu_0_to_1, relu_0_to_1, 0);
    ONE(abs, fabsf, 0);
    ONE(neg, negate, 0);
    ONE(square, square, 0);
    ONE(sqrt, sqrtf, 0);
    ONE(hard_swish, hard_swish, 0);
}
