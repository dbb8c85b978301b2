/* SPDX-License-Identifier: Apache-2.0 */
/* flex_random.c: random numbers that are a function of a seed.
 *
 *   StatelessRandomGetKeyCounter       seed [2] -> key uint64 [1], counter uint64 [2]
 *   StatelessRandomGetAlg              -> int32, 1 (Philox)
 *   StatelessRandomGetKeyCounterAlg    all three
 *   StatelessRandomUniformV2, ...NormalV2, ...UniformFullIntV2, StatelessTruncatedNormalV2
 *                                      shape, key, counter, alg -> dtype
 *   StatelessRandomUniformIntV2        shape, key, counter, alg, low, high -> dtype
 *   StatelessMultinomial               logits [b, classes], num_samples, seed -> numbers of classes
 *   The same without V2                shape, seed [2] (, low, high) -> dtype
 *
 * Seeds are scrambled as TensorFlow's GenerateKey (stateless_random_ops.cc) does it. */
#include <float.h>
#include <math.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/philox.h"

enum { SHAPE, KEY, COUNTER, ALG, SEED = 1 };

enum { PHILOX = 1, AUTO = 3 };

static uint64_t word_of(const TfLiteTensor *t, int i)
{
    return ln_type_size(t->type) == 8 ? t->data.u64[i] : (uint64_t)(int64_t)t->data.i32[i];
}

static ln_philox from_seed(const TfLiteTensor *seed)
{
    const uint64_t a = word_of(seed, 0), b = word_of(seed, 1);
    const ln_random_block x = {
        {(uint32_t)a, (uint32_t)(a >> 32), (uint32_t)b, (uint32_t)(b >> 32)}};
    const ln_random_block mix = ln_philox_mix(0x3ec8f720, 0x02461e29, x);
    return (ln_philox){.key = {mix.word[0], mix.word[1]},
                       .counter = {{0, 0, mix.word[2], mix.word[3]}}};
}

static ln_status check_seed(ln_call *c, int i)
{
    const ln_shape s = ln_shape_of(c->in[i]);
    LN_TRY(ln_check_type(c, i, LN_BIT(Int32) | LN_BIT(Int64)));
    LN_CHECK(c, s.rank == 1 && (s.dim[0] == 2 || s.dim[0] < 0), "the seed is no pair of numbers");
    return LN_OK;
}

/* ---- keys ---- */

static ln_status key_infer(ln_call *c)
{
    const ln_shape key = {.rank = 1, .dim = {1}}, counter = {.rank = 1, .dim = {2}};
    LN_TRY(check_seed(c, 0));
    LN_TRY(ln_set_out(c, 0, kTfLiteUInt64, &key));
    return ln_set_out(c, 1, kTfLiteUInt64, &counter);
}

static ln_status key_eval(ln_call *c)
{
    const ln_philox g = from_seed(c->in[0]);
    const uint32_t *w = g.counter.word;
    c->out[0]->data.u64[0] = (uint64_t)g.key[1] << 32 | g.key[0];
    c->out[1]->data.u64[0] = (uint64_t)w[1] << 32 | w[0];
    c->out[1]->data.u64[1] = (uint64_t)w[3] << 32 | w[2];
    return LN_OK;
}

LN_FLEX_OP(stateless_random_get_key_counter, "StatelessRandomGetKeyCounter", 1, 1, 2, key_infer,
           key_eval);

static ln_status alg_infer(ln_call *c)
{
    const ln_shape scalar = {0};
    return ln_set_out(c, 0, kTfLiteInt32, &scalar);
}

static ln_status alg_eval(ln_call *c)
{
    c->out[0]->data.i32[0] = PHILOX;
    return LN_OK;
}

LN_FLEX_OP(stateless_random_get_alg, "StatelessRandomGetAlg", 0, 0, 1, alg_infer, alg_eval);

static ln_status all_infer(ln_call *c)
{
    const ln_shape scalar = {0};
    LN_TRY(key_infer(c));
    return ln_set_out(c, 2, kTfLiteInt32, &scalar);
}

static ln_status all_eval(ln_call *c)
{
    c->out[2]->data.i32[0] = PHILOX;
    return key_eval(c);
}

