/* SPDX-License-Identifier: Apache-2.0 */
/* benchmark_model.c: the program of that name; `linnet benchmark` is the same. */
#include "benchmark.h"

int main(int argc, char **argv)
{
    return benchmark_main(argc > 0 ? argc - 1 : 0, argv + (argc > 0));
}
