/* SPDX-License-Identifier: Apache-2.0 */
/* compiler.h: the only place where compiler extensions are spelled. */
#ifndef LN_BASE_COMPILER_H
#define LN_BASE_COMPILER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define LN_MUST_USE __attribute__((warn_unused_result))
#define LN_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define LN_INLINE static inline __attribute__((always_inline))
#define LN_LIKELY(x) __builtin_expect(!!(x), 1)
#else
#define LN_MUST_USE
#define LN_PRINTF(fmt, first)
#define LN_INLINE static inline
#define LN_LIKELY(x) (x)
#endif

#if defined(__x86_64__)
/* XCR0, which registers the system saves; for processors with XSAVE. */
static inline uint32_t ln_x86_saved(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}
#endif

/* Before a loop of a few iterations: unroll it completely. */
#if defined(__clang__)
#define LN_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define LN_UNROLL _Pragma("GCC unroll 16")
#else
#define LN_UNROLL
#endif

/* In a loop that waits for another thread: leaves the core to its other one meanwhile. */
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
#define LN_PAUSE() __builtin_ia32_pause()
#elif defined(__GNUC__) && defined(__aarch64__)
#define LN_PAUSE() __asm__ volatile("yield")
#else
#define LN_PAUSE() (void)0
#endif

/* Asks for a line that will be read soon, into the second-level cache; any address will do. */
#if defined(__GNUC__) || defined(__clang__)
#define LN_PREFETCH(p) __builtin_prefetch(p, 0, 2)
#else
#define LN_PREFETCH(p) (void)(p)
#endif

/* Runs once: code of this kind lies together, so that few of its pages are read. */
#if defined(__GNUC__) || defined(__clang__)
#define LN_COLD __attribute__((cold))
#else
#define LN_COLD
#endif

#define LN_COUNTOF(a) (sizeof(a) / sizeof((a)[0]))
#define LN_MIN(a, b) ((a) < (b) ? (a) : (b))
#define LN_MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
