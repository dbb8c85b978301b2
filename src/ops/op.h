/* SPDX-License-Identifier: Apache-2.0 */
/* ops/: every operator as one constant of type ln_op, one file per family.  `infer` gives output
 * types and shapes, `eval` is the portable reference: obviously right, stateless, single-threaded,
 * no allocation.  Faster code lives in delegates (src/cpu) and is held to what stands here.
 *
 * op.h: what an operator is, and the helpers that all families use.  docs/adding-an-op.md shows
 * the pattern by example. */
#ifndef LN_OPS_OP_H
#define LN_OPS_OP_H

#include "base/diag.h"
#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/c/builtin_op_data.h"
#include "tensorflow/lite/c/common.h"

enum { LN_MAX_RANK = 8, LN_MAX_ARITY = 24 }; /* LSTM has 24 inputs */

/* -1 in dim[]: not known yet.  rank -1: not even the rank is known. */
typedef struct ln_shape {
    int rank, dim[LN_MAX_RANK];
} ln_shape;

typedef struct ln_made {
    TfLiteType type;
    ln_shape shape;
} ln_made;

struct ln_op;
typedef struct ln_host ln_host;
typedef struct ln_grad ln_grad;

/* Somebody who wants to see values that no tensor holds.  `operand` is an input that they are
 * multiplied with, or the variable that they are written to. */
typedef struct ln_watch {
    void (*see)(const struct ln_watch *, const TfLiteTensor *operand, const float *x, size_t n);
} ln_watch;

/* One invocation: the operands as the op sees them.
 *
 * `infer` may read in[i]->type, dims, quantization, and where ln_known(c, i) also its data; it
 * calls ln_set_out for every output and may set scratch_bytes.  An output that depends on a value
 * that is not known yet gets dimensions of -1: then infer is called again, with `run` set and
 * every input's data there, right before eval.
 * `eval` finds out[i]->data ready, of the shape that infer gave. */
typedef struct ln_call {
    const TfLiteTensor *const *in; /* NULL where an optional input is absent */
    TfLiteTensor *const *out;
    const TfLiteTensor *const *mid; /* intermediates: types and quantization of inner values */
    int n_in, n_out, n_mid;
    const TfLiteTensor *tensors; /* all of the graph: blockwise quantization names its scales
                                    by number; NULL with n_tensors 0 where there is no graph */
    int n_tensors;
    const void *params;   /* the op's TfLite*Params (or what .parse made) */
    bool run;             /* every input's data may be read */
    struct ln_made *made; /* what infer says of each output (ln_set_out writes it) */
    size_t scratch_bytes; /* set by infer: memory that eval needs beside its operands */
    void *scratch;        /* given to eval: 64-byte aligned, not zeroed */
    void *state;          /* .state_bytes of memory, zero at first, kept between calls */
    ln_host *host;        /* variables, hash tables, other graphs; may be NULL in infer */
    const struct ln_row_loops *loops; /* recurrent.h: faster inner loops; NULL: plain ones */
    const ln_watch *watch; /* NULL: nobody */
    ln_diag *diag;
} ln_call;

/* A resource: a variable or a hash table, shared by all graphs of one interpreter. */
enum { LN_RESOURCE_VARIABLE = 1, LN_RESOURCE_TABLE };
typedef struct ln_resource {
    int kind;
    bool initialized;
    TfLiteTensor value;        /* variable: its value (heap data, dims owned) */
    TfLiteTensor keys, values; /* table: parallel one-dimensional tensors in order of import */
} ln_resource;

/* What stateful ops ask of whoever runs them. */
struct ln_host {
    /* Gives tensor `t` (an output of type string, or a resource's value) `bytes` of heap memory. */
    ln_status (*set_bytes)(ln_host *, TfLiteTensor *t, size_t bytes);
    /* Sets the dims of a tensor that the host owns. */
    ln_status (*set_shape)(ln_host *, TfLiteTensor *t, const ln_shape *shape);
    /* The id of the resource of that name, made when there is none. */
    ln_status (*resource_id)(ln_host *, int kind, const char *container, const char *name, int *id);
    /* The resource with that id; fails when there is none of that kind. */
    ln_status (*resource)(ln_host *, int kind, int id, ln_resource **out);
    /* Plans graph `graph` for inputs like `in`; made[i] receives what is known of output i. */
    ln_status (*graph_infer)(ln_host *, int graph, const TfLiteTensor *const *in, int n_in,
                             TfLiteType *types, ln_shape *shapes, int n_out);
    /* Copies `in` to the graph's inputs (plans again where a shape differs) and runs it.  On
     * return out[i] points at the graph's own output tensors, valid until it runs again. */
    ln_status (*graph_run)(ln_host *, int graph, const TfLiteTensor *const *in, int n_in,
                           const TfLiteTensor **out, int n_out);
    /* How many operators graph `graph` has, -1 when there is no such graph; the first `max` go to
     * `ops`, NULL for one that is not in our table. */
    int (*graph_ops)(ln_host *, int graph, const struct ln_op **ops, int max);
    int n_graphs;
    ln_diag *diag;
};

