/* SPDX-License-Identifier: Apache-2.0 */
/* tally.c: see tally.h. */
#include "common/tally.h"

#include <math.h>
#include <stdio.h>

void tally_add(tally *t, double value)
{
    if (t->count == 0)
        t->first = t->min = t->max = value;
    t->newest = value;
    t->min = value < t->min ? value : t->min;
    t->max = value > t->max ? value : t->max;
    t->sum += value;
    t->squares += value * value;
    t->count++;
}

double tally_mean(const tally *t)
{
    return t->count > 0 ? t->sum / (double)t->count : 0;
}

double tally_variance(const tally *t)
{
    const double mean = tally_mean(t);
    const double v = t->count > 0 ? t->squares / (double)t->count - mean * mean : 0;
    return v > 0 ? v : 0; /* rounding */
}

double tally_deviation(const tally *t)
{
    return sqrt(tally_variance(t));
}

void tally_text(const tally *t, char text[TALLY_TEXT])
{
    if (t->count == 0)
        snprintf(text, TALLY_TEXT, "count=0");
    else if (llround(t->min) == llround(t->max))
        snprintf(text, TALLY_TEXT, "count=%lld curr=%lld%s", (long long)t->count,
                 llround(t->newest), t->count > 1 ? "(all same)" : "");
    else
        snprintf(text, TALLY_TEXT,
                 "count=%lld first=%lld curr=%lld min=%lld max=%lld avg=%g std=%lld",
                 (long long)t->count, llround(t->first), llround(t->newest), llround(t->min),
                 llround(t->max), tally_mean(t), (long long)tally_deviation(t));
}
