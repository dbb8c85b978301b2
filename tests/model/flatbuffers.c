/* SPDX-License-Identifier: Apache-2.0 */
/* flatbuffers.c: builder, verifier and copier on a small schema of their own that nests, and the
 * alignment of everything in a written model. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fb/builder.h"
#include "fb/verify.h"
#include "model/sample.h"
#include "schema/schema.h"

enum { NODE, LEAF };
enum { LEFT, RIGHT, ALL, TEXT, NUMBER, CHOICE_TYPE, CHOICE, BIG, TEXTS };
static const struct names {
    char none[1], left[5], right[6], all[4], text[5], number[7], choice_type[12], choice[7], big[4],
        texts[6], data[5], node[5], leaf[5];
} names = {"",       "left", "right", "all",  "text", "number", "choice_type",
           "choice", "big",  "texts", "data", "Node", "Leaf"};
#define NAME(name) offsetof(struct names, name)
static const ln_fb_field fields[] = {
    {NAME(left), LEFT, LN_FB_TABLE, false, 0, NODE, 0},
    {NAME(right), RIGHT, LN_FB_TABLE, false, 0, NODE, 0},
    {NAME(all), ALL, LN_FB_TABLE, true, 0, NODE, 0},
    {NAME(text), TEXT, LN_FB_STRING, false, 0, -1, 0},
    {NAME(number), NUMBER, LN_FB_I16, false, 0, -1, 7},
    {NAME(choice_type), CHOICE_TYPE, LN_FB_U8, false, 0, -1, 0},
    {NAME(choice), CHOICE, LN_FB_UNION, false, 0, 0, 0},
    {NAME(big), BIG, LN_FB_F64, false, 0, -1, 0},
    {NAME(texts), TEXTS, LN_FB_STRING, true, 0, -1, 0},
    {0, 0, 0, false, 0, 0, 0},
    {NAME(data), 0, LN_FB_U8, true, 16, -1, 0},
    {0, 0, 0, false, 0, 0, 0},
};
static const ln_fb_table_def tables[] = {{NAME(node), 0}, {NAME(leaf), 10}};
static const ln_fb_member members[] = {{1, LEAF}, {0, 0}};
static const uint16_t unions[] = {0};
static const ln_fb_schema schema = {names.none, fields, tables, members,
                                    unions,     NULL,   NODE,   "TEST"};

static ln_fb_ref node(ln_fb_builder *b, ln_fb_ref left, ln_fb_ref right)
{
    ln_fb_begin(b);
    ln_fb_set_ref(b, LEFT, left);
    ln_fb_set_ref(b, RIGHT, right);
    return ln_fb_end(b);
}

static uint8_t *finish(ln_fb_builder *b, ln_fb_ref root, size_t *n)
{
    uint8_t *bytes;
    ln_fb_finish(b, root, "TEST");
    assert_int_equal(ln_fb_take(b, &bytes, n), LN_OK);
    ln_fb_builder_deinit(b);
    return bytes;
}

static void refused(uint8_t *bytes, size_t n, const char *why)
{
    ln_diag diag = {0};
    assert_int_equal(ln_fb_verify(&schema, bytes, n, &diag), LN_ERR_FORMAT);
    if (!strstr(diag.text, why))
        fail_msg("'%s' does not say '%s'", diag.text, why);
    ln_free(&ln_alloc_default, bytes);
}

static uint8_t *make_chain(int length, bool twice, size_t *n)
{
    ln_fb_builder b;
    ln_fb_builder_init(&b, &ln_alloc_default);
    ln_fb_ref last = node(&b, 0, 0);
    for (int i = 1; i < length; i++)
        last = node(&b, last, twice ? last : 0);
    return finish(&b, last, n);
}

static void nesting_is_limited(void **state)
{
    (void)state;
    size_t n;
    uint8_t *bytes = make_chain(60, false, &n);
    assert_int_equal(ln_fb_verify(&schema, bytes, n, NULL), LN_OK);
    ln_free(&ln_alloc_default, bytes);
    bytes = make_chain(70, false, &n);
    refused(bytes, n, "nested too deeply");
    bytes = make_chain(60, true, &n); /* 2^60 tables to visit */
    refused(bytes, n, "one of too many");
}

