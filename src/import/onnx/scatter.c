/* SPDX-License-Identifier: Apache-2.0 */
/* scatter.c: operators that put down by indices; see emit/scatter.c. */
#include <float.h>
#include <string.h>

#include "import/onnx/families.h"

static ln_scatter how_of(const ln_ox_node *n)
{
    return ln_ox_is(n, "reduction", "add", "none")   ? LN_SCATTER_ADD
           : ln_ox_is(n, "reduction", "max", "none") ? LN_SCATTER_MAX
           : ln_ox_is(n, "reduction", "min", "none") ? LN_SCATTER_MIN
           : ln_ox_is(n, "reduction", "mul", "none") ? LN_SCATTER_MUL
                                                     : LN_SCATTER_LAST;
}

/* In a type that the operators take. */
static ln_id wide(ln_ox *o, ln_scatter how, ln_id x)
{
    const TfLiteType type = ln_emit_type(&o->e, x);
    const bool moves = type == kTfLiteInt8 || type == kTfLiteUInt8 || type == kTfLiteInt16;
    return how == LN_SCATTER_LAST && moves ? x : ln_ox_widen(o, x);
}

/* x with updates at index vectors, as the node's reduction says. */
static ln_id put(ln_ox *o, const ln_ox_node *n, ln_id x, ln_id at, ln_id updates)
{
    const ln_scatter how = how_of(n);
    return ln_emit_cast(&o->e,
                        ln_emit_scatter(&o->e, how, wide(o, how, x), at, wide(o, how, updates)),
                        ln_emit_type(&o->e, x));
}

void ln_ox_scatter_elements(ln_ox *o, const ln_ox_node *n)
{
    const ln_id x = ln_ox_in_id(o, n, 0), updates = ln_ox_in_id(o, n, 2);
    const ln_shape xs = ln_emit_shape(&o->e, x), as = ln_emit_shape(&o->e, ln_ox_in_id(o, n, 1));
    ln_id flat, places;
    if (as.rank == 1 && !(ln_shape_known(&xs) && ln_shape_known(&as))) {
        const ln_id at = ln_emit_expand_dims(&o->e, ln_ox_in_id(o, n, 1), 1);
        ln_ox_out(o, n, 0, put(o, n, x, ln_ox_index_vectors(o, x, at, 0), updates));
        return;
    }
    if (!ln_ox_elements(o, n, &flat, &places))
        return;
    const int count = ln_shape_count(&as, 0, as.rank);
    const ln_id y = put(o, n, flat, ln_ox_reshape(o, places, 2, (const int[]){count, 1}),
                        ln_ox_reshape(o, updates, 1, &count));
    ln_ox_out(o, n, 0, ln_ox_reshape_like(o, y, x));
}

void ln_ox_scatter_nd(ln_ox *o, const ln_ox_node *n)
{
    const ln_id x = ln_ox_in_id(o, n, 0);
    const ln_id at = ln_ox_index_vectors(o, x, ln_ox_in_id(o, n, 1), 0);
    ln_ox_out(o, n, 0, put(o, n, x, at, ln_ox_in_id(o, n, 2)));
}

/* ---- MaxUnpool: maxima back to where they were, zeros elsewhere ---- */

/* What the pool's windows make of x, and the shape that input 2 says instead. */
static bool unpooled_shapes(ln_ox *o, const ln_ox_node *n, const ln_shape *x, ln_shape *own,
                            ln_shape *wanted)
{
    ln_ox_window w;
    *own = *x;
    if (!ln_ox_window_read(o, n, x->rank - 2, x->dim + 2, NULL, &w))
        return false;
    for (int i = 0; i < w.nd; i++) {
        const int64_t size =
            (int64_t)(x->dim[2 + i] - 1) * w.stride[i] + w.size[i] - w.before[i] - w.after[i];
        own->dim[2 + i] = size > 0 && size <= 1 << 24 ? (int)size : -1;
    }
    *wanted = *own;
    return !ln_ox_has_in(n, 2) ||
           ln_ox_const_ints(o, n, 2, LN_MAX_RANK, wanted->dim, &wanted->rank);
}

/* The places were counted in an image of the window's own size; a larger one has others. */
static ln_id moved_places(ln_ox *o, ln_id places, const ln_shape *own, const ln_shape *wanted)
{
    ln_id y = -1;
    for (int i = 0, from = 1, to = 1, k = own->rank - 1; k >= 0; k--, i++) {
        ln_id here =
            ln_emit_binary(&o->e, &ln_op_floor_div, NULL, places, ln_emit_int(&o->e, from));
        here = ln_ox_op2(o, &ln_op_floor_mod, here, ln_emit_int(&o->e, own->dim[k]));
        here = ln_ox_mul(o, here, ln_emit_int(&o->e, to));
        y = i ? ln_ox_add(o, y, here) : here;
        from *= own->dim[k];
        to *= wanted->dim[k];
    }
    return y;
}

