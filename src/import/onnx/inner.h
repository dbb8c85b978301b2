/* SPDX-License-Identifier: Apache-2.0 */
/* inner.h: graphs of the model that control flow runs. */
#ifndef LN_IMPORT_ONNX_INNER_H
#define LN_IMPORT_ONNX_INNER_H

#include "import/onnx/families.h"

enum { LN_OX_MAX_CAPTURES = 200 };

/* What an inner graph uses of those around it, but for constants: their values become inputs. */
typedef struct ln_ox_captures {
    int n;
    const char *names[LN_OX_MAX_CAPTURES];
    ln_ox_value *values[LN_OX_MAX_CAPTURES];
    bool constants[LN_OX_MAX_CAPTURES];
    TfLiteType types[LN_OX_MAX_CAPTURES];
    ln_shape shapes[LN_OX_MAX_CAPTURES]; /* as stored */
    const ln_graph *graph;               /* where the values are */
} ln_ox_captures;

/* Adds what `g` uses to the list. */
void ln_ox_capture(ln_ox *o, const Onnx__GraphProto *g, ln_ox_captures *c);

/* While another graph is made: what to return to. */
typedef struct ln_ox_inner {
    ln_emit outer;
    ln_ox_scope *scope;
    int graph;
} ln_ox_inner;

/* Begins a graph: from here on nodes go into it.  Its scope knows nothing. */
bool ln_ox_inner_begin(ln_ox *o, const char *name, ln_ox_inner *in);
/* The captured values become inputs, under their names if they have to be found. */
void ln_ox_inner_captures(ln_ox *o, const ln_ox_captures *c, bool named);
/* A constant of another graph, with the same bytes; -1 stays. */
ln_id ln_ox_constant_again(ln_ox *o, const ln_graph *from, ln_id id);
/* Back to the graph before; a failure stays one. */
void ln_ox_inner_end(ln_ox *o, const ln_ox_inner *in);
/* An output of the graph that is made; what is no node's result is copied. */
void ln_ox_inner_output(ln_ox *o, ln_id id);

#endif
