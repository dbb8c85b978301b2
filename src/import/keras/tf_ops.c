/* SPDX-License-Identifier: Apache-2.0 */
/* tf_ops.c: TensorFlow's own functions between the layers of Keras 2 (TFOpLambda, and
 * SlicingOpLambda for x[...]): as operations of keras.ops, by other names of their arguments. */
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

typedef struct function {
    const char *name; /* of the function, as the file has it */
    const char *op;   /* of keras.ops */
    /* Arguments by name behind the first one: "a" stays a, "a=b" is called b, "!a" has to be what
     * it is by itself, and is left out.  What is not listed is refused. */
    const char *arguments;
} function;

#define BINARY(name, op)   \
    {                      \
        name, op, "x=x1 y" \
    }
#define UNARY(name, op) \
    {                   \
        name, op, ""    \
    }
#define OVER(name, op)                   \
    {"math." name, op, "axis keepdims"}, \
    {                                    \
        name, op, "axis keepdims"        \
    }

static const function functions[] = {
    BINARY("math.add", "Add"),
    BINARY("__operators__.add", "Add"),
    BINARY("math.subtract", "Subtract"),
    BINARY("math.multiply", "Multiply"),
    BINARY("math.divide", "Divide"),
    BINARY("math.truediv", "TrueDivide"),
    BINARY("math.floordiv", "FloorDivide"),
    BINARY("math.floormod", "Mod"),
    BINARY("math.pow", "Power"),
    BINARY("math.maximum", "Maximum"),
    BINARY("math.minimum", "Minimum"),
    BINARY("math.equal", "Equal"),
    BINARY("__operators__.eq", "Equal"),
    BINARY("math.not_equal", "NotEqual"),
    BINARY("__operators__.ne", "NotEqual"),
    BINARY("math.greater", "Greater"),
    BINARY("math.greater_equal", "GreaterEqual"),
    BINARY("math.less", "Less"),
    BINARY("math.less_equal", "LessEqual"),
    BINARY("math.logical_and", "LogicalAnd"),
    BINARY("math.logical_or", "LogicalOr"),
    UNARY("math.logical_not", "LogicalNot"),
    UNARY("math.abs", "Absolute"),
    UNARY("math.negative", "Negative"),
    UNARY("math.exp", "Exp"),
    UNARY("math.log", "Log"),
    UNARY("math.sqrt", "Sqrt"),
    UNARY("math.rsqrt", "Rsqrt"),
    UNARY("math.square", "Square"),
    UNARY("math.sin", "Sin"),
    UNARY("math.cos", "Cos"),
    UNARY("math.floor", "Floor"),
    UNARY("math.ceil", "Ceil"),
    UNARY("math.round", "Round"),
    UNARY("math.sign", "Sign"),
    UNARY("math.sigmoid", "Sigmoid"),
    UNARY("math.tanh", "Tanh"),
    UNARY("math.softplus", "Softplus"),
    UNARY("nn.sigmoid", "Sigmoid"),
    UNARY("nn.tanh", "Tanh"),
    UNARY("nn.relu", "Relu"),
    UNARY("nn.relu6", "Relu6"),
    UNARY("nn.elu", "Elu"),
    UNARY("nn.selu", "Selu"),
    UNARY("nn.softplus", "Softplus"),
    UNARY("nn.softsign", "Softsign"),
    {"nn.softmax", "Softmax", "axis"},
    {"nn.log_softmax", "LogSoftmax", "axis"},
    {"nn.leaky_relu", "LeakyRelu", "alpha=negative_slope"},
    UNARY("stop_gradient", "StopGradient"),
    UNARY("identity", "StopGradient"),
    UNARY("zeros_like", "ZerosLike"),
    UNARY("ones_like", "OnesLike"),
    OVER("reduce_mean", "Mean"),
    OVER("reduce_sum", "Sum"),
    OVER("reduce_max", "Max"),
    OVER("reduce_min", "Min"),
    OVER("reduce_prod", "Prod"),
    OVER("reduce_any", "Any"),
    OVER("reduce_all", "All"),
    OVER("reduce_std", "Std"),
    OVER("reduce_variance", "Var"),
    OVER("reduce_logsumexp", "Logsumexp"),
    {"math.argmax", "Argmax", "axis output_type"},
    {"math.argmin", "Argmin", "axis output_type"},
    {"cast", "Cast", "dtype"},
    {"clip_by_value", "Clip", "clip_value_min=x_min clip_value_max=x_max"},
    {"where", "Where", "x=x1 y=x2"},
    {"reshape", "Reshape", "shape=newshape"},
    {"transpose", "Transpose", "perm=axes !conjugate"},
    {"compat.v1.transpose", "Transpose", "perm=axes !conjugate"},
    {"expand_dims", "ExpandDims", "axis"},
    {"squeeze", "Squeeze", "axis"},
    {"compat.v1.squeeze", "Squeeze", "axis"},
    {"concat", "Concatenate", "axis"},
    {"stack", "Stack", "axis"},
    {"unstack", "Unstack", "axis !num"},
    {"split", "Split", "num_or_size_splits=indices_or_sections axis !num"},
    {"tile", "Tile", "multiples=repeats"},
    {"pad", "Pad", "paddings=pad_width !mode constant_values"},
    {"compat.v1.pad", "Pad", "paddings=pad_width !mode constant_values"},
    {"gather", "Take", "indices axis !batch_dims !validate_indices"},
    {"compat.v1.gather", "Take", "indices axis !batch_dims !validate_indices"},
    {"one_hot", "OneHot", "depth=num_classes axis"},
    {"linalg.matmul", "Matmul", "b=x2 transpose_a transpose_b !adjoint_a !adjoint_b"},
    {"image.resize", "Resize", "size !antialias !preserve_aspect_ratio"},
    {"__operators__.getitem", "GetItem", "slice_spec=key"},
};

