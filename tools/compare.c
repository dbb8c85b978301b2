/* SPDX-License-Identifier: Apache-2.0 */
/* compare.c: see compare.h. */
#include "compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* How far off one item is: 0 is equal, INFINITY is beyond any tolerance. */
static double real_off(double got, double want)
{
    if (isnan(got) || isnan(want))
        return isnan(got) && isnan(want) ? 0 : INFINITY;
    if (isinf(got) || isinf(want))
        return got == want ? 0 : INFINITY;
    return fabs(got - want);
}

static bool real_wrong(double got, double want, const tolerance *t, double *off)
{
    *off = real_off(got, want);
    return *off > t->abs + (isinf(want) ? 0 : t->rel * fabs(want)) || isinf(*off);
}

static bool int_wrong(const value *got, const value *want, size_t i, const tolerance *t,
                      double *off)
{
    const int64_t a = value_int(got, i), b = value_int(want, i);
    const bool more = value_kind_of(want->type) == VALUE_INT ? a > b : (uint64_t)a > (uint64_t)b;
    const uint64_t distance = more ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
    *off = (double)distance;
    /* Truth values have no neighbors. */
    return distance > (want->type == kTfLiteBool ? 0 : t->lsb);
}

static bool string_wrong(const value *got, const value *want, size_t i, double *off)
{
    size_t n = 0, m = 0;
    const char *a = value_string(got, i, &n), *b = value_string(want, i, &m);
    const bool equal = a && b && n == m && memcmp(a, b, n) == 0;
    *off = equal ? 0 : INFINITY;
    return !equal;
}

static bool item_wrong(const value *got, const value *want, size_t i, const tolerance *t,
                       double *off)
{
    double other = 0;
    bool wrong;
    switch (value_kind_of(want->type)) {
    case VALUE_INT:
    case VALUE_UINT:
        return int_wrong(got, want, i, t, off);
    case VALUE_STRING:
        return string_wrong(got, want, i, off);
    case VALUE_COMPLEX:
        wrong = real_wrong(value_real(got, i, 1), value_real(want, i, 1), t, &other);
        wrong = real_wrong(value_real(got, i, 0), value_real(want, i, 0), t, off) || wrong;
        *off = fmax(*off, other);
        return wrong;
    default:
        return real_wrong(value_real(got, i, 0), value_real(want, i, 0), t, off);
    }
}

/* A random output need only look like the expected one: finite where that is finite, within
 * [0, 1) where that is, not negative where that is not. */
static bool random_wrong(const value *got, const value *want, size_t i, double low, double high)
{
    const value_kind kind = value_kind_of(want->type);
    if (kind == VALUE_STRING)
        return false;
    const double x = value_real(got, i, 0);
    if (isnan(x) || isinf(x) || (low >= 0 && x < 0))
        return true;
    return kind == VALUE_FLOAT && low >= 0 && high <= 1 && x > 1;
}

static void compare_random(const value *got, const value *want, comparison *c)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < want->count && value_kind_of(want->type) != VALUE_STRING; i++) {
        low = fmin(low, value_real(want, i, 0));
        high = fmax(high, value_real(want, i, 0));
    }
    for (size_t i = 0; i < want->count; i++) {
        if (random_wrong(got, want, i, low, high) && c->wrong++ == 0)
            c->worst = i;
    }
}

comparison compare_values(const value *got, const value *want, const tolerance *t)
{
    comparison c = {.same_shape = got->type == want->type && got->rank == want->rank};
    for (int i = 0; c.same_shape && i < want->rank; i++)
        c.same_shape = got->dims[i] == want->dims[i];
    if (!c.same_shape)
        return c;
    c.bit_exact = true;
    if (t->random) {
        compare_random(got, want, &c);
        return c;
    }
    for (size_t i = 0; i < want->count; i++) {
        double off;
        const bool wrong = item_wrong(got, want, i, t, &off);
        c.bit_exact = c.bit_exact && off == 0;
        if (!wrong)
            continue;
        if (c.wrong++ == 0 || off > c.worst_off) {
            c.worst = i;
            c.worst_off = off;
        }
    }
    return c;
}

void compare_print_item(const value *v, size_t i, char *text, size_t n)
{
    size_t length = 0;
    const char *string;
    switch (value_kind_of(v->type)) {
    case VALUE_INT:
        snprintf(text, n, "%" PRId64, value_int(v, i));
        break;
    case VALUE_UINT:
        snprintf(text, n, "%" PRIu64, (uint64_t)value_int(v, i));
        break;
    case VALUE_STRING:
        string = value_string(v, i, &length);
        snprintf(text, n, "\"%.*s\"", (int)(length < 60 ? length : 60), string ? string : "");
        break;
    case VALUE_COMPLEX:
        snprintf(text, n, "%.9g%+.9gi", value_real(v, i, 0), value_real(v, i, 1));
        break;
    default:
        snprintf(text, n, "%.9g", value_real(v, i, 0));
        break;
    }
}
