/* SPDX-License-Identifier: Apache-2.0 */
/* mutate_bytes.c: mutations of a file that know only that it is made of little-endian words: most
 * change a whole 16- or 32-bit word into a boundary value, a neighbour's value or an offset nearby;
 * a few flip bits, move a block, or cut the file's end.  mutate_graph.c knows more. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mutate.h"

static uint32_t load32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void store32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

/* Where a mutation hits: structure lies at both ends of a .tflite file, and constants, which
 * matter less, fill the middle of the large ones. */
static size_t place(uint64_t *state, size_t size)
{
    const size_t edge = size < 8192 ? size : 8192;
    switch (rng_below(state, 4)) {
    case 0:
        return rng_below(state, size);
    case 1:
        return rng_below(state, edge);
    default:
        return size - 1 - rng_below(state, edge);
    }
}

static void change_word(uint64_t *state, uint8_t *data, size_t size)
{
    static const uint32_t values[] = {
        0,          1,          2,          3,          4,          7,
        8,          9,          16,         127,        128,        255,
        256,        32767,      32768,      65535,      65536,      0x10000000,
        0x20000000, 0x3fffffff, 0x40000000, 0x7ffffffe, 0x7fffffff, 0x80000000,
        0x80000001, 0xfffffffe, 0xffffffff, 0x7f800000, 0x7fc00000, 0xff800000,
    };
    if (size < 4)
        return;
    const size_t at = place(state, size - 3) & ~(size_t)3;
    const uint32_t old = load32(data + at);
    uint32_t v;
    switch (rng_below(state, 6)) {
    case 0:
        v = (uint32_t)rng_next(state);
        break;
    case 1:
        v = old + (uint32_t)rng_below(state, 9) - 4;
        break;
    case 2:
        v = old ^ (1u << rng_below(state, 32));
        break;
    case 3:
        v = load32(data + (place(state, size - 3) & ~(size_t)3));
        break;
    default:
        v = values[rng_below(state, sizeof values / sizeof *values)];
        break;
    }
    store32(data + at, v);
}

static void change_bytes(uint64_t *state, uint8_t *data, size_t size)
{
    const size_t at = place(state, size);
    switch (rng_below(state, 4)) {
    case 0:
        data[at] ^= (uint8_t)(1u << rng_below(state, 8));
        break;
    case 1:
        data[at] = (uint8_t)rng_below(state, 40); /* small numbers: types, codes, ranks */
        break;
    case 2: /* a 16-bit value: vtable entries */
        if (at + 1 < size) {
            data[at & ~(size_t)1] = (uint8_t)rng_below(state, 64);
            data[at | 1] = 0;
        }
        break;
    default: { /* a block from elsewhere */
        const size_t n = 1 + rng_below(state, 64), from = place(state, size);
        if (at + n <= size && from + n <= size)
            memmove(data + at, data + from, n);
    }
    }
}

void run_mutant(uint64_t *state, const uint8_t *seed, size_t size)
{
    uint8_t *data = malloc(size ? size : 1);
    if (!data) {
        fprintf(stderr, "mutate: no memory for a seed of %zu bytes\n", size);
        exit(1);
    }
    memcpy(data, seed, size);
    for (size_t i = 1 + rng_below(state, 6); i > 0 && size > 0; i--) {
        if (rng_below(state, 3))
            change_word(state, data, size);
        else
            change_bytes(state, data, size);
    }
    if (rng_below(state, 50) == 0)
        size = rng_below(state, size);
    /* exactly `size` bytes, so that the sanitizer sees the first byte read past them */
    uint8_t *exact = realloc(data, size ? size : 1);
    LLVMFuzzerTestOneInput(exact ? exact : data, size);
    free(exact ? exact : data);
}

bool report_mutants(bool all)
{
    (void)all; /* bytes belong to no operator in particular */
    return true;
}
