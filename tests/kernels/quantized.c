/* SPDX-License-Identifier: Apache-2.0 */
/* quantized.c: elementwise functions of quantized operands, and number formats.  The arithmetic of
 * a single item comes from ops/qmath.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "ops/qmath.h"

enum { MOST = 131, SPEED = 4096 };

/* ---- items of any format ---- */

static const size_t sizes[] = {1, 1, 2, 4, 4, 2, 1};

static int32_t integer_at(int format, const void *data, size_t i)
{
    switch (format) {
    case LN_AS_S8:
        return ((const int8_t *)data)[i];
    case LN_AS_U8:
    case LN_AS_BOOL:
        return ((const uint8_t *)data)[i];
    case LN_AS_S16:
        return ((const int16_t *)data)[i];
    default:
        return ((const int32_t *)data)[i];
    }
}

static int32_t lowest(int format)
{
    return format == LN_AS_S8    ? INT8_MIN
           : format == LN_AS_U8  ? 0
           : format == LN_AS_S16 ? INT16_MIN
                                 : INT32_MIN;
}
static int32_t highest(int format)
{
    return format == LN_AS_S8    ? INT8_MAX
           : format == LN_AS_U8  ? UINT8_MAX
           : format == LN_AS_S16 ? INT16_MAX
                                 : INT32_MAX;
}

/* A number in [from, to]. */
static int32_t between(int32_t from, int32_t to)
{
    return (int32_t)(from + (int64_t)(check_random() % ((uint64_t)((int64_t)to - from) + 1)));
}

/* Any bits; the ends of the range; one value. */
static void *integers(int format, size_t n, int kind)
{
    char *x = check_buffer(n * sizes[format]);
    const int32_t constant = between(lowest(format), highest(format));
    for (size_t i = 0; i < n; i++) {
        const int32_t v = kind == CHECK_PLAIN ? between(lowest(format), highest(format))
                          : kind == CHECK_EXTREME
                              ? check_random() & 1 ? lowest(format) : highest(format)
                              : constant;
        memcpy(x + i * sizes[format], &v, sizes[format]);
    }
    return x;
}

/* A real as a multiplier, and the same as the kernels take it. */
static ln_mult multiplier(double least, double most, int extra_bits, ln_elt_fixed *to)
{
    const double part = (double)check_random() / 4294967296.0;
    const ln_mult m = ln_quantize_multiplier(least * pow(most / least, part));
    *to = (ln_elt_fixed){m.mul, LN_MAX(m.shift, 0) + extra_bits, LN_MAX(-m.shift, 0)};
    return m;
}

static double real_of(ln_mult m)
{
    return ldexp(m.mul, m.shift - 31);
}

/* ---- pairs ---- */

static int32_t plain_pair(int op, int32_t a, int32_t b, const ln_elt_fixed_pair *p,
                          const ln_mult m[3], int left)
{
    int32_t v;
    if ((op == LN_QUANT_PRELU || op == LN_QUANT_LEAKY) && a >= p->za)
        return ln_clamp(ln_wrap_add(ln_mul_q(a - p->za, m[0]), p->zy), p->min, p->max);
    if (op == LN_QUANT_LEAKY) {
        v = a - p->za;
    } else if (op == LN_QUANT_MUL || op == LN_QUANT_PRELU) {
        v = ln_wrap_mul(a - p->za, b - p->zb);
    } else {
        const int32_t sa = ln_mul_q(ln_wrap_mul(a - p->za, 1 << left), m[0]);
        const int32_t sb = ln_mul_q(ln_wrap_mul(b - p->zb, 1 << left), m[1]);
        v = ln_wrap_add(sa, op == LN_QUANT_ADD ? sb : ln_wrap_mul(sb, -1));
        if (op == LN_QUANT_SQUARED_DIFFERENCE)
            v = ln_wrap_mul(v, v);
    }
    return ln_clamp(ln_wrap_add(ln_mul_q(v, m[2]), p->zy), p->min, p->max);
}

