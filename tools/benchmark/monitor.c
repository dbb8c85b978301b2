/* SPDX-License-Identifier: Apache-2.0 */
/* monitor.c: see monitor.h.  The numbers are those of /proc/self/statm. */
#include "benchmark/monitor.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "common/tool.h"

struct monitor {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    int interval_ms;
    bool stop;
    long peak_kb;
};

bool monitor_look(monitor_memory *memory)
{
    long size = 0, resident = 0, shared = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f)
        return false;
    const bool ok = fscanf(f, "%ld %ld %ld", &size, &resident, &shared) == 3;
    fclose(f);
    const long page_kb = sysconf(_SC_PAGESIZE) / 1024;
    *memory = (monitor_memory){resident * page_kb, shared * page_kb};
    return ok;
}

static void *watch(void *user)
{
    monitor *m = user;
    pthread_mutex_lock(&m->lock);
    for (;;) {
        monitor_memory now = {0, 0};
        if (monitor_look(&now) && now.resident_kb > m->peak_kb)
            m->peak_kb = now.resident_kb;
        if (m->stop)
            break;
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        const long long ns = until.tv_nsec + m->interval_ms * 1000000LL;
        until.tv_sec += (time_t)(ns / 1000000000);
        until.tv_nsec = (long)(ns % 1000000000);
        pthread_cond_timedwait(&m->wake, &m->lock, &until);
    }
    pthread_mutex_unlock(&m->lock);
    return NULL;
}

monitor *monitor_start(int interval_ms)
{
    monitor *m = tool_new(1, sizeof *m);
    m->interval_ms = interval_ms;
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->wake, NULL);
    if (pthread_create(&m->thread, NULL, watch, m) == 0)
        return m;
    pthread_cond_destroy(&m->wake);
    pthread_mutex_destroy(&m->lock);
    tool_free(m);
    return NULL;
}

long monitor_stop(monitor *m)
{
    if (!m)
        return 0;
    pthread_mutex_lock(&m->lock);
    m->stop = true;
    pthread_cond_signal(&m->wake);
    pthread_mutex_unlock(&m->lock);
    pthread_join(m->thread, NULL);
    const long peak = m->peak_kb;
    pthread_cond_destroy(&m->wake);
    pthread_mutex_destroy(&m->lock);
    tool_free(m);
    return peak;
}
