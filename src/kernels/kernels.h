/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/: inner loops.  Pure functions of their arguments: no allocation, no globals, no I/O, no
 * errors, no threads.
 *
 *   vector/   one source per family over the vectors of simd/, compiled once per instruction set
 *   gemm/     and *_SET.c elsewhere: tiles by hand, one instruction set each
 *   plain/    ordinary C
 *   *.h       one per family: its part of the table, with the contract of each function
 *
 * kernels.h: the table of all of them.  Each family's function for the strongest instruction set at
 * hand; a family that lacks one for a set keeps that of a weaker set. */
#ifndef LN_KERNELS_KERNELS_H
#define LN_KERNELS_KERNELS_H

#include "base/cpu.h"
#include "kernels/arg.h"
#include "kernels/binary.h"
#include "kernels/convert.h"
#include "kernels/depthwise.h"
#include "kernels/depthwise_q8.h"
#include "kernels/fft.h"
#include "kernels/gemm.h"
#include "kernels/gemm_q4.h"
#include "kernels/gemm_q8.h"
#include "kernels/gemm_s16.h"
#include "kernels/gemm_steps.h"
#include "kernels/hybrid.h"
#include "kernels/norm.h"
#include "kernels/pool.h"
#include "kernels/quantized.h"
#include "kernels/recurrent.h"
#include "kernels/reduce.h"
#include "kernels/rescale.h"
#include "kernels/resize.h"
#include "kernels/s16.h"
#include "kernels/select.h"
#include "kernels/sets.h"
#include "kernels/softmax.h"
#include "kernels/unary.h"
#include "kernels/winograd.h"

typedef struct ln_kernels {
    unsigned isas;    /* the sets that were chosen from, bits of base/cpu.h */
    bool same_floats; /* but for floats only the portable one */
    ln_gemm_kernels gemm, gemm_groups[LN_GEMM_GROUPS]; /* for groups; `panel` NULL: there is none */
    ln_gemm_kernels gemm_half; /* where half precision is faster; else `panel` is NULL */
    ln_gemm_kernels gemm_half_row; /* for single rows; `row` NULL: the same does */
    ln_gemm_kernels gemm_f16; /* single rows of floats by weights of float16; `row` NULL: none */
    ln_depthwise_kernels depthwise;
    ln_reduce_kernels reduce;
    ln_pool_kernels pool;
    ln_winograd_kernels winograd;
    ln_softmax_kernels softmax;
    ln_resize_kernels resize;
    ln_arg_kernels arg;
    ln_norm_kernels norm;
    ln_fft_kernels fft;
    ln_unary_kernels unary;
    ln_binary_kernels binary;
    ln_quantized_kernels quantized;
    ln_convert_kernels convert;
    ln_select_kernels select;
    ln_hybrid_kernels hybrid;
    ln_recurrent_kernels recurrent;
    ln_s16_kernels s16;
    ln_gemm_s16 gemm_s16;
    ln_rescale_kernels rescale;
    ln_gemm_q8 gemm_q8, gemm_q8_one; /* for a single row; row NULL: the same does */
    ln_gemm_q8 gemm_q8_light; /* the same panels, without `begin`; tile NULL: the same does */
    ln_gemm_steps gemm_steps;
    ln_gemm_q4 gemm_q4;
    ln_depthwise_q8 depthwise_q8;
} ln_kernels;

#define LN_INIT(family, set, floats) void ln_##family##_init_##set(ln_kernels *k) LN_COLD;
#include "kernels/families.def"
#undef LN_INIT

/* Fills the table for the sets in `isas`, which the processor must have.  With `same_floats`,
 * floats get the portable kernels: these round alike on every processor.  False: the library was
 * built for stronger sets only (LINNET_ISAS), and the table lacks most functions. */
bool ln_kernels_init(ln_kernels *k, unsigned isas, bool same_floats);

/* The name of a vector family's init function for the set it is compiled for. */
#define LN_SET_FN(name) LN_SET_FN_(name, LN_SET)
#define LN_SET_FN_(name, isa) LN_SET_FN__(name, isa)
#define LN_SET_FN__(name, isa) name##_##isa

#endif