/* One row per field of the op's options table: parses, writes, verifies, prints.
 * `slot` is the field's number in the schema; `since` the op version that brought it. */
typedef struct ln_field {
    uint8_t slot, kind, since;
    uint16_t offset;       /* of the member in the params struct */
    uint16_t count_offset; /* of the member with the number of items (int), for lists */
    uint16_t max;          /* items that fit an array member */
    const char *name;
    double fallback; /* the schema's default value */
} ln_field;
enum {
    LN_END_,
    LN_BOOL_, /* bool <- bool */
    LN_I8_,   /* int8_t-sized schema field into an int or enum member (fused activation, ...) */
    LN_U8_,
    LN_I32_, /* int32 or enum <- int32 */
    LN_U32_,
    LN_I64_,
    LN_F32_,
    LN_ENUM_,    /* schema byte enum whose numbers equal the C enum's, stored as int */
    LN_TYPE_,    /* TensorType -> TfLiteType */
    LN_PAD_,     /* schema Padding (SAME 0, VALID 1) -> TfLitePadding (1, 2); likewise all enums
                    whose C numbers are one higher, with 0 for unknown: mirror mode, generator */
    LN_ACT_,     /* ActivationFunctionType -> TfLiteFusedActivation */
    LN_I32S_,    /* [int] or [uint] into an int array member of `max` items + count */
    LN_I64S_,    /* [long] into an int64_t array member of `max` items + count */
    LN_F32S_,    /* [float] into a `const float *` member + count; lives as long as the model */
    LN_STR_,     /* string into a `const char *` member; lives as long as the model */
    LN_BOOLS_,   /* [bool] into a bool array member + count */
    LN_U8S_,     /* [ubyte] into a `const uint8_t *` member + count (size_t) */
    LN_I64_INT_, /* int (its low 32 bits) <- int64 */
};
#define LN_FIELD_DEFAULT(kind, slot, type, member, since, fallback)                \
    {                                                                              \
        slot, LN_##kind##_, since, offsetof(type, member), 0, 0, #member, fallback \
    }
#define LN_FIELD(kind, slot, type, member, since) \
    LN_FIELD_DEFAULT(kind, slot, type, member, since, 0)
/* A list: `member` is the array (or pointer), `count` the member that says how many. */
#define LN_FIELD_LIST(kind, slot, type, member, count, limit, since)                              \
    {                                                                                             \
        slot, LN_##kind##_, since, offsetof(type, member), offsetof(type, count), limit, #member, \
            0                                                                                     \
    }

/* How one operand quantizes. */
typedef struct ln_qrule {
    uint8_t kind;
    int8_t axis, a, b;
} ln_qrule;
enum {
    LN_Q_NONE_,
    LN_Q_ACTIVATION_,
    LN_Q_WEIGHT_,
    LN_Q_BIAS_,
    LN_Q_LIKE_,
    LN_Q_FIXED_,
    LN_Q_VECTOR_,
    LN_Q_STATE_,
};
#define LN_Q_ACTIVATION           \
    {                             \
        LN_Q_ACTIVATION_, 0, 0, 0 \
    }
#define LN_Q_WEIGHT(axis)        \
    {                            \
        LN_Q_WEIGHT_, axis, 0, 0 \
    } /* symmetric, per channel; -1: one scale */
#define LN_Q_BIAS(x, w)     \
    {                       \
        LN_Q_BIAS_, 0, x, w \
    } /* int32, scale(x) * scale(w) */
/* The same, but 2^-10 * scale(norm) where input `norm`, a layer's norm, is there. */
#define LN_Q_BIAS_NORM(x, w, norm) \
    {                              \
        LN_Q_BIAS_, norm, x, w     \
    }
