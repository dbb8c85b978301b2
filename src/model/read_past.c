/* SPDX-License-Identifier: Apache-2.0 */
/* read_past.c: constants that TFLite reads beyond their end.
 *
 * A few of its kernels take more of an operand than the model gives it (an int32 bias as int64, a
 * short operand as one of full length).  What they find there are the bytes that follow in the
 * file, so the result depends on the file alone, and a model that runs there gives that result.
 * Here such an operand becomes what it is taken for: a constant of its own, of the type and shape
 * that the op names (ln_op.reads_past), with a copy of the bytes in the file.  Where the file ends
 * before, or the constant does not lie in it, it stays what it is; likewise when the copies would
 * take more memory than the file. */
#include "model/read.h"
#include "ops/op.h"

/* The bytes that the file has from the constant's first one on; 0: it does not lie in the file. */
static size_t bytes_from(const ln_model *m, const TfLiteTensor *t)
{
    const uintptr_t at = (uintptr_t)t->data.raw_const, file = (uintptr_t)m->bytes;
    return at >= file && at - file < m->n_bytes ? m->n_bytes - (at - file) : 0;
}

static ln_status take_more(ln_reading *r, ln_node *node, int i, const ln_made *as)
{
    const ln_id from = node->inputs->data[i];
    const TfLiteTensor old = r->g->tensors[from].t;
    const int count = ln_shape_count(&as->shape, 0, as->shape.rank);
    ln_id buffer, to;
    size_t bytes;
    if (count < 0 || !ln_type_bytes(as->type, (size_t)count, &bytes) || bytes <= old.bytes ||
        bytes > bytes_from(r->m, &old) || bytes > r->m->n_bytes - r->copied)
        return LN_OK;
    r->copied += bytes;
    LN_TRY(ln_model_add_buffer(r->m, old.data.raw_const, bytes, true, &buffer));
    LN_TRY(ln_graph_add_tensor(r->m, r->g, old.name, as->type, as->shape.rank, as->shape.dim, &to));
    ln_tensor *made = &r->g->tensors[to];
    made->buffer = buffer;
    made->t.params = old.params;
    made->t.quantization = old.quantization;
    made->t.data.raw_const = (const char *)r->m->buffers[buffer].data;
    made->t.bytes = bytes;
    made->t.allocation_type = kTfLiteMmapRo;
    node->inputs->data[i] = to;
    return LN_OK;
}

static ln_status look_at(ln_reading *r, ln_node *node)
{
    const TfLiteTensor *in[LN_MAX_ARITY];
    const ln_call c = {.in = in, .n_in = node->inputs->size, .params = node->params};
    if (!node->op || !node->op->reads_past || c.n_in > LN_MAX_ARITY)
        return LN_OK;
    for (int i = 0; i < c.n_in; i++) {
        const ln_id id = node->inputs->data[i];
        in[i] = id < 0 ? NULL : &r->g->tensors[id].t;
    }
    for (int i = 0; i < c.n_in; i++) {
        ln_made as;
        /* the graph's array of tensors may move: `in` is not used after that */
        if (in[i] && in[i]->allocation_type == kTfLiteMmapRo && !in[i]->sparsity &&
            node->op->reads_past(&c, i, &as))
            return take_more(r, node, i, &as);
    }
    return LN_OK;
}

ln_status ln_read_past(ln_reading *r)
{
    for (int i = 0; i < r->g->n_nodes; i++)
        LN_TRY(look_at(r, &r->g->nodes[i]));
    return LN_OK;
}
