/* SPDX-License-Identifier: Apache-2.0 */
/* sigmoid16.c: LOGISTIC and TANH of 16-bit fixed point, by one table of sigmoid(i / 24) in 0.16
 * format and linear interpolation, as internal/reference/integer_ops/{logistic,tanh}.h do it.
 * tanh(x) = 2 sigmoid(2x) - 1.  Each entry is raised by half the error that a straight line to
 * the next one makes at the middle.  Inputs with scale 2^-12 are multiplied by 3 (to units of
 * 1 / (3 * 4096)); any other scale takes a multiplier and a shift. */
#include "ops/sigmoid16.h"

#include <math.h>

#include "ops/qmath.h"

static const uint16_t sigmoid_table[256] = {
    32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149, 40794,
    41432, 42064, 42688, 43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369, 47911, 48443,
    48964, 49475, 49975, 50464, 50942, 51409, 51865, 52311, 52745, 53169, 53581, 53983, 54374,
    54755, 55125, 55485, 55834, 56174, 56503, 56823, 57133, 57433, 57724, 58007, 58280, 58544,
    58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370, 60565, 60753, 60935, 61110, 61279,
    61441, 61599, 61750, 61896, 62036, 62172, 62302, 62428, 62549, 62666, 62778, 62886, 62990,
    63090, 63186, 63279, 63368, 63454, 63536, 63615, 63691, 63765, 63835, 63903, 63968, 64030,
    64090, 64148, 64204, 64257, 64308, 64357, 64405, 64450, 64494, 64536, 64576, 64614, 64652,
    64687, 64721, 64754, 64786, 64816, 64845, 64873, 64900, 64926, 64950, 64974, 64997, 65019,
    65039, 65060, 65079, 65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208, 65221, 65234,
    65246, 65258, 65269, 65280, 65291, 65301, 65310, 65319, 65328, 65337, 65345, 65352, 65360,
    65367, 65374, 65381, 65387, 65393, 65399, 65404, 65410, 65415, 65420, 65425, 65429, 65433,
    65438, 65442, 65445, 65449, 65453, 65456, 65459, 65462, 65465, 65468, 65471, 65474, 65476,
    65479, 65481, 65483, 65485, 65488, 65489, 65491, 65493, 65495, 65497, 65498, 65500, 65501,
    65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513, 65514, 65515, 65516,
    65517, 65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524,
    65525, 65525, 65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529, 65529,
    65529, 65530, 65530, 65530, 65530, 65531, 65531, 65531, 65531, 65531, 65532, 65532, 65532,
    65532, 65532, 65532, 65533, 65533, 65533, 65533, 65533, 65533, 65533, 65533, 65534, 65534,
    65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65535,
};

/* How an input becomes a position in the table: x * factor >> shift, rounded. */
typedef struct position {
    int64_t factor;
    int shift;
} position;

/* `most`: the largest shift to the left that a power-of-two scale may take. */
static position position_for(float scale, int most)
{
    int log2;
    if (ln_checked_log2(scale, &log2) && log2 + 12 >= 0 && log2 + 12 <= most)
        return (position){(int64_t)3 << (log2 + 12), 0};
    double factor = (double)scale * 4096.0 * 3.0;
    position p = {0, 0};
    for (; factor <= 32767.0 / 2.0 && p.shift <= 30; factor *= 2)
        p.shift++;
    p.factor = (int64_t)fmin(factor, 2147483647.);
    return p;
}

static int64_t at(position p, int16_t x)
{
    const int64_t round = p.shift > 0 ? (int64_t)1 << (p.shift - 1) : 0;
    return (x * p.factor + round) >> p.shift;
}

/* sigmoid(|v|) with `bits` bits of fraction between the entries; `top` beyond the table.  Nothing
 * here is to be a jump: nobody could foresee it. */
static int32_t interpolate(int64_t v, int bits, int32_t top)
{
    const int64_t size = v < 0 ? -v : v, entry = size >> bits, inside = LN_MIN(entry, 254);
    const int32_t a = sigmoid_table[inside], b = sigmoid_table[inside + 1];
    const int32_t s = (a << bits) + (int32_t)(size & ((1 << bits) - 1)) * (b - a);
    return entry > inside ? top : s;
}

/* positive where v is not negative, else negative, without a jump. */
static int32_t by_sign(int64_t v, int32_t positive, int32_t negative)
{
    const int32_t mask = -(int32_t)(v < 0);
    return (positive & ~mask) | (negative & mask);
}

void ln_logistic16(const int16_t *x, int n, float scale, int16_t *y)
{
    const position p = position_for(scale, 0);
    for (int i = 0; i < n; i++) {
        const int64_t v = at(p, x[i]);
        const int32_t s = interpolate(v, 9, 0x7FFF << 10);
        y[i] = (int16_t)(by_sign(v, s + (1 << 9), (1 << 25) - s + (1 << 9) - 1) >> 10);
    }
}

void ln_tanh16(const int16_t *x, int n, float scale, int16_t *y)
{
    const position p = position_for(scale, 1);
    for (int i = 0; i < n; i++) {
        const int64_t v = at(p, x[i]);
        const int32_t s = interpolate(v, 8, 0xFFFF << 8), one = 1 << 23, half = 1 << 7;
        y[i] = (int16_t)(by_sign(v, s - one + half, one - s + half - 1) >> 8);
    }
}