LN_FLEX_OP(stateless_random_get_all, "StatelessRandomGetKeyCounterAlg", 1, 1, 3, all_infer,
           all_eval);

/* ---- numbers ---- */

/* True of V2, which has a key where the others have a seed. */
static bool is_keyed(const ln_call *c)
{
    return c->n_in > ALG && c->in[KEY]->type == kTfLiteUInt64;
}

static ln_status numbers_infer(ln_call *c, unsigned types)
{
    const ln_shape s = ln_shape_of(c->in[SHAPE]);
    const TfLiteType type = ln_flex_type(c, "dtype", kTfLiteFloat32);
    ln_shape y = ln_shape_unknown(s.rank == 1 && s.dim[0] <= LN_MAX_RANK ? s.dim[0] : -1);
    LN_TRY(ln_check_type(c, SHAPE, LN_BIT(Int32) | LN_BIT(Int64)));
    LN_CHECK(c, ln_type_in(type, types), "numbers of type %s are not supported",
             ln_type_name(type));
    if (is_keyed(c)) {
        const ln_shape key = ln_shape_of(c->in[KEY]), counter = ln_shape_of(c->in[COUNTER]);
        LN_TRY(ln_check_type(c, KEY, LN_BIT(UInt64)));
        LN_TRY(ln_check_type(c, COUNTER, LN_BIT(UInt64)));
        LN_TRY(ln_check_type(c, ALG, LN_BIT(Int32)));
        LN_CHECK(c,
                 key.rank == 1 && counter.rank == 1 && (key.dim[0] == 1 || key.dim[0] < 0) &&
                     (counter.dim[0] >= 2 || counter.dim[0] < 0),
                 "key and counter are not of 1 and 2 numbers");
    } else {
        LN_TRY(check_seed(c, SEED));
    }
    if (ln_known(c, SHAPE)) {
        LN_TRY(ln_read_ints(c, SHAPE, LN_MAX_RANK, y.dim, &y.rank));
        for (int i = 0; i < y.rank; i++)
            LN_CHECK(c, y.dim[i] >= 0, "dimension %d of the shape is %d", i, y.dim[i]);
    }
    return ln_set_out(c, 0, type, &y);
}

static ln_status open_generator(ln_call *c, ln_philox *g)
{
    if (!is_keyed(c)) {
        *g = from_seed(c->in[SEED]);
        return LN_OK;
    }
    const uint64_t key = c->in[KEY]->data.u64[0], *counter = c->in[COUNTER]->data.u64;
    const int32_t alg = c->in[ALG]->data.i32[0];
    LN_CHECK(c, ln_count(c->in[ALG]) == 1 && (alg == PHILOX || alg == AUTO),
             "algorithm %d is not supported, only 1 (Philox) and 3 (any)", alg);
    *g = (ln_philox){.key = {(uint32_t)key, (uint32_t)(key >> 32)},
                     .counter = {{(uint32_t)counter[0], (uint32_t)(counter[0] >> 32),
                                  (uint32_t)counter[1], (uint32_t)(counter[1] >> 32)}}};
    return LN_OK;
}

static ln_status uniform_infer(ln_call *c)
{
    return numbers_infer(c, LN_BIT(Float32) | LN_BIT(Float64));
}

static ln_status normal_infer(ln_call *c)
{
    return numbers_infer(c, LN_BIT(Float32));
}

static ln_status uniform_eval(ln_call *c)
{
    TfLiteTensor *y = c->out[0];
    const int per = y->type == kTfLiteFloat64 ? 2 : 1; /* words per number */
    ln_philox g;
    ln_random_block b = {{0}};
    LN_TRY(open_generator(c, &g));
    for (int i = 0, n = ln_count(y), used = LN_RANDOM_WORDS; i < n; i++, used += per) {
        if (used == LN_RANDOM_WORDS) {
            b = ln_philox_next(&g);
            used = 0;
        }
        if (per == 2)
            y->data.f64[i] = ln_unit_f64(b.word[used], b.word[used + 1]);
        else
            y->data.f[i] = ln_unit_f32(b.word[used]);
    }
    return LN_OK;
}

