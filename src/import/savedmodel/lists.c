/* SPDX-License-Identifier: Apache-2.0 */
/* lists.c: TensorLists as tensors, with the items along the first axis.  A list that is reserved
 * without saying what its items are gets its tensor when the first item is put in (or, in a loop,
 * when the body has shown what is put in: control.c). */
#include <string.h>

#include "import/savedmodel/tf.h"

static ln_shape behind(const ln_shape *s)
{
    ln_shape item = {.rank = s->rank - 1};
    if (s->rank < 1)
        return ln_shape_unknown(-1);
    memcpy(item.dim, s->dim + 1, sizeof(int) * (size_t)item.rank);
    return item;
}

static void give_list(ln_tf_op *op, ln_id id, TfLiteType type)
{
    const ln_shape s = ln_emit_shape(op->e, id);
    ln_tf_give(op, 0, (ln_tf_value){.kind = LN_TF_LIST, .id = id, .item = {type, behind(&s)}});
}

void ln_tf_list_fill(ln_tf_op *op, ln_tf_value *list, ln_id like)
{
    const ln_shape *s = &list->item.shape;
    const ln_shape one = {.rank = 1, .dim = {1}};
    if ((!ln_shape_known(s) && like < 0) || s->rank + 1 > LN_MAX_RANK ||
        list->item.type == kTfLiteString) {
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED,
                     "the shape of a list's items is not known: give "
                     "the inputs a shape");
        return;
    }
    const ln_id item =
        ln_shape_known(s) ? ln_emit_ints(op->e, s->rank, s->dim) : ln_emit_shape_of(op->e, like);
    const ln_id dims[] = {ln_emit_reshape(op->e, list->length, &one), item};
    list->id =
        ln_emit_binary(op->e, &ln_op_fill, NULL, ln_emit_concat(op->e, s->rank ? 2 : 1, dims, 0),
                       ln_emit_number(op->e, list->item.type, 0));
}

/* A shape that a node gives as a tensor; -1 or a scalar: not known. */
static ln_shape shape_in(ln_tf_op *op, int i)
{
    ln_shape s = {0};
    if (ln_emit_shape(op->e, ln_tf_in(op, i)).rank != 1 ||
        !ln_emit_read_ints(op->e, ln_tf_in(op, i), LN_MAX_RANK, s.dim, &s.rank))
        return ln_shape_unknown(-1);
    for (int k = 0; k < s.rank; k++)
        s.dim[k] = s.dim[k] < 0 ? -1 : s.dim[k];
    return s;
}

static void reserve(ln_tf_op *op)
{
    ln_tf_value list = {.kind = LN_TF_LIST,
                        .id = -1,
                        .item = {ln_tf_attr_type(op, "element_dtype"), shape_in(op, 0)},
                        .length = ln_tf_in(op, 1)};
    if (ln_shape_known(&list.item.shape))
        ln_tf_list_fill(op, &list, -1);
    ln_tf_give(op, 0, list);
}

static void empty(ln_tf_op *op)
{
    ln_tf_value list = {.kind = LN_TF_LIST,
                        .id = -1,
                        .item = {ln_tf_attr_type(op, "element_dtype"), shape_in(op, 0)},
                        .length = ln_emit_int(op->e, 0)};
    if (ln_shape_known(&list.item.shape))
        ln_tf_list_fill(op, &list, -1);
    ln_tf_give(op, 0, list);
}

static void from_tensor(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    give_list(op, x, ln_emit_type(op->e, x));
}

static bool is_list(ln_tf_op *op)
{
    if (op->n_in > 0 && (op->in[0].kind == LN_TF_LIST || op->in[0].kind == LN_TF_TENSOR))
        return true;
    ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "%s of something that is no list", op->node->def->op);
    return false;
}

ln_id ln_tf_list_in(ln_tf_op *op, const ln_made *item, ln_id like)
{
    if (!is_list(op))
        return -1;
    ln_tf_value list = op->in[0];
    if (list.id >= 0)
        return list.id;
    if (item)
        list.item = *item;
    if (item && list.length >= 0)
        ln_tf_list_fill(op, &list, like);
    return list.id;
}

static void get_item(ln_tf_op *op)
{
    const ln_id list = ln_tf_list_in(op, NULL, -1);
    if (list < 0)
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "an item of a list that has none");
    ln_tf_out(op, 0, ln_emit_gather(op->e, list, ln_tf_in(op, 1), 0));
}

ln_tf_value ln_tf_list_put(ln_tf_op *op, ln_tf_value list, ln_id at, ln_id item)
{
    const ln_made made = {ln_emit_type(op->e, item), ln_emit_shape(op->e, item)};
    const bool open = list.kind == LN_TF_LIST && list.id < 0;
    if (open) {
        list.item = made;
        if (list.length < 0) /* in a loop that only looks what is put in */
            return list;
        ln_tf_list_fill(op, &list, item);
    }
    const int rank = ln_emit_shape(op->e, list.id).rank;
    ln_id start[LN_MAX_RANK];
    if (rank < 1) {
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "an item of unknown rank is put into a list");
        return list;
    }
    start[0] = at;
    for (int i = 1; i < rank; i++)
        start[i] = ln_emit_int(op->e, 0);
    const TfLitePackParams p = {.values_count = rank};
    const ln_id in[] = {list.id, ln_emit_expand_dims(op->e, item, 0),
                        ln_emit_nary(op->e, &ln_op_pack, &p, rank, start)};
    list.id = ln_emit_nary(op->e, &ln_op_dynamic_update_slice, NULL, 3, in);
    const ln_shape s = ln_emit_shape(op->e, list.id);
    list.kind = LN_TF_LIST;
    list.item = (ln_made){made.type, behind(&s)};
    return list;
}