static void sharing_is_limited(void **state)
{
    (void)state;
    enum { COUNT = 500, LENGTH = 4000 };
    static char text[LENGTH + 1];
    ln_fb_ref refs[COUNT];
    ln_fb_builder b;
    size_t n;
    memset(text, 'x', LENGTH);
    ln_fb_builder_init(&b, &ln_alloc_default);
    const ln_fb_ref shared = ln_fb_add_string(&b, text);
    ln_fb_begin(&b);
    ln_fb_set_ref(&b, TEXT, shared);
    refs[0] = ln_fb_end(&b);
    for (int i = 1; i < COUNT; i++)
        refs[i] = refs[0];
    const ln_fb_ref all = ln_fb_add_refs(&b, refs, COUNT);
    ln_fb_begin(&b);
    ln_fb_set_ref(&b, ALL, all);
    uint8_t *bytes = finish(&b, ln_fb_end(&b), &n);
    refused(bytes, n, "the same bytes too often");
}

/* Vectors that may be shared are written once; those that differ in a number or in length are not
 * taken for each other. */
static void equal_vectors_are_shared(void **state)
{
    static const int64_t zeros[3] = {0}, others[3] = {0, 0, -1};
    ln_fb_builder b;
    (void)state;
    ln_fb_builder_init(&b, &ln_alloc_default);
    const ln_fb_ref first = ln_fb_share_vector(&b, zeros, 3);
    const ln_fb_ref other = ln_fb_share_vector(&b, others, 3);
    const ln_fb_ref shorter = ln_fb_share_vector(&b, zeros, 2);
    const size_t used = b.used;
    assert_true(first && other && shorter && first != other && first != shorter);
    assert_int_equal(ln_fb_share_vector(&b, zeros, 3), first);
    assert_int_equal(ln_fb_share_vector(&b, others, 3), other);
    assert_int_equal(ln_fb_share_vector(&b, zeros, 2), shorter);
    assert_int_equal(b.used, used);
    ln_fb_builder_deinit(&b);
}

/* One node with every kind of field. */
static ln_fb_ref full_node(ln_fb_builder *b)
{
    static const uint8_t data[] = {1, 2, 3};
    const ln_fb_ref vector = ln_fb_add_vector(b, data, sizeof data, 1, 16);
    const ln_fb_ref text = ln_fb_add_string(b, "text");
    const ln_fb_ref texts = ln_fb_add_refs(b, (const ln_fb_ref[]){text, text}, 2);
    ln_fb_begin(b);
    ln_fb_set_ref(b, 0, vector);
    const ln_fb_ref leaf = ln_fb_end(b);
    const ln_fb_ref child = node(b, 0, 0);
    const ln_fb_ref all = ln_fb_add_refs(b, (const ln_fb_ref[]){child, child}, 2);
    ln_fb_begin(b);
    ln_fb_set_ref(b, LEFT, child);
    ln_fb_set_ref(b, ALL, all);
    ln_fb_set_ref(b, TEXT, text);
    ln_fb_set_bits(b, NUMBER, 0xfffe, 2);
    ln_fb_set_bits(b, CHOICE_TYPE, 1, 1);
    ln_fb_set_ref(b, CHOICE, leaf);
    ln_fb_set_bits(b, BIG, 0x3ff0000000000000, 8);
    ln_fb_set_ref(b, TEXTS, texts);
    return ln_fb_end(b);
}

static void check_full(const ln_fb_table *t)
{
    const ln_fb_table leaf = ln_fb_child(t, CHOICE), none = ln_fb_child(t, RIGHT);
    const ln_fb_vector data = ln_fb_vec(&leaf, 0, 1), all = ln_fb_vec(t, ALL, 4);
    const ln_fb_table item = ln_fb_item(&all, 1);
    assert_int_equal(all.count, 2);
    assert_true(item.pos != 0);
    assert_true(none.pos == 0);
    assert_string_equal(ln_fb_string(t, TEXT), "text");
    assert_int_equal((int16_t)ln_fb_u16(t, NUMBER, 0), -2);
    assert_int_equal(ln_fb_u16(&item, NUMBER, 7), 7);
    assert_true(ln_float64(ln_fb_u64(t, BIG, 0)) == 1);
    assert_int_equal(data.count, 3);
    assert_int_equal(data.data[2], 3);
}

