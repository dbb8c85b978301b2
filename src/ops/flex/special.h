/* SPDX-License-Identifier: Apache-2.0 */
/* special.h: special functions in double, as flex_math.c needs them.  Sources: Abramowitz and
 * Stegun, "Handbook of Mathematical Functions" (AS, by equation); Press et al., "Numerical Recipes"
 * (Lentz's method for continued fractions).  Relative errors are some 1e-13 in the middle of the
 * range, which is far below what the float32 results keep. */
#ifndef LN_OPS_FLEX_SPECIAL_H
#define LN_OPS_FLEX_SPECIAL_H

/* x with erf(x) = y; NaN outside of [-1, 1], infinite at its ends. */
double ln_erfinv(double y);
/* x with Phi(x) = p, the quantile of the normal distribution. */
double ln_ndtri(double p);
/* log |Gamma(x)|, without the C library's global sign. */
double ln_lgamma(double x);
/* Gamma'(x) / Gamma(x). */
double ln_digamma(double x);
/* log(1 + exp(x)) */
double ln_softplus(double x);
/* The scaled exponential linear unit of Klambauer et al. 2017. */
double ln_selu(double x);
/* Regularized incomplete gamma functions, lower and upper: a, x >= 0, else NaN. */
double ln_igamma(double a, double x);
double ln_igammac(double a, double x);
/* Regularized incomplete beta function: a, b > 0, x in [0, 1], else NaN. */
double ln_betainc(double a, double b, double x);
/* Hurwitz zeta: sum over k >= 0 of (q + k)^-x; x > 1, q > 0. */
double ln_zeta(double x, double q);
/* The n-th derivative of digamma; n a whole number >= 0. */
double ln_polygamma(double n, double x);

#endif
