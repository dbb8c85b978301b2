/* SPDX-License-Identifier: Apache-2.0 */
/* windows_q8.h: the windows of a convolution of 8-bit images as rows of a product
 * (kernels/gemm_q8.h).  The pixels that a block's windows see are put into the tiles' form once,
 * with what lies outside of the image around them: a frame.  A row is a pointer to its window's
 * first pixel there, or in the image where that will do. */
#ifndef LN_CPU_WINDOWS_Q8_H
#define LN_CPU_WINDOWS_Q8_H

#include "cpu/blocks.h"
#include "kernels/gemm_q8.h"
#include "ops/window.h"

/* True where .even of windows, or of their product, may be: a build without AMX has no use for it
 * (cmake/isa.cmake). */
#ifdef LN_HAS_AMX
#define LN_Q8_EVEN(of) ((of)->even)
#else
#define LN_Q8_EVEN(of) ((void)(of), false)
#endif

typedef struct ln_q8_windows {
    /* set before planning: as ln_window_plan leaves them; channels of a pixel, and parts of them */
    ln_window h, w;
    size_t images, channels, groups;
    /* set by ln_q8_windows_pieces */
    size_t pieces, length; /* of a window, see kernels/gemm_q8.h */
    /* For tiles of rows that are equally far apart, set before ln_q8_windows_plan.  The lines of a
     * block are one run of rows then: what stands in a frame between two of them makes rows, too,
     * of which nothing is wanted.  A line of the cache can be read behind each piece. */
    bool even;
    /* set by ln_q8_windows_plan */
    ln_cpu_blocks blocks;
    bool framed;
    size_t tiles;              /* rows of a block, where tiles are as AMX has them; else 0 */
    size_t size;               /* bytes of a value */
    size_t frame_lines, width; /* of a frame, in pixels */
} ln_q8_windows;

/* Rows of a block for such tiles, of `row` bytes: with their sums and a panel they fit into the
 * first-level cache; where they do not, a panel is to be read for many of them. */
size_t ln_q8_rows_of_tiles(const ln_gemm_q8 *g, size_t row);
/* How a window is cut into pieces; its shape is known. */
void ln_q8_windows_pieces(ln_q8_windows *w);
/* Rows from a line of a block to the next. */
size_t ln_q8_windows_apart(const ln_q8_windows *w);
/* Rows of a block of `lines` lines. */
static inline size_t ln_q8_windows_count(const ln_q8_windows *w, size_t lines, size_t columns)
{
    return lines > 1 ? (lines - 1) * ln_q8_windows_apart(w) + columns : columns;
}
/* True where lines can be one run of rows. */
bool ln_q8_windows_runs(const ln_q8_windows *w);

/* Where values come from, and their form. */
typedef struct ln_q8_source {
    const ln_gemm_q8 *g;
    const uint8_t *x;
    uint8_t flip, outside; /* outside: the byte of x that stands for 0 */
    int zero;              /* see ln_gemm_q8.take */
} ln_q8_source;

/* Chooses blocks, `least` of them at least where there is enough; *bytes is what a frame takes.
 * False when that is too much. */
bool ln_q8_windows_plan(ln_q8_windows *w, const ln_q8_source *s, size_t least, size_t *bytes);
/* Fills in `pieces` offsets. */
void ln_q8_windows_offsets(const ln_q8_windows *w, size_t *offset);
/* Makes the frame of a block for one group of channels, and sets the rows. */
void ln_q8_windows_rows(const ln_q8_windows *w, const ln_q8_source *s, const ln_cpu_place *p,
                        size_t group, uint8_t *frame, const uint8_t **at);

#endif