/* As the operators plan them: the larger of the two scales is half of the common one. */
static ln_elt_fixed_pair any_pair(int op, int type, int left, ln_mult m[3])
{
    const bool wide = type == LN_QUANT_S16, swap = check_random() & 1;
    const int32_t low = lowest(type), high = highest(type);
    ln_elt_fixed_pair p = {.za = wide ? 0 : between(low, high),
                           .zb = wide ? 0 : between(low, high),
                           .zy = wide ? 0 : between(low, high)};
    const int bits = op >= LN_QUANT_MUL && op != LN_QUANT_SQUARED_DIFFERENCE ? 0 : left;
    const double unit = ldexp(1, op == LN_QUANT_SQUARED_DIFFERENCE ? -2 * left : -left);
    m[swap] = multiplier(0.5, 0.5, bits, swap ? &p.b : &p.a);
    m[!swap] = multiplier(0.001, 0.5, bits, swap ? &p.a : &p.b);
    m[2] = bits == 0 ? multiplier(1e-5, 2, 0, &p.y) : multiplier(0.2 * unit, 4 * unit, 0, &p.y);
    if (op >= LN_QUANT_PRELU)
        m[0] = multiplier(0.1, 4, 0, &p.a);
    if (op == LN_QUANT_MUL)
        ln_quant_line_of_product(&p, real_of(m[2]));
    else if (op == LN_QUANT_SQUARED_DIFFERENCE)
        ln_quant_line_of_square(&p, real_of(m[2]));
    else if (op < LN_QUANT_MUL)
        ln_quant_line_of_sum(&p, low, real_of(m[0]) * real_of(m[2]) * (1 << left),
                             real_of(m[1]) * real_of(m[2]) * (1 << left) *
                                 (op == LN_QUANT_SUB ? -1 : 1));
    p.min = check_random() & 1 ? low : between(low, p.zy);
    p.max = check_random() & 1 ? high : between(p.zy, high);
    return p;
}

/* Bits below the operands' scale. */
static int bits_of(int op, int type)
{
    return op == LN_QUANT_SQUARED_DIFFERENCE ? 7 : type == LN_QUANT_S16 ? 15 : 20;
}

static void check_pair(check *c, int op, int type, int form)
{
    const ln_elt_fn fn = c->new->quantized.pair[op][type][form];
    const int left = bits_of(op, type);
    for (int kind = 0; kind < CHECK_KINDS; kind++)
        for (size_t n = 0; n <= MOST; n++) {
            ln_mult m[3];
            const ln_elt_fixed_pair p = any_pair(op, type, left, m);
            const void *a = integers(type, form == LN_SCALAR_LEFT ? 1 : n, kind);
            const void *b = integers(type, form == LN_SCALAR_RIGHT ? 1 : n, kind);
            void *y = check_buffer(n * sizes[type]);
            size_t at = n;
            fn(y, (const void *const[]){a, b}, n, &p);
            for (size_t i = n; i-- > 0;)
                if (integer_at(type, y, i) !=
                    plain_pair(op, integer_at(type, a, form == LN_SCALAR_LEFT ? 0 : i),
                               integer_at(type, b, form == LN_SCALAR_RIGHT ? 0 : i), &p, m, left))
                    at = i;
            check_that(c, at == n, "form %d, n %zu, [%zu] differs", form, n, at);
            check_that(c, check_end(), "form %d, n %zu: writes in front", form, n);
        }
}

typedef struct speed {
    ln_elt_fn fn;
    void *y;
    const void *x[2];
    const void *p;
} speed;

static void run(void *arg)
{
    const speed *s = arg;
    s->fn(s->y, s->x, SPEED, s->p);
}

static void measure_pair(check *c, int op, int type)
{
    ln_mult m[3];
    const ln_elt_fixed_pair p = any_pair(op, type, bits_of(op, type), m);
    speed s = {c->new->quantized.pair[op][type][LN_VECTORS],
               check_buffer(SPEED * sizes[type]),
               {integers(type, SPEED, CHECK_PLAIN), integers(type, SPEED, CHECK_PLAIN)},
               &p};
    check_bench(c, run, &s, SPEED, "Gitem/s");
    check_end();
}

typedef struct gates {
    ln_gates_fn fn;
    int8_t *y;
    const int8_t *x, *b;
    size_t n;
    const ln_elt_fixed_pair *p;
} gates;

static void run_gates(void *arg)
{
    const gates *g = arg;
    g->fn(g->y, g->x, g->b, SPEED / g->n, g->n, g->p);
}

static void check_gates(check *c)
{
    enum { ROWS = 5 };
    ln_mult m[3];
    ln_elt_fixed_pair p;
    for (int kind = 0; kind < CHECK_KINDS; kind++)
        for (size_t n = 1; n <= MOST; n++) {
            do
                p = any_pair(LN_QUANT_MUL, LN_QUANT_S8, 0, m);
            while (!(p.sure > 0));
            const int8_t *x = integers(LN_QUANT_S8, ROWS * n, kind);
            const int8_t *b = integers(LN_QUANT_S8, n, CHECK_PLAIN);
            int8_t *y = check_buffer(ROWS * n);
            size_t at = ROWS * n;
            c->new->quantized.gates_s8(y, x, b, ROWS, n, &p);
            for (size_t i = ROWS * n; i-- > 0;)
                if (y[i] != plain_pair(LN_QUANT_MUL, x[i], b[i % n], &p, m, 0))
                    at = i;
            check_that(c, at == ROWS * n, "n %zu, [%zu] differs", n, at);
            check_that(c, check_end(), "n %zu: writes in front", n);
        }
    gates g = {c->new->quantized.gates_s8,
               check_buffer(SPEED),
               integers(0, SPEED, CHECK_PLAIN),
               integers(0, SPEED, CHECK_PLAIN),
               256,
               &p};
    check_bench(c, run_gates, &g, SPEED, "Gitem/s");
    check_end();
}

