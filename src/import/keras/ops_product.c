/* SPDX-License-Identifier: Apache-2.0 */
/* ops_product.c: functions of keras.ops that are sums of products, all by Einsum. */
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

void ln_keras_einsum_op(ln_keras_call *c)
{
    const cJSON *text = ln_keras_arg_json(c, -1, "subscripts");
    ln_id in[2] = {-1, -1};
    int n = 0;
    while (n < 2 && (in[n] = ln_keras_arg_tensor(c, n, NULL)) >= 0)
        n++;
    if (c->n_args > n)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "einsum of more than two tensors");
    else
        ln_keras_out(c, ln_emit_einsum(c->e, cJSON_IsString(text) ? text->valuestring : "", n, in));
}

/* The sum over these pairs of axes: what is left of a, then what is left of b. */
static void contract(ln_keras_call *c, const ln_id *in, int n, const int *of_a, const int *of_b)
{
    char text[4 * LN_MAX_RANK + 8];
    const int ranks[] = {ln_emit_shape(c->e, in[0]).rank, ln_emit_shape(c->e, in[1]).rank};
    char *const a = text, *const b = text + LN_MAX(ranks[0], 0) + 1;
    if (!ln_emit_ok(c->e))
        return;
    if (ranks[0] < 0 || ranks[1] < 0 || ranks[0] + ranks[1] - 2 * n > LN_MAX_RANK) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a product of ranks %d and %d", ranks[0], ranks[1]);
        return;
    }
    for (int i = 0; i < ranks[0]; i++)
        a[i] = (char)('a' + i);
    a[ranks[0]] = ',';
    for (int i = 0; i < ranks[1]; i++)
        b[i] = (char)('A' + i);
    for (int i = 0; i < n; i++)
        b[ln_keras_axis(c, of_b[i], ranks[1])] = a[ln_keras_axis(c, of_a[i], ranks[0])];
    char *y = b + ranks[1];
    *y++ = '-';
    *y++ = '>';
    for (int i = 0; i < ranks[0]; i++)
        if (!memchr(b, a[i], (size_t)ranks[1]))
            *y++ = a[i];
    for (int i = 0; i < ranks[1]; i++)
        if (b[i] < 'a')
            *y++ = b[i];
    *y = 0;
    ln_keras_out(c, ln_emit_einsum(c->e, text, 2, in));
}

static void operands(ln_keras_call *c, ln_id *in)
{
    in[0] = ln_keras_operand(c, ln_keras_arg_find(c, 0, "x1"), kTfLiteFloat32);
    in[1] = ln_keras_operand(c, ln_keras_arg_find(c, 1, "x2"), kTfLiteFloat32);
}

/* Pairs of axes, or how many of the last of a and the first of b. */
void ln_keras_tensordot_op(ln_keras_call *c)
{
    const cJSON *axes = ln_keras_arg_json(c, 2, "axes");
    ln_id in[2];
    int of_a[LN_MAX_RANK], of_b[LN_MAX_RANK], n = 2;
    operands(c, in);
    if (cJSON_IsArray(axes) && cJSON_GetArraySize(axes) == 2) {
        const int first = ln_json_ints_of(axes->child, LN_MAX_RANK, of_a);
        n = ln_json_ints_of(axes->child->next, LN_MAX_RANK, of_b);
        n = first == n ? n : -1;
    } else if (!axes || (ln_json_is_int(axes, &n) && n >= 0 && n <= LN_MAX_RANK)) {
        for (int i = 0; i < n; i++) {
            of_a[i] = i - n;
            of_b[i] = i;
        }
    } else {
        n = -1;
    }
    if (n < 0)
        ln_emit_fail(c->e, LN_ERR_FORMAT, "axes that are no pairs");
    else
        contract(c, in, n, of_a, of_b);
}

/* Dot, Inner: over the last axis of a, and the last but one (Inner: the last) of b. */
void ln_keras_dot_op(ln_keras_call *c)
{
    ln_id in[2];
    operands(c, in);
    const bool inner = strcmp(c->row->name, "Inner") == 0;
    const int last = -1, other = inner || ln_emit_shape(c->e, in[1]).rank < 2 ? -1 : -2;
    contract(c, in, 1, &last, &other);
}

/* Outer, Vdot: of all items in a row. */
void ln_keras_outer_op(ln_keras_call *c)
{
    static const int first[] = {0};
    const ln_shape flat = {.rank = 1, .dim = {-1}};
    ln_id in[2];
    operands(c, in);
    for (int i = 0; i < 2; i++)
        in[i] = ln_emit_reshape(c->e, in[i], &flat);
    contract(c, in, strcmp(c->row->name, "Vdot") == 0, first, first);
}