static const char *function_name(const cJSON *layer)
{
    return ln_json_text(ln_json_get(layer, "config"), "function", "");
}

bool ln_keras_is_tf(const cJSON *layer)
{
    const char *class = ln_json_text(layer, "class_name", "");
    return strcmp(class, "TFOpLambda") == 0 || strcmp(class, "SlicingOpLambda") == 0;
}

static const function *find(const cJSON *layer)
{
    for (size_t i = 0; i < LN_COUNTOF(functions); i++)
        if (strcmp(functions[i].name, function_name(layer)) == 0)
            return &functions[i];
    return NULL;
}

const char *ln_keras_tf_op(const cJSON *layer)
{
    const function *f = find(layer);
    return f ? f->op : NULL;
}

/* ---- arguments ---- */

/* What an argument is that nobody gave: off, 0, or the constant padding. */
static bool is_default(const ln_keras_arg *a)
{
    const cJSON *v = a->json;
    return a->kind == LN_ARG_NONE ||
           (a->kind == LN_ARG_JSON &&
            (cJSON_IsNull(v) || cJSON_IsFalse(v) || (cJSON_IsNumber(v) && v->valuedouble == 0) ||
             (cJSON_IsString(v) && strcmp(v->valuestring, "CONSTANT") == 0)));
}

/* The new name of an argument; "": it is left out; NULL: it is not taken. */
static const char *renamed(ln_keras *k, const function *f, const ln_keras_arg *a)
{
    const size_t n = strlen(a->name);
    for (const char *at = f->arguments; *at;) {
        const size_t length = strcspn(at, " ="), all = strcspn(at, " ");
        if (*at == '!' && length == n + 1 && memcmp(at + 1, a->name, n) == 0 && is_default(a))
            return "";
        if (length == n && memcmp(at, a->name, n) == 0)
            return length == all ? a->name
                                 : ln_arena_string(&k->arena, at + length + 1, all - length - 1);
        at += all + (at[all] == ' ');
    }
    return NULL;
}

/* Where TensorFlow's default is the first axis. */
static bool counts_from_first(const char *op)
{
    static const char *const names[] = {"Argmax", "Argmin", "Split", "Take"};
    for (size_t i = 0; i < LN_COUNTOF(names); i++)
        if (strcmp(op, names[i]) == 0)
            return true;
    return false;
}

static bool take_arguments(ln_keras_call *c, const function *f)
{
    static const cJSON first = {.type = cJSON_Number};
    ln_keras_arg *all = ln_arena_new(&c->k->arena, (size_t)c->n_kwargs + 1, sizeof *all);
    int n = 0;
    for (int i = 0; all && i < c->n_kwargs; i++) {
        const ln_keras_arg *a = &c->kwargs[i];
        if (!a->name || strcmp(a->name, "name") == 0)
            continue;
        const char *name = renamed(c->k, f, a);
        if (!name) {
            ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "the argument %s of tf.%s", a->name, f->name);
            return false;
        }
        if (!*name)
            continue;
        all[n] = *a;
        all[n++].name = name;
    }
    c->kwargs = all;
    c->n_kwargs = n;
    if (all && counts_from_first(f->op) && !ln_keras_arg_find(c, -1, "axis")) {
        all[n] = (ln_keras_arg){.kind = LN_ARG_JSON, .name = "axis", .json = &first};
        c->n_kwargs = n + 1;
    }
    return all != NULL;
}

/* ---- calls that differ in more than names ---- */

static void matmul(ln_keras_call *c)
{
    const TfLiteBatchMatMulParams p = {
        .adj_x = ln_keras_arg_number(c, -1, "transpose_a", 0) != 0,
        .adj_y = ln_keras_arg_number(c, -1, "transpose_b", 0) != 0,
    };
    const ln_id a = ln_keras_x(c), b = ln_keras_arg_tensor(c, -1, "x2");
    if (b < 0 || ln_emit_shape(c->e, a).rank < 2 || ln_emit_shape(c->e, b).rank < 2)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a product of anything but matrices");
    else
        ln_keras_out(c, ln_emit_binary(c->e, &ln_op_batch_matmul, &p, a, b));
}

/* What keras.ops means by the same arguments is something else. */
static bool differs(const ln_keras_call *c, const function *f)
{
    const cJSON *sections = ln_keras_arg_json(c, -1, "indices_or_sections");
    return strcmp(f->op, "Split") == 0 && !cJSON_IsNumber(sections);
}

/* The place of the largest item is an int64 in TensorFlow. */
static void widen(ln_keras_call *c)
{
    const cJSON *type = ln_keras_arg_json(c, -1, "output_type");
    if (!cJSON_IsString(type) || strcmp(type->valuestring, "int32") != 0)
        c->out[0].id = ln_emit_cast(c->e, c->out[0].id, kTfLiteInt64);
}

void ln_keras_tf_call(ln_keras_call *c)
{
    const function *f = find(c->layer);
    if (!f || !take_arguments(c, f))
        return;
    if (differs(c, f)) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "these arguments of tf.%s", f->name);
        return;
    }
    if (strcmp(f->op, "Matmul") == 0)
        matmul(c);
    else
        c->row->emit(c);
    if (ln_emit_ok(c->e) && c->n_out == 1 && strncmp(f->op, "Arg", 3) == 0)
        widen(c);
}
