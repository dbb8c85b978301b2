/* SPDX-License-Identifier: Apache-2.0 */
/* read_node.c: one operator of the file as a node, its options by the op's field rows. */
#include "model/options.h"
#include "model/read.h"
#include "schema/schema.h"

static ln_status read_custom(ln_reading *r, const ln_fb_table *from, int i, ln_node *to)
{
    const ln_fb_vector v = ln_fb_vec(from, LN_Operator_custom_options, 1);
    const uint64_t offset = ln_fb_u64(from, LN_Operator_large_custom_options_offset, 0);
    if (v.present) {
        to->custom = v.data;
        to->custom_size = v.count;
    } else if (offset > 1) {
        const uint64_t size = ln_fb_u64(from, LN_Operator_large_custom_options_size, 0);
        LN_TRY(ln_read_outside(r, offset, size, "custom options of node", (size_t)i, &to->custom));
        to->custom_size = (size_t)size;
    }
    return LN_OK;
}

static ln_status read_params(ln_reading *r, const ln_fb_table *from, ln_node *to)
{
    const ln_op *op = to->op;
    if (!op || !op->params_size)
        return LN_OK;
    to->params = ln_arena_new(&r->m->arena, 1, op->params_size);
    to->params_size = op->params_size;
    if (!to->params)
        return LN_ERR_MEMORY;
    if (op->parse)
        return op->parse(to->custom, to->custom_size, to->params, r->diag);
    const ln_fb_table options = ln_options_of(op, from);
    return ln_options_parse(op, &options, &r->m->arena, to->params, r->diag);
}

ln_status ln_read_node(ln_reading *r, const ln_fb_table *from, int i, ln_node *to)
{
    const uint32_t code = ln_fb_u32(from, LN_Operator_opcode_index, 0);
    if (code >= r->n_opcodes)
        return ln_fail(r->diag, LN_ERR_FORMAT, "node %d has operator code %u of %zu", i, code,
                       r->n_opcodes);
    const ln_opcode *c = &r->opcodes[code];
    to->op = c->op;
    to->builtin = c->builtin;
    to->version = c->version;
    to->custom_name = c->custom;
    to->source = from->data + from->pos;
    to->debug_index = ln_fb_i32(from, LN_Operator_debug_metadata_index, -1);
    LN_TRY(ln_read_ids(r, from, LN_Operator_inputs, &to->inputs));
    LN_TRY(ln_read_ids(r, from, LN_Operator_outputs, &to->outputs));
    LN_TRY(ln_read_ids(r, from, LN_Operator_intermediates, &to->intermediates));
    if (c->builtin == kTfLiteBuiltinCustom)
        LN_TRY(read_custom(r, from, i, to));
    return read_params(r, from, to);
}
