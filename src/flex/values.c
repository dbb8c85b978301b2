/* SPDX-License-Identifier: Apache-2.0 */
/* values.c: tensors of numbers have the same bytes on both sides.  Texts are, on TensorFlow Lite's
 * side, a count, the offsets of all texts and of the end, and the bytes; on TensorFlow's, an array
 * of TF_TString. */
#include "flex/values.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "ops/flex/types.h"

enum { MAX_RANK = 64 };

/* ---- to TensorFlow ---- */

static void release(void *data, size_t n, void *user)
{
    (void)n;
    (void)user;
    ln_free_aligned(&ln_alloc_default, data);
}

/* The last tensor that shares these texts is gone. */
static void release_texts(void *data, size_t n, void *user)
{
    const ln_tensorflow *tf = user;
    TF_TString *texts = data;
    for (size_t i = 0; i < n / sizeof *texts; i++)
        tf->TF_StringDealloc(&texts[i]);
    ln_free_aligned(&ln_alloc_default, data);
}

/* Text i of a buffer of `bytes` bytes; false where it lies outside. */
static bool text_at(const char *buffer, size_t bytes, size_t i, const char **text, size_t *n)
{
    int32_t ends[2];
    if (4 + 4 * (i + 2) > bytes)
        return false;
    memcpy(ends, buffer + 4 + 4 * i, sizeof ends);
    if (ends[0] < 0 || ends[1] < ends[0] || (size_t)ends[1] > bytes)
        return false;
    *text = buffer + ends[0];
    *n = (size_t)(ends[1] - ends[0]);
    return true;
}

static void *copy_texts(const ln_tensorflow *tf, const TfLiteTensor *t, size_t count)
{
    TF_TString *texts = ln_new_aligned(&ln_alloc_default, count * sizeof *texts + 1);
    const char *text;
    size_t n;
    for (size_t i = 0; texts && i < count; i++) {
        tf->TF_StringInit(&texts[i]);
        if (text_at(t->data.raw_const, t->bytes, i, &text, &n))
            tf->TF_StringCopy(&texts[i], text, n);
    }
    return texts;
}

static bool count_of(const int64_t *dims, int rank, size_t *count)
{
    *count = 1;
    for (int i = 0; i < rank; i++)
        if (dims[i] < 0 || !ln_mul_size(*count, (size_t)dims[i], count))
            return false;
    return *count <= INT32_MAX;
}

TF_Tensor *ln_flex_value(const ln_tensorflow *tf, const TfLiteTensor *t)
{
    const int type = ln_type_to_tensorflow(t->type);
    const int rank = t->dims ? t->dims->size : 0;
    int64_t dims[MAX_RANK];
    size_t count;
    if (type == 0 || type == TF_RESOURCE || type == TF_VARIANT || rank > MAX_RANK)
        return NULL;
    for (int i = 0; i < rank; i++)
        dims[i] = t->dims->data[i];
    if (!count_of(dims, rank, &count))
        return NULL;
    const bool texts = type == TF_STRING;
    const size_t n = texts ? count * sizeof(TF_TString) : t->bytes;
    void *data = texts ? copy_texts(tf, t, count) : ln_new_aligned(&ln_alloc_default, t->bytes + 1);
    if (!data)
        return NULL;
    if (!texts && n > 0)
        memcpy(data, t->data.raw_const, n);
    /* the table of functions lives as long as the process, like TensorFlow itself */
    return tf->TF_NewTensor(type, dims, rank, data, n, texts ? release_texts : release,
                            (void *)(uintptr_t)tf);
}

/* ---- back ---- */

/* The buffer of all texts, in the C library's memory; NULL when there is none. */
static char *pack_texts(const ln_tensorflow *tf, const TF_Tensor *from, size_t count, size_t *n)
{
    const TF_TString *texts = tf->TF_TensorData(from);
    size_t at = 4 * (count + 2);
    *n = at;
    for (size_t i = 0; i < count; i++)
        *n += tf->TF_StringGetSize(&texts[i]);
    char *buffer = *n <= INT32_MAX ? ln_new(&ln_alloc_default, *n, 1) : NULL;
    if (!buffer)
        return NULL;
    const int32_t number = (int32_t)count;
    memcpy(buffer, &number, sizeof number);
    for (size_t i = 0; i <= count; i++) {
        const size_t size = i < count ? tf->TF_StringGetSize(&texts[i]) : 0;
        const int32_t begin = (int32_t)at;
        memcpy(buffer + 4 + 4 * i, &begin, sizeof begin);
        if (size > 0)
            memcpy(buffer + at, tf->TF_StringGetDataPointer(&texts[i]), size);
        at += size;
    }
    return buffer;
}

/* A tensor of texts has its own memory of the C library, and so has its shape. */
static TfLiteStatus take_texts(const ln_tensorflow *tf, const TF_Tensor *from, size_t count,
                               TfLiteTensor *to, TfLiteIntArray *shape)
{
    size_t n;
    char *buffer = pack_texts(tf, from, count, &n);
    if (!buffer) {
        ln_free(&ln_alloc_default, shape);
        return kTfLiteError;
    }
    if (to->allocation_type == kTfLiteDynamic)
        ln_free(&ln_alloc_default, to->data.raw);
    ln_free(&ln_alloc_default, to->dims);
    to->allocation_type = kTfLiteDynamic;
    to->data.raw = buffer;
    to->bytes = n;
    to->dims = shape;
    return kTfLiteOk;
}

/* TensorFlow's quantized types have the bytes of plain integers. */
static int plain_type(int type)
{
    static const int plain[] = {[11] = 6, [12] = 4, [13] = 3, [15] = 5, [16] = 17};
    return type >= 0 && type < (int)LN_COUNTOF(plain) && plain[type] ? plain[type] : type;
}

TfLiteStatus ln_flex_take(const ln_tensorflow *tf, TfLiteContext *context, const TF_Tensor *from,
                          TfLiteTensor *to)
{
    const int rank = tf->TF_NumDims(from);
    int64_t dims[MAX_RANK];
    size_t count;
    for (int i = 0; i < rank && i < MAX_RANK; i++)
        dims[i] = tf->TF_Dim(from, i);
    if (rank < 0 || rank > MAX_RANK || !count_of(dims, rank, &count) ||
        ln_type_to_tensorflow(to->type) != plain_type(tf->TF_TensorType(from)))
        return kTfLiteError;
    TfLiteIntArray *shape =
        ln_new(&ln_alloc_default, 1, sizeof *shape + (size_t)rank * sizeof *shape->data);
    if (!shape)
        return kTfLiteError;
    shape->size = rank;
    for (int i = 0; i < rank; i++)
        shape->data[i] = (int)dims[i];
    if (to->type == kTfLiteString)
        return take_texts(tf, from, count, to, shape);
    const size_t n = tf->TF_TensorByteSize(from);
    if (context->ResizeTensor(context, to, shape) != kTfLiteOk || to->bytes != n)
        return kTfLiteError;
    if (n > 0)
        memcpy(to->data.raw, tf->TF_TensorData(from), n);
    return kTfLiteOk;
}
