/* SPDX-License-Identifier: Apache-2.0 */
/* reduce.c: SUM, MEAN, REDUCE_MAX and REDUCE_MIN of float32, int8, uint8 and int16, REDUCE_PROD of
 * float32, REDUCE_ANY and REDUCE_ALL.  The reference is ops/reduce.c.
 *
 * Axes are joined until kept and reduced ones take turns.  The last ones are then either a row of
 * items that become one, or columns of which each becomes one; what lies further out is walked
 * over.  Integers are folded in int32 and scaled at the end. */
#include <float.h>
#include <string.h>

#include "base/checked.h"
#include "cpu/reduce.h"
#include "ops/elementwise.h"
#include "ops/reduce.h"

extern const ln_op ln_op_sum, ln_op_mean, ln_op_reduce_max, ln_op_reduce_min, ln_op_reduce_prod,
    ln_op_reduce_any, ln_op_reduce_all;

enum { X, AXES };
enum {
    MAX_AXES = 64,
    ITEM_VALUES = 64 * 1024, /* of x, below which no other thread is worth waking */
    PART_VALUES = 64,        /* columns that a thread takes at least */
    FEW = 64,                /* columns that are too few to keep a processor busy */
    HALVES = 32 * 1024,      /* bytes of x whose halves lie in the caches of two threads */
};

typedef struct plan {
    int fold, type; /* LN_FOLD_*; -1 for floats */
    int rank;       /* of the axes that are walked over */
    size_t dim[LN_MAX_RANK], in_step[LN_MAX_RANK], out_step[LN_MAX_RANK]; /* out_step 0: reduced */
    size_t rows, columns; /* the last axes; columns 0: rows items in a row become one */
    size_t size, outputs;
    int64_t group;   /* items that become one */
    bool whole;      /* all of x becomes one item */
    bool split_walk; /* threads share the first axis; else the columns */
    bool halves;     /* the rows are summed in two halves, on any number of threads */
} plan;

/* ---- claims ---- */

static bool is_mean(const ln_op *op)
{
    return op == &ln_op_mean;
}

static bool is_sum(const ln_op *op)
{
    return op == &ln_op_sum || is_mean(op);
}

static bool axes_known(const ln_call *c)
{
    return c->n_in == 2 && c->params && ln_has(c, X) && ln_has(c, AXES) && ln_known(c, AXES) &&
           c->in[X]->type == c->out[0]->type;
}

static bool claims_sum(const ln_call *c)
{
    if (!axes_known(c))
        return false;
    if (c->in[X]->type == kTfLiteFloat32)
        return true;
    return ln_type_in(c->in[X]->type, LN_QUANTS) && ln_quantized(c->in[X]) &&
           ln_quantized(c->out[0]);
}

static bool claims_extreme(const ln_call *c)
{
    return axes_known(c) &&
           (c->in[X]->type == kTfLiteFloat32 || ln_type_in(c->in[X]->type, LN_QUANTS));
}

static bool claims_prod(const ln_call *c)
{
    return axes_known(c) && c->in[X]->type == kTfLiteFloat32;
}

static bool claims_bool(const ln_call *c)
{
    return axes_known(c) && c->in[X]->type == kTfLiteBool;
}

/* ---- planning ---- */

static int fold_of(const ln_op *op)
{
    if (op == &ln_op_reduce_prod)
        return LN_FOLD_PROD;
    if (op == &ln_op_reduce_max || op == &ln_op_reduce_any)
        return LN_FOLD_MAX;
    return is_sum(op) ? LN_FOLD_SUM : LN_FOLD_MIN;
}

static int type_of(TfLiteType t)
{
    return t == kTfLiteFloat32 ? -1
           : t == kTfLiteInt8  ? LN_FOLD_S8
           : t == kTfLiteInt16 ? LN_FOLD_S16
                               : LN_FOLD_U8;
}

