/* SPDX-License-Identifier: Apache-2.0 */
/* special.c: special functions; see special.h. */
#include "ops/flex/special.h"

#include <float.h>
#include <math.h>

#define PI 3.14159265358979323846

enum { MAX_TERMS = 2000 };

double ln_softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

double ln_selu(double x)
{
    const double scale = 1.0507009873554804934193349852946;
    const double alpha = 1.6732632423543772848170429916717;
    return scale * (x < 0 ? alpha * expm1(x) : x);
}

/* ---- the normal distribution ---- */

/* A start for Newton's method, good to about 2e-3: Winitzki's approximation of erf, inverted. */
static double erfinv_start(double y)
{
    const double a = 0.147, l = log1p(-y * y), t = 2 / (PI * a) + l / 2;
    return copysign(sqrt(sqrt(t * t - l / a) - t), y);
}

/* x with erfc(x) = tail, for tail in (0, 1]: by Halley's method on log erfc, which is nearly a
 * parabola. */
static double erfc_inverse(double tail)
{
    double x = tail > 1e-8 ? erfinv_start(1 - tail) : sqrt(-log(tail * sqrt(-PI * log(tail))));
    for (int i = 0; i < 6; i++) {
        const double f = erfc(x), slope = -2 / sqrt(PI) * exp(-x * x);
        if (f <= 0 || slope == 0)
            break;
        const double step = (log(f) - log(tail)) * f / slope;
        x -= step;
        if (fabs(step) <= 4 * DBL_EPSILON * fabs(x))
            break;
    }
    return x;
}

double ln_erfinv(double y)
{
    if (!(fabs(y) <= 1))
        return NAN;
    if (fabs(y) == 1)
        return copysign(INFINITY, y);
    if (fabs(y) > 0.5)
        return copysign(erfc_inverse(1 - fabs(y)), y);
    double x = erfinv_start(y);
    for (int i = 0; i < 4; i++)
        x -= (erf(x) - y) * sqrt(PI) / 2 * exp(x * x);
    return y == 0 ? y : x;
}

double ln_ndtri(double p)
{
    if (!(p >= 0 && p <= 1))
        return NAN;
    if (p == 0 || p == 1)
        return p == 0 ? -INFINITY : INFINITY;
    const double tail = 2 * fmin(p, 1 - p);
    const double x = tail > 0.5 ? fabs(ln_erfinv(1 - tail)) : erfc_inverse(tail);
    return (p < 0.5 ? -1 : 1) * sqrt(2) * x;
}

/* ---- the gamma function ---- */

double ln_lgamma(double x)
{
    if (isinf(x))
        return INFINITY;
    if (x <= 0 && x == floor(x))
        return INFINITY;
    if (x < 0.5) /* AS 6.1.17 */
        return log(PI / fabs(sin(PI * x))) - ln_lgamma(1 - x);
    if (x < 20) /* the C library's Gamma, which sets no global */
        return log(tgamma(x));
    const double z = 1 / (x * x); /* AS 6.1.41 */
    const double series =
        (1. / 12 - z * (1. / 360 - z * (1. / 1260 - z * (1. / 1680 - z / 1188)))) / x;
    return (x - 0.5) * log(x) - x + log(2 * PI) / 2 + series;
}

double ln_digamma(double x)
{
    if (x <= 0 && x == floor(x)) /* as TensorFlow: zero, too */
        return NAN;
    if (x < 0) /* AS 6.3.7 */
        return ln_digamma(1 - x) - PI / tan(PI * x);
    double sum = 0;
    for (; x < 10; x++)
        sum -= 1 / x;
    const double z = 1 / (x * x); /* AS 6.3.18 */
    return sum + log(x) - 0.5 / x -
           z * (1. / 12 - z * (1. / 120 - z * (1. / 252 - z * (1. / 240 - z * (1. / 132)))));
}

/* x^a e^-x / Gamma(a + 1) */
static double gamma_front(double a, double x)
{
    return exp(a * log(x) - x - ln_lgamma(a + 1));
}

/* AS 6.5.29 */
static double igamma_series(double a, double x)
{
    double term = 1, sum = 1;
    for (int i = 1; i < MAX_TERMS && fabs(term) > DBL_EPSILON * fabs(sum); i++) {
        term *= x / (a + i);
        sum += term;
    }
    return sum * gamma_front(a, x);
}

