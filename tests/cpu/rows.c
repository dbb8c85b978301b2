/* SPDX-License-Identifier: Apache-2.0 */
/* rows.c: see rows.h. */
#include "cpu/rows.h"
#include "cpu/slab.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "one_of.h"

enum { CANARY = 64, CANARY_BYTE = 0x5a };

static const ln_cpu_row *const rows[] = {
#define LN_CPU_ROW(name) &ln_cpu_##name,
#include "cpu/rows.def"
#undef LN_CPU_ROW
};

/* ---- values ---- */

static uint32_t state = 1;

static uint32_t next(void)
{
    state = state * UINT32_C(1664525) + UINT32_C(1013904223);
    return state >> 8;
}

int row_random(int low, int high)
{
    return low + (int)(next() % (uint32_t)(high - low + 1));
}

int row_cases(int count)
{
    return LN_MAX(count / (int)cases_one_of(), 1);
}

/* ---- memory ---- */

static char *guarded_new(size_t bytes)
{
    char *p = aligned_alloc(64, (bytes + CANARY + 63) / 64 * 64);
    assert_non_null(p);
    memset(p + bytes, CANARY_BYTE, CANARY);
    return p;
}

static void guarded_free(char *p, size_t bytes)
{
    for (size_t i = 0; i < CANARY; i++)
        assert_int_equal(p[bytes + i], CANARY_BYTE);
    free(p);
}

/* ---- tensors ---- */

typedef struct tensor {
    TfLiteTensor t;
    struct { /* laid out as a TfLiteIntArray */
        int size, data[LN_MAX_RANK];
    } dims;
    TfLiteAffineQuantization affine;
    struct { /* a TfLiteFloatArray and a TfLiteIntArray of one item */
        int size;
        float value;
    } scale;
    struct {
        int size, value;
    } zero;
} tensor;

static void set_shape(tensor *t, const ln_shape *s)
{
    t->dims.size = s->rank;
    memcpy(t->dims.data, s->dim, sizeof t->dims.data);
    t->t.dims = (TfLiteIntArray *)(void *)&t->dims;
    assert_true(ln_type_bytes(t->t.type, (size_t)ln_shape_count(s, 0, s->rank), &t->t.bytes));
    t->t.data.raw = guarded_new(t->t.bytes);
}

static void describe(tensor *t, const row_tensor *r)
{
    memset(t, 0, sizeof *t);
    t->t.type = r->type;
    t->t.name = "t";
    t->t.allocation_type = r->constant ? kTfLiteMmapRo : kTfLiteArenaRw;
    if (r->scale > 0) {
        t->t.params = (TfLiteQuantizationParams){r->scale, r->zero};
        t->scale.size = t->zero.size = 1;
        t->scale.value = r->scale;
        t->zero.value = r->zero;
        t->affine.scale = (TfLiteFloatArray *)(void *)&t->scale;
        t->affine.zero_point = (TfLiteIntArray *)(void *)&t->zero;
        t->t.quantization = (TfLiteQuantization){kTfLiteAffineQuantization, &t->affine};
    }
}

static int next_byte(const row_tensor *r)
{
    const int low = r->type == kTfLiteInt8 ? -128 : 0;
    if (r->spread == 0 || next() % 50 == 0)
        return (int)(next() & 0xff);
    return LN_MAX(LN_MIN(r->zero + row_random(-r->spread, r->spread), low + 255), low) & 0xff;
}

static void fill(tensor *t, const row_tensor *r)
{
    const size_t n = (size_t)ln_count(&t->t);
    for (size_t i = 0; i < n; i++)
        switch (t->t.type) {
        case kTfLiteFloat32:
            t->t.data.f[i] = r->value != 0 ? r->value : (float)row_random(-4000, 4000) / 1000;
            break;
        case kTfLiteInt32:
            t->t.data.i32[i] = r->ints ? r->ints[i] : row_random(-1000, 1000);
            break;
        case kTfLiteInt64:
            t->t.data.i64[i] = row_random(-1000, 1000);
            break;
        case kTfLiteBool:
            t->t.data.b[i] = next() & 1;
            break;
        default: /* integers of one or two bytes */
            memset(t->t.data.raw + i * ln_type_size(t->t.type), next_byte(r),
                   ln_type_size(t->t.type));
            break;
        }
}

/* ---- one node ---- */

typedef struct node {
    ln_call call;
    tensor in[ROW_MAX_OPERANDS], out[2], want[2];
    const TfLiteTensor *in_list[ROW_MAX_OPERANDS];
    TfLiteTensor *out_list[2], *want_list[2];
    ln_made made[2];
    ln_diag diag;
} node;

static void make(node *x, const row_node *n)
{
    memset(x, 0, sizeof *x);
    for (int i = 0; i < n->n_in; i++) {
        describe(&x->in[i], &n->in[i]);
        set_shape(&x->in[i], &n->in[i].shape);
        fill(&x->in[i], &n->in[i]);
        x->in_list[i] = &x->in[i].t;
    }
    for (int i = 0; i < n->n_out; i++) {
        describe(&x->out[i], &n->out[i]);
        describe(&x->want[i], &n->out[i]);
        x->out_list[i] = &x->out[i].t;
        x->want_list[i] = &x->want[i].t;
    }
    x->call = (ln_call){
        .in = x->in_list,
        .out = x->want_list,
        .n_in = n->n_in,
        .n_out = n->n_out,
        .params = n->params,
        .made = x->made,
        .diag = &x->diag,
    };
    const ln_status status = n->op->infer(&x->call);
    if (status != LN_OK)
        fail_msg("%s: %s", n->op->name, x->diag.text);
    for (int i = 0; i < n->n_out; i++) {
        x->out[i].t.type = x->want[i].t.type = x->made[i].type;
        set_shape(&x->out[i], &x->made[i].shape);
        set_shape(&x->want[i], &x->made[i].shape);
    }
}

