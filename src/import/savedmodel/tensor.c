/* SPDX-License-Identifier: Apache-2.0 */
/* tensor.c: values in files -> constants.  A TensorProto has its items as bytes, or in a list of
 * their type, whose last item stands for all that are missing. */
#include <string.h>

#include "base/checked.h"
#include "base/proto.h"
#include "import/savedmodel/tf.h"

enum { MAX_ITEMS = 1 << 28, SMALL = 1 << 15 }; /* bytes that are copied: what they lie in may go */

/* `count` items of `size` bytes from a list of `n` items that are `step` bytes apart. */
static ln_id from_list(ln_emit *e, TfLiteType type, const ln_shape *shape, const void *list,
                       size_t n, size_t step)
{
    const size_t size = ln_type_size(type);
    const int count = ln_shape_count(shape, 0, shape->rank);
    if (count < 0 || count > MAX_ITEMS || size == 0 || size > step)
        return ln_emit_fail(e, LN_ERR_UNSUPPORTED, "a constant of type %s cannot be read",
                            ln_type_name(type));
    uint8_t *data = ln_arena_new(&e->m->arena, (size_t)count + 1, size);
    if (!data)
        return ln_emit_fail(e, LN_ERR_MEMORY, "out of memory");
    for (size_t i = 0; n && i < (size_t)count; i++) /* little-endian: the low bytes come first */
        memcpy(data + i * size, (const uint8_t *)list + LN_MIN(i, n - 1) * step, size);
    return ln_emit_constant(e, type, shape, data, (size_t)count * size, false);
}

/* A complex number is two floats. */
static ln_id from_pairs(ln_emit *e, const ln_shape *shape, const float *list, size_t n)
{
    return from_list(e, kTfLiteComplex64, shape, list, n / 2, 2 * sizeof *list);
}

static ln_id from_strings(ln_tf *tf, ln_emit *e, const ln_shape *shape,
                          const ProtobufCBinaryData *list, size_t n)
{
    const int count = ln_shape_count(shape, 0, shape->rank);
    if (count < 0 || count > MAX_ITEMS)
        return ln_emit_fail(e, LN_ERR_FORMAT, "a constant has too many strings");
    const char **texts = ln_arena_new(tf->arena, (size_t)count + 1, sizeof *texts);
    size_t *lengths = ln_arena_new(tf->arena, (size_t)count + 1, sizeof *lengths);
    if (!texts || !lengths)
        return ln_emit_fail(e, LN_ERR_MEMORY, "out of memory");
    for (int i = 0; n && i < count; i++) {
        const ProtobufCBinaryData *s = &list[LN_MIN((size_t)i, n - 1)];
        texts[i] = (const char *)s->data;
        lengths[i] = s->len;
    }
    return ln_emit_strings(e, shape, texts, lengths, count);
}

ln_id ln_tf_constant(ln_tf *tf, ln_emit *e, const Tf__Tensor *t)
{
    const TfLiteType type = ln_tf_type(t->dtype);
    const ln_shape s = ln_tf_shape(t->tensor_shape);
    if (!t->tensor_shape || !ln_shape_known(&s))
        return ln_emit_fail(e, LN_ERR_UNSUPPORTED, "a constant has more than %d dimensions",
                            (int)LN_MAX_RANK);
    const size_t n = t->tensor_content.len;
    if (n && type != kTfLiteString) {
        tf->lends = tf->lends || n >= SMALL;
        return ln_emit_constant(e, type, &s, t->tensor_content.data, n, n < SMALL);
    }
#define LIST(name) from_list(e, type, &s, t->name, t->n_##name, sizeof *t->name)
    switch (type) {
    case kTfLiteFloat32:
        return LIST(float_val);
    case kTfLiteFloat64:
        return LIST(double_val);
    case kTfLiteInt64:
        return LIST(int64_val);
    case kTfLiteBool:
        return LIST(bool_val);
    case kTfLiteUInt32:
        return LIST(uint32_val);
    case kTfLiteUInt64:
        return LIST(uint64_val);
    case kTfLiteFloat16:
    case kTfLiteBFloat16:
        return LIST(half_val);
    case kTfLiteComplex64:
        return from_pairs(e, &s, t->scomplex_val, t->n_scomplex_val);
    case kTfLiteString:
        return from_strings(tf, e, &s, t->string_val, t->n_string_val);
    default:
        return LIST(int_val);
    }
#undef LIST
}

/* Strings of a checkpoint: the lengths, their checksum, the bytes. */
static ln_id stored_strings(ln_tf *tf, ln_emit *e, const ln_bundle_tensor *t, const ln_shape *s)
{
    const int count = ln_shape_count(s, 0, s->rank);
    ln_proto r = ln_proto_of(t->data, t->size);
    if (count < 0 || (size_t)count > t->size)
        return ln_emit_fail(e, LN_ERR_FORMAT, "strings of the checkpoint are cut off");
    const char **texts = ln_arena_new(tf->arena, (size_t)count + 1, sizeof *texts);
    size_t *lengths = ln_arena_new(tf->arena, (size_t)count + 1, sizeof *lengths);
    if (!texts || !lengths)
        return ln_emit_fail(e, LN_ERR_MEMORY, "out of memory");
    for (int i = 0; i < count; i++) {
        const uint64_t n = ln_proto_varint(&r);
        if (r.bad || n > t->size)
            return ln_emit_fail(e, LN_ERR_FORMAT, "strings of the checkpoint are cut off");
        lengths[i] = (size_t)n;
    }
    const uint8_t *at = r.p, *end = r.end;
    at += LN_MIN(4, end - at);
    for (int i = 0; i < count; i++) {
        if (lengths[i] > (size_t)(end - at))
            return ln_emit_fail(e, LN_ERR_FORMAT, "strings of the checkpoint are cut off");
        texts[i] = (const char *)at;
        at += lengths[i];
    }
    return ln_emit_strings(e, s, texts, lengths, count);
}

enum { FORGET_AFTER = 8 << 20, NEAR = 1 << 16 }; /* what the system maps around what is read */

ln_id ln_tf_stored(ln_tf *tf, ln_emit *e, const ln_bundle_tensor *t)
{
    const TfLiteType type = ln_tf_type(t->entry->dtype);
    const ln_shape s = ln_tf_shape(t->entry->shape);
    if (!ln_shape_known(&s))
        return ln_emit_fail(e, LN_ERR_UNSUPPORTED, "a variable has more than %d dimensions",
                            (int)LN_MAX_RANK);
    if (type == kTfLiteString)
        return stored_strings(tf, e, t, &s);
    const size_t size = ln_type_size(type);
    const bool aligned = size && (uintptr_t)t->data % size == 0;
    tf->lends = tf->lends || t->joined;
    tf->read += LN_MAX(t->size, (size_t)NEAR);
    if (tf->read > FORGET_AFTER) { /* what was read before has mostly been folded */
        ln_bundle_forget(&tf->bundle);
        tf->read = 0;
    }
    return ln_emit_constant(e, type, &s, t->data, t->size,
                            !aligned || (t->size < SMALL && !t->joined));
}
