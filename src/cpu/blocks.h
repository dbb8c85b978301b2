/* SPDX-License-Identifier: Apache-2.0 */
/* blocks.h: output pixels of images, cut into blocks: some lines of one image, or a part of one
 * line where lines are long. */
#ifndef LN_CPU_BLOCKS_H
#define LN_CPU_BLOCKS_H

#include <stddef.h>

#include "base/compiler.h"

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
