/* SPDX-License-Identifier: Apache-2.0 */
/* clahe.c: ContrastLimitedAdaptiveHistogramEqualization.  The image is cut into tiles; each has a
 * table from a color to a new one, the summed and limited histogram of its colors, and a pixel's
 * color is what the tables of the four tiles around it say, weighed by how near these are. */
#include <math.h>
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

enum { COLORS = 256, MAX_TILES = 1024 };

typedef struct grid {
    ln_keras_call *c;
    ln_emit *e;
    int tiles[2], side[2]; /* how many there are, and how long; along height and width */
    int size[2], channels; /* of the image */
} grid;

/* Colors from one range to another, in Keras's order of operations. */
static ln_id to_range(ln_emit *e, ln_id x, const double *from, const double *to)
{
    if (from[0] == to[0] && from[1] == to[1])
        return x;
    x = ln_keras_with(e, &ln_op_div, ln_keras_with(e, &ln_op_sub, x, from[0]), from[1] - from[0]);
    return ln_keras_with(e, &ln_op_add, ln_keras_with(e, &ln_op_mul, x, to[1] - to[0]), to[0]);
}

/* As whole tiles; what is missing at the end is mirrored. */
static ln_id padded(const grid *g, ln_id x)
{
    const TfLiteMirrorPaddingParams p = {.mode = kTfLiteMirrorPaddingSymmetric};
    const ln_shape four = {.rank = 2, .dim = {4, 2}};
    int pads[8] = {0};
    for (int i = 0; i < 2; i++)
        pads[2 * i + 3] = g->tiles[i] * g->side[i] - g->size[i];
    const ln_id in[] = {x, ln_emit_constant(g->e, kTfLiteInt32, &four, pads, sizeof pads, true)};
    return pads[3] || pads[5] ? ln_emit_nary(g->e, &ln_op_mirror_pad, &p, 2, in) : x;
}

/* Histograms of the tiles [b, y, x, c, COLORS] of colors [b, h, w, c], which are int32. */
static ln_id histograms(const grid *g, ln_id colors)
{
    static const int perm[] = {0, 1, 3, 5, 2, 4}, zero = 0;
    ln_emit *e = g->e;
    const int *n = g->tiles, *s = g->side;
    const ln_shape cut = {.rank = 6, .dim = {-1, n[0], s[0], n[1], s[1], g->channels}},
                   rows = {.rank = 2, .dim = {-1, s[0] * s[1]}}, flat = {.rank = 1, .dim = {-1}},
                   to = {.rank = 5, .dim = {-1, n[0], n[1], g->channels, COLORS}};
    ln_id x = ln_emit_transpose(e, ln_emit_reshape(e, colors, &cut), 6, perm);
    x = ln_emit_reshape(e, x, &rows);
    const ln_id count = ln_emit_dim(e, x, zero);
    const ln_id first = ln_keras_with(e, &ln_op_mul, ln_emit_range(e, count), COLORS);
    x = ln_keras_binary(e, &ln_op_add, x, ln_emit_expand_dims(e, first, 1));
    x = ln_emit_reshape(e, x, &flat);
    const ln_id one[] = {ln_emit_shape_of(e, x), ln_emit_float(e, 1)};
    const ln_id in[] = {ln_emit_nary(e, &ln_op_fill, NULL, 2, one), x,
                        ln_keras_with(e, &ln_op_mul, count, COLORS)};
    return ln_emit_reshape(e, ln_emit_nary(e, &ln_op_unsorted_segment_sum, NULL, 3, in), &to);
}

