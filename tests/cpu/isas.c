/* SPDX-License-Identifier: Apache-2.0 */
/* isas.c: the sets of instructions that we find are those that Linux lists in /proc/cpuinfo
 * (x86-64; elsewhere the system is asked, and there is nothing to compare with). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"

#if defined(__x86_64__) && defined(__linux__)
static const struct {
    const char *words; /* of the line "flags" */
    unsigned isa;
} sets[] = {
    {" avx2 fma f16c ", LN_ISA_BIT(avx2)},
    {" avx2 fma f16c avx_vnni ", LN_ISA_BIT(avxvnni)},
    {" avx2 fma f16c avx512f avx512bw avx512dq avx512vl ", LN_ISA_BIT(avx512)},
    {" avx2 fma f16c avx512f avx512bw avx512dq avx512vl avx512_vnni ", LN_ISA_BIT(avx512vnni)},
    {" avx2 fma f16c avx512f avx512bw avx512dq avx512vl avx512_vnni avx512vbmi ",
     LN_ISA_BIT(avx512vbmi)},
    {" avx2 fma f16c avx512f avx512bw avx512dq avx512vl avx512_vnni avx512vbmi avx512_bf16 ",
     LN_ISA_BIT(avx512bf16)},
    {" avx2 fma f16c avx512f avx512bw avx512dq avx512vl avx512_fp16 ", LN_ISA_BIT(avx512fp16)},
    {" avx2 fma f16c avx512f avx512bw avx512dq avx512vl avx512_vnni avx512vbmi avx512_bf16 "
     "amx_tile amx_int8 amx_bf16 ",
     LN_ISA_BIT(amx)},
};

/* Whether each of the words stands in the line, between spaces. */
static bool has_all(const char *line, const char *words)
{
    for (const char *end; words[1]; words = end) {
        char word[32] = "";
        end = strchr(words + 1, ' ');
        memcpy(word, words, (size_t)(end - words) + 1);
        if (!strstr(line, word))
            return false;
    }
    return true;
}

int main(void)
{
    char line[8192] = "";
    FILE *f = fopen("/proc/cpuinfo", "r");
    bool intel = false;
    while (f && fgets(line, sizeof line, f) && strncmp(line, "flags", 5) != 0) {
        intel = intel || strstr(line, "GenuineIntel");
        line[0] = '\0';
    }
    if (f)
        fclose(f);
    if (!line[0])
        return 77;
    line[strcspn(line, "\n")] = ' ';
    unsetenv("LINNET_CPU");
    unsigned expected = LN_ISA_BIT(portable);
    for (size_t i = 0; i < LN_COUNTOF(sets); i++)
        if (has_all(line, sets[i].words))
            expected |= sets[i].isa;
    if (intel) /* whose instructions for it are slow */
        expected &= ~LN_ISA_BIT(avx512bf16);
    printf("isas: 0x%x, of the system's list 0x%x\n", ln_cpu_isas(), expected);
    return ln_cpu_isas() != expected;
}
#else
int main(void)
{
    return 77;
}
#endif
