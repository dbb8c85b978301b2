/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_q8.c: depthwise convolutions of 8-bit images in plain C; the contract is in
 * kernels/depthwise_q8.h. */
#include "kernels/depthwise_q8.h"

#include <string.h>

#include "kernels/kernels.h"

enum { BLOCK = 16, LINES = 2 };

static void interleave(void *to, const uint8_t *const *line, const size_t *step, size_t columns,
                       uint8_t flip, int zero)
{
    int16_t *out = to;
    for (size_t i = 0; i < columns; i++)
        for (size_t c = 0; c < BLOCK; c++)
            for (size_t j = 0; j < LINES; j++)
                *out++ = (int16_t)((line[j][i * step[j] + c] ^ flip) - zero);
}

static void run(const ln_depthwise_rows *r)
{
    for (size_t i = 0; i < r->rows * r->outputs; i++) {
        const size_t row = i / r->outputs, output = i % r->outputs;
        const uint8_t *x = (const uint8_t *)r->x + row * r->x_row + output * r->x_step;
        uint32_t acc[BLOCK];
        memcpy(acc, r->bias, sizeof acc);
        for (size_t t = 0; t < r->taps; t++) {
            const int16_t *v = (const int16_t *)(const void *)(x + r->offset[t]);
            const int16_t *w = (const int16_t *)r->weights + t * BLOCK * LINES;
            for (size_t c = 0; c < BLOCK; c++)
                acc[c] += (uint32_t)(v[2 * c] * w[2 * c] + v[2 * c + 1] * w[2 * c + 1]);
        }
        memcpy(r->sums + row * r->sums_row + output * BLOCK, acc, sizeof acc);
    }
}

void ln_depthwise_q8_init_portable(ln_kernels *k)
{
    k->depthwise_q8 = (ln_depthwise_q8){.form = LN_Q8_CENTERED,
                                        .block = BLOCK,
                                        .lines = LINES,
                                        .interleave = interleave,
                                        .run = run};
    for (int c = 0; c < BLOCK; c++)
        k->depthwise_q8.place[c] = (uint8_t)c;
}
