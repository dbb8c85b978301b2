/* SPDX-License-Identifier: Apache-2.0 */
/* machine.c: see machine.h.  Linux tells in files of /proc and /sys; elsewhere little is known. */
#include "benchmark/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { LINE = 8192 };

/* The text behind "key :" in the first such line of a file; false when there is none. */
static bool value_in(const char *path, const char *key, char *value, size_t size)
{
    char line[LINE];
    bool found = false;
    FILE *f = fopen(path, "r");
    const size_t n = strlen(key);
    while (f && !found && fgets(line, sizeof line, f)) {
        const char *colon = strchr(line, ':');
        if (!colon || strncmp(line, key, n) != 0 || (line[n] > ' ' && line[n] != ':'))
            continue;
        snprintf(value, size, "%s", colon + 1 + strspn(colon + 1, " \t"));
        value[strcspn(value, "\n")] = '\0';
        found = true;
    }
    if (f)
        fclose(f);
    return found;
}

static double number_in(const char *path)
{
    char line[64] = "";
    FILE *f = fopen(path, "r");
    const bool ok = f && fgets(line, sizeof line, f);
    if (f)
        fclose(f);
    return ok ? strtod(line, NULL) : 0;
}

bool machine_has(const char *feature)
{
    static const char *const keys[] = {"flags", "Features"}; /* x86, ARM */
    char words[LINE];
    for (int i = 0; i < 2; i++) {
        if (!value_in("/proc/cpuinfo", keys[i], words, sizeof words))
            continue;
        for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
            if (strcmp(word, feature) == 0)
                return true;
        }
    }
    return false;
}

static void find_features(machine *m)
{
    static const char *const names[] = {
        "avx2",     "fma",   "f16c",    "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16",
        "amx_int8", "asimd", "asimdhp", "asimddp",  "i8mm",    "bf16",        "sve"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const size_t used = strlen(m->features);
        if (machine_has(names[i]))
            snprintf(m->features + used, sizeof m->features - used, "%s%s", used ? " " : "",
                     names[i]);
    }
}

void machine_describe(machine *m)
{
    char text[MACHINE_TEXT];
    struct utsname u;
    memset(m, 0, sizeof *m);
    if (!value_in("/proc/cpuinfo", "model name", m->processor, sizeof m->processor) &&
        !value_in("/proc/cpuinfo", "Model", m->processor, sizeof m->processor))
        snprintf(m->processor, sizeof m->processor, "?");
    if (uname(&u) == 0)
        snprintf(m->system, sizeof m->system, "%.40s %.40s %.40s", u.sysname, u.release, u.machine);
    find_features(m);
    m->cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (value_in("/proc/cpuinfo", "cpu MHz", text, sizeof text))
        m->mhz = strtod(text, NULL);
    if (m->mhz <= 0)
        m->mhz = number_in("/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq") / 1e3;
    if (value_in("/proc/meminfo", "MemTotal", text, sizeof text))
        m->memory_gb = strtod(text, NULL) / 1048576;
    m->load = number_in("/proc/loadavg");
    FILE *f = fopen("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "r");
    if (f) {
        if (!fgets(m->governor, sizeof m->governor, f))
            m->governor[0] = '\0';
        m->governor[strcspn(m->governor, "\n")] = '\0';
        fclose(f);
    }
}