static ln_status normal_eval(ln_call *c)
{
    ln_philox g;
    float four[LN_RANDOM_WORDS] = {0};
    LN_TRY(open_generator(c, &g));
    for (int i = 0, n = ln_count(c->out[0]); i < n; i++) {
        if (i % LN_RANDOM_WORDS == 0) {
            const ln_random_block b = ln_philox_next(&g);
            ln_normal_pair(b.word[0], b.word[1], four);
            ln_normal_pair(b.word[2], b.word[3], four + 2);
        }
        c->out[0]->data.f[i] = four[i % LN_RANDOM_WORDS];
    }
    return LN_OK;
}

LN_FLEX_OP(stateless_random_uniform_v2, "StatelessRandomUniformV2", 4, 4, 1, uniform_infer,
           uniform_eval);
LN_FLEX_OP(stateless_random_normal_v2, "StatelessRandomNormalV2", 4, 4, 1, normal_infer,
           normal_eval);
LN_FLEX_OP(stateless_random_uniform, "StatelessRandomUniform", 2, 2, 1, uniform_infer,
           uniform_eval);
LN_FLEX_OP(stateless_random_normal, "StatelessRandomNormal", 2, 2, 1, normal_infer, normal_eval);

/* ---- the normal distribution without what is further than two deviations ---- */

static ln_status truncated_eval(ln_call *c)
{
    ln_philox first;
    LN_TRY(open_generator(c, &first));
    for (int i = 0, n = ln_count(c->out[0]); i < n; i += LN_RANDOM_WORDS) {
        ln_philox g = first; /* TensorFlow keeps 256 numbers for each */
        int found = 0;
        ln_philox_skip(&g, (uint64_t)i * 64);
        while (found < LN_RANDOM_WORDS && i + found < n) {
            const ln_random_block b = ln_philox_next(&g);
            float four[LN_RANDOM_WORDS];
            ln_normal_pair(b.word[0], b.word[1], four);
            ln_normal_pair(b.word[2], b.word[3], four + 2);
            for (int k = 0; k < LN_RANDOM_WORDS; k++)
                if (fabsf(four[k]) < 2 && found < LN_RANDOM_WORDS && i + found < n)
                    c->out[0]->data.f[i + found++] = four[k];
        }
    }
    return LN_OK;
}

LN_FLEX_OP(stateless_truncated_normal_v2, "StatelessTruncatedNormalV2", 4, 4, 1, normal_infer,
           truncated_eval);
LN_FLEX_OP(stateless_truncated_normal, "StatelessTruncatedNormal", 2, 2, 1, normal_infer,
           truncated_eval);

/* ---- whole numbers, all of them or in [low, high) ---- */

static ln_status all_integers_infer(ln_call *c)
{
    return numbers_infer(c, LN_BIT(Int32) | LN_BIT(Int64) | LN_BIT(UInt32) | LN_BIT(UInt64));
}

/* low + a number below `range` for each item; range 0: any number. */
static ln_status fill_integers(ln_call *c, uint64_t low, uint64_t range)
{
    TfLiteTensor *y = c->out[0];
    const bool wide = ln_type_size(y->type) == 8;
    ln_philox g;
    ln_random_block b = {{0}};
    LN_TRY(open_generator(c, &g));
    for (int i = 0, n = ln_count(y), used = LN_RANDOM_WORDS; i < n; i++, used += wide ? 2 : 1) {
        if (used == LN_RANDOM_WORDS) {
            b = ln_philox_next(&g);
            used = 0;
        }
        const uint64_t v = wide ? (uint64_t)b.word[used + 1] << 32 | b.word[used] : b.word[used];
        const uint64_t below = range ? v % range : v;
        if (wide)
            y->data.u64[i] = low + below;
        else
            y->data.u32[i] = (uint32_t)(low + below);
    }
    return LN_OK;
}

static ln_status all_integers_eval(ln_call *c)
{
    return fill_integers(c, 0, 0);
}

LN_FLEX_OP(stateless_random_full_int_v2, "StatelessRandomUniformFullIntV2", 4, 4, 1,
           all_integers_infer, all_integers_eval);
LN_FLEX_OP(stateless_random_full_int, "StatelessRandomUniformFullInt", 2, 2, 1, all_integers_infer,
           all_integers_eval);

