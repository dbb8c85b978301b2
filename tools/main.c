/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: the `linnet` command: finds the subcommand. */
#include <stdio.h>
#include <string.h>

#include "benchmark/benchmark.h"
#include "commands.h"
#include "common/tool.h"
#include "linnet/linnet.h"

static const command *const commands[] = {
    &inspect_command,  &run_command,       &bench_command,
#ifndef LINNET_PLAIN
    &check_command,
#endif
#ifdef LINNET_CONVERT
    &convert_command,  &optimize_command,  &downgrade_command, &new_op_command,
    &quantize_command, &calibrate_command, &compare_command,
#endif
#ifdef LINNET_TASK
    &metadata_command,
#endif
#ifdef LINNET_MEDIA
    &classify_command, &detect_command,    &segment_command,   &embed_command,
    &answer_command,   &listen_command,
#endif
};

static void print_help(FILE *to)
{
    fprintf(to, "usage: linnet COMMAND [OPTION...] ...\n\ncommands:\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(to, "  %-10s %s\n", "benchmark",
            "The program benchmark_model; its flags are --name=value.");
#ifdef LINNET_PLAIN
    fprintf(to, "\nThis build has no other commands: it was made without libzip, cJSON, libpng and "
                "libjpeg.\n");
#endif
    fprintf(to, "\nlinnet COMMAND --help says more; linnet --version prints the version.\n"
                "exit codes: 0 all is well, 1 something failed, 2 the command line is wrong\n");
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return args_run(commands[i], argc - 2, argv + 2);
    }
    if (strcmp(name, "benchmark") == 0)
        return benchmark_main(argc - 2, argv + 2);
    if (strcmp(name, "--version") == 0) {
        printf("linnet %s, like TensorFlow Lite %s\n", ln_version(), TfLiteVersion());
        return TOOL_OK;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return TOOL_OK;
    }
    if (*name)
        tool_error("there is no command %s", name);
    print_help(stderr);
    return TOOL_USAGE;
}