/* The tables of all tiles. */
static ln_id tables(const grid *g, ln_id hists)
{
    static const int last[] = {4};
    const TfLiteCumsumParams p = {.exclusive = false};
    ln_emit *e = g->e;
    const double area = g->side[0] * (double)g->side[1],
                 most = ln_json_number(g->c->config, "clip_limit", 4);
    if (most > 0) {
        const ln_id cut = ln_keras_with(e, &ln_op_minimum, hists, most * area / COLORS);
        const ln_id rest = ln_emit_reduce(e, &ln_op_sum, ln_keras_binary(e, &ln_op_sub, hists, cut),
                                          1, last, true);
        hists = ln_keras_binary(e, &ln_op_add, cut, ln_keras_with(e, &ln_op_div, rest, COLORS));
    }
    const ln_id sums = ln_emit_binary(e, &ln_op_cumsum, &p, hists, ln_emit_int(e, 4));
    const ln_id least = ln_emit_reduce(e, &ln_op_reduce_min, sums, 1, last, true);
    const ln_id over =
                    ln_keras_with(e, &ln_op_mul, ln_keras_binary(e, &ln_op_sub, sums, least), 255),
                under = ln_keras_binary(e, &ln_op_sub, ln_emit_float(e, (float)area), least);
    const ln_id some[] = {ln_keras_with(e, &ln_op_equal, under, 0), ln_emit_float(e, 1), under};
    const ln_id y =
        ln_keras_binary(e, &ln_op_div, over, ln_emit_nary(e, &ln_op_select_v2, NULL, 3, some));
    return ln_keras_with(e, &ln_op_minimum, ln_keras_with(e, &ln_op_maximum, y, 0), 255);
}

/* The first and the last tile along an axis once more. */
static ln_id with_edges(const grid *g, ln_id x, int axis)
{
    int first[5] = {0}, end[5] = {0}, size[5] = {-1, -1, -1, -1, -1};
    end[axis] = g->tiles[axis - 1] - 1;
    size[axis] = 1;
    const ln_id parts[] = {ln_emit_slice(g->e, x, 5, first, size), x,
                           ln_emit_slice(g->e, x, 5, end, size)};
    return ln_emit_concat(g->e, 3, parts, axis);
}

/* Which tile lies before a pixel, and how far towards the next one it is. */
static int tile_before(const grid *g, int axis, int pixel, float *part)
{
    const float side = (float)g->side[axis];
    const float at = ((float)pixel - side / 2) / side + 1, low = floorf(at);
    *part = at - low;
    return (int)low;
}

static int within(int tile, int n)
{
    return LN_MIN(LN_MAX(tile, 0), n + 1);
}

/* What the tables say, of the tiles `down` and `right` of those before each pixel. */
static ln_id looked_up(const grid *g, ln_id all, ln_id pixels, int down, int right)
{
    const int h = g->side[0] * g->tiles[0], w = g->side[1] * g->tiles[1], n = g->channels;
    const int column = COLORS * n, row = column * (g->tiles[1] + 2);
    const ln_shape s = {.rank = 4, .dim = {1, h, w, n}};
    const size_t count = (size_t)h * (size_t)w * (size_t)n;
    int32_t *at = ln_arena_new(&g->c->k->scratch, count, sizeof *at);
    float part;
    for (size_t i = 0; at && i < count; i++) {
        const int k = (int)(i % (size_t)n), x = (int)(i / (size_t)n % (size_t)w),
                  y = (int)(i / (size_t)n / (size_t)w);
        at[i] = within(tile_before(g, 0, y, &part) + down, g->tiles[0]) * row +
                within(tile_before(g, 1, x, &part) + right, g->tiles[1]) * column + k * COLORS;
    }
    if (!at)
        return ln_emit_fail(g->e, LN_ERR_MEMORY, "out of memory");
    const ln_id places = ln_emit_constant(g->e, kTfLiteInt32, &s, at, count * sizeof *at, true);
    return ln_emit_gather(g->e, all, ln_keras_binary(g->e, &ln_op_add, pixels, places), 0);
}