/* A value that is not 0, for Lentz's method. */
static double away(double x)
{
    return fabs(x) < 1e-300 ? 1e-300 : x;
}

/* AS 6.5.31 */
static double igammac_fraction(double a, double x)
{
    double b = x + 1 - a, c = 1e300, d = 1 / away(b), h = d;
    for (int i = 1; i < MAX_TERMS; i++) {
        const double an = -i * (i - a);
        b += 2;
        d = 1 / away(an * d + b);
        c = away(b + an / c);
        h *= d * c;
        if (fabs(d * c - 1) < DBL_EPSILON)
            break;
    }
    return h * gamma_front(a, x) * a;
}

double ln_igamma(double a, double x)
{
    if (!(a >= 0 && x >= 0) || (a == 0 && x == 0))
        return NAN;
    if (x == 0 || a == 0)
        return a == 0 ? 1 : 0;
    if (isinf(a) || isinf(x))
        return isinf(a) ? (isinf(x) ? NAN : 0) : 1;
    return x < a + 1 ? igamma_series(a, x) : 1 - igammac_fraction(a, x);
}

double ln_igammac(double a, double x)
{
    if (!(a >= 0 && x >= 0) || (a == 0 && x == 0))
        return NAN;
    if (x == 0 || a == 0)
        return a == 0 ? 0 : 1;
    if (isinf(a) || isinf(x))
        return isinf(a) ? (isinf(x) ? NAN : 1) : 0;
    return x < a + 1 ? 1 - igamma_series(a, x) : igammac_fraction(a, x);
}

double ln_polygamma(double n, double x)
{
    if (!(n >= 0) || n != floor(n))
        return NAN;
    if (n == 0)
        return ln_digamma(x);
    const double sign = fmod(n, 2) == 0 ? -1 : 1;
    return sign * exp(ln_lgamma(n + 1)) * ln_zeta(n + 1, x); /* AS 6.4.10 */
}

/* Euler and Maclaurin's summation: ten terms by hand, the rest by its integral and corrections
 * with the Bernoulli numbers (AS 23.1.30). */
double ln_zeta(double x, double q)
{
    static const double bernoulli[] = {1. / 6,  -1. / 30,     1. / 42, -1. / 30,
                                       5. / 66, -691. / 2730, 7. / 6,  -3617. / 510};
    enum { TERMS = 10 };
    double sum = 0, factor = x, factorial = 2;
    if (x == 1)
        return INFINITY;
    if (!(x > 1) || (q <= 0 && (q == floor(q) || x != floor(x))))
        return x > 1 && q <= 0 && q == floor(q) ? INFINITY : NAN;
    for (int k = 0; k < TERMS; k++)
        sum += pow(q + k, -x);
    const double w = q + TERMS;
    sum += pow(w, 1 - x) / (x - 1) + pow(w, -x) / 2;
    for (int k = 0; k < 8; k++) {
        sum += bernoulli[k] * factor / factorial * pow(w, -x - 2 * k - 1);
        factor *= (x + 2 * k + 1) * (x + 2 * k + 2);
        factorial *= (2 * k + 3) * (2 * k + 4);
    }
    return sum;
}

/* ---- the beta function ---- */

/* AS 26.5.8 */
static double betainc_fraction(double a, double b, double x)
{
    double c = 1, d = 1 / away(1 - (a + b) * x / (a + 1)), h = d;
    for (int m = 1; m < MAX_TERMS; m++) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / away(1 + even * d);
        c = away(1 + even / c);
        h *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away(1 + odd * d);
        c = away(1 + odd / c);
        h *= d * c;
        if (fabs(d * c - 1) < DBL_EPSILON)
            break;
    }
    return h;
}

double ln_betainc(double a, double b, double x)
{
    if (!(a > 0 && b > 0 && x >= 0 && x <= 1))
        return NAN;
    if (x == 0 || x == 1)
        return x;
    const double front =
        exp(a * log(x) + b * log1p(-x) + ln_lgamma(a + b) - ln_lgamma(a) - ln_lgamma(b));
    return x < (a + 1) / (a + b + 2) ? front * betainc_fraction(a, b, x) / a
                                     : 1 - front * betainc_fraction(b, a, 1 - x) / b;
}