static void copies_are_equal(void **state)
{
    (void)state;
    ln_fb_builder b;
    size_t n, n_copy;
    ln_fb_builder_init(&b, &ln_alloc_default);
    uint8_t *bytes = finish(&b, full_node(&b), &n);
    assert_int_equal(ln_fb_verify(&schema, bytes, n, NULL), LN_OK);
    const ln_fb_table root = ln_fb_root(bytes, n);
    check_full(&root);
    ln_fb_builder_init(&b, &ln_alloc_default);
    uint8_t *copy = finish(&b, ln_fb_copy(&b, &schema, NODE, &root), &n_copy);
    assert_int_equal(ln_fb_verify(&schema, copy, n_copy, NULL), LN_OK);
    const ln_fb_table again = ln_fb_root(copy, n_copy);
    check_full(&again);
    const ln_fb_vector texts = ln_fb_vec(&again, TEXTS, 4);
    assert_int_equal(texts.count, 2);
    ln_free(&ln_alloc_default, bytes);
    ln_free(&ln_alloc_default, copy);
}

/* Every way to point outside: each word of the buffer set to values that hurt. */
static void offsets_are_checked(void **state)
{
    (void)state;
    static const uint32_t values[] = {0,      1,          2,          3,          0x7fff,
                                      0xffff, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
    ln_fb_builder b;
    size_t n;
    ln_fb_builder_init(&b, &ln_alloc_default);
    uint8_t *bytes = finish(&b, full_node(&b), &n);
    for (size_t at = 0; at + 4 <= n; at += 2)
        for (size_t i = 0; i < LN_COUNTOF(values); i++) {
            uint8_t old[4];
            memcpy(old, bytes + at, 4);
            for (int k = 0; k < 4; k++)
                bytes[at + (size_t)k] = (uint8_t)(values[i] >> (8 * k));
            const ln_fb_table root = ln_fb_root(bytes, n);
            (void)ln_fb_string(&root, TEXT);
            const ln_fb_vector all = ln_fb_vec(&root, ALL, 4);
            for (size_t k = 0; k < LN_MIN(all.count, (size_t)8); k++)
                (void)ln_fb_item(&all, k);
            if (ln_fb_verify(&schema, bytes, n, NULL) == LN_OK) {
                ln_fb_builder_init(&b, &ln_alloc_default);
                (void)ln_fb_copy(&b, &schema, NODE, &root);
                ln_fb_builder_deinit(&b);
            }
            memcpy(bytes + at, old, 4);
        }
    ln_free(&ln_alloc_default, bytes);
}

/* ---- alignment ---- */

static void check_aligned(const uint8_t *data, size_t size, int table, const ln_fb_table *t)
{
    const ln_fb_schema *s = &ln_tflite_schema;
    for (const ln_fb_field *f = ln_fb_fields(s, table); f->name; f++) {
        const size_t width = ln_fb_kind_size(f->kind), at = ln_fb_slot(t, f->slot, 1);
        if (!at)
            continue;
        assert_int_equal(at % (f->many || f->kind >= LN_FB_STRING ? 4 : width), 0);
        const ln_fb_vector v = ln_fb_vec(t, f->slot, width);
        const ln_fb_table child = ln_fb_child(t, f->slot);
        if (f->many && f->kind < LN_FB_STRING) {
            assert_int_equal((size_t)(v.data - data) % LN_MAX(width, (size_t)f->align), 0);
        } else if (f->many && f->kind == LN_FB_TABLE) {
            for (size_t i = 0; i < v.count; i++) {
                const ln_fb_table item = ln_fb_item(&v, i);
                assert_int_equal(item.pos % 4, 0);
                check_aligned(data, size, f->ref, &item);
            }
        } else if (f->kind == LN_FB_TABLE) {
            check_aligned(data, size, f->ref, &child);
        } else if (f->kind == LN_FB_UNION) {
            const int member = ln_fb_union_table(s, f->ref, ln_fb_u8(t, f->slot - 1u, 0));
            if (member >= 0)
                check_aligned(data, size, member, &child);
        }
    }
}

static void written_models_are_aligned(void **state)
{
    (void)state;
    ln_model *m = sample_model();
    for (int outside = 0; outside < 2; outside++) {
        uint8_t *bytes;
        size_t n;
        assert_int_equal(
            ln_model_write_limit(m, outside ? 0 : SIZE_MAX, &bytes, &n, &ln_alloc_default, NULL),
            LN_OK);
        const ln_fb_table root = ln_fb_root(bytes, n);
        assert_memory_equal(bytes + 4, "TFL3", 4);
        check_aligned(bytes, n, LN_T_Model, &root);
        ln_free(&ln_alloc_default, bytes);
    }
    ln_model_release(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nesting_is_limited),       cmocka_unit_test(sharing_is_limited),
        cmocka_unit_test(equal_vectors_are_shared), cmocka_unit_test(copies_are_equal),
        cmocka_unit_test(offsets_are_checked),      cmocka_unit_test(written_models_are_aligned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
