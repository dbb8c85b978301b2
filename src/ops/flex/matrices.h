/* SPDX-License-Identifier: Apache-2.0 */
/* matrices.h: decompositions of one small dense matrix in double, row by row in memory.  Sources:
 * Golub and Van Loan, "Matrix Computations", 4th edition, by algorithm (GVL).  Time grows with the
 * cube of the size; iterations are bounded. */
#ifndef LN_OPS_FLEX_MATRICES_H
#define LN_OPS_FLEX_MATRICES_H

#include <stdbool.h>

/* A = P L U in place with partial pivoting (GVL 3.4.1); swapped[k] is the row that changed places
 * with row k.  Returns the sign of the permutation; 0: singular. */
int ln_lu(double *a, int n, int *swapped);
/* Solves A X = B in place of B [n, m] with what ln_lu gave. */
void ln_lu_solve(const double *lu, const int *swapped, int n, double *b, int m);
/* The lower factor of A = L L^T in place, zeros above (GVL 4.2.1); false: not positive definite. */
bool ln_cholesky(double *a, int n);
/* Solves T X = B in place of B [n, m]; T is lower or upper triangular; transposed: T^T X = B. */
void ln_triangular_solve(const double *t, int n, bool lower, bool transposed, double *b, int m);
/* A [m, n] = Q R by Householder (GVL 5.2.1): `a` becomes R, q [m, m] Q; `v` has room for m. */
void ln_qr(double *a, int m, int n, double *q, double *v);
/* Eigenvalues w [n], rising, and vectors (columns of v [n, n]) of a symmetric matrix whose lower
 * half is read, by Jacobi's method (GVL 8.5.3); `a` is overwritten. */
void ln_symmetric_eigen(double *a, int n, double *w, double *v);
/* A [m, n], m >= n: singular values s [n], falling; `a` becomes U [m, n], v [n, n] holds V's
 * columns: one-sided Jacobi (GVL 8.6.3). */
void ln_svd(double *a, int m, int n, double *s, double *v);

#endif
