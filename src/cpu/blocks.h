/* SPDX-License-Identifier: Apache-2.0 */
/* blocks.h: rows cut into blocks of about the same size; output pixels of images, cut into blocks:
 * some lines of one image, or a part of one line where lines are long. */
#ifndef LN_CPU_BLOCKS_H
#define LN_CPU_BLOCKS_H

#include <stddef.h>

#include "base/compiler.h"

/* Between which rows blocks are cut, by the rows of a tile: large tiles cost little beside what
 * comes after their sums, so that blocks of about as many rows take as long. */
static inline size_t ln_cpu_block_step(size_t tile)
{
    enum { LARGE = 16, STEP = 8 };
    return tile > LARGE ? STEP : tile;
}

/* Where block i of `blocks` that m rows are cut into begins: a multiple of `step`. */
static inline size_t ln_cpu_block_row(size_t m, size_t step, size_t blocks, size_t i)
{
    const size_t tiles = (m + step - 1) / step;
    return i < blocks ? tiles * i / blocks * step : m;
}

/* How many blocks of at most `rows` rows.  For several threads: as many for each, several where
 * rows are many, so that threads finish together. */
static inline size_t ln_cpu_blocks_for(size_t m, size_t step, size_t rows, size_t threads)
{
    enum { BLOCKS_PER_THREAD = 4, LEAST_ROWS = 64 };
    const size_t tiles = (m + step - 1) / step, least = LN_MAX((m + rows - 1) / rows, (size_t)1);
    if (threads <= 1 || tiles < 2 * threads)
        return least;
    const size_t wanted = LN_MIN(BLOCKS_PER_THREAD * threads, m / LEAST_ROWS);
    const size_t blocks = (LN_MAX(least, wanted) + threads - 1) / threads * threads;
    return LN_MIN(LN_MAX(blocks, threads), tiles);
}

/* Rows of the largest of them. */
static inline size_t ln_cpu_block_rows(size_t m, size_t step, size_t blocks)
{
    const size_t tiles = (m + step - 1) / step;
    return (tiles + blocks - 1) / blocks * step;
}

typedef struct ln_cpu_blocks {
    size_t images, height, width;
    size_t lines, columns; /* of a block; lines 1 where columns are less than the width */
} ln_cpu_blocks;

/* Pixels from (image, line, column) on. */
typedef struct ln_cpu_place {
    size_t image, line, column, lines, columns;
} ln_cpu_place;

static inline size_t ln_cpu_blocks_across(const ln_cpu_blocks *b)
{
    return (b->width + b->columns - 1) / b->columns;
}

static inline size_t ln_cpu_blocks_down(const ln_cpu_blocks *b)
{
    return (b->height + b->lines - 1) / b->lines;
}

static inline size_t ln_cpu_blocks_count(const ln_cpu_blocks *b)
{
    return b->images * ln_cpu_blocks_down(b) * ln_cpu_blocks_across(b);
}

static inline ln_cpu_place ln_cpu_blocks_at(const ln_cpu_blocks *b, size_t block)
{
    const size_t across = ln_cpu_blocks_across(b), down = ln_cpu_blocks_down(b);
    ln_cpu_place p = {.image = block / across / down,
                      .line = block / across % down * b->lines,
                      .column = block % across * b->columns};
    p.lines = LN_MIN(b->lines, b->height - p.line);
    p.columns = LN_MIN(b->columns, b->width - p.column);
    return p;
}

/* The first of them, counted over all images. */
static inline size_t ln_cpu_place_first(const ln_cpu_blocks *b, const ln_cpu_place *p)
{
    return (p->image * b->height + p->line) * b->width + p->column;
}

#endif