static ln_status integers_infer(ln_call *c)
{
    const TfLiteType type = ln_flex_type(c, "dtype", kTfLiteInt32);
    for (int i = c->n_in - 2; i < c->n_in; i++) {
        const ln_shape s = ln_shape_of(c->in[i]);
        LN_CHECK(c, c->in[i]->type == type && s.rank == 0, "input %d is no scalar %s", i,
                 ln_type_name(type));
    }
    return numbers_infer(c, LN_BIT(Int32) | LN_BIT(Int64));
}

static ln_status integers_eval(ln_call *c)
{
    const uint64_t low = word_of(c->in[c->n_in - 2], 0), high = word_of(c->in[c->n_in - 1], 0);
    const bool wide = c->out[0]->type == kTfLiteInt64;
    LN_CHECK(c, (int64_t)low < (int64_t)high, "the range [%lld, %lld) is empty", (long long)low,
             (long long)high);
    return fill_integers(c, low, wide ? high - low : (uint32_t)(high - low));
}

LN_FLEX_OP(stateless_random_uniform_int_v2, "StatelessRandomUniformIntV2", 6, 6, 1, integers_infer,
           integers_eval);
LN_FLEX_OP(stateless_random_uniform_int, "StatelessRandomUniformInt", 4, 4, 1, integers_infer,
           integers_eval);

/* ---- StatelessMultinomial ---- */

static ln_status samples_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]), n = ln_shape_of(c->in[1]);
    ln_shape y = {.rank = 2, .dim = {x.dim[0], -1}};
    TfLiteType type;
    LN_TRY(ln_check_type(c, 0, LN_BIT(Float32) | LN_BIT(Float64)));
    LN_TRY(ln_check_type(c, 1, LN_BIT(Int32)));
    LN_TRY(check_seed(c, 2));
    LN_TRY(ln_flex_index_type(c, "output_dtype", kTfLiteInt64, &type));
    LN_CHECK(c, x.rank == 2 && x.dim[1] != 0, "the logits are no matrix with columns");
    LN_CHECK(c, n.rank == 0, "num_samples is no scalar");
    if (ln_known(c, 1))
        y.dim[1] = c->in[1]->data.i32[0];
    LN_CHECK(c, y.dim[1] >= 0 || !ln_known(c, 1), "num_samples is %d", y.dim[1]);
    return ln_set_out(c, 0, type, &y);
}

static double logit(const TfLiteTensor *t, int64_t i)
{
    return t->type == kTfLiteFloat64 ? t->data.f64[i] : (double)t->data.f[i];
}

/* The first of `n` classes at which the sum of exp(x - largest) is above `part` of all; without a
 * part, that sum. */
static int find_class(const TfLiteTensor *x, int64_t row, int n, double limit, double *sum)
{
    double largest = x->type == kTfLiteFloat64 ? -DBL_MAX : (double)-FLT_MAX;
    for (int i = 0; i < n; i++)
        if (isfinite(logit(x, row + i)))
            largest = fmax(largest, logit(x, row + i));
    *sum = 0;
    for (int i = 0; i < n; i++) {
        *sum += isfinite(logit(x, row + i)) ? exp(logit(x, row + i) - largest) : 0;
        if (*sum > limit)
            return i;
    }
    return n;
}

static ln_status samples_eval(ln_call *c)
{
    const int n = ln_shape_of(c->in[0]).dim[1], samples = ln_shape_of(c->out[0]).dim[1];
    ln_philox g = from_seed(c->in[2]);
    ln_random_block b = {{0}};
    for (int64_t i = 0, all = ln_count(c->out[0]); i < all; i++) {
        const int64_t row = i / samples * n;
        double sum, ignored;
        if (i % 2 == 0)
            b = ln_philox_next(&g);
        (void)find_class(c->in[0], row, n, INFINITY, &sum);
        const double part = ln_unit_f64(b.word[i % 2 * 2], b.word[i % 2 * 2 + 1]);
        const int found = find_class(c->in[0], row, n, part * sum, &ignored);
        if (c->out[0]->type == kTfLiteInt64)
            c->out[0]->data.i64[i] = found;
        else
            c->out[0]->data.i32[i] = found;
    }
    return LN_OK;
}

LN_FLEX_OP(stateless_multinomial, "StatelessMultinomial", 3, 3, 1, samples_infer, samples_eval);
