/* SPDX-License-Identifier: Apache-2.0 */
/* strips.h: blocks of convolutions that run by strips of lines, so that what is between their nodes
 * stays in the second-level cache: a 1x1 convolution that adds channels, a depthwise one, and a 1x1
 * convolution with its tail (an inverted residual), or either two of them.  Here is what number
 * formats have in common: which nodes, how lines are cut, and in which order they are computed.
 *
 * Lines that a depthwise convolution reads lie in a ring: each strip adds those that the strip
 * before did not need.  Results have the bits of the nodes one by one, each of which computes a
 * pixel in the same way whatever is computed along with it. */
#ifndef LN_CPU_STRIPS_H
#define LN_CPU_STRIPS_H

#include "cpu/chain.h"
#include "cpu/depthwise.h"

/* ---- in the graph ---- */

typedef struct ln_strips_type {
    size_t item, weight; /* bytes */
    /* What lies between two nodes is worth keeping in the second-level cache from this part of it
     * on: two for half. */
    size_t worth;
    /* A convolution by constants of the types that are meant, */
    bool (*takes)(const ln_cpu_graph *g, int at);
    /* and a depthwise one of them whose lines may lie in a ring. */
    bool (*takes_lines)(const ln_cpu_graph *g, int at);
} ln_strips_type;

/* For rows of CONV_2D and DEPTHWISE_CONV_2D; see ln_cpu_row.match. */
int ln_strips_match_expand(const ln_cpu_graph *g, int at, const ln_strips_type *t, int *nodes,
                           int max);
int ln_strips_match_depthwise(const ln_cpu_graph *g, int at, const ln_strips_type *t, int *nodes,
                              int max);
/* The first 1x1 convolution, the PAD behind it and the depthwise one, without what follows: how
 * many of LN_STRIPS_FRONT nodes, 0: it is no such block, or not worth it. */
enum { LN_STRIPS_FRONT = 3 };
int ln_strips_match_front(const ln_cpu_graph *g, int at, const ln_strips_type *t, int *nodes);
/* Whether a depthwise convolution's lines, of floats, go through `narrow` tiles as they lie. */
bool ln_strips_takes_float_lines(const ln_cpu_graph *g, int at);

/* ---- planning ---- */

typedef struct ln_strips {
    /* set by ln_strips_find: nodes; -1: there is none */
    int expand, pad, depthwise, project;
    /* set before ln_strips_cut */
    ln_chain *tail; /* what follows project: room for its steps */
    size_t images, cin, mid, cout;
    ln_window h, w; /* of the depthwise convolution */
    /* set by it */
    size_t item;
    int lines, ring; /* of a strip's output, and that the ring has */
    size_t bands;    /* that threads cut an image's lines into */
    bool alone;
    size_t ring_at, rows_at, bytes; /* in the scratch memory; of a thread */
} ln_strips;

void ln_strips_find(const ln_cpu_kernel *k, ln_strips *s);
/* *call reads what the PAD reads, if there is one; `in`: room for its inputs. */
enum { LN_STRIPS_IN = 3 };
ln_status ln_strips_depthwise(ln_cpu_kernel *k, const ln_strips *s, ln_call *call,
                              const TfLiteTensor *in[LN_STRIPS_IN]) LN_MUST_USE;
/* Cuts lines, plans the tail, sizes scratch memory. */
ln_status ln_strips_cut(ln_cpu_kernel *k, ln_strips *s, const ln_strips_type *t) LN_MUST_USE;
/* Rows of the products at most: of those that fill the ring, or of a strip's output. */
static inline size_t ln_strips_rows(const ln_strips *s, bool output)
{
    return output ? (size_t)s->lines * (size_t)s->w.out : (size_t)s->ring * (size_t)s->w.in;
}

/* ---- running ---- */

typedef struct ln_strips_job {
    const ln_cpu_kernel *k;
    const ln_strips *s;
    const void *of; /* the type's own */
    const char *x;  /* of so many images */
    size_t images;
    /* Around what a thread does; NULL: nothing. */
    void (*begin)(void);
    void (*end)(void);
    /* `rows` pixels. */
    void (*expand)(const struct ln_strips_job *j, const void *x, void *y, size_t rows, int thread);
    /* Lines of an image, or of the ring, to y; NULL where there is no project: the type knows. */
    void (*depthwise)(const struct ln_strips_job *j, const void *x, void *y,
                      const ln_cpu_depthwise_lines *lines, int thread);
    /* `rows` pixels to those of the output from `first` on. */
    void (*project)(const struct ln_strips_job *j, const void *x, size_t first, size_t rows,
                    int thread);
} ln_strips_job;

void ln_strips_run(const ln_strips_job *j);

#endif