void ln_ox_max_unpool(ln_ox *o, const ln_ox_node *n)
{
    const ln_id x = ln_ox_in_id(o, n, 0);
    ln_id places = ln_ox_int32(o, ln_ox_in_id(o, n, 1));
    const ln_shape xs = ln_emit_shape(&o->e, x);
    const int count = ln_shape_count(&xs, 0, xs.rank);
    ln_shape own, y;
    if (!ln_ox_ok(o) || !unpooled_shapes(o, n, &xs, &own, &y))
        return;
    const int total = ln_shape_count(&y, 0, y.rank);
    if (count < 1 || total < 1 || ln_shape_count(&own, 0, own.rank) < 1 || y.rank != xs.rank) {
        LN_OX_FAIL(o, "the shapes have to be known");
        return;
    }
    places = ln_ox_reshape(o, places, 1, &count);
    if (memcmp(own.dim, y.dim, (size_t)y.rank * sizeof *y.dim) != 0)
        places = moved_places(o, places, &own, &y);
    const ln_id in[] = {ln_ox_reshape(o, x, 1, &count), places, ln_emit_int(&o->e, total)};
    ln_id flat = ln_emit_nary(&o->e, &ln_op_unsorted_segment_max, NULL, 3, in);
    const ln_id none = ln_ox_op2(o, &ln_op_equal, flat, ln_emit_float(&o->e, -FLT_MAX));
    flat = ln_ox_select(o, none, ln_emit_float(&o->e, 0), flat);
    ln_ox_out(o, n, 0, ln_emit_reshape(&o->e, flat, &y));
}

/* ---- Col2Im: columns of blocks added where they were cut out ---- */

typedef struct columns {
    int nd, image[LN_OX_MAX_ND], block[LN_OX_MAX_ND], count[LN_OX_MAX_ND];
    int n_image, n_block, n_count; /* products */
    ln_ox_window w;
} columns;

static bool read_columns(ln_ox *o, const ln_ox_node *n, columns *c)
{
    int64_t image = 1, block = 1, count = 1;
    int n_block;
    if (!ln_ox_const_ints(o, n, 1, LN_OX_MAX_ND, c->image, &c->nd) ||
        !ln_ox_const_ints(o, n, 2, LN_OX_MAX_ND, c->block, &n_block))
        return false;
    for (int i = 0; i < c->nd; i++)
        if (n_block != c->nd || c->image[i] < 1 || c->image[i] > 1 << 16) {
            LN_OX_FAIL(o, "an image of %d dimensions with blocks of %d", c->nd, n_block);
            return false;
        }
    if (!ln_ox_window_read(o, n, c->nd, c->image, c->block, &c->w))
        return false;
    for (int i = 0; i < c->nd; i++) {
        c->count[i] = ln_ox_window_count(&c->w, i, c->image[i]);
        image *= c->image[i];
        block *= c->block[i];
        count *= c->count[i];
        if (c->count[i] < 1 || image > 1 << 24 || block * count > 1 << 24) {
            LN_OX_FAIL(o, "an image of %d with blocks of %d", c->image[i], c->block[i]);
            return false;
        }
    }
    c->n_image = (int)image;
    c->n_block = (int)block;
    c->n_count = (int)count;
    return true;
}

/* Where item `b` of block `l` is in the image; n_image: beyond its border. */
static int32_t place_of(const columns *c, int b, int l)
{
    int32_t y = 0;
    for (int i = c->nd - 1, step = 1; i >= 0; i--) {
        const int at =
            l % c->count[i] * c->w.stride[i] + b % c->block[i] * c->w.dilation[i] - c->w.before[i];
        if (at < 0 || at >= c->image[i])
            return c->n_image;
        y += at * step;
        step *= c->image[i];
        b /= c->block[i];
        l /= c->count[i];
    }
    return y;
}

void ln_ox_col_to_im(ln_ox *o, const ln_ox_node *n)
{
    ln_id x = ln_ox_in_id(o, n, 0);
    const ln_shape xs = ln_emit_shape(&o->e, x);
    columns c = {0};
    if (!read_columns(o, n, &c))
        return;
    const int items = c.n_block * c.n_count;
    int32_t *at = ln_arena_new(&o->m->arena, (size_t)items, sizeof *at);
    if (!at || xs.rank != 3 || !ln_shape_known(&xs) || xs.dim[1] % c.n_block ||
        xs.dim[2] != c.n_count) {
        LN_OX_FAIL(o, "columns of rank %d for blocks of %d items", xs.rank, c.n_block);
        return;
    }
    for (int i = 0; i < items; i++)
        at[i] = place_of(&c, i / c.n_count, i % c.n_count);
    const int channels = xs.dim[1] / c.n_block, all = xs.dim[0] * channels;
    const ln_shape is = {.rank = 2, .dim = {items, 1}};
    const ln_id places =
        ln_emit_constant(&o->e, kTfLiteInt32, &is, at, (size_t)items * sizeof *at, false);
    const int swap[] = {1, 0}, none[] = {0, 0};
    x = ln_ox_reshape(o, x, 2, (const int[]){all, items});
    const ln_id in[] = {places, ln_emit_transpose(&o->e, x, 2, swap),
                        ln_emit_ints(&o->e, 2, (const int[]){c.n_image + 1, all})};
    x = ln_emit_nary(&o->e, &ln_op_scatter_nd, NULL, 3, in);
    x = ln_emit_slice(&o->e, x, 2, none, (const int[]){c.n_image, all});
    ln_shape ys = {.rank = c.nd + 2, .dim = {xs.dim[0], channels}};
    memcpy(ys.dim + 2, c.image, (size_t)c.nd * sizeof *c.image);
    ln_ox_out(o, n, 0, ln_emit_reshape(&o->e, ln_emit_transpose(&o->e, x, 2, swap), &ys));
}
