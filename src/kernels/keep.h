/* SPDX-License-Identifier: Apache-2.0 */
/* keep.h: stands around items of tables that a library for given models can be without
 * (cmake/minimal.cmake, which makes another keep.h).  Where the models do not need what the word
 * `what` names, LN_KEEP(what, function) is NULL, LN_KEEP_ALL(what, {functions}) is {NULL}, and
 * LN_KEEP_ITEM(what, item,) is nothing.  Only for functions that nobody calls without the operator,
 * or whose absence the engine looks out for: kernels of steps, pairs of quantized values (words
 * pair_TYPE), and those by which reductions and pools fold (fold_TYPE); or for what a constant of
 * the engine tells the compiler to leave out (LN_CPU_BLOCKS). */
#ifndef LN_KERNELS_KEEP_H
#define LN_KERNELS_KEEP_H

#define LN_KEEP(what, function) function
#define LN_KEEP_ALL(what, ...)  __VA_ARGS__
#define LN_KEEP_ITEM(what, ...) __VA_ARGS__

#endif
