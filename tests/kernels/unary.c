/* SPDX-License-Identifier: Apache-2.0 */
/* unary.c: functions of one float. */
#include <math.h>

#include "check.h"

static const ln_elt_range range = {-1, 6};
static const float slope = 0.1f;

static float clamp(float x)
{
    return x < range.min ? range.min : x > range.max ? range.max : x;
}
static float negate(float x)
{
    return -x;
}
static float square(float x)
{
    return x * x;
}
static float leaky(float x)
{
    return x > 0 ? x : x * slope;
}
static float hard_swish(float x)
{
    const float gate = x + 3;
    return x * ((gate < 0 ? 0 : gate > 6 ? 6 : gate) * (1.0f / 6));
}
static float rsqrt(float x)
{
    return 1 / sqrtf(x);
}
static float sign(float x)
{
    return x > 0 ? 1 : x < 0 ? -1 : x == 0 ? 0 : x;
}
static float logistic(float x)
{
    return 1 / (1 + expf(-x));
}
static float elu(float x)
{
    return x < 0 ? expm1f(x) : x;
}
static float gelu(float x)
{
    return (float)(0.5 * (double)x * erfc(-0.70710678118654752 * (double)x));
}
static float gelu_tanh(float x)
{
    const double z = 0.79788456080286536 * ((double)x + 0.044715 * pow((double)x, 3));
    return (float)((double)x / (1 + exp(-2 * z)));
}

typedef struct speed {
    ln_elt_fn fn;
    float *y;
    const void *x;
    const void *p;
    size_t n;
} speed;

static void run(void *arg)
{
    const speed *s = arg;
    s->fn(s->y, &s->x, s->n, s->p);
}

static void check_one(check *c, ln_elt_fn fn, float (*plain)(float), const void *p, uint32_t ulps,
                      float absolute)
{
    enum { MOST = 67, SPEED = 4096 };
    for (int kind = 0; kind < CHECK_KINDS; kind++)
        for (size_t n = 0; n <= MOST; n++) {
            float *x = check_floats(n, kind), *y = check_buffer(n * sizeof *y), want[MOST];
            fn(y, (const void *const[]){x}, n, p);
            for (size_t i = 0; i < n; i++)
                want[i] = plain(x[i]);
            const size_t at = check_differ(y, want, n, ulps, absolute);
            if (at < n)
                check_that(c, false, "n %zu, [%zu] f(%g) is %g, not %g", n, at, (double)x[at],
                           (double)y[at], (double)want[at]);
            check_that(c, check_end(), "n %zu: writes in front of a buffer", n);
        }
    speed s = {fn, check_buffer(SPEED * sizeof(float)), check_floats(SPEED, CHECK_PLAIN), p, SPEED};
    check_bench(c, run, &s, 2.0 * SPEED * sizeof(float), "GB/s");
    check_end();
}

#define ONE_NEAR(member, plain, p, ulps, absolute)                      \
    if (CHECK_BEGIN(c, "unary_" #member, unary.f32[LN_UNARY_##member])) \
    check_one(c, c->new->unary.f32[LN_UNARY_##member], plain, p, ulps, absolute)
#define ONE(member, plain, p, ulps) ONE_NEAR(member, plain, p, ulps, 0)

void check_unary(check *c)
{
    ONE(CLAMP, clamp, &range, 0);
    ONE(ABS, fabsf, NULL, 0);
    ONE(NEG, negate, NULL, 0);
    ONE(SQUARE, square, NULL, 0);
    ONE(SQRT, sqrtf, NULL, 0);
    ONE(FLOOR, floorf, NULL, 0);
    ONE(CEIL, ceilf, NULL, 0);
    ONE(ROUND, rintf, NULL, 0);
    ONE(HARD_SWISH, hard_swish, NULL, 2);
    ONE(LEAKY_RELU, leaky, &slope, 0);
    ONE(RSQRT, rsqrt, NULL, 0);
    ONE(SIGN, sign, NULL, 0);
    ONE(EXP, expf, NULL, 2);
    ONE(LOG, logf, NULL, 2);
    ONE(SIN, sinf, NULL, 3);
    ONE(COS, cosf, NULL, 3);
    ONE(TANH, tanhf, NULL, 4);
    ONE(LOGISTIC, logistic, NULL, 4);
    ONE(ELU, elu, NULL, 2);
    ONE_NEAR(GELU, gelu, NULL, 12, 1e-9f);
    ONE_NEAR(GELU_TANH, gelu_tanh, NULL, 12, 1e-9f);
}