static void unmake(node *x, const row_node *n)
{
    for (int i = 0; i < n->n_in; i++)
        guarded_free(x->in[i].t.data.raw, x->in[i].t.bytes);
    for (int i = 0; i < n->n_out; i++) {
        guarded_free(x->out[i].t.data.raw, x->out[i].t.bytes);
        guarded_free(x->want[i].t.data.raw, x->want[i].t.bytes);
    }
}

static void run_reference(node *x, const row_node *n)
{
    ln_call c = x->call;
    const size_t bytes = c.scratch_bytes;
    c.scratch = guarded_new(bytes);
    c.run = true;
    assert_int_equal(n->op->eval(&c), LN_OK);
    guarded_free(c.scratch, bytes);
}

static void compare(const node *x, const row_node *n, const char *set, int threads)
{
    for (int i = 0; i < n->n_out; i++) {
        const TfLiteTensor *got = &x->out[i].t, *want = &x->want[i].t;
        const bool floats = want->type == kTfLiteFloat32 || want->type == kTfLiteComplex64;
        const size_t size = floats ? sizeof(float) : ln_type_size(want->type);
        const int count = (int)(want->bytes / size);
        for (int at = 0; at < count; at++) {
            const size_t byte = (size_t)at * size;
            bool same = memcmp(got->data.raw + byte, want->data.raw + byte, size) == 0;
            if (floats)
                same = same ||
                       fabsf(got->data.f[at] - want->data.f[at]) <=
                           n->tolerance * fmaxf(1, fabsf(want->data.f[at])) ||
                       (isnan(got->data.f[at]) && isnan(want->data.f[at]));
            if (same)
                continue;
            if (floats)
                fail_msg("%s, %s, %d threads: output %d [%d of %d] is %g, not %g", n->op->name, set,
                         threads, i, at, count, (double)got->data.f[at], (double)want->data.f[at]);
            fail_msg("%s, %s, %d threads: output %d [%d of %d] is 0x%02x.., not 0x%02x..",
                     n->op->name, set, threads, i, at, count, (unsigned char)got->data.raw[byte],
                     (unsigned char)want->data.raw[byte]);
        }
    }
}

/* False where the row has no code for these shapes. */
static bool run_row(node *x, const ln_cpu_row *row, const row_node *n, unsigned isas, int threads)
{
    ln_kernels kernels;
    ln_kernels_init(&kernels, isas, false);
    if (n->full)
        kernels.gemm_half = kernels.gemm_half_row = (ln_gemm_kernels){.panel = NULL};
    ln_cpu_node nodes = {n->op, x->call};
    nodes.call.out = x->out_list;
    ln_cpu_slabs slabs = {0};
    ln_cpu_kernel k = {
        .fn = &kernels, .nodes = &nodes, .n_nodes = 1, .slabs = &slabs, .threads = threads};
    k.plan = calloc(1, LN_MAX(row->plan_size, (size_t)1));
    assert_non_null(k.plan);
    if (threads > 1)
        assert_int_equal(ln_pool_create(&k.pool, &ln_alloc_default, threads), LN_OK);
    const ln_status status = row->plan(&k, &nodes.call);
    if (status == LN_OK) {
        const size_t bytes = k.scratch_bytes;
        char *scratch = guarded_new(bytes);
        for (int i = 0; i < n->n_out; i++)
            memset(x->out[i].t.data.raw, CANARY_BYTE, x->out[i].t.bytes);
        k.scratch = scratch;
        row->run(&k, &nodes.call);
        guarded_free(scratch, bytes);
    } else {
        assert_int_equal(status, LN_ERR_UNSUPPORTED);
    }
    ln_pool_destroy(k.pool);
    ln_cpu_slab_free(&slabs, k.packed, k.slab);
    ln_cpu_slabs_deinit(&slabs);
    free(k.plan);
    return status == LN_OK;
}

static const ln_cpu_row *find_row(const row_node *n, const ln_call *c)
{
    for (size_t i = 0; i < LN_COUNTOF(rows); i++)
        if (rows[i]->op == n->op && rows[i]->claims && rows[i]->claims(c))
            return rows[i];
    return NULL;
}

void row_check(const row_node *n)
{
    node x;
    make(&x, n);
    run_reference(&x, n);
    const ln_cpu_row *row = find_row(n, &x.call);
    if (!row && !n->may_decline)
        fail_msg("no row takes %s", n->op->name);
    const unsigned isas = ln_cpu_isas();
    for (int isa = 0; row && isa < LN_ISA_COUNT; isa++)
        for (int threads = 1; (isas >> isa & 1) && threads <= 3; threads += 2) {
            if (run_row(&x, row, n, isas & ((2u << isa) - 1), threads))
                compare(&x, n, ln_isa_name(isa), threads);
            else if (!n->may_decline)
                fail_msg("the row declines %s", n->op->name);
        }
    unmake(&x, n);
}
