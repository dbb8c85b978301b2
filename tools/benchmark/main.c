/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: the program of that name; `linnet benchmark` is the same.  By the name of
 * TensorFlow Lite's second program it tries delegates and numbers of threads, as that one does. */
#include "benchmark/benchmark.h"

#include <string.h>

#include "common/tool.h"

int main(int argc, char **argv)
{
    const char *name = argc > 0 ? tool_basename(argv[0]) : "";
    if (strcmp(name, "benchmark_model_performance_options") == 0)
        benchmark_flag_default("perf_options_list", "all");
    return benchmark_main(argc > 0 ? argc - 1 : 0, argv + (argc > 0));
}
