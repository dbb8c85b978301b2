/* SPDX-License-Identifier: Apache-2.0 */
/* progress.h: a line on a terminal that says how far a command is, and how long it will take. */
#ifndef PROGRESS_H
#define PROGRESS_H

typedef struct progress {
    double start, shown;
} progress;

void progress_start(progress *p);
/* `part` of it, from 0 to 1, is done; `what` says what that is.  Nothing where stderr is no
 * terminal, or a moment after the last time. */
void progress_show(progress *p, double part, const char *what);
/* Ends the line. */
void progress_end(const progress *p);

#endif