/* a and b by how far each pixel is along an axis. */
static ln_id mixed(const grid *g, ln_id a, ln_id b, int axis)
{
    const int n = g->side[axis] * g->tiles[axis];
    const ln_shape s = {.rank = 4, .dim = {1, axis ? 1 : n, axis ? n : 1, 1}};
    float *far = ln_keras_floats(g->c, (size_t)n), *near = ln_keras_floats(g->c, (size_t)n);
    for (int i = 0; far && near && i < n; i++) {
        tile_before(g, axis, i, &far[i]);
        near[i] = 1 - far[i];
    }
    if (!far || !near)
        return -1;
    return ln_keras_binary(g->e, &ln_op_add,
                           ln_keras_binary(g->e, &ln_op_mul, a, ln_keras_constant(g->c, &s, near)),
                           ln_keras_binary(g->e, &ln_op_mul, b, ln_keras_constant(g->c, &s, far)));
}

static ln_id equalized(const grid *g, ln_id x)
{
    static const int start[4] = {0};
    const int size[] = {-1, g->size[0], g->size[1], -1};
    const ln_shape flat = {.rank = 1, .dim = {-1}}, each = {.rank = 4, .dim = {-1, 1, 1, 1}};
    ln_emit *e = g->e;
    x = padded(g, x);
    x = ln_keras_with(e, &ln_op_minimum, ln_keras_with(e, &ln_op_maximum, x, 0), 255);
    const ln_id colors = ln_emit_cast(e, x, kTfLiteInt32);
    ln_id all = tables(g, histograms(g, colors));
    all = with_edges(g, with_edges(g, all, 1), 2);
    const int image = COLORS * g->channels * (g->tiles[0] + 2) * (g->tiles[1] + 2);
    const ln_id batch = ln_emit_dim(e, x, 0);
    const ln_id first = ln_keras_with(e, &ln_op_mul, ln_emit_range(e, batch), image);
    const ln_id pixels = ln_keras_binary(e, &ln_op_add, colors, ln_emit_reshape(e, first, &each));
    all = ln_emit_reshape(e, all, &flat);
    const ln_id above =
                    mixed(g, looked_up(g, all, pixels, 0, 0), looked_up(g, all, pixels, 0, 1), 1),
                below =
                    mixed(g, looked_up(g, all, pixels, 1, 0), looked_up(g, all, pixels, 1, 1), 1);
    return ln_emit_slice(e, mixed(g, above, below, 0), 4, start, size);
}

void ln_keras_clahe(ln_keras_call *c)
{
    static const double colors[] = {0, 255};
    grid g = {.c = c, .e = c->e, .tiles = {8, 8}};
    double range[2];
    ln_keras_value_range(c, range);
    const ln_id x = ln_keras_to_last(c, ln_keras_x(c));
    const ln_shape s = ln_emit_shape(c->e, x);
    if (!ln_keras_is_image(c, &s))
        return;
    const int n = ln_json_ints(c->config, "tile_grid_size", 2, g.tiles);
    g.channels = s.dim[3];
    double items = (double)COLORS * g.channels;
    for (int i = 0; i < 2; i++) {
        if (n != 2 || g.tiles[i] < 1 || g.tiles[i] > MAX_TILES || range[0] == range[1]) {
            ln_emit_fail(c->e, LN_ERR_FORMAT, "tile_grid_size or value_range");
            return;
        }
        g.size[i] = s.dim[i + 1];
        g.side[i] = (g.size[i] + g.tiles[i] - 1) / g.tiles[i];
        items *= g.tiles[i] + 2;
    }
    if (items > 1 << 28 || (double)s.dim[1] * s.dim[2] * s.dim[3] > 1 << 26) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "images or tables that are so large");
        return;
    }
    const ln_id y =
        equalized(&g, to_range(c->e, ln_emit_cast(c->e, x, kTfLiteFloat32), range, colors));
    const ln_id back = ln_emit_cast(c->e, to_range(c->e, y, colors, range), ln_emit_type(c->e, x));
    ln_keras_out(c, ln_keras_from_last(c, back));
}
