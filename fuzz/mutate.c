/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz/: one target per parser (LLVMFuzzerTestOneInput in fuzz_*.c), built three ways: with
 * libFuzzer, with replay.c (runs stored inputs) and with mutate.c.
 *
 * mutate.c: a mutation test that needs no fuzzing engine.
 *
 *   mutate [-n MUTANTS] [-s SEED] [-f FIRST] [-m MAX_SEED_BYTES] FILE...
 *
 * Makes MUTANTS variants of the seed files, round robin, and feeds each to the target.  The same
 * seed makes the same mutants, and the number of the mutant at hand is kept in a file
 * (mutate.last) so that a crash can be run again alone with -o NUMBER, or passed over with -f.
 * Mutations know that a .tflite file is little-endian words: most change a whole 16- or 32-bit
 * word into a boundary value, a neighbour's value or an offset nearby; a few flip bits, move a
 * block, or cut the file's end. */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct seed {
    const char *path;
    uint8_t *data;
    size_t size;
} seed;

/* splitmix64: any 64-bit state is fine, so a mutant's state can be computed from its number. */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t n)
{
    return n ? (size_t)(next(state) % n) : 0;
}

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
    switch (below(state, 4)) {
    case 0:  return below(state, size);
    case 1:  return below(state, edge);
    default: return size - 1 - below(state, edge);
    }
}

static void change_word(uint64_t *state, uint8_t *data, size_t size)
{
    static const uint32_t values[] = {
        0, 1, 2, 3, 4, 7, 8, 9, 16, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 0x10000000,
        0x20000000, 0x3fffffff, 0x40000000, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001,
        0xfffffffe, 0xffffffff, 0x7f800000, 0x7fc00000, 0xff800000,
    };
    if (size < 4)
        return;
    const size_t at = place(state, size - 3) & ~(size_t)3;
    const uint32_t old = load32(data + at);
    uint32_t v;
    switch (below(state, 6)) {
    case 0:  v = (uint32_t)next(state); break;
    case 1:  v = old + (uint32_t)below(state, 9) - 4; break;
    case 2:  v = old ^ (1u << below(state, 32)); break;
    case 3:  v = load32(data + (place(state, size - 3) & ~(size_t)3)); break;
    default: v = values[below(state, sizeof values / sizeof *values)]; break;
    }
    store32(data + at, v);
}

static void change_bytes(uint64_t *state, uint8_t *data, size_t size)
{
    const size_t at = place(state, size);
    switch (below(state, 4)) {
    case 0:
        data[at] ^= (uint8_t)(1u << below(state, 8));
        break;
    case 1:
        data[at] = (uint8_t)below(state, 40); /* small numbers: types, codes, ranks */
        break;
    case 2: /* a 16-bit value: vtable entries */
        if (at + 1 < size) {
            data[at & ~(size_t)1] = (uint8_t)below(state, 64);
            data[at | 1] = 0;
        }
        break;
    default: { /* a block from elsewhere */
        const size_t n = 1 + below(state, 64), from = place(state, size);
        if (at + n <= size && from + n <= size)
            memmove(data + at, data + from, n);
    }
    }
}

static void run_mutant(const seed *s, uint64_t number, uint64_t base)
{
    uint64_t state = base ^ (number * 0xd6e8feb86659fd93u);
    uint8_t *data = malloc(s->size ? s->size : 1);
    if (!data) {
        fprintf(stderr, "mutate: no memory for a seed of %zu bytes\n", s->size);
        exit(1);
    }
    memcpy(data, s->data, s->size);
    size_t size = s->size;
    for (size_t i = 1 + below(&state, 6); i > 0 && size > 0; i--) {
        if (below(&state, 3))
            change_word(&state, data, size);
        else
            change_bytes(&state, data, size);
    }
    if (below(&state, 50) == 0)
        size = below(&state, size);
    /* exactly `size` bytes, so that the sanitizer sees the first byte read past them */
    uint8_t *exact = realloc(data, size ? size : 1);
    LLVMFuzzerTestOneInput(exact ? exact : data, size);
    free(exact ? exact : data);
}

static int load(seed *s, const char *path, size_t max)
{
    FILE *in = fopen(path, "rb");
    if (!in) {
        fprintf(stderr, "mutate: cannot open '%s': %s\n", path, strerror(errno));
        return -1;
    }
    *s = (seed){.path = path, .data = malloc(max + 1)};
    s->size = s->data ? fread(s->data, 1, max + 1, in) : 0;
    fclose(in);
    if (s->data && s->size <= max)
        return 1;
    free(s->data); /* larger than wanted: passed over */
    return 0;
}

static void note(uint64_t number, const char *path)
{
    FILE *f = fopen("mutate.last", "w");
    if (!f)
        return;
    fprintf(f, "%" PRIu64 " %s\n", number, path);
    fclose(f);
}

static int usage(void)
{
    fprintf(stderr, "usage: mutate [-n MUTANTS] [-s SEED] [-f FIRST] [-m MAX_SEED_BYTES] [-o NUMBER] "
                    "FILE...\n");
    return 2;
}

int main(int argc, char **argv)
{
    uint64_t mutants = 10000, base = 1, only = UINT64_MAX, first = 0, max = 1 << 20;
    int i = 1;
    for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
        const uint64_t v = strtoull(argv[i + 1], NULL, 10);
        switch (argv[i][1]) {
        case 'n': mutants = v; break;
        case 's': base = v; break;
        case 'm': max = v; break;
        case 'o': only = v; break;
        case 'f': first = v; break;
        default:  return usage();
        }
    }
    if (i >= argc)
        return usage();
    seed *seeds = calloc((size_t)(argc - i), sizeof *seeds);
    size_t n = 0;
    for (; seeds && i < argc; i++) {
        const int got = load(&seeds[n], argv[i], (size_t)max);
        if (got < 0)
            return 1;
        n += (size_t)got;
    }
    if (n == 0) {
        fprintf(stderr, "mutate: no seed of at most %" PRIu64 " bytes\n", max);
        return 1;
    }
    for (uint64_t k = first; k < mutants; k++) {
        if (only != UINT64_MAX && k != only)
            continue;
        note(k, seeds[k % n].path);
        run_mutant(&seeds[k % n], k, base);
    }
    remove("mutate.last");
    printf("%" PRIu64 " mutants of %zu seeds: no finding\n", mutants, n);
    for (size_t j = 0; j < n; j++)
        free(seeds[j].data);
    free(seeds);
    return 0;
}
