/* SPDX-License-Identifier: Apache-2.0 */
/* volume.h: volumes of voxels with zeros around them, so that no window of a three-dimensional
 * convolution reaches outside. */
#ifndef LN_CPU_VOLUME_H
#define LN_CPU_VOLUME_H

#include "cpu/row.h"

enum { LN_DEPTH, LN_HEIGHT, LN_WIDTH, LN_VOLUME_AXES };

typedef struct ln_cpu_volume {
    size_t images, cin;
    size_t in[LN_VOLUME_AXES], before[LN_VOLUME_AXES]; /* the volume; voxels in front of it */
    size_t extent[LN_VOLUME_AXES]; /* of what windows see: at least `before` and the volume */
} ln_cpu_volume;

/* Whether windows see more than the volume. */
bool ln_cpu_volume_framed(const ln_cpu_volume *v);
/* Floats of a volume with its frame; false where that would be far larger than the volume. */
bool ln_cpu_volume_floats(const ln_cpu_volume *v, size_t *floats);
/* Copies all volumes into their frames. */
void ln_cpu_volume_frame(const ln_cpu_kernel *k, const ln_cpu_volume *v, const float *x, float *to);

/* Where voxel (d, h, x) of what windows see begins. */
static inline size_t ln_cpu_volume_item(const ln_cpu_volume *v, size_t d, size_t h, size_t x)
{
    return ((d * v->extent[LN_HEIGHT] + h) * v->extent[LN_WIDTH] + x) * v->cin;
}

#endif