static ln_status read_axes(const ln_call *c, const ln_shape *x, unsigned *reduced)
{
    int values[MAX_AXES], n, axis;
    ln_call call = *c;
    *reduced = 0;
    LN_TRY(ln_read_ints(&call, AXES, MAX_AXES, values, &n));
    for (int i = 0; i < n && x->rank > 0; i++) {
        LN_TRY(ln_axis(&call, values[i], x->rank, &axis));
        *reduced |= 1u << axis;
    }
    return LN_OK;
}

/* Joins neighbors of one kind; returns how many axes are left. */
static int join(const ln_shape *x, unsigned reduced, size_t *dim, bool *is_reduced)
{
    int n = 0;
    for (int i = 0; i < x->rank; i++) {
        const bool r = reduced >> i & 1;
        if (x->dim[i] == 1)
            continue;
        if (n > 0 && is_reduced[n - 1] == r) {
            dim[n - 1] *= (size_t)x->dim[i];
            continue;
        }
        dim[n] = (size_t)x->dim[i];
        is_reduced[n++] = r;
    }
    return n;
}

static void plan_axes(plan *p, const ln_shape *x, unsigned reduced)
{
    size_t dim[LN_MAX_RANK], in = 1, out = 1;
    bool is_reduced[LN_MAX_RANK];
    int n = join(x, reduced, dim, is_reduced);
    p->rows = 1;
    p->columns = 1;
    if (n > 0 && is_reduced[n - 1]) {
        p->rows = dim[--n];
        p->columns = 0;
        in = p->rows;
    } else if (n > 0) {
        p->columns = dim[--n];
        in = out = p->columns;
        if (n > 0) {
            p->rows = dim[--n];
            in *= p->rows;
        }
    }
    p->rank = n;
    p->group = p->rows;
    while (n-- > 0) {
        p->dim[n] = dim[n];
        p->in_step[n] = in;
        p->out_step[n] = is_reduced[n] ? 0 : out;
        in *= dim[n];
        out *= is_reduced[n] ? 1 : dim[n];
        p->group *= is_reduced[n] ? (int64_t)dim[n] : 1;
    }
    p->outputs = out;
    p->split_walk = p->rank > 0 && p->out_step[0] > 0;
}

/* NULL in a library for models that do not need it. */
static ln_fold_columns columns_of(const ln_kernels *fn, const plan *p)
{
    return p->type < 0 ? fn->reduce.columns_f32[p->fold] : fn->reduce.columns_int[p->type][p->fold];
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    const ln_shape x = ln_shape_of(c->in[X]);
    unsigned reduced;
    if (ln_count(c->in[X]) == 0)
        return LN_ERR_UNSUPPORTED;
    LN_TRY(read_axes(c, &x, &reduced));
    p->fold = fold_of(k->nodes[0].op);
    p->type = type_of(c->in[X]->type);
    p->size = ln_type_size(c->in[X]->type);
    if (!columns_of(k->fn, p))
        return LN_ERR_UNSUPPORTED;
    p->whole = reduced == (1u << x.rank) - 1;
    plan_axes(p, &x, reduced);
    p->halves = p->rank == 0 && p->columns > 0 && p->rows > 1 && p->fold == LN_FOLD_SUM &&
                p->rows >= HALVES / p->size / p->columns;
    const size_t sums = (size_t)(p->type >= 0) + p->halves;
    return ln_mul_size(p->outputs, sums * sizeof(int32_t), &k->scratch_bytes) ? LN_OK
                                                                              : LN_ERR_MEMORY;
}

/* ---- folding ---- */

typedef struct job {
    const plan *p;
    const ln_cpu_kernel *k;
    const ln_op *op;
    const ln_call *c;
    const char *x;
    char *y;
    void *sums; /* float or int32: the output, or scratch memory */
    size_t pieces;
} job;

static void merge(int fold, int32_t *s, const int32_t *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        s[i] = fold == LN_FOLD_SUM   ? ln_wrap_add(s[i], v[i])
               : fold == LN_FOLD_MAX ? LN_MAX(s[i], v[i])
                                     : LN_MIN(s[i], v[i]);
}

