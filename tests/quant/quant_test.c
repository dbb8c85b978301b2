/* SPDX-License-Identifier: Apache-2.0 */
/* quant_test.c: see quant_test.h. */
#include "quant_test.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/half.h"
#include "tensorflow/lite/core/c/c_api.h"

enum { MAX_ITEMS = 1 << 16 };

void graph_begin(graph *g)
{
    ln_graph *main;
    *g = (graph){0};
    assert_int_equal(ln_model_create(&g->m, &ln_alloc_default), LN_OK);
    assert_int_equal(ln_model_add_graph(g->m, "main", &main), LN_OK);
    ln_emit_init(&g->e, g->m, main, &g->diag);
}

static void open_file(file *f)
{
    const ln_status status =
        ln_model_open_memory(&f->m, f->bytes, f->n, &ln_alloc_default, &f->diag);
    if (status != LN_OK)
        fail_msg("%s", f->diag.text);
}

void graph_end(graph *g, file *f)
{
    *f = (file){0};
    if (!ln_emit_ok(&g->e))
        fail_msg("%s", g->diag.text);
    assert_int_equal(ln_emit_finish(g->m), LN_OK);
    assert_int_equal(ln_model_write(g->m, &f->bytes, &f->n, &ln_alloc_default, &g->diag), LN_OK);
    ln_model_release(g->m);
    open_file(f);
}

void file_free(file *f)
{
    ln_model_release(f->m);
    ln_free(&ln_alloc_default, f->bytes);
}

void fill_noise(float *x, size_t n, unsigned seed)
{
    uint32_t s = seed * 2654435761u + 1;
    for (size_t i = 0; i < n; i++) {
        float sum = 0;
        for (int k = 0; k < 4; k++) {
            s = s * 1664525u + 1013904223u;
            sum += (float)(s >> 8) / 16777216.f - 0.5f;
        }
        x[i] = sum;
    }
}

float *noise(graph *g, int n, unsigned seed)
{
    float *x = ln_arena_new(&g->m->arena, (size_t)n, sizeof *x);
    assert_non_null(x);
    fill_noise(x, (size_t)n, seed);
    return x;
}

void quantize(const file *from, const ln_quantize_options *o, file *to)
{
    ln_quantize_error error;
    *to = (file){0};
    ln_quantized *q = ln_quantize(from->bytes, from->n, o, &error);
    if (!q)
        fail_msg("%s", error.text);
    const void *bytes = ln_quantized_model(q, &to->n);
    to->bytes = ln_new(&ln_alloc_default, to->n, 1);
    assert_non_null(to->bytes);
    memcpy(to->bytes, bytes, to->n);
    ln_quantized_free(q);
    open_file(to);
}

int count_type(const file *f, TfLiteType type)
{
    int n = 0;
    for (int i = 0; i < f->m->graphs[0]->n_tensors; i++)
        n += f->m->graphs[0]->tensors[i].t.type == type;
    return n;
}

int count_op(const file *f, const ln_op *op)
{
    int n = 0;
    for (int i = 0; i < f->m->graphs[0]->n_nodes; i++)
        n += f->m->graphs[0]->nodes[i].op == op;
    return n;
}

/* ---- running ---- */

static void store(TfLiteTensor *t, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const float q = t->params.scale > 0 ? roundf(x[i] / t->params.scale) : 0;
        const float at = q + (float)t->params.zero_point;
        switch (t->type) {
        case kTfLiteInt8:
            t->data.int8[i] = (int8_t)fmaxf(fminf(at, 127), -128);
            break;
        case kTfLiteUInt8:
            t->data.uint8[i] = (uint8_t)fmaxf(fminf(at, 255), 0);
            break;
        case kTfLiteInt16:
            t->data.i16[i] = (int16_t)fmaxf(fminf(at, 32767), -32768);
            break;
        default:
            t->data.f[i] = x[i];
        }
    }
}

static size_t items_of(const TfLiteTensor *t)
{
    size_t n = 1;
    for (int i = 0; i < t->dims->size; i++)
        n *= (size_t)t->dims->data[i];
    assert_true(n <= MAX_ITEMS);
    return n;
}

