/* SPDX-License-Identifier: Apache-2.0 */
/* iou.h: how much two boxes overlap. */
#ifndef LN_OPS_IOU_H
#define LN_OPS_IOU_H

#include <math.h>

/* The area that two boxes (opposite corners y, x) share, as a part of what they cover together; 0
 * where one has no area. */
static inline float ln_iou(const float *a, const float *b)
{
    const float ay0 = fminf(a[0], a[2]), ay1 = fmaxf(a[0], a[2]);
    const float ax0 = fminf(a[1], a[3]), ax1 = fmaxf(a[1], a[3]);
    const float by0 = fminf(b[0], b[2]), by1 = fmaxf(b[0], b[2]);
    const float bx0 = fminf(b[1], b[3]), bx1 = fmaxf(b[1], b[3]);
    const float area_a = (ay1 - ay0) * (ax1 - ax0), area_b = (by1 - by0) * (bx1 - bx0);
    if (area_a <= 0 || area_b <= 0)
        return 0;
    const float both =
        fmaxf(fminf(ay1, by1) - fmaxf(ay0, by0), 0) * fmaxf(fminf(ax1, bx1) - fmaxf(ax0, bx0), 0);
    const float either = area_a + area_b - both;
    return either == 0 ? 0 : both / either;
}

#endif
