/* SPDX-License-Identifier: Apache-2.0 */
/* volume.c: see volume.h. */
#include "cpu/volume.h"

#include <string.h>

#include "base/checked.h"

/* A frame may be as large, or so many times as large as its volume. */
enum { LARGE = 1024 * 1024, TIMES = 8 };
enum { COPIED = 16 * 1024 }; /* floats that are copied before another thread woke */

bool ln_cpu_volume_framed(const ln_cpu_volume *v)
{
    for (int i = 0; i < LN_VOLUME_AXES; i++)
        if (v->extent[i] > v->in[i])
            return true;
    return false;
}

bool ln_cpu_volume_floats(const ln_cpu_volume *v, size_t *floats)
{
    const size_t volume = v->in[LN_DEPTH] * v->in[LN_HEIGHT] * v->in[LN_WIDTH] * v->cin;
    return ln_mul_size(v->extent[LN_DEPTH], v->extent[LN_HEIGHT], floats) &&
           ln_mul_size(*floats, v->extent[LN_WIDTH], floats) &&
           ln_mul_size(*floats, v->cin, floats) && (*floats <= LARGE || *floats / TIMES <= volume);
}

typedef struct job {
    const ln_cpu_volume *v;
    const float *x;
    float *to;
} job;

/* Lines [begin, end) of all frames. */
static void frame_lines(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const ln_cpu_volume *v = j->v;
    const size_t line = v->extent[LN_WIDTH] * v->cin, n = v->in[LN_WIDTH] * v->cin;
    const size_t left = v->before[LN_WIDTH] * v->cin;
    (void)thread;
    for (size_t i = begin; i < end; i++) {
        float *to = j->to + i * line;
        const size_t depth = i / v->extent[LN_HEIGHT], image = depth / v->extent[LN_DEPTH];
        /* those in front of the volume wrap around */
        const size_t h = i % v->extent[LN_HEIGHT] - v->before[LN_HEIGHT];
        const size_t d = depth % v->extent[LN_DEPTH] - v->before[LN_DEPTH];
        if (h >= v->in[LN_HEIGHT] || d >= v->in[LN_DEPTH]) {
            memset(to, 0, line * sizeof *to);
            continue;
        }
        const size_t from = (image * v->in[LN_DEPTH] + d) * v->in[LN_HEIGHT] + h;
        memset(to, 0, left * sizeof *to);
        memcpy(to + left, j->x + from * n, n * sizeof *to);
        memset(to + left + n, 0, (line - left - n) * sizeof *to);
    }
}

void ln_cpu_volume_frame(const ln_cpu_kernel *k, const ln_cpu_volume *v, const float *x, float *to)
{
    job j = {v, x, to};
    ln_parallel_for(k->pool, v->images * v->extent[LN_DEPTH] * v->extent[LN_HEIGHT],
                    COPIED / (v->extent[LN_WIDTH] * v->cin) + 1, frame_lines, &j);
}
