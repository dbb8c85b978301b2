/* SPDX-License-Identifier: Apache-2.0 */
/* progress.c: see progress.h. */
#include "common/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static double seconds(void)
{
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void progress_start(progress *p)
{
    p->start = seconds();
    p->shown = 0;
}

void progress_show(progress *p, double part, const char *what)
{
    const double now = seconds(), moment = 0.1;
    if (!isatty(2) || (part < 1 && now - p->shown < moment))
        return;
    p->shown = now;
    const double left = part > 0 ? (now - p->start) * (1 - part) / part : 0;
    fprintf(stderr, "\r%s, %.0f %%, %d:%02d left   ", what, 100 * part, (int)(left / 60),
            (int)left % 60);
}

void progress_end(const progress *p)
{
    if (p->shown > 0)
        fprintf(stderr, "\n");
}
