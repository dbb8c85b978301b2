/* SPDX-License-Identifier: Apache-2.0 */
/* random.c: RANDOM_UNIFORM, RANDOM_STANDARD_NORMAL, MULTINOMIAL, STABLEHLO_RNG_BIT_GENERATOR.
 *
 * Counter-based generators, Philox (philox.h) and Threefry 2x32-20 (Salmon et al., "Parallel random
 * numbers: as easy as 1, 2, 3", 2011).  With a seed the numbers equal TFLite's; planning starts
 * them anew.  Without one (both seeds 0) they start from the clock. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "fb/flexbuffers.h"
#include "ops/op.h"
#include "ops/philox.h"
#include "ops/scratch.h"

/* ---- generators ---- */

static ln_random_block threefry_block(uint32_t key0, uint32_t key1, ln_random_block x)
{
    static const uint8_t turns[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
    const uint32_t key[3] = {key0, key1, key0 ^ key1 ^ 0x1BD11BDA};

    x.word[0] += key0;
    x.word[1] += key1;
    for (uint32_t round = 0; round < 5; round++) {
        for (int i = 0; i < 4; i++) {
            const int turn = turns[round % 2][i];
            x.word[0] += x.word[1];
            x.word[1] = x.word[1] << turn | x.word[1] >> (32 - turn);
            x.word[1] ^= x.word[0];
        }
        x.word[0] += key[(round + 1) % 3];
        x.word[1] += key[(round + 2) % 3] + round + 1;
    }
    return x;
}

static ln_philox *generator(ln_call *c)
{
    const TfLiteRandomParams *p = c->params;
    ln_philox *g = c->state;

    if (g->ready)
        return g;
    uint64_t seed = (uint64_t)p->seed, seed2 = (uint64_t)p->seed2;
    if (p->seed == 0 && p->seed2 == 0) {
        seed = ln_now_ns();
        seed2 = (uint64_t)(uintptr_t)g;
    }
    *g = (ln_philox){.key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
                     .counter = {{0, 0, (uint32_t)seed2, (uint32_t)(seed2 >> 32)}},
                     .ready = true};
    return g;
}

static void start_anew(ln_call *c)
{
    if (c->state && !c->run)
        ((ln_philox *)c->state)->ready = false;
}

/* ---- RANDOM_UNIFORM, RANDOM_STANDARD_NORMAL ---- */

static ln_status shape_infer(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    ln_shape y = ln_shape_unknown(s.rank == 1 && s.dim[0] <= LN_MAX_RANK ? s.dim[0] : -1);

    start_anew(c);
    LN_CHECK(c, s.rank == 1, "the shape has rank %d, not 1", s.rank);
    LN_CHECK(c, c->out[0]->type == kTfLiteFloat32, "output of type %s, only FLOAT32 is there",
             ln_type_name(c->out[0]->type));
    if (c->in[0]->type != kTfLiteInt32 && c->in[0]->type != kTfLiteInt64)
        return ln_fail_type(c, 0);
    if (ln_known(c, 0)) {
        LN_TRY(ln_read_ints(c, 0, LN_MAX_RANK, y.dim, &y.rank));
        for (int i = 0; i < y.rank; i++)
            LN_CHECK(c, y.dim[i] >= 0, "dimension %d of the shape is %d", i, y.dim[i]);
    }
    return ln_set_out(c, 0, kTfLiteFloat32, &y);
}

static ln_status uniform_eval(ln_call *c)
{
    ln_philox *g = generator(c);
    float *y = c->out[0]->data.f;
    const int n = ln_count(c->out[0]);

    for (int from = 0; from < n; from += LN_RANDOM_WORDS) {
        const ln_random_block b = ln_philox_next(g);
        for (int i = 0; i < LN_RANDOM_WORDS && from + i < n; i++)
            y[from + i] = ln_unit_f32(b.word[i]);
        if (n - from <= LN_RANDOM_WORDS)
            break;
    }
    return LN_OK;
}

static ln_status normal_eval(ln_call *c)
{
    ln_philox *g = generator(c);
    float *y = c->out[0]->data.f, four[LN_RANDOM_WORDS];
    const int n = ln_count(c->out[0]);

    for (int from = 0; from < n; from += LN_RANDOM_WORDS) {
        const ln_random_block b = ln_philox_next(g);
        ln_normal_pair(b.word[0], b.word[1], four);
        ln_normal_pair(b.word[2], b.word[3], four + 2);
        memcpy(y + from, four, (size_t)LN_MIN(n - from, LN_RANDOM_WORDS) * sizeof(float));
        if (n - from <= LN_RANDOM_WORDS)
            break;
    }
    return LN_OK;
}

/* ---- MULTINOMIAL ---- */

static ln_status multinomial_infer(ln_call *c)
{
    const ln_shape logits = ln_shape_of(c->in[0]);
    const TfLiteType type = c->out[0]->type;
    ln_shape y = ln_shape_unknown(2);

    start_anew(c);
    if (c->in[0]->type != kTfLiteFloat32)
        return ln_fail_type(c, 0);
    if (c->in[1]->type != kTfLiteInt32)
        return ln_fail_type(c, 1);
    LN_CHECK(c, type == kTfLiteInt32 || type == kTfLiteInt64,
             "output of type %s, INT32 and INT64 are there", ln_type_name(type));
    LN_CHECK(c, logits.rank == 2, "the logits have rank %d, not 2", logits.rank);
    LN_CHECK(c, logits.dim[1] != 0, "there are no classes to choose from");
    y.dim[0] = logits.dim[0];
    if (ln_known(c, 1)) {
        int n;
        LN_TRY(ln_read_ints(c, 1, 1, &y.dim[1], &n));
        LN_CHECK(c, n == 1 && y.dim[1] >= 0, "the number of samples is %d", n ? y.dim[1] : 0);
    }
    ln_scratch s = {0};
    ln_scratch_take(&s, LN_MAX(logits.dim[1], 0), sizeof(double));
    LN_TRY(ln_scratch_ask(c, &s));
    return ln_set_out(c, 0, type, &y);
}

/* Sums of the classes' weights; what is not finite weighs nothing. */
static void cumulate(const float *logits, int n, double *sums)
{
    float top = -FLT_MAX;
    double sum = 0;

    for (int i = 0; i < n; i++)
        if (isfinite(logits[i]) && logits[i] > top)
            top = logits[i];
    for (int i = 0; i < n; i++) {
        if (isfinite(logits[i]))
            sum += exp(logits[i] - (double)top);
        sums[i] = sum;
    }
}

/* The first class whose sum is above x. */
static int above(const double *sums, int n, double x)
{
    int low = 0, high = n;

    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (x < sums[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static ln_status multinomial_eval(ln_call *c)
{
    const ln_shape logits = ln_shape_of(c->in[0]), y = ln_shape_of(c->out[0]);
    const int classes = logits.dim[1], samples = y.dim[1];
    ln_philox *kept = generator(c), g = *kept;
    ln_random_block b = {{0}};
    int used = LN_RANDOM_WORDS;

    /* TensorFlow reserves this many numbers per run, whatever it uses. */
    ln_philox_skip(kept, (uint64_t)y.dim[0] * (((uint64_t)samples + 3) / 4 * 4) * 2 * 256);
    for (int r = 0; r < y.dim[0]; r++) {
        double *sums = c->scratch;
        cumulate(c->in[0]->data.f + (size_t)r * (size_t)classes, classes, sums);
        for (int i = 0; i < samples; i++, used += 2) {
            if (used == LN_RANDOM_WORDS) {
                b = ln_philox_next(&g);
                used = 0;
            }
            const double x = ln_unit_f64(b.word[used], b.word[used + 1]) * sums[classes - 1];
            const int chosen = above(sums, classes, x);
            const size_t at = (size_t)r * (size_t)samples + (size_t)i;
            if (c->out[0]->type == kTfLiteInt64)
                c->out[0]->data.i64[at] = chosen;
            else
                c->out[0]->data.i32[at] = chosen;
        }
    }
    return LN_OK;
}

/* ---- STABLEHLO_RNG_BIT_GENERATOR ---- */

static ln_status bits_infer(ln_call *c)
{
    const TfLiteStablehloRngBitGeneratorParams *p = c->params;
    const ln_shape state = ln_shape_of(c->in[0]), y = ln_shape_of(c->out[1]);
    const TfLiteType type = c->out[1]->type;
    const bool threefry = p->algorithm == kTfLiteRngAlgorithmThreefry;

    if (c->in[0]->type != kTfLiteUInt64)
        return ln_fail_type(c, 0);
    LN_CHECK(c,
             threefry || p->algorithm == kTfLiteRngAlgorithmPhilox ||
                 p->algorithm == kTfLiteRngAlgorithmDefault,
             "algorithm %d is not there", (int)p->algorithm);
    LN_CHECK(c, state.rank == 1, "the state has rank %d, not 1", state.rank);
    LN_CHECK(c, state.dim[0] == 2 || state.dim[0] < 0 || (state.dim[0] == 3 && !threefry),
             "the state has %d numbers, not %s", state.dim[0], threefry ? "2" : "2 or 3");
    LN_CHECK(c,
             type == kTfLiteInt32 || type == kTfLiteUInt32 || type == kTfLiteInt64 ||
                 type == kTfLiteUInt64,
             "output of type %s; 32 and 64 bit integers are there", ln_type_name(type));
    LN_TRY(ln_set_out(c, 0, kTfLiteUInt64, &state));
    return ln_set_out(c, 1, type, &y);
}

static ln_status bits_eval(ln_call *c)
{
    const TfLiteStablehloRngBitGeneratorParams *p = c->params;
    const bool threefry = p->algorithm == kTfLiteRngAlgorithmThreefry;
    const size_t words = threefry ? 2 : LN_RANDOM_WORDS, n = c->out[1]->bytes / sizeof(uint32_t);
    uint32_t state[6] = {0};

    /* Words as they lie in memory, like TFLite. */
    memcpy(state, c->in[0]->data.raw, LN_MIN(c->in[0]->bytes, sizeof(state)));
    const int more = c->in[0]->bytes > 4 * sizeof(uint32_t) ? 4 : 0;
    ln_random_block x = {{state[2], state[3], state[more], state[more + 1]}};
    for (size_t from = 0; from < n; from += words) {
        const ln_random_block b =
            threefry ? threefry_block(state[0], state[1], x) : ln_philox_mix(state[0], state[1], x);
        memcpy(c->out[1]->data.raw + from * sizeof(uint32_t), b.word,
               LN_MIN(words, n - from) * sizeof(uint32_t));
        if (++x.word[0] == 0)
            ++x.word[1];
    }
    state[2] = x.word[0];
    state[3] = x.word[1];
    memcpy(c->out[0]->data.raw, state, LN_MIN(c->out[0]->bytes, sizeof(state)));
    return LN_OK;
}

/* As custom ops, before there were builtin ones, they carry TensorFlow's attributes. */
static ln_status parse(const uint8_t *data, size_t n, void *params, ln_diag *diag)
{
    const ln_flex root = ln_flex_root(data, n);
    const ln_flex seed = ln_flex_get(&root, "seed"), seed2 = ln_flex_get(&root, "seed2");
    TfLiteRandomParams *p = params;

    (void)diag;
    p->seed = ln_flex_i32(&seed, 0);
    p->seed2 = ln_flex_i32(&seed2, 0);
    return LN_OK;
}

static const ln_field fields[] = {
    LN_FIELD(I64_INT, 0, TfLiteRandomParams, seed, 1),
    LN_FIELD(I64_INT, 1, TfLiteRandomParams, seed2, 1),
    {0},
};

/* The schema counts algorithms from 0, the struct from 1; so does padding. */
static const ln_field bits_fields[] = {
    LN_FIELD(PAD, 0, TfLiteStablehloRngBitGeneratorParams, algorithm, 1),
    {0},
};

const ln_op ln_op_random_uniform = {
    .name = "RANDOM_UNIFORM",
    .builtin = kTfLiteBuiltinRandomUniform,
    .version = 1,
    .options = 114,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_STATEFUL,
    .fields = fields,
    .params_size = sizeof(TfLiteRandomParams),
    .state_bytes = sizeof(ln_philox),
    .infer = shape_infer,
    .eval = uniform_eval,
};

const ln_op ln_op_random_standard_normal = {
    .name = "RANDOM_STANDARD_NORMAL",
    .builtin = kTfLiteBuiltinRandomStandardNormal,
    .version = 1,
    .options = 114,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_STATEFUL,
    .fields = fields,
    .params_size = sizeof(TfLiteRandomParams),
    .state_bytes = sizeof(ln_philox),
    .infer = shape_infer,
    .eval = normal_eval,
};

const ln_op ln_op_multinomial = {
    .name = "MULTINOMIAL",
    .builtin = kTfLiteBuiltinMultinomial,
    .version = 1,
    .options = 114,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_STATEFUL,
    .fields = fields,
    .params_size = sizeof(TfLiteRandomParams),
    .state_bytes = sizeof(ln_philox),
    .infer = multinomial_infer,
    .eval = multinomial_eval,
};

const ln_op ln_op_stablehlo_rng_bit_generator = {
    .name = "STABLEHLO_RNG_BIT_GENERATOR",
    .builtin = kTfLiteBuiltinStablehloRngBitGenerator,
    .version = 1,
    .options = 19,
    .options2 = true,
    .min_in = 1,
    .max_in = 1,
    .n_out = 2,
    .traits = LN_PURE,
    .fields = bits_fields,
    .params_size = sizeof(TfLiteStablehloRngBitGeneratorParams),
    .infer = bits_infer,
    .eval = bits_eval,
};

const ln_op ln_op_custom_random_uniform = {
    .name = "RandomUniform",
    .builtin = kTfLiteBuiltinCustom,
    .version = 1,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_STATEFUL,
    .params_size = sizeof(TfLiteRandomParams),
    .state_bytes = sizeof(ln_philox),
    .infer = shape_infer,
    .eval = uniform_eval,
    .parse = parse,
};

const ln_op ln_op_custom_random_standard_normal = {
    .name = "RandomStandardNormal",
    .builtin = kTfLiteBuiltinCustom,
    .version = 1,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_STATEFUL,
    .params_size = sizeof(TfLiteRandomParams),
    .state_bytes = sizeof(ln_philox),
    .infer = shape_infer,
    .eval = normal_eval,
    .parse = parse,
};

const ln_op ln_op_custom_multinomial = {
    .name = "Multinomial",
    .builtin = kTfLiteBuiltinCustom,
    .version = 1,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_STATEFUL,
    .params_size = sizeof(TfLiteRandomParams),
    .state_bytes = sizeof(ln_philox),
    .infer = multinomial_infer,
    .eval = multinomial_eval,
    .parse = parse,
};
