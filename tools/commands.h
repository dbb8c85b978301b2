/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h: the subcommands that main.c knows. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "args.h"

extern const command check_command;

#endif