static void check_lut8(check *c)
{
    for (size_t n = 0; n <= MOST; n++) {
        const uint8_t *table = (uint8_t *)check_bytes(256, CHECK_PLAIN);
        uint8_t *prepared = check_buffer(256);
        const uint8_t *x = (uint8_t *)check_bytes(n, CHECK_PLAIN);
        uint8_t *y = check_buffer(n);
        bool same = true;
        memcpy(prepared, table, 256);
        c->new->quantized.lut8_prepare(prepared);
        c->new->quantized.lut8(y, (const void *const[]){x}, n, prepared);
        for (size_t i = 0; i < n; i++)
            same = same && y[i] == table[x[i]];
        check_that(c, same, "n %zu", n);
        check_that(c, check_end(), "n %zu: writes in front", n);
    }
    speed s = {c->new->quantized.lut8,
               check_buffer(SPEED),
               {check_bytes(SPEED, CHECK_PLAIN)},
               check_bytes(256, CHECK_PLAIN)};
    check_bench(c, run, &s, SPEED, "Gitem/s");
    check_end();
}

void check_quantized(check *c)
{
    static const char *const names[][LN_QUANT_TYPES] = {
        {"add_s8", "add_u8", "add_s16"}, {"sub_s8", "sub_u8", "sub_s16"},
        {"mul_s8", "mul_u8", "mul_s16"}, {"squared_difference_s8"},
        {"prelu_s8", "prelu_u8"},        {NULL, NULL, "leaky_s16"}};
    for (int op = 0; op < LN_QUANT_COUNT; op++)
        for (int type = 0; type < LN_QUANT_TYPES; type++)
            if (names[op][type] &&
                CHECK_BEGIN(c, names[op][type], quantized.pair[op][type][LN_VECTORS])) {
                for (int form = 0; form < LN_FORMS; form++)
                    if (c->new->quantized.pair[op][type][form])
                        check_pair(c, op, type, form);
                measure_pair(c, op, type);
            }
    if (CHECK_BEGIN(c, "gates_s8", quantized.gates_s8))
        check_gates(c);
    if (CHECK_BEGIN(c, "lut8", quantized.lut8))
        check_lut8(c);
}

/* ---- formats ---- */

static int32_t plain_quantize(float x, const ln_convert_steps *p)
{
    const double v = (double)rintf(x / p->scale) + p->zero;
    return v <= p->min ? p->min : v >= p->max ? p->max : v == v ? (int32_t)v : 0;
}

static void check_quantize(check *c, int format)
{
    for (int kind = 0; kind < CHECK_KINDS; kind++)
        for (size_t n = 0; n <= MOST; n++) {
            const ln_convert_steps p = {
                0.01f * (float)between(1, 20),
                format == LN_AS_S16 ? 0 : between(lowest(format), highest(format)), lowest(format),
                highest(format)};
            const float *x = check_floats(n, kind);
            void *y = check_buffer(n * sizes[format]);
            bool same = true;
            c->new->convert.quantize[format](y, (const void *const[]){x}, n, &p);
            for (size_t i = 0; i < n; i++)
                same = same && integer_at(format, y, i) == plain_quantize(x[i], &p);
            check_that(c, same, "n %zu", n);
            check_that(c, check_end(), "n %zu: writes in front", n);
        }
}

static void check_dequantize(check *c, int format)
{
    for (size_t n = 0; n <= MOST; n++) {
        const ln_convert_scale p = {0.03f, between(lowest(format), highest(format))};
        const void *x = integers(format, n, CHECK_PLAIN);
        float *y = check_buffer(n * sizeof *y);
        bool same = true;
        c->new->convert.dequantize[format](y, (const void *const[]){x}, n, &p);
        for (size_t i = 0; i < n; i++)
            same = same && y[i] == p.scale * (float)(integer_at(format, x, i) - p.zero);
        check_that(c, same, "n %zu", n);
        check_that(c, check_end(), "n %zu: writes in front", n);
    }
}