/* Few columns: several rows are taken as one, so that more sums are under way.  The sums of the
 * first rows come out of zeros, ones or the limits, which s begins with. */
static void fold_few(const plan *p, ln_fold_columns fn, void *s, const char *x, size_t n)
{
    const size_t together = FEW / n, blocks = p->rows / together, row = n * p->size;
    union {
        float f[FEW];
        int32_t i[FEW];
    } sums;
    for (size_t k = 0; k < together; k++)
        memcpy(&sums.f[k * n], s, n * sizeof sums.f[0]);
    fn(&sums, x, together * n, blocks, together * n);
    memcpy(s, &sums, n * sizeof sums.f[0]);
    if (p->type < 0)
        fn(s, &sums.f[n], n, together - 1, n);
    for (size_t k = 1; p->type >= 0 && k < together; k++)
        merge(p->fold, s, &sums.i[k * n], n);
    fn(s, x + blocks * together * row, n, p->rows % together, n);
}

static void fold(const job *j, const char *x, size_t at, size_t first, size_t n)
{
    const plan *p = j->p;
    const ln_reduce_kernels *fn = &j->k->fn->reduce;
    const ln_fold_columns columns = columns_of(j->k->fn, p);
    float *f = (float *)j->sums + at + first;
    int32_t *i = (int32_t *)j->sums + at + first;
    if (p->columns == 0 && p->type < 0)
        *f = fn->row_f32[p->fold](*f, (const float *)(const void *)x, p->rows);
    else if (p->columns == 0)
        *i = fn->row_int[p->type][p->fold](*i, x, p->rows);
    else if (p->rank == 0 && n == p->columns && n <= FEW / 2 && p->rows >= (size_t)2 * FEW)
        fold_few(p, columns, f, x, n);
    else
        columns(f, x + first * p->size, p->columns, p->rows, n);
}

/* The part of the walk where the first axis is in [begin, end); columns [first, first + n). */
static void walk(const job *j, size_t begin, size_t end, size_t first, size_t n)
{
    const plan *p = j->p;
    size_t index[LN_MAX_RANK] = {begin}, in = 0, out = 0;
    if (p->rank > 0) {
        in = begin * p->in_step[0];
        out = begin * p->out_step[0];
    }
    for (;;) {
        int axis = p->rank - 1;
        fold(j, j->x + in * p->size, out, first, n);
        for (; axis >= 0; axis--) {
            const size_t from = axis == 0 ? begin : 0, to = axis == 0 ? end : p->dim[axis];
            in += p->in_step[axis];
            out += p->out_step[axis];
            if (++index[axis] < to)
                break;
            in -= (to - from) * p->in_step[axis];
            out -= (to - from) * p->out_step[axis];
            index[axis] = from;
        }
        if (axis < 0)
            return;
    }
}

/* ---- what the sums begin and end with ---- */

/* The limits of an integer type. */
static void limits(const plan *p, int32_t *min, int32_t *max)
{
    *min = p->type == LN_FOLD_S8 ? INT8_MIN : p->type == LN_FOLD_S16 ? INT16_MIN : 0;
    *max = p->type == LN_FOLD_S8 ? INT8_MAX : p->type == LN_FOLD_S16 ? INT16_MAX : UINT8_MAX;
}

static void start(const job *j, size_t at, size_t n)
{
    const plan *p = j->p;
    int32_t min, max, *i = (int32_t *)j->sums + at;
    float *f = (float *)j->sums + at;
    limits(p, &min, &max);
    const int32_t first = p->fold == LN_FOLD_MAX ? min : p->fold == LN_FOLD_MIN ? max : 0;
    float value = p->fold == LN_FOLD_PROD  ? 1
                  : p->fold == LN_FOLD_MAX ? -FLT_MAX
                  : p->fold == LN_FOLD_MIN ? FLT_MAX
                                           : 0;
    /* the extreme of all items begins with the first one, which may be infinite or NaN */
    if (p->whole && (p->fold == LN_FOLD_MAX || p->fold == LN_FOLD_MIN) && p->type < 0)
        value = *(const float *)(const void *)j->x;
    for (size_t k = 0; k < n; k++) {
        if (p->type < 0)
            f[k] = value;
        else
            i[k] = first;
    }
}

