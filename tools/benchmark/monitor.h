/* SPDX-License-Identifier: Apache-2.0 */
/* monitor.h: watches the memory of the process from a thread of its own. */
#ifndef MONITOR_H
#define MONITOR_H

#include <stdbool.h>

typedef struct monitor monitor;

/* Looks every `interval_ms`; NULL when there can be no thread. */
monitor *monitor_start(int interval_ms);
/* Ends it and gives the largest memory that it saw, in kB; 0 for NULL. */
long monitor_stop(monitor *m);

/* The memory that the process has now, in kB, and of that what it shares with files; false where
 * the system does not tell. */
typedef struct monitor_memory {
    long resident_kb, shared_kb;
} monitor_memory;
bool monitor_look(monitor_memory *memory);

#endif
