/* SPDX-License-Identifier: Apache-2.0 */
/* encoder_op.c: TFSentencepieceTokenizeOp, a custom operator of the Task Library's.
 *
 *   encoder (bytes), texts [n], -, -, start, end, reverse  ->  codes [all], splits [n + 1]
 *
 * Text i has the codes splits[i] to splits[i + 1]; both are int32.  The flags say whether the marks
 * of start and end are added, and whether codes go from the end to the start. */
#include "task/encoder_op.h"

#include <string.h>

#include "media/encoder.h"
#include "tensorflow/lite/core/c/c_api_experimental.h"
#include "tensorflow/lite/core/c/common.h"

enum { ENCODER, TEXTS, START = 4, END, REVERSE, INPUTS };
enum { CODES, SPLITS, OUTPUTS };

static const TfLiteTensor *input(TfLiteContext *context, const TfLiteNode *node, int i)
{
    const int t = node->inputs->data[i];
    return t < 0 ? NULL : &context->tensors[t];
}

static TfLiteTensor *output(TfLiteContext *context, const TfLiteNode *node, int i)
{
    return &context->tensors[node->outputs->data[i]];
}

static void *init(TfLiteContext *context, const char *buffer, size_t length)
{
    ln_codes *codes = ln_new(&ln_alloc_default, 1, sizeof *codes);
    (void)context;
    (void)buffer;
    (void)length;
    if (codes)
        ln_codes_init(codes, &ln_alloc_default);
    return codes;
}

static void destroy(TfLiteContext *context, void *data)
{
    (void)context;
    if (!data)
        return;
    ln_codes_deinit(data);
    ln_free(&ln_alloc_default, data);
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    static const struct {
        int input;
        TfLiteType type;
    } wanted[] = {
        {TEXTS, kTfLiteString}, {START, kTfLiteBool}, {END, kTfLiteBool}, {REVERSE, kTfLiteBool}};

    if (node->inputs->size < INPUTS || node->outputs->size != OUTPUTS || !node->user_data) {
        context->ReportError(context, LN_ENCODER_OP ": %d inputs and %d outputs, not %d and %d",
                             node->inputs->size, node->outputs->size, INPUTS, OUTPUTS);
        return kTfLiteError;
    }
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const TfLiteTensor *t = input(context, node, wanted[i].input);
        if (!t || t->type != wanted[i].type) {
            context->ReportError(context, LN_ENCODER_OP ": input %d is no %s", wanted[i].input,
                                 TfLiteTypeGetName(wanted[i].type));
            return kTfLiteError;
        }
    }
    for (int i = 0; i < OUTPUTS; i++) {
        TfLiteTensor *t = output(context, node, i);
        if (t->type != kTfLiteInt32) {
            context->ReportError(context, LN_ENCODER_OP ": output %d is no INT32", i);
            return kTfLiteError;
        }
        t->allocation_type = kTfLiteDynamic;
    }
    return kTfLiteOk;
}

/* Text i of a tensor of strings: how many, where each begins, where the last ends, the bytes.
 * False when it is not inside; `*n` is the number of texts where i is -1. */
static bool text_at(const TfLiteTensor *t, int i, const char **text, size_t *n)
{
    const uint8_t *data = (const uint8_t *)t->data.raw_const;
    if (!data || t->bytes < 8)
        return false;
    const size_t count = ln_le32(data);
    if (count > (t->bytes - 8) / 4)
        return false;
    *n = count;
    if (i < 0)
        return true;
    const size_t begin = ln_le32(data + 4 + 4 * (size_t)i), end = ln_le32(data + 8 + 4 * (size_t)i);
    if (begin > end || end > t->bytes)
        return false;
    *text = (const char *)data + begin;
    *n = end - begin;
    return true;
}

/* Gives output i `n` items. */
static int32_t *resize(TfLiteContext *context, const TfLiteNode *node, int i, size_t n)
{
    TfLiteIntArray *dims = n <= INT32_MAX ? TfLiteIntArrayCreate(1) : NULL;
    if (!dims)
        return NULL;
    dims->data[0] = (int)n;
    TfLiteTensor *t = output(context, node, i);
    return context->ResizeTensor(context, t, dims) == kTfLiteOk ? t->data.i32 : NULL;
}

static unsigned flags_of(TfLiteContext *context, const TfLiteNode *node)
{
    static const unsigned bits[] = {LN_ENCODE_START, LN_ENCODE_END, LN_ENCODE_REVERSE};
    unsigned flags = 0;
    for (int i = 0; i < 3; i++) {
        const TfLiteTensor *t = input(context, node, START + i);
        if (t->data.b && t->bytes && t->data.b[0])
            flags |= bits[i];
    }
    return flags;
}

static TfLiteStatus encode(TfLiteContext *context, TfLiteNode *node, ln_diag *diag)
{
    const TfLiteTensor *model = input(context, node, ENCODER), *texts = input(context, node, TEXTS);
    const unsigned flags = flags_of(context, node);
    ln_codes *codes = node->user_data;
    const char *text = NULL;
    size_t n = 0, length = 0;
    ln_encoder encoder;

    codes->n = 0;
    if (!model || ln_encoder_open(&encoder, model->data.raw, model->bytes, diag) != LN_OK ||
        !text_at(texts, -1, &text, &n))
        return kTfLiteError;
    int32_t *splits = resize(context, node, SPLITS, n + 1);
    if (!splits)
        return kTfLiteError;
    splits[0] = 0;
    for (size_t i = 0; i < n; i++) {
        if (!text_at(texts, (int)i, &text, &length) ||
            ln_encoder_cut(&encoder, codes, text, length, flags, diag) != LN_OK ||
            codes->n > INT32_MAX)
            return kTfLiteError;
        splits[i + 1] = (int32_t)codes->n;
    }
    int32_t *to = resize(context, node, CODES, codes->n);
    if (codes->n && !to)
        return kTfLiteError;
    if (codes->n)
        memcpy(to, codes->at, codes->n * sizeof *to);
    return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    ln_diag diag = {0};
    const TfLiteStatus status = encode(context, node, &diag);
    if (status != kTfLiteOk)
        context->ReportError(context, LN_ENCODER_OP ": %s",
                             diag.text[0] ? diag.text : "the texts or the memory are not there");
    return status;
}

void ln_encoder_op_add(TfLiteInterpreterOptions *options)
{
    static const TfLiteRegistration registration = {
        .init = init, .free = destroy, .prepare = prepare, .invoke = invoke};
    TfLiteInterpreterOptionsAddCustomOp(options, LN_ENCODER_OP, &registration, 1, 1);
}
