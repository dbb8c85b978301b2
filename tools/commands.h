/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h: the subcommands that main.c knows. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "common/args.h"

extern const command bench_command, check_command, inspect_command, run_command;
#ifdef LINNET_CONVERT
extern const command calibrate_command, compare_command, convert_command, downgrade_command,
    new_op_command, optimize_command, quantize_command;
#endif
#ifdef LINNET_TASK
extern const command metadata_command;
#endif
#ifdef LINNET_MEDIA
extern const command answer_command, classify_command, detect_command, embed_command,
    listen_command, segment_command;
#endif

#endif
