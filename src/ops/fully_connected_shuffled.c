/* SPDX-License-Identifier: Apache-2.0 */
/* fully_connected_shuffled.c: FULLY_CONNECTED with weights that were shuffled for fast reading.
 *
 *   x uint8 [..., k]    W uint8 [n, k]    b int32 [n]    y int16 [1 or 4, n]    workspace uint8
 *
 * W comes in blocks of 4 rows x 16 columns, their bytes with the sign bit flipped, so that they are
 * int8 values of weights around 128.  The second output is where TFLite puts x, its sign bits
 * flipped likewise and, of 4 rows, in blocks of 4 x 16 too.  Zero points are taken to be 128 for x
 * and W and 0 for y, whatever the tensors say. */
#include "ops/fully_connected.h"

#include "ops/qmath.h"

enum { X, W, B };
enum { ROWS = 4, COLUMNS = 16, FLIP = 0x80 };

/* Rows of x; -1: not known. */
static int rows_of(const ln_call *c, int k)
{
    const ln_shape x = ln_shape_of(c->in[X]);
    const int n = ln_shape_count(&x, 0, x.rank);
    return n < 0 ? -1 : n / k;
}

static ln_status check_types(ln_call *c)
{
    const TfLiteFullyConnectedParams *p = c->params;
    int32_t min, max;
    LN_CHECK(c, c->n_out == 2, "there are %d outputs, not 2 as shuffled weights need", c->n_out);
    LN_CHECK(c, c->in[X]->type == kTfLiteUInt8 && c->in[W]->type == kTfLiteUInt8,
             "shuffled weights of type %s meet input of type %s, not both UINT8",
             ln_type_name(c->in[W]->type), ln_type_name(c->in[X]->type));
    LN_CHECK(c, !c->in[W]->sparsity, "shuffled weights are sparse");
    LN_CHECK(c, ln_has(c, B) && c->in[B]->type == kTfLiteInt32,
             "shuffled weights need a bias of type INT32");
    LN_CHECK(c, c->out[0]->type == kTfLiteInt16 && c->out[1]->type == kTfLiteUInt8,
             "outputs have types %s and %s, not INT16 and UINT8", ln_type_name(c->out[0]->type),
             ln_type_name(c->out[1]->type));
    LN_TRY(ln_check_quantized(c, c->in[X], "input", -1, 1));
    LN_TRY(ln_check_quantized(c, c->in[W], "weights", -1, 1));
    LN_TRY(ln_check_quantized(c, c->out[0], "output", -1, 1));
    return ln_activation_range_q(c, p->activation, c->out[0], &min, &max);
}

ln_status ln_shuffled_infer(ln_call *c)
{
    const TfLiteFullyConnectedParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    const int n = w.dim[0], k = w.dim[1];
    LN_TRY(check_types(c));
    LN_CHECK(c, n > 0 && n % ROWS == 0 && k > 0 && k % COLUMNS == 0,
             "%d x %d shuffled weights do not divide into blocks of %d x %d", n, k, ROWS, COLUMNS);
    LN_CHECK(c, ln_count(c->in[B]) == n, "bias has %d values for %d outputs", ln_count(c->in[B]),
             n);
    LN_CHECK(c, !p->keep_num_dims || x.dim[x.rank - 1] == k || x.dim[x.rank - 1] < 0,
             "rows of %d meet weights of %d columns", x.dim[x.rank - 1], k);
    const int rows = rows_of(c, k), count = ln_shape_count(&x, 0, x.rank);
    LN_CHECK(c, rows < 0 || ((rows == 1 || rows == ROWS) && count % k == 0),
             "%d inputs are not 1 or %d rows of %d, as shuffled weights need", count, ROWS, k);

    ln_shape y = {2, {rows, n}}, workspace = ln_shape_of(c->out[1]);
    if (p->keep_num_dims) {
        y = x;
        y.dim[y.rank - 1] = n;
    }
    /* TFLite leaves the workspace the shape that the model gives it. */
    if (rows < 0 || ln_shape_count(&workspace, 0, workspace.rank) != count)
        workspace = (ln_shape){2, {rows, k}};
    LN_TRY(ln_set_out(c, 0, kTfLiteInt16, &y));
    return ln_set_out(c, 1, kTfLiteUInt8, &workspace);
}

/* x as the workspace holds it: 16 columns of each row after the other. */
static void shuffle(const uint8_t *x, int rows, int k, uint8_t *out)
{
    for (int c = 0; c < k; c += COLUMNS)
        for (int r = 0; r < rows; r++)
            for (int j = 0; j < COLUMNS; j++)
                *out++ = x[(size_t)r * (size_t)k + (size_t)(c + j)] ^ FLIP;
}

/* The inner product of row `row` of x and row `i` of W's band of four, both as they are stored. */
static int32_t dot(const int8_t *x, int rows, int row, const int8_t *band, int i, int k)
{
    int32_t sum = 0;
    for (int c = 0; c < k; c += COLUMNS) {
        const int8_t *px = x + ((size_t)c * (size_t)rows + (size_t)row * COLUMNS);
        const int8_t *pw = band + ((size_t)c * ROWS + (size_t)i * COLUMNS);
        int32_t part = 0;
        for (int j = 0; j < COLUMNS; j++)
            part += px[j] * pw[j];
        sum = ln_wrap_add(sum, part);
    }
    return sum;
}

ln_status ln_shuffled_eval(ln_call *c)
{
    const TfLiteFullyConnectedParams *p = c->params;
    const int n = c->in[W]->dims->data[0], k = c->in[W]->dims->data[1], rows = rows_of(c, k);
    const int8_t *x = c->out[1]->data.int8, *w = c->in[W]->data.int8;
    ln_requant q;

    LN_TRY(ln_requant_fill(c, c->in[X], c->in[W], 1, p->activation, &q));
    q.zero = 0;
    shuffle(c->in[X]->data.uint8, rows, k, c->out[1]->data.uint8);
    for (int o = 0; o < n; o++) {
        const int8_t *band = w + (size_t)(o - o % ROWS) * (size_t)k;
        for (int r = 0; r < rows; r++) {
            const int32_t acc = dot(x, rows, r, band, o % ROWS, k);
            c->out[0]->data.i16[(size_t)r * (size_t)n + (size_t)o] =
                (int16_t)ln_requantize(&q, ln_wrap_add(acc, c->in[B]->data.i32[o]));
        }
    }
    return LN_OK;
}
