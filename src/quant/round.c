/* SPDX-License-Identifier: Apache-2.0 */
/* round.c: each weight of a row in turn is rounded, after what the errors of those before it make
 * of it has been added, so that the row's product with inputs like those seen stays where it was.
 *
 * With H, the sums of products of inputs, split as U D U' (U upper, with ones on the diagonal), the
 * least that is added to weight j is the sum of the errors i < j, each times U[i][j].  This is GPTQ
 * (Frantar et al., 2022) in the form that needs no inverse (LDLQ; Chee et al., 2023). */
#include "quant/round.h"

#include <math.h>

#include "quant/quant.h"

/* How much of the diagonal's mean is added to it: inputs that were never seen cost something. */
#define DAMPING 0.05f

void ln_quant_factor(float *sums, int k)
{
    const size_t n = (size_t)k;
    double mean = 0;
    for (size_t i = 0; i < n; i++)
        mean += (double)sums[i * n + i] / k;
    for (size_t i = 0; i < n; i++)
        sums[i * n + i] += DAMPING * (float)mean;
    for (size_t j = n; j-- > 0;) {
        float *row = sums + j * n;
        const float inverse = row[j] > 0 ? 1 / row[j] : 0;
        for (size_t i = 0; i < j; i++) {
            const float by = row[i] * inverse;
            float *to = sums + i * n;
            if (by == 0)
                continue;
            for (size_t c = 0; c <= i; c++)
                to[c] -= by * row[c];
        }
        for (size_t i = 0; i < j; i++)
            row[i] *= inverse;
    }
}

/* In lanes, so that the compiler may keep the order of the sums and still use vectors. */
static float dot(const float *a, const float *b, int n)
{
    enum { LANES = 16 };
    float sums[LANES] = {0}, sum = 0;
    int i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++)
            sums[l] += a[i + l] * b[i + l];
    for (int l = 0; l < LANES; l++)
        sum += sums[l];
    for (; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

void ln_quant_round_related(const float *x, size_t n, int top, float *errors, ln_quant_weights *w)
{
    const size_t k = (size_t)w->relation->k, inner = n / (size_t)w->at.channels;
    for (size_t i = 0; i < n; i++) {
        const size_t j = i % k;
        const float scale = w->scales[i / inner];
        const float meant = x[i] + dot(errors, w->relation->sums + j * k, (int)j);
        const float q = fmaxf(fminf(roundf(meant / scale), (float)top), (float)-top);
        w->values[i] = (int8_t)q;
        errors[j] = x[i] - q * scale;
    }
}
