/* SPDX-License-Identifier: Apache-2.0 */
/* machine.h: what the computer is that numbers are from. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>

enum { MACHINE_TEXT = 128 };

typedef struct machine {
    char processor[MACHINE_TEXT]; /* "AMD EPYC 7B13", "?" where it is not told */
    char system[MACHINE_TEXT];    /* "Linux 6.1.0 x86_64" */
    char features[MACHINE_TEXT];  /* of those that matter here: "avx2 fma f16c" */
    char governor[MACHINE_TEXT];  /* of the clock: "performance"; "" where it is not told */
    int cores;
    double mhz, memory_gb, load; /* now; 0 where it is not told */
} machine;

void machine_describe(machine *m);
/* True when the processor says that it has `feature` ("avx2"). */
bool machine_has(const char *feature);

/* peak.c: measures how many float32 multiplications and additions a second `threads` threads can
 * do at most, in GFLOP/s; takes about 50 ms. */
double machine_peak(int threads);

#endif
