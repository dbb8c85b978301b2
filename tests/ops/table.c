/* SPDX-License-Identifier: Apache-2.0 */
/* table.c: walks the op table: what every op must say of itself, fields that fit the params
 * struct, ways to find it, and at least three cases under tests/ops/cases (counts.txt has one line
 * "NAME count" per op). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ops/op.h"

enum { MAX_OPS = 600, MAX_NAME = 64, MIN_CASES = 3 };

/* Bytes of a member of each kind; 0: a pointer, whose size the compiler knows. */
static size_t member_bytes(const ln_field *f)
{
    switch (f->kind) {
    case LN_BOOL_:
        return sizeof(bool);
    case LN_I64_:
        return sizeof(int64_t);
    case LN_STR_:
    case LN_F32S_:
    case LN_U8S_:
        return sizeof(void *);
    case LN_I32S_:
        return f->max * sizeof(int32_t);
    case LN_I64S_:
        return f->max * sizeof(int64_t);
    case LN_BOOLS_:
        return f->max * sizeof(bool);
    default:
        return sizeof(int32_t);
    }
}

static bool is_list(const ln_field *f)
{
    return f->kind == LN_I32S_ || f->kind == LN_I64S_ || f->kind == LN_F32S_ ||
           f->kind == LN_U8S_ || f->kind == LN_BOOLS_;
}

static void fails(const ln_op *op, const char *what)
{
    fail_msg("%s: %s", op->name ? op->name : "(an op without a name)", what);
}

static void check_field(const ln_op *op, const ln_field *f)
{
    if (!f->name || !*f->name)
        fails(op, "a field has no name");
    if (f->kind > LN_I64_INT_)
        fails(op, "a field has a kind that there is not");
    if (f->offset + member_bytes(f) > op->params_size)
        fails(op, "a field lies outside of the params struct");
    if (is_list(f) && f->count_offset + sizeof(int) > op->params_size)
        fails(op, "a list's count lies outside of the params struct");
    if (f->since > op->version)
        fails(op, "a field is younger than the op");
    for (const ln_field *g = op->fields; g < f; g++)
        if (g->slot == f->slot || strcmp(g->name, f->name) == 0)
            fails(op, "two fields have one slot or name");
}

static void check_fields(const ln_op *op)
{
    if (!op->fields)
        return;
    if (!op->params_size)
        fails(op, "it has fields but no params");
    for (const ln_field *f = op->fields; f->kind != LN_END_; f++)
        check_field(op, f);
}

static void check_arity(const ln_op *op)
{
    if (op->min_in < 0 || (op->max_in >= 0 && op->max_in < op->min_in))
        fails(op, "it takes fewer inputs at most than at least");
    if (op->max_in >= 0 && op->max_in < 64 && op->optional >> op->max_in)
        fails(op, "an optional input is beyond the last");
    if (op->n_out < -1)
        fails(op, "it has a negative number of outputs");
}

static void test_every_op(void **state)
{
    (void)state;
    const ln_op *op;
    int n = 0;

    for (; (op = ln_op_at(n)) != NULL; n++) {
        if (!op->name || !*op->name)
            fails(op, "it has no name");
        if (!op->infer || !op->eval)
            fails(op, "it lacks infer or eval");
        if (op->version < 1)
            fails(op, "its version is below 1");
        if ((op->traits & LN_PURE) && (op->traits & LN_STATEFUL))
            fails(op, "it is pure and has state");
        if (op->state_bytes && !(op->traits & LN_STATEFUL))
            fails(op, "it keeps memory but is not stateful");
        check_arity(op);
        check_fields(op);
    }
    assert_in_range(n, 1, MAX_OPS);
}

static void test_lookup(void **state)
{
    (void)state;
    const ln_op *op;

    for (int i = 0; (op = ln_op_at(i)) != NULL; i++) {
        for (int k = 0; k < i; k++)
            if (strcmp(ln_op_at(k)->name, op->name) == 0)
                fails(op, "two ops have this name");
        if (op->builtin == kTfLiteBuiltinCustom) {
            assert_ptr_equal(ln_op_custom(op->name), op);
            if (op->params_size && !op->parse)
                fails(op, "it has params but nothing parses them");
            continue;
        }
        assert_ptr_equal(ln_op_builtin(op->builtin), op);
        assert_string_equal(ln_op_code_name(op->builtin), op->name);
        if (op->fields && !op->options)
            fails(op, "it has fields but no number of an options table");
    }
    assert_null(ln_op_builtin(-1));
    assert_null(ln_op_builtin(100000));
    assert_null(ln_op_custom("no such op"));
    assert_null(ln_op_at(-1));
}

/* ---- cases ---- */

typedef struct count {
    char name[MAX_NAME];
    int n;
} count;

static count counts[MAX_OPS];
static int n_counts;

static int cases_of(const char *name)
{
    for (int i = 0; i < n_counts; i++)
        if (strcmp(counts[i].name, name) == 0)
            return counts[i].n;
    return 0;
}

/* They read and write files: tests/ops/checkpoint.c holds them. */
static bool works_on_files(const ln_op *op)
{
    return strcmp(op->name, "FlexSave") == 0 || strcmp(op->name, "FlexRestore") == 0;
}

static void test_cases(void **state)
{
    (void)state;
    FILE *f = fopen(LINNET_OP_CASES "/counts.txt", "r");
    const ln_op *op;

    assert_non_null(f);
    while (n_counts < MAX_OPS &&
           fscanf(f, "%63s %d", counts[n_counts].name, &counts[n_counts].n) == 2)
        n_counts++;
    fclose(f);
    for (int i = 0; (op = ln_op_at(i)) != NULL; i++) {
        const int n = cases_of(op->name);
        if (n < MIN_CASES && !works_on_files(op))
            fail_msg("%s: has %d cases, not %d", op->name, n, (int)MIN_CASES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_op),
        cmocka_unit_test(test_lookup),
        cmocka_unit_test(test_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
