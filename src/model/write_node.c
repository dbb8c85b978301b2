/* SPDX-License-Identifier: Apache-2.0 */
/* write_node.c: one operator for the file.  Options come from the node's params where we know the
 * op; options of others, and fields that the graph does not hold, from the table that the node
 * was read from. */
#include "model/options.h"
#include "model/write.h"
#include "schema/schema.h"

#define BIT(slot) ((uint64_t)1 << (slot))

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* A node from a file keeps its version, so that reading and writing changes nothing. */
static int version_of(const ln_graph *g, const ln_node *n)
{
    return n->source ? n->version : LN_MAX(n->version, ln_node_version(g, n));
}

/* The number of the node's operator code; a new one when it has none yet. */
static int code_of(ln_writing *w, const ln_graph *g, const ln_node *n)
{
    const int version = version_of(g, n);
    for (int i = 0; i < w->n_codes; i++)
        if (w->codes[i].builtin == n->builtin && w->codes[i].version == version &&
            same_text(w->codes[i].custom, n->custom_name))
            return i;
    void *items = w->codes;
    if (!ln_grow(&w->b.alloc, &items, &w->code_capacity, (size_t)w->n_codes, sizeof *w->codes)) {
        w->b.status = LN_ERR_MEMORY;
        return 0;
    }
    w->codes = items;
    w->codes[w->n_codes] = (ln_written_code){n->builtin, version, n->custom_name};
    return w->n_codes++;
}

/* Which union, which type, and the table. */
typedef struct options {
    unsigned slot;
    int type;
    ln_fb_ref table;
} options;

static options write_options(ln_writing *w, const ln_node *n, const ln_fb_table *source)
{
    const ln_op *op = n->op;
    if (!op || n->builtin == kTfLiteBuiltinCustom || !op->options)
        return (options){0, 0, 0};
    const ln_fb_table from = ln_options_of(op, source);
    if (!from.pos && source->pos && !n->params)
        return (options){0, 0, 0};
    return (options){op->options2 ? LN_Operator_builtin_options2 : LN_Operator_builtin_options,
                     op->options, ln_options_write(op, n->params, &from, &w->b)};
}

/* Inputs that the op changes: copied, unless the number of inputs has changed. */
static uint64_t skip_mutating(const ln_node *n, const ln_fb_table *source)
{
    const ln_fb_vector v = ln_fb_vec(source, LN_Operator_mutating_variable_inputs, 1);
    return v.count == (size_t)n->inputs->size ? 0 : BIT(LN_Operator_mutating_variable_inputs);
}

ln_fb_ref ln_write_node(ln_writing *w, const ln_graph *g, const ln_node *n)
{
    const ln_fb_table source = ln_source_table(w->m, n->source);
    ln_fb_builder *b = &w->b;
    uint64_t known = BIT(LN_Operator_opcode_index) | BIT(LN_Operator_inputs) |
                     BIT(LN_Operator_outputs) | BIT(LN_Operator_custom_options) |
                     BIT(LN_Operator_intermediates) | BIT(LN_Operator_large_custom_options_offset) |
                     BIT(LN_Operator_large_custom_options_size) |
                     BIT(LN_Operator_debug_metadata_index) | skip_mutating(n, &source);
    ln_fb_ref refs[LN_FB_MAX_SLOTS] = {0};
    const int code = code_of(w, g, n);
    const options opt = write_options(w, n, &source);
    if (opt.slot)
        known |= BIT(opt.slot) | BIT(opt.slot - 1);
    const bool outside = w->all_outside && n->custom_size;
    const ln_fb_ref custom =
        n->custom && !outside ? ln_fb_add_vector(b, n->custom, n->custom_size, 1, 16) : 0;
    const ln_fb_ref inputs = ln_write_ids(w, n->inputs, true);
    const ln_fb_ref outputs = ln_write_ids(w, n->outputs, true);
    const ln_fb_ref inner = ln_write_ids(w, n->intermediates, false);
    ln_fb_copy_children(b, &ln_tflite_schema, LN_T_Operator, &source, known, refs);
    ln_fb_begin(b);
    ln_fb_copy_fields(b, &ln_tflite_schema, LN_T_Operator, &source, known, refs);
    ln_fb_set_u32(b, LN_Operator_opcode_index, (uint32_t)code, 0);
    ln_fb_set_ref(b, LN_Operator_inputs, inputs);
    ln_fb_set_ref(b, LN_Operator_outputs, outputs);
    ln_fb_set_ref(b, LN_Operator_intermediates, inner);
    ln_fb_set_ref(b, LN_Operator_custom_options, custom);
    ln_fb_set_i32(b, LN_Operator_debug_metadata_index, n->debug_index, -1);
    if (opt.table) {
        ln_fb_set_bits(b, opt.slot - 1, (uint64_t)opt.type, 1);
        ln_fb_set_ref(b, opt.slot, opt.table);
    }
    if (outside) {
        ln_fb_set_bits(b, LN_Operator_large_custom_options_offset,
                       ln_put_outside(w, n->custom, n->custom_size), 8);
        ln_fb_set_bits(b, LN_Operator_large_custom_options_size, n->custom_size, 8);
    }
    return ln_fb_end(b);
}
