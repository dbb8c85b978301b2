/* SPDX-License-Identifier: Apache-2.0 */
/* broadcast.c: elementwise nodes of two operands, the second of which goes along with the first
 * item by item, along channels, along rows (a mean of each), along the images of a batch, or not at
 * all; rows shorter and longer than the pieces that the engine reads where they lie. */
#include "cpu/rows.h"

extern const ln_op ln_op_add, ln_op_div, ln_op_mul, ln_op_prelu, ln_op_squared_difference,
    ln_op_sub;

static ln_shape second_shape(const ln_shape *x)
{
    ln_shape s = *x;
    const int form = row_random(0, 4);
    if (form == 1 || form == 4)
        s.dim[0] = s.dim[1] = 1;
    if (form == 2 || form == 4)
        s.dim[2] = 1;
    if (form == 3)
        s.dim[0] = s.dim[2] = 1;
    return s;
}

static row_tensor operand(TfLiteType type, ln_shape shape)
{
    const bool quantized = type == kTfLiteInt8 || type == kTfLiteUInt8;
    return (row_tensor){.type = type,
                        .shape = shape,
                        .scale = quantized ? (float)row_random(1, 400) / 1e3f : 0,
                        .zero = type == kTfLiteInt8    ? row_random(-128, 127)
                                : type == kTfLiteUInt8 ? row_random(0, 255)
                                                       : 0,
                        .constant = row_random(0, 2) == 0};
}

static void check_pair(const ln_op *op, const void *params, TfLiteType type)
{
    const int columns = row_random(0, 1) ? row_random(1, 40) : row_random(40, 300);
    const ln_shape x = ROW_SHAPE(row_random(1, 3), row_random(1, 9), columns);
    const row_node n = {
        .op = op,
        .params = params,
        .in = {operand(type, x), operand(type, second_shape(&x))},
        .out = {operand(type, x)},
        .n_in = 2,
        .n_out = 1,
    };
    row_check(&n);
}

void test_broadcast(void **state)
{
    static const TfLiteAddParams add = {.activation = kTfLiteActRelu};
    static const TfLiteSubParams sub = {.activation = kTfLiteActNone};
    static const TfLiteMulParams mul = {.activation = kTfLiteActRelu6};
    static const TfLiteDivParams div = {.activation = kTfLiteActNone};
    (void)state;
    for (int i = 0, n = row_cases(150); i < n; i++) {
        const TfLiteType type = i % 3 == 0 ? kTfLiteFloat32 : kTfLiteInt8;
        check_pair(&ln_op_add, &add, type);
        check_pair(&ln_op_sub, &sub, type);
        check_pair(&ln_op_mul, &mul, type);
        check_pair(&ln_op_squared_difference, NULL, type);
        check_pair(&ln_op_prelu, NULL, i % 7 == 0 ? kTfLiteUInt8 : type);
        check_pair(&ln_op_div, &div, kTfLiteFloat32);
    }
}
