/* SPDX-License-Identifier: Apache-2.0 */
/* move.h: items go from one tensor to another, unchanged.  Most data movement (slices, transposes,
 * concatenations, tiles, paddings) is one ln_move: nested loops with a step in the source and a
 * step in the target for each.  Ordinary types, packed 4-bit and 2-bit types and strings all go
 * through it, so that an op says what goes where and nothing else. */
#ifndef LN_OPS_MOVE_H
#define LN_OPS_MOVE_H

#include "ops/op.h"

enum { LN_MOVE_AXES = 2 * LN_MAX_RANK };

typedef struct ln_move {
    int rank; /* loops, outermost first */
    int dim[LN_MOVE_AXES];
    int64_t from[LN_MOVE_AXES], to[LN_MOVE_AXES]; /* steps in items */
    int64_t from_at, to_at;                       /* the first item */
} ln_move;

/* Adds the next inner loop; loops that can be joined are. */
void ln_move_axis(ln_move *m, int n, int64_t from, int64_t to);
/* One side of a box of items: the tensor's shape, and for each dimension where the box begins
 * and its stride; NULL: 0 and 1. */
typedef struct ln_side {
    const ln_shape *shape;
    const int *begin, *stride;
} ln_side;
/* Moves a box of size[0] x size[1] x ... items, of the rank of both shapes. */
ln_move ln_move_box(const int *size, const ln_side *from, const ln_side *to);
/* Positions [at, at + n) along `axis` of a tensor, out into a dense tensor of their own. */
ln_move ln_move_cut(const ln_shape *whole, int axis, int at, int n);
/* The same way back. */
ln_move ln_move_paste(const ln_shape *whole, int axis, int at, int n);
/* Moves items of `size` bytes. */
void ln_move_items(const ln_move *m, void *to, const void *from, size_t size);
/* Moves from input `in` to output `out`, both of one type.  Strings are written in order, so
 * there the target steps must be those of the whole output, row by row. */
ln_status ln_move_tensor(ln_call *c, int in, int out, const ln_move *m) LN_MUST_USE;
/* The same between tensors that are no strings. */
void ln_move_data(const ln_move *m, const TfLiteTensor *from, TfLiteTensor *to);
/* Copies `n` items that lie together, of any type but string. */
void ln_copy_run(TfLiteTensor *y, int64_t to, const TfLiteTensor *x, int64_t from, int64_t n);
/* Copies input `in` whole. */
ln_status ln_move_all(ln_call *c, int in, int out) LN_MUST_USE;

/* Parts that begin at multiples of it can be tensors of their own. */
enum { LN_PART_ALIGN = 64 };
/* For ln_op.whole: `whole`, if pieces along `axis` of it lie one behind the other in memory. */
int ln_move_whole(const ln_call *c, const TfLiteTensor *t, int axis, int whole);
/* ln_move_data of a part or to it; nothing where it lies in the whole. */
void ln_move_part(const ln_move *m, const TfLiteTensor *from, TfLiteTensor *to);

/* Fills `count` items of `size` bytes with the item at `value`. */
void ln_fill_items(void *to, size_t count, const void *value, size_t size);
enum { LN_MAX_ITEM = 16 };
/* What an item of `y`, whose type takes whole bytes, is filled with: item 0 of `value`; NULL: zero
 * or `zero_point`, as below, which is put together in `item`. */
const void *ln_fill_value(const TfLiteTensor *y, const TfLiteTensor *value, int zero_point,
                          char item[LN_MAX_ITEM]);
/* Fills output `out`, of any type but string, with item 0 of `value`; NULL: with zero, which for
 * quantized tensors is the zero point where `zero_point` says so. */
ln_status ln_fill_tensor(ln_call *c, int out, const TfLiteTensor *value,
                         int zero_point) LN_MUST_USE;

/* Steps of the dimensions of a dense tensor, in items; 0 where the tensor is empty. */
void ln_steps(const ln_shape *s, int64_t *step);
/* Fails for types that cannot be moved (resources, variants). */
ln_status ln_check_movable(ln_call *c, int i) LN_MUST_USE;
/* Fails for strings too. */
ln_status ln_check_plain(ln_call *c, int i) LN_MUST_USE;
/* Item k of an int8, uint8, int16, int32, int64 or bool tensor. */
int64_t ln_int_at(const TfLiteTensor *t, int64_t k);
/* Sets item k of an int32 or int64 tensor. */
void ln_set_int_at(TfLiteTensor *t, int64_t k, int64_t v);
/* True for the types that ln_int_at reads. */
bool ln_is_int(TfLiteType type);
/* Fails unless input i is of type int32 or int64. */
ln_status ln_check_index(ln_call *c, int i) LN_MUST_USE;
/* Product of dimensions [from, to), all known; limited to INT32_MAX, which only empty tensors
 * can exceed. */
int64_t ln_product(const ln_shape *s, int from, int to);

#endif
