/* SPDX-License-Identifier: Apache-2.0 */
/* forms.h: kernels of two operands, once for each form of elt.h, out of one loop
 *
 *   LN_INLINE void name(void *y, const void *const *x, size_t n, const void *p, bool left,
 *                       bool right)
 *
 * where `left`, `right` say that the operand is one item. */
#ifndef LN_KERNELS_VECTOR_FORMS_H
#define LN_KERNELS_VECTOR_FORMS_H

#define FORM(name, suffix, left, right)                                             \
    static void name##_##suffix(void *y, const void *const *x, size_t n, const void *p) \
    {                                                                               \
        name(y, x, n, p, left, right);                                              \
    }
#define FORMS(name)              \
    FORM(name, vv, false, false) \
    FORM(name, vs, false, true)  \
    FORM(name, sv, true, false)
/* What initializes an array of LN_FORMS pointers. */
#define ALL_FORMS(name)                 \
    {                                   \
        name##_vv, name##_vs, name##_sv \
    }

#endif
