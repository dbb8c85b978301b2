/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz/: one target per parser (LLVMFuzzerTestOneInput in fuzz_*.c), built three ways: with
 * libFuzzer, with replay.c (runs stored inputs) and with mutate.c (runs mutants of them).
 *
 * mutate.c: the driver of a mutation test that needs no fuzzing engine.
 *
 *   mutate [-n MUTANTS] [-s SEED] [-f FIRST] [-m MAX_SEED_BYTES] [-o NUMBER] [-c 1] FILE...
 *
 * Makes MUTANTS variants of the seed files, round robin, with mutate_bytes.c or mutate_graph.c.
 * The same seed makes the same mutants, and the number of the mutant at hand is kept in a file
 * (mutate.last) so that a crash can be run again alone with -o NUMBER, or passed over with -f.  -c
 * 1 prints how many mutants each operator had a part in, and fails where one had none. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mutate.h"

typedef struct seed {
    const char *path;
    uint8_t *data;
    size_t size;
} seed;

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
    fprintf(stderr,
            "usage: mutate [-n MUTANTS] [-s SEED] [-f FIRST] [-m MAX_SEED_BYTES] [-o NUMBER] "
            "[-c 1] FILE...\n");
    return 2;
}

/* By letter. */
static uint64_t options['z' + 1] = {
    ['n'] = 10000, ['s'] = 1, ['m'] = 1 << 20, ['o'] = UINT64_MAX, ['f'] = 0, ['c'] = 0};

/* The number of the first argument that is no option; 0: something is wrong. */
static int parse(int argc, char **argv)
{
    int i = 1;
    for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
        if (!argv[i][1] || !strchr("nsmofc", argv[i][1]))
            return 0;
        options[(unsigned char)argv[i][1]] = strtoull(argv[i + 1], NULL, 10);
    }
    return i < argc ? i : 0;
}

static void run(const seed *seeds, size_t n)
{
    for (uint64_t k = options['f']; k < options['n']; k++) {
        if (options['o'] != UINT64_MAX && k != options['o'])
            continue;
        note(k, seeds[k % n].path);
        uint64_t state = options['s'] ^ (k * 0xd6e8feb86659fd93u);
        run_mutant(&state, seeds[k % n].data, seeds[k % n].size);
    }
    remove("mutate.last");
    printf("%" PRIu64 " mutants of %zu seeds: no finding\n", options['n'], n);
}

int main(int argc, char **argv)
{
    int i = parse(argc, argv);
    if (i == 0)
        return usage();
    seed *seeds = calloc((size_t)(argc - i), sizeof *seeds);
    size_t n = 0;
    for (; seeds && i < argc; i++) {
        const int got = load(&seeds[n], argv[i], (size_t)options['m']);
        if (got < 0)
            return 1;
        n += (size_t)got;
    }
    if (n == 0) {
        fprintf(stderr, "mutate: no seed of at most %" PRIu64 " bytes\n", options['m']);
        return 1;
    }
    run(seeds, n);
    for (size_t j = 0; j < n; j++)
        free(seeds[j].data);
    free(seeds);
    return !report_mutants(options['c']) && options['c'];
}