static size_t load(const TfLiteTensor *t, float *y)
{
    const size_t n = items_of(t);
    for (size_t i = 0; i < n; i++) {
        const int32_t q = t->type == kTfLiteInt8    ? t->data.int8[i]
                          : t->type == kTfLiteUInt8 ? t->data.uint8[i]
                          : t->type == kTfLiteInt16 ? t->data.i16[i]
                                                    : 0;
        y[i] = t->type == kTfLiteFloat32 ? t->data.f[i]
                                         : (float)(q - t->params.zero_point) * t->params.scale;
    }
    return n;
}

static size_t run(const file *f, unsigned seed, float *y)
{
    static float x[MAX_ITEMS];
    TfLiteModel *model = TfLiteModelCreate(f->bytes, f->n);
    TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(model, NULL);
    assert_non_null(interpreter);
    assert_int_equal(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
    for (int i = 0; i < TfLiteInterpreterGetInputTensorCount(interpreter); i++) {
        TfLiteTensor *t = TfLiteInterpreterGetInputTensor(interpreter, i);
        fill_noise(x, items_of(t), seed + (unsigned)i);
        store(t, x, items_of(t));
    }
    assert_int_equal(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
    const size_t n = load(TfLiteInterpreterGetOutputTensor(interpreter, 0), y);
    TfLiteInterpreterDelete(interpreter);
    TfLiteModelDelete(model);
    return n;
}

ln_calibration *calibrate(const file *f, unsigned from, unsigned to)
{
    static float x[MAX_ITEMS];
    ln_quantize_error error;
    ln_calibration *c = ln_calibration_create(f->bytes, f->n, 1, &error);
    if (!c)
        fail_msg("%s", error.text);
    TfLiteInterpreter *p = ln_calibration_interpreter(c);
    for (unsigned seed = from; seed < to; seed++) {
        for (int i = 0; i < TfLiteInterpreterGetInputTensorCount(p); i++) {
            TfLiteTensor *t = TfLiteInterpreterGetInputTensor(p, i);
            fill_noise(x, items_of(t), seed + (unsigned)i);
            store(t, x, items_of(t));
        }
        assert_true(ln_calibration_run(c, &error));
    }
    return c;
}

double signal_to_noise(const file *a, const file *b, unsigned seed)
{
    static float x[MAX_ITEMS], y[MAX_ITEMS];
    const size_t n = run(a, seed, x);
    double power = 0, off = 1e-30;
    assert_int_equal(run(b, seed, y), n);
    for (size_t i = 0; i < n; i++) {
        power += (double)x[i] * (double)x[i];
        off += ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]);
    }
    return 10 * log10(power / off);
}

/* ---- looking into constants ---- */

static float scale_at(const file *f, const TfLiteTensor *t, int row, int column, int columns)
{
    if (t->quantization.type == kTfLiteAffineQuantization) {
        const TfLiteAffineQuantization *q = t->quantization.params;
        return q->scale->data[q->scale->size > 1 ? row : 0];
    }
    assert_int_equal(t->quantization.type, kTfLiteBlockwiseQuantization);
    const TfLiteBlockwiseQuantization *q = t->quantization.params;
    const TfLiteTensor *scales = &f->m->graphs[0]->tensors[q->scale].t;
    const int at = row * (columns / q->blocksize) + column / q->blocksize;
    return ln_half_to_float(((const uint16_t *)(const void *)scales->data.raw_const)[at]);
}

double weights_error(const file *f, const float *w, int columns, int from)
{
    const ln_graph *g = f->m->graphs[0];
    const TfLiteTensor *t = NULL;
    for (int i = 0; i < g->n_tensors && !t; i++)
        if (g->tensors[i].t.type == kTfLiteInt4)
            t = &g->tensors[i].t;
    assert_non_null(t);
    double sum = 0;
    for (int r = 0; r < t->dims->data[0]; r++)
        for (int c = from; c < columns; c++) {
            int8_t q;
            ln_unpack(t, (size_t)(r * columns + c), 1, &q);
            const float off = w[r * columns + c] - (float)q * scale_at(f, t, r, c, columns);
            sum += (double)(off * off);
        }
    return sum;
}
