/* SPDX-License-Identifier: Apache-2.0 */
/* tidy.h: what is left behind by passes is removed: graphs, tensors and buffers that nobody refers
 * to, buffers with the same bytes, names of inner tensors. */
#ifndef LN_OPT_TIDY_H
#define LN_OPT_TIDY_H

#include "opt/opt.h"

ln_status ln_tidy(ln_model *m, const ln_opt_options *options) LN_MUST_USE;
/* Tensors that nobody refers to go, and the memory of large constants with them. */
ln_status ln_tidy_memory(ln_model *m) LN_MUST_USE;
/* same.c: signatures whose graphs do the same get one graph; true when there were such. */
bool ln_tidy_signatures(ln_model *m);
/* Calls `visit` for each number of a graph that the node's parameters hold; it may change it. */
void ln_tidy_graph_refs(const ln_node *n, void (*visit)(void *user, int *graph), void *user);

#endif
