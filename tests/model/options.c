/* SPDX-License-Identifier: Apache-2.0 */
/* options.c: every op's field rows against the schema (slot, kind, default), and options that are
 * written and read again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fb/verify.h"
#include "model/options.h"
#include "schema/schema.h"

/* The kind of field that the schema must have for a row. */
static int schema_kind(const ln_field *f)
{
    switch (f->kind) {
    case LN_BOOL_:
    case LN_BOOLS_:
        return LN_FB_BOOL;
    case LN_U8_:
    case LN_U8S_:
        return LN_FB_U8;
    case LN_I32_:
    case LN_I32S_:
        return LN_FB_I32;
    case LN_U32_:
        return LN_FB_U32;
    case LN_I64_:
    case LN_I64_INT_:
    case LN_I64S_:
        return LN_FB_I64;
    case LN_F32_:
    case LN_F32S_:
        return LN_FB_F32;
    case LN_STR_:
        return LN_FB_STRING;
    default:
        return LN_FB_I8;
    }
}

/* The words of a list of unsigned numbers (enums) are read into ints as they are. */
static bool kind_fits(const ln_fb_field *s, const ln_field *f)
{
    return s->kind == schema_kind(f) || (f->kind == LN_I32S_ && s->kind == LN_FB_U32);
}

static bool is_list(const ln_field *f)
{
    return f->kind == LN_I32S_ || f->kind == LN_I64S_ || f->kind == LN_F32S_ ||
           f->kind == LN_BOOLS_ || f->kind == LN_U8S_;
}

static const ln_fb_field *schema_field(const ln_op *op, const ln_field *f)
{
    const int table = ln_fb_union_table(
        &ln_tflite_schema, op->options2 ? LN_U_BuiltinOptions2 : LN_U_BuiltinOptions, op->options);
    if (table < 0)
        return NULL;
    const ln_fb_field *s = ln_fb_fields(&ln_tflite_schema, table);
    while (s->name && s->slot != f->slot)
        s++;
    return s->name ? s : NULL;
}

static int faults_of(const ln_op *op)
{
    int faults = 0;
    for (const ln_field *f = op->fields; f && f->kind != LN_END_; f++) {
        const ln_fb_field *s = schema_field(op, f);
        if (!s) {
            print_error("%s.%s: slot %d is not in the schema\n", op->name, f->name, f->slot);
            faults++;
        } else if (!kind_fits(s, f) || s->many != is_list(f)) {
            print_error("%s.%s: slot %d is '%s' of kind %d%s\n", op->name, f->name, f->slot,
                        ln_fb_field_name(&ln_tflite_schema, s), s->kind, s->many ? ", a list" : "");
            faults++;
        } else if (s->fallback != f->fallback) {
            print_error("%s.%s: default is %d, not %g\n", op->name, f->name, s->fallback,
                        f->fallback);
            faults++;
        }
        if (f->offset >= op->params_size) {
            print_error("%s.%s: outside the struct\n", op->name, f->name);
            faults++;
        }
    }
    return faults;
}

static void fields_match_schema(void **state)
{
    (void)state;
    int faults = 0;
    for (int i = 0; ln_op_at(i); i++)
        faults += faults_of(ln_op_at(i));
    assert_int_equal(faults, 0);
}

/* Writes params, verifies and reads them back into `out`. */
static void write_and_read(const ln_op *op, const void *params, ln_arena *arena, void *out)
{
    const ln_fb_table none = {0};
    ln_fb_builder b;
    uint8_t *bytes;
    size_t n;
    ln_fb_builder_init(&b, &ln_alloc_default);
    ln_fb_finish(&b, ln_options_write(op, params, &none, &b), "test");
    assert_int_equal(ln_fb_take(&b, &bytes, &n), LN_OK);
    ln_fb_builder_deinit(&b);
    uint8_t *kept = ln_arena_copy(arena, bytes, n); /* strings point into it */
    assert_non_null(kept);
    ln_free(&ln_alloc_default, bytes);
    const ln_fb_table t = ln_fb_root(kept, n);
    assert_true(t.pos != 0);
    assert_int_equal(ln_options_parse(op, &t, arena, out, NULL), LN_OK);
}

static void collect(void *user, const char *text)
{
    char *all = user;
    strncat(all, text, 4095 - strlen(all));
}

