/* SPDX-License-Identifier: Apache-2.0 */
/* flex/: operators of TensorFlow that TensorFlow Lite has no builtin for.  A converter writes them
 * as custom operators "FlexNAME" whose options hold TensorFlow's own NodeDef; TensorFlow Lite runs
 * them with TensorFlow linked in ("Select TF ops"), Linnet by the kernels in this folder.
 *
 * flex.h: the attributes of such a node.  The options are a FlexBuffer, a vector of two strings:
 * the operator's name and the NodeDef (a protobuf message of a few fields, read in place). */
#ifndef LN_OPS_FLEX_FLEX_H
#define LN_OPS_FLEX_FLEX_H

#include "ops/op.h"

/* The parameters of every Flex operator: where its attributes lie; lives as long as the model. */
typedef struct ln_flex_node {
    const uint8_t *data; /* the NodeDef */
    size_t size;
} ln_flex_node;

/* ln_op.parse of Flex operators. */
ln_status ln_flex_parse(const uint8_t *data, size_t n, void *params, ln_diag *diag) LN_MUST_USE;

/* Attributes of a call by name; `fallback` where the node does not state them. */
int64_t ln_flex_int(const ln_call *c, const char *name, int64_t fallback);
double ln_flex_float(const ln_call *c, const char *name, double fallback);
bool ln_flex_flag(const ln_call *c, const char *name, bool fallback);
TfLiteType ln_flex_type(const ln_call *c, const char *name, TfLiteType fallback);
/* The type of an attribute that has to be int32 or int64. */
ln_status ln_flex_index_type(ln_call *c, const char *name, TfLiteType fallback,
                             TfLiteType *type) LN_MUST_USE;
/* Text of `n` bytes, not terminated; NULL where it is not stated. */
const char *ln_flex_str(const ln_call *c, const char *name, size_t *n);
/* True when an attribute's text is `text`; where it is not stated, `fallback` stands for it. */
bool ln_flex_str_is(const ln_call *c, const char *name, const char *text, const char *fallback);
/* Numbers of a list, at most `max` (ints: 64); how many there are, -1 where it is not stated or has
 * more. */
int ln_flex_longs(const ln_call *c, const char *name, int max, int64_t *values);
int ln_flex_ints(const ln_call *c, const char *name, int max, int *values);
/* Item i of a list of texts; NULL past its end. */
const char *ln_flex_list_str(const ln_call *c, const char *name, int i, size_t *n);
/* The same of types; NoType past its end. */
TfLiteType ln_flex_list_type(const ln_call *c, const char *name, int i);
/* A shape, and item i of a list of shapes; false where it is not stated.  Rank -1: unknown. */
bool ln_flex_shape(const ln_call *c, const char *name, ln_shape *shape);
bool ln_flex_list_shape(const ln_call *c, const char *name, int i, ln_shape *shape);

/* A Flex operator that depends on its inputs and attributes alone. */
#define LN_FLEX_OP(id, text, least, most, outputs, infer_, eval_) \
    LN_FLEX_OP_TRAITS(id, text, least, most, outputs, LN_PURE, infer_, eval_)
#define LN_FLEX_OP_TRAITS(id, text, least, most, outputs, traits_, infer_, eval_) \
    const ln_op ln_op_flex_##id = {                                               \
        .name = "Flex" text,                                                      \
        .builtin = kTfLiteBuiltinCustom,                                          \
        .version = 1,                                                             \
        .min_in = least,                                                          \
        .max_in = most,                                                           \
        .n_out = outputs,                                                         \
        .traits = traits_,                                                        \
        .params_size = sizeof(ln_flex_node),                                      \
        .infer = infer_,                                                          \
        .eval = eval_,                                                            \
        .parse = ln_flex_parse,                                                   \
    }

#endif
