/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.c: asks the processor (x86) or the kernel (AArch64 Linux) what there is. */
#include "base/cpu.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

static const char *const names[] = {
#define LN_ISA(name) #name,
#include "base/isa.def"
#undef LN_ISA
};

const char *ln_isa_name(int index)
{
    return index >= 0 && index < LN_ISA_COUNT ? names[index] : NULL;
}

unsigned ln_isa_up_to(const char *name)
{
    for (int i = 0; i < LN_ISA_COUNT; i++)
        if (strcmp(name, names[i]) == 0)
            return (2u << i) - 1;
    return 0;
}

#if defined(__x86_64__)
/* By hand: what compilers bring for it is larger and knows fewer sets. */
enum {
    AVXVNNI = 1 << 4, /* of function 7.1, EAX; older compilers' headers have no names for these */
    AVX512BF16 = 1 << 5,
    AMXBF16 = 1 << 22, /* of function 7.0, EDX */
    AVX512FP16 = 1 << 23,
    AMXTILE = 1 << 24,
    AMXINT8 = 1 << 25,
    SAVES_AVX = 0x6, /* of XCR0 */
    SAVES_AVX512 = 0xe6,
    SAVES_AMX = 0x60000
};

static bool all_of(unsigned bits, unsigned wanted)
{
    return (bits & wanted) == wanted;
}

/* Asks each function once: a virtual machine takes two microseconds for an answer.  Intel's
 * vdpbf16ps takes twice as long as the products of floats that it replaces. */
static unsigned detect(void)
{
    const unsigned basic = bit_OSXSAVE | bit_FMA | bit_F16C,
                   avx512 = bit_AVX512F | bit_AVX512DQ | bit_AVX512BW | bit_AVX512VL;
    unsigned isas = LN_ISA_BIT(portable), a, b, c, d, a1 = 0, vendor, unused;
    if (__get_cpuid_max(0, &vendor) < 7)
        return isas;
    __cpuid(1, a, b, c, d);
    if (!all_of(c, basic))
        return isas;
    const unsigned saved = ln_x86_saved();
    __cpuid_count(7, 0, a, b, c, d);
    if (!(b & bit_AVX2) || !all_of(saved, SAVES_AVX))
        return isas;
    isas |= LN_ISA_BIT(avx2);
    if (a >= 1)
        __cpuid_count(7, 1, a1, unused, unused, unused);
    if (a1 & AVXVNNI)
        isas |= LN_ISA_BIT(avxvnni);
    if (!all_of(b, avx512) || !all_of(saved, SAVES_AVX512))
        return isas;
    isas |= LN_ISA_BIT(avx512);
    if (c & bit_AVX512VNNI)
        isas |= LN_ISA_BIT(avx512vnni);
    if (all_of(c, bit_AVX512VNNI | bit_AVX512VBMI))
        isas |= LN_ISA_BIT(avx512vbmi);
    if ((a1 & AVX512BF16) && vendor != signature_INTEL_ebx)
        isas |= LN_ISA_BIT(avx512bf16);
    if (d & AVX512FP16)
        isas |= LN_ISA_BIT(avx512fp16);
    if ((isas & LN_ISA_BIT(avx512vbmi)) && (a1 & AVX512BF16) &&
        all_of(d, AMXTILE | AMXINT8 | AMXBF16) && all_of(saved, SAVES_AMX))
        isas |= LN_ISA_BIT(amx);
    return isas;
}

/* Linux lends the registers of tiles to processes that ask, and a refusal means there are none.
 * Who asks has larger signal frames from then on, so nobody does without need. */
static unsigned ask_for(unsigned isas)
{
    bool lent = false;
#ifdef __linux__
    enum { REQ_XCOMP_PERM = 0x1023, TILE_DATA = 18 }; /* asm/prctl.h */
    lent = (isas & LN_ISA_BIT(amx)) && syscall(SYS_arch_prctl, REQ_XCOMP_PERM, TILE_DATA) == 0;
#endif
    return lent ? isas : isas & ~LN_ISA_BIT(amx);
}
#elif defined(__aarch64__) && defined(__linux__)
/* Bits of the kernel's hardware capabilities, asm/hwcap.h; part of its interface. */
enum { CAP_ASIMDHP = 1 << 10, CAP_ASIMDDP = 1 << 20, CAP2_I8MM = 1 << 13 };

static unsigned detect(void)
{
    const unsigned long cap = getauxval(AT_HWCAP), cap2 = getauxval(AT_HWCAP2);
    return LN_ISA_BIT(portable) | LN_ISA_BIT(neon) | (cap & CAP_ASIMDDP ? LN_ISA_BIT(dotprod) : 0) |
           (cap & CAP_ASIMDHP ? LN_ISA_BIT(fp16) : 0) | (cap2 & CAP2_I8MM ? LN_ISA_BIT(i8mm) : 0);
}
#elif defined(__aarch64__)
static unsigned detect(void)
{
    return LN_ISA_BIT(portable) | LN_ISA_BIT(neon);
}
#else
static unsigned detect(void)
{
    return LN_ISA_BIT(portable);
}
#endif

#if !defined(__x86_64__)
static unsigned ask_for(unsigned isas)
{
    return isas;
}
#endif

unsigned ln_cpu_isas(void)
{
    const char *limit = getenv("LINNET_CPU");
    const unsigned named = limit ? ln_isa_up_to(limit) : 0, mask = named ? named : ~0u;
    const unsigned isas = ask_for(detect() & mask);
#ifdef LINNET_EMULATED_ISAS /* in tests: sets whose kernels run in emulation */
    return isas | (LINNET_EMULATED_ISAS & mask);
#else
    return isas;
#endif
}

bool ln_cpu_same_floats(void)
{
    const char *floats = getenv("LINNET_FLOAT");
    return floats && strcmp(floats, "reproducible") == 0;
}

unsigned ln_cpu_model_id(void)
{
#if defined(__x86_64__)
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) ? a : 0;
#else
    return 0;
#endif
}

size_t ln_cpu_cache_bytes(int level)
{
    long bytes = 0;
#ifdef _SC_LEVEL2_CACHE_SIZE
    bytes = sysconf(level == 1 ? _SC_LEVEL1_DCACHE_SIZE : _SC_LEVEL2_CACHE_SIZE);
#endif
    if (bytes <= 0)
        bytes = level == 1 ? 32 * 1024 : 256 * 1024;
    return (size_t)bytes;
}