static void text_of(const ln_op *op, const void *params, char *text)
{
    text[0] = '\0';
    for (const ln_field *f = op->fields; f->kind != LN_END_; f++) {
        ln_options_print(f, params, collect, text);
        collect(text, " ");
    }
}

/* A value that is not the default; for lists two items. */
static void set_value(const ln_field *f, char *params)
{
    static const float floats[] = {0.25f, -3};
    static const uint8_t bytes[] = {7, 255};
    static const int64_t longs[] = {-5, 1};
    static const int ints[] = {-9, 4};
    const char *text = "name";
    const void *p = f->kind == LN_F32S_ ? (const void *)floats : bytes;
    const int two = 2, one = 1;
    const size_t two_bytes = 2;
    const bool yes = true;
    const int64_t far = -5000000000;
    const float real = 0.5f;
    switch (f->kind) {
    case LN_BOOL_:
        memcpy(params + f->offset, &yes, sizeof yes);
        return;
    case LN_F32_:
        memcpy(params + f->offset, &real, sizeof real);
        return;
    case LN_I64_:
        memcpy(params + f->offset, &far, sizeof far);
        return;
    case LN_STR_:
        memcpy(params + f->offset, &text, sizeof text);
        return;
    case LN_I32S_:
        memcpy(params + f->offset, ints, sizeof ints);
        break;
    case LN_I64S_:
        memcpy(params + f->offset, longs, sizeof longs);
        break;
    case LN_BOOLS_:
        memcpy(params + f->offset, &yes, sizeof yes);
        break;
    case LN_F32S_:
    case LN_U8S_:
        memcpy(params + f->offset, &p, sizeof p);
        break;
    default:
        memcpy(params + f->offset, f->fallback == 1 ? &two : &one, sizeof one);
        return;
    }
    if (f->kind == LN_U8S_)
        memcpy(params + f->count_offset, &two_bytes, sizeof two_bytes);
    else
        memcpy(params + f->count_offset, &two, sizeof two);
}

static void values_survive(void **state)
{
    (void)state;
    char want[4096], got[4096];
    for (int i = 0; ln_op_at(i); i++) {
        const ln_op *op = ln_op_at(i);
        if (!op->fields || !op->params_size || op->builtin == kTfLiteBuiltinCustom)
            continue;
        ln_arena arena;
        ln_arena_init(&arena, &ln_alloc_default);
        char *params = ln_arena_new(&arena, 1, op->params_size);
        char *back = ln_arena_new(&arena, 1, op->params_size);
        assert_true(params && back);
        for (const ln_field *f = op->fields; f->kind != LN_END_; f++)
            set_value(f, params);
        write_and_read(op, params, &arena, back);
        text_of(op, params, want);
        text_of(op, back, got);
        if (strcmp(want, got) != 0)
            fail_msg("%s: wrote %s, read %s", op->name, want, got);
        ln_arena_deinit(&arena);
    }
}

/* No table at all gives each field its default. */
static void absent_options_are_defaults(void **state)
{
    (void)state;
    const ln_fb_table none = {0};
    for (int i = 0; ln_op_at(i); i++) {
        const ln_op *op = ln_op_at(i);
        if (!op->fields || !op->params_size || op->builtin == kTfLiteBuiltinCustom)
            continue;
        ln_arena arena;
        ln_arena_init(&arena, &ln_alloc_default);
        char *params = ln_arena_new(&arena, 1, op->params_size);
        assert_non_null(params);
        assert_int_equal(ln_options_parse(op, &none, &arena, params, NULL), LN_OK);
        for (const ln_field *f = op->fields; f->kind != LN_END_; f++)
            if (!ln_options_is_default(f, params))
                fail_msg("%s.%s is not its default", op->name, f->name);
        ln_arena_deinit(&arena);
    }
}

static void types_have_numbers(void **state)
{
    (void)state;
    enum { TYPES = 23 };
    for (int i = 0; i < TYPES; i++)
        assert_int_equal(ln_type_to_schema(ln_type_from_schema(i)), i);
    assert_int_equal(ln_type_from_schema(TYPES), kTfLiteNoType);
    assert_int_equal(ln_type_from_schema(-1), kTfLiteNoType);
    assert_int_equal(ln_type_to_schema(kTfLiteNoType), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_match_schema),
        cmocka_unit_test(values_survive),
        cmocka_unit_test(absent_options_are_defaults),
        cmocka_unit_test(types_have_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
