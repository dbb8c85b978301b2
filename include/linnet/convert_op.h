/* SPDX-License-Identifier: Apache-2.0 */
/* convert_op.h: operators that the converter does not know, translated by functions of the program.
 * In liblinnet_convert.
 *
 *     static bool swish(void *user, ln_convert_node *node)
 *     {
 *         int in[2] = {ln_convert_node_input(node, 0)}, y;
 *         if (!ln_convert_emit(node, "LOGISTIC", 1, in, 1, &in[1]) ||
 *             !ln_convert_emit(node, "MUL{activation=NONE}", 2, in, 1, &y))
 *             return false;
 *         ln_convert_node_give(node, 0, y);
 *         return true;
 *     }
 *     ...
 *     const ln_convert_importer importers[] = {{"com.example:Swish", swish, NULL}};
 *     options.importers = importers;
 *     options.n_importers = 1;
 *
 * A function is called once for each node, in order; what it gives takes the node's place.  Tensors
 * are numbers, -1 where an optional one is absent.  Shapes of what is emitted follow from the
 * operators, and what is computed from constants alone becomes a constant.  After a failure all
 * functions do nothing and return false or -1; the first message counts.  It runs in the thread
 * that called ln_convert; what it is told belongs to the node and lives until it returns. */
#ifndef LINNET_CONVERT_OP_H
#define LINNET_CONVERT_OP_H

#include "linnet/linnet.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LN_CONVERT_MAX_RANK = 8 };

/* A node of the source, while its function runs. */
typedef struct ln_convert_node ln_convert_node;

typedef struct ln_convert_importer {
    const char *op; /* as the source calls it: "MyOp" of TensorFlow, "com.example:MyOp" of ONNX (its
                       domain; none for ONNX's own), the class of a Keras layer */
    /* False: it cannot be translated (ln_convert_fail says why). */
    bool (*translate)(void *user, ln_convert_node *node);
    void *user;
} ln_convert_importer;

/* ---- what the source says ---- */

LN_API const char *ln_convert_node_op(const ln_convert_node *node);
/* Where it stands: the name of the node or layer. */
LN_API const char *ln_convert_node_name(const ln_convert_node *node);
LN_API int ln_convert_node_input_count(const ln_convert_node *node);
LN_API int ln_convert_node_output_count(const ln_convert_node *node);
/* The tensor that input `i` is; a layer of Keras has its weights behind its inputs. */
LN_API int ln_convert_node_input(const ln_convert_node *node, int i);

typedef enum ln_convert_kind {
    LN_CONVERT_INT,
    LN_CONVERT_FLOAT,
    LN_CONVERT_BOOL,
    LN_CONVERT_TYPE, /* a TfLiteType */
    LN_CONVERT_TEXT, /* of Keras also an object, as JSON */
    LN_CONVERT_INTS,
    LN_CONVERT_FLOATS
} ln_convert_kind;

typedef struct ln_convert_attribute {
    const char *name;
    ln_convert_kind kind;
    int64_t i;           /* of an int, bool or type */
    double f;            /* of a float, and of an int */
    const char *text;    /* ends with a zero */
    size_t n;            /* bytes of a text, items of a list */
    const int64_t *ints;
    const double *floats;
} ln_convert_attribute;

/* NULL: there is no such attribute. */
LN_API const ln_convert_attribute *ln_convert_node_attribute(const ln_convert_node *node,
                                                             const char *name);
/* In order of the source; NULL past the last one. */
LN_API const ln_convert_attribute *ln_convert_node_attribute_at(const ln_convert_node *node, int i);
/* All attributes as a FlexBuffer map, which is what TensorFlow's converter gives a custom operator
 * as its options; NULL when memory is out. */
LN_API const void *ln_convert_node_options(ln_convert_node *node, size_t *n);

/* ---- tensors ---- */

typedef struct ln_convert_tensor {
    TfLiteType type;               /* kTfLiteNoType: not known */
    int rank;                      /* -1: not known */
    int dims[LN_CONVERT_MAX_RANK]; /* -1 where one is open */
    const void *data;              /* of a constant, else NULL; good until something is emitted */
    size_t bytes;
} ln_convert_tensor;

/* False: there is no such tensor. */
LN_API bool ln_convert_node_tensor(const ln_convert_node *node, int id, ln_convert_tensor *tensor);
/* What the source says of output `i`; false past the last one. */
LN_API bool ln_convert_node_output(const ln_convert_node *node, int i, ln_convert_tensor *tensor);

/* ---- what takes its place ---- */

/* A constant of numbers; data is copied. */
LN_API int ln_convert_constant(ln_convert_node *node, const ln_convert_tensor *tensor);
/* An operator by its name in the schema, and its options that are numbers, as docs/converting.md
 * writes them in rules: "CONV_2D{stride_w=2, stride_h=2, padding=SAME}". */
LN_API bool ln_convert_emit(ln_convert_node *node, const char *op, int n_in, const int *in,
                            int n_out, int *out);
/* A custom operator with its options (copied), and what it gives: types, and shapes as far as they
 * are known. */
typedef struct ln_convert_custom {
    const char *name;
    const void *options;
    size_t n_options;
    const int *in;
    int n_in;
    const ln_convert_tensor *made;
    int n_out;
} ln_convert_custom;
LN_API bool ln_convert_emit_custom(ln_convert_node *node, const ln_convert_custom *custom,
                                   int *out);
/* Output `i` of the node is this tensor. */
LN_API void ln_convert_node_give(ln_convert_node *node, int i, int id);
/* Says why the node cannot be translated; returns false. */
LN_API bool ln_convert_fail(ln_convert_node *node, const char *text);

#ifdef __cplusplus
}
#endif

#endif