ln_id ln_tf_list_grow(ln_tf_op *op, ln_id list, ln_id at)
{
    ln_emit *e = op->e;
    const int rank = ln_emit_shape(e, list).rank;
    const ln_shape pairs = {.rank = 2, .dim = {rank, 2}};
    const TfLitePackParams p = {.values_count = 2 * rank};
    ln_id pads[2 * LN_MAX_RANK];
    if (!ln_emit_ok(e) || rank < 1)
        return list;
    const ln_id size = ln_emit_dim(e, list, 0);
    const ln_id needed = ln_emit_binary(e, &ln_op_add, NULL, at, ln_emit_int(e, 1));
    const ln_id more =
        ln_emit_binary(e, &ln_op_maximum, NULL, ln_emit_binary(e, &ln_op_sub, NULL, needed, size),
                       ln_emit_int(e, 0));
    for (int i = 0; i < 2 * rank; i++)
        pads[i] = i == 1 ? more : ln_emit_int(e, 0);
    const ln_id all = ln_emit_nary(e, &ln_op_pack, &p, 2 * rank, pads);
    return ln_emit_binary(e, &ln_op_pad, NULL, list, ln_emit_reshape(e, all, &pairs));
}

static void set_item(ln_tf_op *op)
{
    const ln_id at = ln_tf_in(op, 1), item = ln_tf_in(op, 2);
    if (!ln_emit_ok(op->e) || !is_list(op))
        return;
    ln_tf_value list = op->in[0];
    if (ln_tf_attr_bool(op, "resize_if_index_out_of_bounds", false)) {
        if (list.id < 0 && list.length >= 0) {
            list.item = (ln_made){ln_emit_type(op->e, item), ln_emit_shape(op->e, item)};
            ln_tf_list_fill(op, &list, item);
        }
        list.id = list.id < 0 ? -1 : ln_tf_list_grow(op, list.id, at);
    }
    ln_tf_give(op, 0, ln_tf_list_put(op, list, at, item));
}

static void push_back(ln_tf_op *op)
{
    const ln_id item = ln_tf_in(op, 1);
    const ln_made made = {ln_emit_type(op->e, item), ln_emit_shape(op->e, item)};
    if (ln_emit_ok(op->e) && is_list(op) && op->in[0].id < 0 && op->in[0].length < 0) {
        ln_tf_value list = op->in[0]; /* in a loop that only looks what is put in */
        list.item = made;
        ln_tf_give(op, 0, list);
        return;
    }
    const ln_id parts[] = {ln_tf_list_in(op, &made, item), ln_emit_expand_dims(op->e, item, 0)};
    if (ln_emit_ok(op->e) &&
        (made.shape.rank < 0 || parts[0] < 0 || ln_emit_shape(op->e, parts[0]).rank < 1))
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED,
                     "the shape of a list's items is not known: give the inputs a shape "
                     "(--input-shape), or do without the loop: a recurrent layer of Keras with "
                     "unroll=True");
    give_list(op, ln_emit_concat(op->e, 2, parts, 0), made.type);
}

static void stack(ln_tf_op *op)
{
    const ln_id list = ln_tf_list_in(op, NULL, -1);
    if (list < 0)
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "a list of nothing is stacked");
    ln_tf_out(op, 0, list);
}

static void length(ln_tf_op *op)
{
    const ln_id list = ln_tf_list_in(op, NULL, -1);
    if (list < 0)
        ln_tf_out(op, 0, op->in[0].length);
    else
        ln_tf_out(op, 0, ln_emit_dim(op->e, list, 0));
}

static void gather_items(ln_tf_op *op)
{
    ln_tf_out(op, 0, ln_emit_gather(op->e, ln_tf_list_in(op, NULL, -1), ln_tf_in(op, 1), 0));
}

static void element_shape(ln_tf_op *op)
{
    const ln_shape s = op->in[0].item.shape;
    if (op->in[0].kind != LN_TF_LIST || s.rank < 0)
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "the shape of a list's items is not known");
    ln_tf_out(op, 0, ln_emit_ints(op->e, s.rank, s.dim));
}

const ln_tf_row ln_tf_rows_lists[] = {
    {"EmptyTensorList", empty, NULL, LN_TF_SEVERAL},
    {"TensorListElementShape", element_shape, NULL, LN_TF_SEVERAL},
    {"TensorListFromTensor", from_tensor, NULL, LN_TF_SEVERAL},
    {"TensorListGather", gather_items, NULL, LN_TF_SEVERAL},
    {"TensorListGetItem", get_item, NULL, LN_TF_SEVERAL},
    {"TensorListLength", length, NULL, LN_TF_SEVERAL},
    {"TensorListPushBack", push_back, NULL, LN_TF_SEVERAL},
    {"TensorListReserve", reserve, NULL, LN_TF_SEVERAL},
    {"TensorListSetItem", set_item, NULL, LN_TF_SEVERAL},
    {"TensorListStack", stack, NULL, LN_TF_SEVERAL},
    {NULL, NULL, NULL, 0},
};