/* In place of x: inner tensor `i`. */
#define LN_Q_INNER(i) (-1 - (i))
/* A symmetric constant in int16 that uses so many bits; `hybrid`: int8 beside float activations. */
#define LN_Q_VECTOR(bits, hybrid)     \
    {                                 \
        LN_Q_VECTOR_, 0, bits, hybrid \
    }
/* A variable: int8 as output 0 is; int16 and symmetric; that with a power of two for a scale. */
enum { LN_STATE_LIKE_OUTPUT, LN_STATE_WIDE, LN_STATE_POWER };
#define LN_Q_STATE(how)         \
    {                           \
        LN_Q_STATE_, 0, how, 0  \
    }
#define LN_Q_LIKE(x)        \
    {                       \
        LN_Q_LIKE_, 0, x, 0 \
    } /* the scale and zero point of input x, of whose values it gives some */
#define LN_Q_MIXED(x)       \
    {                       \
        LN_Q_LIKE_, 0, x, 1 \
    } /* ... or means and sums */
/* The output has this range by nature: scale 2^exponent in 8 bits, with this zero point; 2^-15 and
 * 0 in 16 bits. */
#define LN_Q_FIXED(exponent, zero)            \
    {                                         \
        LN_Q_FIXED_, 0, exponent, (int)(zero) \
    }
/* Integer weights beside float activations. */
enum {
    LN_HYBRID_NONE,
    LN_HYBRID_CHANNEL, /* int8, a scale per channel of the weights' rule */
    LN_HYBRID_TENSOR,  /* int8, one scale */
    LN_HYBRID_TABLE,   /* input 0 is looked up in: int8 comes out */
};
/* Which integer activations the kernels do not take; the last: TensorFlow Lite's end the process
 * where the scale of input 0 is 1 or more. */
enum { LN_Q_NOT_8 = 1, LN_Q_NOT_16 = 2, LN_Q_BELOW_1 = 4 };
/* An inner tensor (`intermediates` in the schema) has the range of what input `of` is multiplied
 * with:  16 bits, or 8 of which both signs are alike.  Where that input is absent, 16 bits are not
 * used, and 8 are as output 0. */
typedef struct ln_qinner {
    uint8_t of, bits;
} ln_qinner;
enum { LN_MAX_INNER = 5 };
/* The last rule stands for all operands behind it where their number is open.  An op without a rule
 * for its output keeps float activations. */
typedef struct ln_quant {
    ln_qrule in[LN_MAX_ARITY], out[LN_MAX_ARITY];
    uint8_t hybrid, lacks;
    bool blocks; /* takes 4-bit weights with a scale per block of a row */
    bool tops;   /* what comes out hangs on the largest values of input 0 */
    uint8_t n_inner;
    ln_qinner inner[LN_MAX_INNER];
} ln_quant;

enum {
    LN_PURE = 1, /* outputs depend on inputs and params alone: may be folded */
    LN_FUSES_ACTIVATION = 2,
    LN_ELEMENTWISE = 4,
    LN_IN_PLACE = 8,  /* out[0] may be in[0]'s memory when their sizes agree */
    LN_VIEW = 16,     /* out[0] is in[0]'s bytes under another shape */
    LN_STATEFUL = 32, /* variables, tables, generators, other graphs: runs in order */
    LN_SHAPES = 64,   /* reads the shapes of its inputs only, not their data: SHAPE, RANK */
    LN_SPARSE = 128,  /* takes sparse constants, whose data is less than their shape says */
};

enum { LN_WHOLE_OUTPUT = -1, LN_WHOLE_NONE = -2 }; /* what ln_op.whole says besides inputs */

