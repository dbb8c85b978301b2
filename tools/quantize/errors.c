/* SPDX-License-Identifier: Apache-2.0 */
/* errors.c: see errors.h. */
#include "quantize/errors.h"

#include <math.h>

void errors_add(errors *e, double x, double y)
{
    const double off = y - x;
    e->n++;
    e->error += off;
    e->square += off * off;
    e->signal += x * x;
    e->other += y * y;
    e->product += x * y;
    e->worst = fmax(e->worst, fabs(off));
}

double errors_decibels(const errors *e)
{
    return e->square > 0 ? 10 * log10(e->signal / e->square) : HUGE_VAL;
}

double errors_cosine(const errors *e)
{
    const double norm = sqrt(e->signal * e->other);
    return norm > 0 ? e->product / norm : 1;
}

double errors_mean_square(const errors *e)
{
    return e->n > 0 ? e->square / e->n : 0;
}

double errors_relative(const errors *e)
{
    return e->signal > 0 ? sqrt(e->square / e->signal) : 0;
}

bool errors_can_read(const TfLiteTensor *t)
{
    const value_kind kind = value_kind_of(t->type);
    return kind == VALUE_FLOAT || kind == VALUE_INT || kind == VALUE_UINT;
}

double errors_read(const value *v, const TfLiteTensor *t, size_t i)
{
    const double x = value_real(v, i, 0);
    const double scale = t->params.scale > 0 ? (double)t->params.scale : 1;
    return value_kind_of(t->type) == VALUE_FLOAT ? x : (x - t->params.zero_point) * scale;
}

size_t errors_top(const double *x, size_t n)
{
    size_t top = 0;
    for (size_t i = 1; i < n; i++)
        if (x[i] > x[top])
            top = i;
    return top;
}