static void finish_sums(const job *j, size_t at, size_t n)
{
    const plan *p = j->p;
    const TfLiteTensor *x = j->c->in[X], *y = j->c->out[0];
    const bool mean = is_mean(j->op);
    static const int format[] = {
        [LN_FOLD_S8] = LN_AS_S8, [LN_FOLD_U8] = LN_AS_U8, [LN_FOLD_S16] = LN_AS_S16};
    int32_t *sums = (int32_t *)j->sums + at;
    ln_convert_rescale r = {.zy = y->params.zero_point};
    limits(p, &r.min, &r.max);
    if (!mean && p->type == LN_FOLD_S8) {
        int8_t *to = (int8_t *)j->y + at;
        for (size_t i = 0; i < n; i++)
            to[i] = (int8_t)ln_clamp(ln_wrap_add(ln_scale_sum(j->c, sums[i], p->group), r.zy),
                                     r.min, r.max);
        return;
    }
    ln_mult m = ln_quantize_multiplier((double)x->params.scale / (double)y->params.scale);
    if (mean)
        m = ln_divide_multiplier(m, p->group);
    r.zx = (int32_t)(uint32_t)((uint64_t)((int64_t)x->params.zero_point * p->group));
    r.m = (ln_elt_fixed){m.mul, LN_MAX(m.shift, 0), LN_MAX(-m.shift, 0)};
    j->k->fn->convert.rescale[LN_AS_S32][format[p->type]](j->y + at * p->size,
                                                          (const void *const[]){sums}, n, &r);
}

static void finish(const job *j, size_t at, size_t n)
{
    const plan *p = j->p;
    const int32_t *sums = (const int32_t *)j->sums + at;
    float *f = (float *)(void *)j->y + at;
    int32_t min, max;
    limits(p, &min, &max);
    if (j->c->out[0]->type == kTfLiteBool)
        for (size_t i = 0; i < n; i++)
            j->y[at + i] = sums[i] != 0;
    else if (p->type >= 0 && p->fold == LN_FOLD_SUM)
        finish_sums(j, at, n);
    else if (p->type >= 0)
        j->k->fn->pool.average[p->type](j->y + at * p->size, sums, n, 1, min, max);
    else
        for (size_t i = 0; is_mean(j->op) && i < n; i++)
            f[i] /= (float)p->group;
}

static void run_piece(const job *j, size_t piece)
{
    const plan *p = j->p;
    const size_t axis = p->split_walk ? p->dim[0] : LN_MAX(p->columns, (size_t)1);
    const size_t begin = axis * piece / j->pieces, end = axis * (piece + 1) / j->pieces;
    const size_t step = p->split_walk ? p->out_step[0] : 1;
    if (!p->split_walk && p->rank > 0) {
        /* the columns of one piece do not lie together: all outputs at once */
        start(j, 0, p->outputs);
        walk(j, 0, p->dim[0], 0, p->columns);
        finish(j, 0, p->outputs);
        return;
    }
    start(j, begin * step, (end - begin) * step);
    if (p->split_walk)
        walk(j, begin, end, 0, p->columns);
    else
        walk(j, 0, 0, begin, end - begin);
    finish(j, begin * step, (end - begin) * step);
}

static void run_pieces(void *arg, size_t begin, size_t end, int thread)
{
    (void)thread;
    for (size_t i = begin; i < end; i++)
        run_piece(arg, i);
}

/* ---- halves ---- */