typedef struct ln_op {
    const char *name;              /* as in the schema: "CONV_2D"; a custom op's own name */
    int builtin, version, options; /* schema numbers; newest version known; options union type */
    int min_in, max_in;            /* max_in -1: any number */
    int n_out;                     /* -1: any number from 1 on; 0 is 0 */
    uint64_t optional;             /* bit i: input i may be absent */
    unsigned traits;
    bool options2; /* `options` is a number of BuiltinOptions2 */
    const ln_field *fields;
    size_t params_size;
    size_t state_bytes;
    ln_status (*infer)(ln_call *);
    ln_status (*eval)(ln_call *);
    /* Custom ops: fills params_size bytes from the flexbuffer. */
    ln_status (*parse)(const uint8_t *data, size_t n, void *params, ln_diag *diag);
    /* Says of input i, a constant, that TFLite takes it for more than it is: of the type and shape
     * that it puts in *as.  Inputs may be absent, nothing is checked yet.  NULL: never. */
    bool (*reads_past)(const ln_call *, int i, ln_made *as);
    /* Says which operand is the others one behind the other, byte for byte: LN_WHOLE_OUTPUT, of the
     * inputs, or an input, of the outputs; LN_WHOLE_NONE.  Shapes are known.  NULL: none is. */
    int (*whole)(const ln_call *);
    const ln_quant *quant; /* NULL: stays in float */
    ln_status (*grad)(ln_grad *);
} ln_op;

/* table.c: the op of a builtin code or a custom name; NULL when there is none. */
const ln_op *ln_op_builtin(int code);
const ln_op *ln_op_custom(const char *name);
/* All ops, for tests and docs; NULL past the end. */
const ln_op *ln_op_at(int i);
/* The schema's name of a builtin code ("CONV_2D"), also where there is no op; NULL past the end. */
const char *ln_op_code_name(int code);

/* flops.c: multiplications and additions of one run on operands of these shapes, by flops.def; 0
 * where a shape is not known or there is no row. */
double ln_op_flops(const ln_op *op, const TfLiteTensor *tensors, const TfLiteIntArray *in,
                   const TfLiteIntArray *out);

/* ---- helpers (op.c) ---- */

/* The shape of a tensor; rank > LN_MAX_RANK was refused on load.  A NULL dims is a scalar. */
ln_shape ln_shape_of(const TfLiteTensor *t);
/* Product of dim[from..to-1]; -1: not known, or it does not fit an int. */
int ln_shape_count(const ln_shape *s, int from, int to);
/* Items of a tensor whose shape is known (checked on planning to fit an int). */
int ln_count(const TfLiteTensor *t);
bool ln_shape_equal(const ln_shape *a, const ln_shape *b);
/* True when every dimension is known and the count fits an int. */
bool ln_shape_known(const ln_shape *s);
/* A shape of `rank` dimensions, all unknown; rank -1: rank unknown too. */
ln_shape ln_shape_unknown(int rank);
/* Says what output i is: infer's result. */
ln_status ln_set_out(ln_call *c, int i, TfLiteType type, const ln_shape *shape) LN_MUST_USE;
/* True when the values of input i may be read now: it is constant, or the op is about to run. */
bool ln_known(const ln_call *c, int i);
/* True when input i is there. */
static inline bool ln_has(const ln_call *c, int i)
{
    return i < c->n_in && c->in[i];
}

/* "input 0 has type UINT8, which this op does not take" */
ln_status ln_fail_type(ln_call *c, int i);
/* Axis in [-rank, rank) brought to [0, rank); an error otherwise. */
ln_status ln_axis(ln_call *c, int axis, int rank, int *out) LN_MUST_USE;
/* Reads input i (int32 or int64, known, at most `max` items) as ints; values that do not fit an
 * int are an error. */
ln_status ln_read_ints(ln_call *c, int i, int max, int *values, int *count) LN_MUST_USE;
/* NumPy broadcasting of two shapes, unknown dimensions included. */
ln_status ln_broadcast(ln_call *c, const ln_shape *a, const ln_shape *b, ln_shape *y) LN_MUST_USE;
/* "FLOAT32": the name in messages. */
const char *ln_type_name(TfLiteType type);
/* Bytes of one item; 0 for string, resource, variant and the packed int4/int2 types. */
size_t ln_type_size(TfLiteType type);
/* Bytes that `count` items take (int4: two per byte, int2: four per byte); false when unknown or
 * when it overflows. */
bool ln_type_bytes(TfLiteType type, size_t count, size_t *bytes);
/* Items [from, from + n) of an int8, int4 or int2 tensor as int8. */
void ln_unpack(const TfLiteTensor *t, size_t from, size_t n, int8_t *y);

/* Fused activations.  Without one (and above RELU) the range is infinite: attention masks of -inf
 * pass, as they do in LiteRT with XNNPACK; its own kernels end at the largest float. */
float ln_activate(TfLiteFusedActivation act, float x);
void ln_activation_range_f32(TfLiteFusedActivation act, float *min, float *max);

#endif
