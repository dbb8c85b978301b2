/* SPDX-License-Identifier: Apache-2.0 */
/* arrays.c: TensorArrays of TensorFlow 1.  What changes an array takes its flow, a number that only
 * orders these nodes, and gives the next one: here the flow is the array itself, a list as in
 * lists.c, and the handle is nothing. */
#include "import/savedmodel/tf.h"

static ln_tf_value flow_in(ln_tf_op *op, int i)
{
    if (i < op->n_in && op->in[i].kind == LN_TF_LIST)
        return op->in[i];
    ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "%s of something that is no array", op->node->def->op);
    return (ln_tf_value){.id = -1, .length = -1};
}

static void create(ln_tf_op *op)
{
    const Tf__AttrValue *shape = ln_tf_attr(op, "element_shape");
    ln_tf_value list = {.kind = LN_TF_LIST, .id = -1, .length = ln_tf_in(op, 0)};
    list.item.type = ln_tf_attr_type(op, "dtype");
    list.item.shape = shape && shape->value_case == TF__ATTR_VALUE__VALUE_SHAPE
                          ? ln_tf_shape(shape->shape)
                          : ln_shape_unknown(-1);
    if (ln_tf_attr_bool(op, "dynamic_size", false))
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "a TensorArray that grows");
    if (ln_shape_known(&list.item.shape) && list.item.type != kTfLiteString)
        ln_tf_list_fill(op, &list, -1);
    ln_tf_give(op, 0, (ln_tf_value){.kind = LN_TF_NONE, .id = -1});
    ln_tf_give(op, 1, list);
}

/* handle, place, item, flow */
static void put(ln_tf_op *op)
{
    const ln_id at = ln_tf_in(op, 1), item = ln_tf_in(op, 2);
    const ln_tf_value list = flow_in(op, 3);
    if (ln_emit_ok(op->e))
        ln_tf_give(op, 0, ln_tf_list_put(op, list, at, item));
}

/* Items of an array that something was put into. */
static ln_id items(ln_tf_op *op, int flow)
{
    const ln_tf_value list = flow_in(op, flow);
    if (list.id < 0)
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "an array is read that nothing is put into");
    return list.id;
}

/* The numbers 0, 1, 2 ...: how many there are, as a tensor or (`known`) a number; false: others. */
static bool counts_up(const ln_emit *e, ln_id id, ln_id *limit, int *known)
{
    const TfLiteTensor *t = ln_emit_tensor(e, id);
    double start, step;
    *limit = -1;
    *known = -1;
    if (ln_emit_known(e, id) && t->type == kTfLiteInt32) {
        const int n = (int)(t->bytes / sizeof(int32_t));
        for (int i = 0; i < n; i++)
            if (t->data.i32[i] != i)
                return false;
        *known = n;
        return true;
    }
    const int maker = ln_graph_producer(e->g, id);
    if (maker < 0 || e->g->nodes[maker].op != &ln_op_range)
        return false;
    const int *in = e->g->nodes[maker].inputs->data;
    *limit = in[1];
    return ln_emit_read_number(e, in[0], &start) && start == 0 &&
           ln_emit_read_number(e, in[2], &step) && step == 1;
}

/* handle, places, flow; mostly all places */
static void gather(ln_tf_op *op)
{
    const ln_id places = ln_tf_in(op, 1), all = items(op, 2);
    ln_id limit;
    int known;
    if (!ln_emit_ok(op->e))
        return;
    const ln_shape s = ln_emit_shape(op->e, all);
    const bool every = counts_up(op->e, places, &limit, &known) &&
                       (known >= 0 ? known == s.dim[0] : limit == op->in[2].length);
    ln_tf_out(op, 0, every ? all : ln_emit_gather(op->e, all, places, 0));
}

static void read(ln_tf_op *op)
{
    const ln_id place = ln_tf_in(op, 1), all = items(op, 2);
    ln_tf_out(op, 0, ln_emit_gather(op->e, all, place, 0));
}

/* handle, places, items, flow: all items at once */
static void scatter(ln_tf_op *op)
{
    const ln_id places = ln_tf_in(op, 1), value = ln_tf_in(op, 2);
    ln_tf_value list = flow_in(op, 3);
    ln_shape s = ln_emit_shape(op->e, value);
    ln_id limit;
    int known;
    if (ln_emit_ok(op->e) && !counts_up(op->e, places, &limit, &known))
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED,
                     "items are put into an array in an order that is not known");
    if (!ln_emit_ok(op->e) || s.rank < 1)
        return;
    list.id = value;
    list.item.type = ln_emit_type(op->e, value);
    list.item.shape = (ln_shape){.rank = s.rank - 1};
    for (int i = 1; i < s.rank; i++)
        list.item.shape.dim[i - 1] = s.dim[i];
    ln_tf_give(op, 0, list);
}

static void count(ln_tf_op *op)
{
    const ln_tf_value list = flow_in(op, 1);
    ln_tf_out(op, 0,
              list.length >= 0 || list.id < 0 ? list.length : ln_emit_dim(op->e, list.id, 0));
}

const ln_tf_row ln_tf_rows_arrays[] = {
    {"TensorArrayV3", create, NULL, LN_TF_SEVERAL},
    {"TensorArrayGatherV3", gather, NULL, LN_TF_SEVERAL},
    {"TensorArrayReadV3", read, NULL, LN_TF_SEVERAL},
    {"TensorArrayScatterV3", scatter, NULL, LN_TF_SEVERAL},
    {"TensorArraySizeV3", count, NULL, LN_TF_SEVERAL},
    {"TensorArrayWriteV3", put, NULL, LN_TF_SEVERAL},
    {NULL, NULL, NULL, 0},
};
