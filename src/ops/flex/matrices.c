/* SPDX-License-Identifier: Apache-2.0 */
/* matrices.c: decompositions of one matrix; see matrices.h. */
#include "ops/flex/matrices.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

#define AT(a, n, i, j) ((a)[(size_t)(i) * (size_t)(n) + (size_t)(j)])

enum { SWEEPS = 60 };

static void swap(double *a, double *b)
{
    const double t = *a;
    *a = *b;
    *b = t;
}

/* ---- LU ---- */

int ln_lu(double *a, int n, int *swapped)
{
    int sign = 1;
    for (int k = 0; k < n; k++) {
        int best = k;
        for (int i = k + 1; i < n; i++)
            if (fabs(AT(a, n, i, k)) > fabs(AT(a, n, best, k)))
                best = i;
        swapped[k] = best;
        if (AT(a, n, best, k) == 0)
            return 0;
        for (int j = 0; j < n && best != k; j++)
            swap(&AT(a, n, k, j), &AT(a, n, best, j));
        sign = best == k ? sign : -sign;
        for (int i = k + 1; i < n; i++) {
            const double f = AT(a, n, i, k) /= AT(a, n, k, k);
            for (int j = k + 1; j < n; j++)
                AT(a, n, i, j) -= f * AT(a, n, k, j);
        }
    }
    return sign;
}

void ln_lu_solve(const double *lu, const int *swapped, int n, double *b, int m)
{
    for (int k = 0; k < n; k++)
        for (int j = 0; j < m && swapped[k] != k; j++)
            swap(&AT(b, m, k, j), &AT(b, m, swapped[k], j));
    for (int i = 1; i < n; i++) /* L has ones on its diagonal, which U's takes the place of */
        for (int k = 0; k < i; k++)
            for (int j = 0; j < m; j++)
                AT(b, m, i, j) -= AT(lu, n, i, k) * AT(b, m, k, j);
    ln_triangular_solve(lu, n, false, false, b, m);
}

/* ---- triangles ---- */

bool ln_cholesky(double *a, int n)
{
    for (int j = 0; j < n; j++) {
        double d = AT(a, n, j, j);
        for (int k = 0; k < j; k++)
            d -= AT(a, n, j, k) * AT(a, n, j, k);
        if (!(d > 0))
            return false;
        AT(a, n, j, j) = sqrt(d);
        for (int i = j + 1; i < n; i++) {
            double x = AT(a, n, i, j);
            for (int k = 0; k < j; k++)
                x -= AT(a, n, i, k) * AT(a, n, j, k);
            AT(a, n, i, j) = x / AT(a, n, j, j);
        }
        for (int i = 0; i < j; i++)
            AT(a, n, i, j) = 0;
    }
    return true;
}

void ln_triangular_solve(const double *t, int n, bool lower, bool transposed, double *b, int m)
{
    const bool down = lower != transposed; /* the first unknown comes first */
    for (int s = 0; s < n; s++) {
        const int i = down ? s : n - 1 - s;
        for (int k = down ? 0 : i + 1; k < (down ? i : n); k++) {
            const double f = transposed ? AT(t, n, k, i) : AT(t, n, i, k);
            for (int j = 0; j < m; j++)
                AT(b, m, i, j) -= f * AT(b, m, k, j);
        }
        for (int j = 0; j < m; j++)
            AT(b, m, i, j) /= AT(t, n, i, i);
    }
}

/* ---- QR ---- */

/* x := (I - 2 v v^T) x for the columns [from, n) of x [m, n]; v is 0 above row k. */
static void reflect(double *x, int m, int n, int from, int k, const double *v)
{
    for (int j = from; j < n; j++) {
        double dot = 0;
        for (int i = k; i < m; i++)
            dot += v[i] * AT(x, n, i, j);
        for (int i = k; i < m; i++)
            AT(x, n, i, j) -= 2 * dot * v[i];
    }
}

void ln_qr(double *a, int m, int n, double *q, double *v)
{
    for (int i = 0; i < m; i++)
        for (int j = 0; j < m; j++)
            AT(q, m, i, j) = i == j;
    for (int k = 0; k < n && k < m - 1; k++) {
        double norm = 0, length = 0;
        for (int i = k; i < m; i++)
            norm += AT(a, n, i, k) * AT(a, n, i, k);
        const double alpha = -copysign(sqrt(norm), AT(a, n, k, k));
        for (int i = k; i < m; i++) {
            v[i] = AT(a, n, i, k) - (i == k ? alpha : 0);
            length += v[i] * v[i];
        }
        if (length == 0)
            continue;
        for (int i = k; i < m; i++)
            v[i] /= sqrt(length);
        reflect(a, m, n, k, k, v);
        for (int i = k + 1; i < m; i++)
            AT(a, n, i, k) = 0;
        for (int row = 0; row < m; row++) { /* Q := Q (I - 2 v v^T) */
            double dot = 0;
            for (int i = k; i < m; i++)
                dot += AT(q, m, row, i) * v[i];
            for (int i = k; i < m; i++)
                AT(q, m, row, i) -= 2 * dot * v[i];
        }
    }
}