static void run_half(void *arg, size_t begin, size_t end, int thread)
{
    (void)thread;
    for (size_t i = begin; i < end; i++) {
        job j = *(const job *)arg;
        plan half = *j.p;
        const size_t first = half.rows / 2;
        j.p = &half;
        if (i == 1) {
            j.x += first * half.columns * half.size;
            j.sums = (char *)j.k->scratch + (half.type >= 0) * half.columns * sizeof(int32_t);
        }
        half.rows = i == 1 ? half.rows - first : first;
        start(&j, 0, half.columns);
        fold(&j, j.x, 0, 0, half.columns);
    }
}

/* Each thread sums what it has in its cache, most often. */
static void run_halves(const job *j)
{
    const plan *p = j->p;
    const size_t n = p->columns;
    ln_parallel_for(j->k->pool, 2, 1, run_half, (void *)j);
    if (p->type >= 0)
        merge(p->fold, j->sums, (const int32_t *)j->k->scratch + n, n);
    else
        columns_of(j->k->fn, p)(j->sums, j->k->scratch, n, 1, n);
    finish(j, 0, n);
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const size_t items = (size_t)ln_count(c->in[X]);
    char *y = c->out[0]->data.raw;
    job j = {p, k, k->nodes[0].op, c, c->in[X]->data.raw, y, p->type < 0 ? y : k->scratch, 1};
    size_t most = (size_t)k->threads;
    if (p->halves) {
        run_halves(&j);
        return;
    }
    if (p->split_walk)
        most = LN_MIN(most, p->dim[0]);
    else
        most = p->rank > 0 ? 1 : LN_MIN(most, p->columns / PART_VALUES);
    j.pieces = LN_MAX(LN_MIN(most, items / ITEM_VALUES), (size_t)1);
    ln_parallel_for(k->pool, j.pieces, 1, run_pieces, &j);
}

/* ---- rows of other nodes ---- */

bool ln_cpu_folds_rows(const ln_op *op, const ln_call *c)
{
    unsigned reduced;
    if (!is_sum(op) || !claims_sum(c) || !((const TfLiteReducerParams *)c->params)->keep_dims)
        return false;
    const ln_shape x = ln_shape_of(c->in[X]);
    return x.rank > 0 && read_axes(c, &x, &reduced) == LN_OK && reduced == 1u << (x.rank - 1);
}

void ln_cpu_fold_rows(const ln_cpu_kernel *k, const ln_cpu_node *node, void *y, const void *x,
                      size_t rows, size_t n)
{
    enum { AT_ONCE = 256 };
    int32_t sums[AT_ONCE];
    const TfLiteType type = node->call.in[X]->type;
    const plan p = {.fold = LN_FOLD_SUM,
                    .type = type_of(type),
                    .size = ln_type_size(type),
                    .group = (int64_t)n};
    const ln_reduce_kernels *fn = &k->fn->reduce;
    job j = {.p = &p, .k = k, .op = node->op, .c = &node->call, .x = x, .y = y, .sums = sums};
    for (size_t m; rows > 0; rows -= m, j.y += m * p.size) {
        m = LN_MIN(rows, (size_t)AT_ONCE);
        for (size_t i = 0; i < m; i++, j.x += n * p.size) {
            if (p.type < 0)
                ((float *)(void *)j.y)[i] =
                    fn->row_f32[LN_FOLD_SUM](0, (const float *)(const void *)j.x, n);
            else
                sums[i] = fn->row_int[p.type][LN_FOLD_SUM](0, j.x, n);
        }
        finish(&j, 0, m);
    }
}

#define REDUCE(lower, claims_)          \
    const ln_cpu_row ln_cpu_##lower = { \
        .op = &ln_op_##lower,           \
        .plan_size = sizeof(plan),      \
        .claims = claims_,              \
        .plan = make_plan,              \
        .run = run,                     \
    };
REDUCE(sum, claims_sum)
REDUCE(mean, claims_sum)
REDUCE(reduce_max, claims_extreme)
REDUCE(reduce_min, claims_extreme)
REDUCE(reduce_prod, claims_prod)
REDUCE(reduce_any, claims_bool)
REDUCE(reduce_all, claims_bool)