static void check_rescale(check *c, int from, int to)
{
    for (int kind = 0; kind < CHECK_KINDS; kind++)
        for (size_t n = 0; n <= MOST; n++) {
            ln_convert_rescale p = {
                between(-100, 100), between(-100, 100), lowest(to), highest(to), {0, 0, 0}};
            const ln_mult m = multiplier(1e-9, 1e3, 0, &p.m);
            const void *x = integers(from, n, kind);
            void *y = check_buffer(n * sizes[to]);
            bool same = true;
            c->new->convert.rescale[from][to](y, (const void *const[]){x}, n, &p);
            for (size_t i = 0; i < n; i++) {
                const int32_t v = (int32_t)((uint32_t)integer_at(from, x, i) - (uint32_t)p.zx);
                same = same && integer_at(to, y, i) ==
                                   ln_clamp(ln_wrap_add(ln_mul_q(v, m), p.zy), p.min, p.max);
            }
            check_that(c, same, "n %zu", n);
            check_that(c, check_end(), "n %zu: writes in front", n);
        }
}

/* ---- casts ---- */

/* Float16 in these tests holds whole numbers that are exact in it. */
static double real_at(int format, const void *x, size_t i)
{
    if (format == LN_AS_F32)
        return (double)((const float *)x)[i];
    if (format == LN_AS_F16) {
        const uint16_t h = ((const uint16_t *)x)[i];
        return h == 0 ? 0 : ldexp(1024 + (h & 1023), (h >> 10 & 31) - 25) * (h & 0x8000 ? -1 : 1);
    }
    return integer_at(format, x, i);
}

static bool is_cast(int to, const void *y, size_t i, double x)
{
    if (to == LN_AS_BOOL)
        return ((const uint8_t *)y)[i] == (x != 0);
    if (to == LN_AS_F32)
        return ((const float *)y)[i] == (float)x;
    if (to == LN_AS_F16)
        return real_at(LN_AS_F16, y, i) == x;
    return integer_at(to, y, i) == (x != x || x >= 2147483647 ? INT32_MAX
                                    : x <= -2147483648.0      ? INT32_MIN
                                                              : (int32_t)x);
}

static void *cast_source(int from, int to, size_t n, int kind)
{
    if (from == LN_AS_F32 && to != LN_AS_F16) {
        float *x = check_floats(n, kind);
        for (size_t i = 0; i < n; i++)
            if (x[i] != x[i] && to == LN_AS_F32)
                x[i] = 0;
        return x;
    }
    if (from != LN_AS_F32 && from != LN_AS_F16 && from != LN_AS_BOOL)
        return integers(from, n, kind);
    void *x = check_buffer(n * sizes[from]);
    for (size_t i = 0; i < n; i++) {
        const int v = between(from == LN_AS_BOOL ? 0 : 1024, from == LN_AS_BOOL ? 1 : 2047);
        if (from == LN_AS_F32)
            ((float *)x)[i] = (float)v;
        else if (from == LN_AS_F16)
            ((uint16_t *)x)[i] = (uint16_t)(25 << 10 | (v & 1023));
        else
            ((uint8_t *)x)[i] = (uint8_t)v;
    }
    return x;
}

static void check_cast(check *c, int from, int to)
{
    for (int kind = 0; kind < CHECK_KINDS; kind++)
        for (size_t n = 0; n <= MOST; n++) {
            const void *x = cast_source(from, to, n, kind);
            void *y = check_buffer(n * sizes[to]);
            size_t at = n;
            c->new->convert.cast[from][to](y, (const void *const[]){x}, n, NULL);
            for (size_t i = n; i-- > 0;)
                if (!is_cast(to, y, i, real_at(from, x, i)))
                    at = i;
            check_that(c, at == n, "n %zu, [%zu]: %g", n, at, at < n ? real_at(from, x, at) : 0);
            check_that(c, check_end(), "n %zu: writes in front", n);
        }
}

void check_convert(check *c)
{
    static const char *const names[] = {"s8", "u8", "s16", "s32", "f32", "f16", "bool"};
    char name[32];
    for (int from = 0; from < LN_FORMATS; from++)
        for (int to = 0; to < LN_FORMATS; to++) {
            snprintf(name, sizeof name, "cast_%s_%s", names[from], names[to]);
            if (CHECK_BEGIN(c, name, convert.cast[from][to]))
                check_cast(c, from, to);
            if (from >= LN_AS_INTEGERS || to >= LN_AS_INTEGERS)
                continue;
            snprintf(name, sizeof name, "rescale_%s_%s", names[from], names[to]);
            if (CHECK_BEGIN(c, name, convert.rescale[from][to]))
                check_rescale(c, from, to);
        }
    for (int format = 0; format < LN_AS_INTEGERS; format++) {
        snprintf(name, sizeof name, "quantize_%s", names[format]);
        if (CHECK_BEGIN(c, name, convert.quantize[format]))
            check_quantize(c, format);
        snprintf(name, sizeof name, "dequantize_%s", names[format]);
        if (CHECK_BEGIN(c, name, convert.dequantize[format]))
            check_dequantize(c, format);
    }
}