/* ---- Jacobi ---- */

/* The rotation that makes the off-diagonal item of [[x, z], [z, y]] zero. */
static void rotation(double x, double y, double z, double *c, double *s)
{
    const double tau = (y - x) / (2 * z);
    const double t = (tau >= 0 ? 1 : -1) / (fabs(tau) + sqrt(1 + tau * tau));
    *c = 1 / sqrt(1 + t * t);
    *s = t * *c;
}

static void rotate(double *x, double *y, double c, double s)
{
    const double a = *x, b = *y;
    *x = c * a - s * b;
    *y = s * a + c * b;
}

/* Columns i and j of v [m, n]. */
static void rotate_columns(double *v, int m, int n, int i, int j, double c, double s)
{
    for (int k = 0; k < m; k++)
        rotate(&AT(v, n, k, i), &AT(v, n, k, j), c, s);
}

static void unit(double *v, int n)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            AT(v, n, i, j) = i == j;
}

static void swap_columns(double *v, int m, int n, int i, int j)
{
    for (int k = 0; k < m && i != j; k++)
        swap(&AT(v, n, k, i), &AT(v, n, k, j));
}

void ln_symmetric_eigen(double *a, int n, double *w, double *v)
{
    unit(v, n);
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++)
            AT(a, n, i, j) = AT(a, n, j, i);
    bool busy = true;
    for (int sweep = 0; sweep < SWEEPS && busy; sweep++) {
        busy = false;
        for (int i = 0; i < n; i++) {
            for (int j = i + 1; j < n; j++) {
                const double z = AT(a, n, i, j);
                if (!(fabs(z) > DBL_EPSILON * sqrt(fabs(AT(a, n, i, i) * AT(a, n, j, j)))))
                    continue;
                double c, s;
                busy = true;
                rotation(AT(a, n, i, i), AT(a, n, j, j), z, &c, &s);
                rotate_columns(a, n, n, i, j, c, s);
                for (int k = 0; k < n; k++)
                    rotate(&AT(a, n, i, k), &AT(a, n, j, k), c, s);
                rotate_columns(v, n, n, i, j, c, s);
            }
        }
    }
    for (int i = 0; i < n; i++)
        w[i] = AT(a, n, i, i);
    for (int i = 0; i < n; i++) { /* rising */
        int least = i;
        for (int j = i + 1; j < n; j++)
            least = w[j] < w[least] ? j : least;
        swap(&w[i], &w[least]);
        swap_columns(v, n, n, i, least);
    }
}

/* Makes the columns i and j of a orthogonal; false: they were. */
static bool orthogonalize(double *a, int m, int n, int i, int j, double *v)
{
    double x = 0, y = 0, z = 0, c, s;
    for (int k = 0; k < m; k++) {
        x += AT(a, n, k, i) * AT(a, n, k, i);
        y += AT(a, n, k, j) * AT(a, n, k, j);
        z += AT(a, n, k, i) * AT(a, n, k, j);
    }
    if (!(fabs(z) > DBL_EPSILON * sqrt(x * y)))
        return false;
    rotation(x, y, z, &c, &s);
    rotate_columns(a, m, n, i, j, c, s);
    rotate_columns(v, n, n, i, j, c, s);
    return true;
}

void ln_svd(double *a, int m, int n, double *s, double *v)
{
    bool busy = true;
    unit(v, n);
    for (int sweep = 0; sweep < SWEEPS && busy; sweep++) {
        busy = false;
        for (int i = 0; i < n; i++)
            for (int j = i + 1; j < n; j++)
                busy = orthogonalize(a, m, n, i, j, v) || busy;
    }
    for (int j = 0; j < n; j++) {
        s[j] = 0;
        for (int k = 0; k < m; k++)
            s[j] += AT(a, n, k, j) * AT(a, n, k, j);
        s[j] = sqrt(s[j]);
        for (int k = 0; k < m && s[j] > 0; k++)
            AT(a, n, k, j) /= s[j];
    }
    for (int i = 0; i < n; i++) { /* falling */
        int most = i;
        for (int j = i + 1; j < n; j++)
            most = s[j] > s[most] ? j : most;
        swap(&s[i], &s[most]);
        swap_columns(a, m, n, i, most);
        swap_columns(v, n, n, i, most);
    }
}
