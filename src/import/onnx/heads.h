/* SPDX-License-Identifier: Apache-2.0 */
/* heads.h: what the operators of attention have in common. */
#ifndef LN_IMPORT_ONNX_HEADS_H
#define LN_IMPORT_ONNX_HEADS_H

#include "import/onnx/families.h"

/* [b, s, heads * d] -> [b, heads, s, d], and back. */
ln_id ln_ox_split_heads(ln_ox *o, ln_id x, int heads);
ln_id ln_ox_merge_heads(ln_ox *o, ln_id x);
/* The items [from, from + n) of the last dimension; n -1: to the end. */
ln_id ln_ox_last_part(ln_ox *o, ln_id x, int from, int n);

typedef struct ln_ox_heads {
    ln_id q, k, v; /* [b, heads, s, d]; k and v may have fewer heads, each for several of q's */
    ln_id bias;    /* added to the scores; -1: nothing */
    ln_id allowed; /* bool: which scores count; -1: all */
    float scale, softcap;
    bool guarded; /* a row of which nothing counts gives zeros */
    float masked; /* what takes the place of scores that do not count */
    const Onnx__GraphProto *score_mod, *prob_mod; /* of one tensor each; NULL: none */
    ln_id scores, capped, biased, probabilities; /* results on the way */
} ln_ox_heads;

/* Puts the keys and values of inputs i and i + 1 in front, where both are there; how many keys that
 * are, as an int32 scalar. */
ln_id ln_ox_join_past(ln_ox *o, const ln_ox_node *n, int i, ln_ox_heads *h);
/* softmax(scale q k' + bias) v: [b, heads, s, d]. */
ln_id ln_ox_attend(ln_ox *o, ln_ox_heads *h);
/* Which keys come not behind a query, whose first one is at `offset` (an int32 scalar or
 * [b, 1, 1, 1]); and not more than `left` before, `right` behind it (-1: no limit). */
ln_id ln_ox_window_mask(ln_ox *o, const ln_ox_heads *h, ln_id offset, int left, int right);
/* Both; -1 is none. */
ln_id ln_ox_both(ln_ox *o, ln_id a, ln_id b);
/* Rotates pairs of x [b, heads, s, d] by cos and sin [s or b, 1, s, d / 2]. */
ln_id ln_ox_rotate(ln_ox *o, ln_id x, ln_id cos, ln_id sin, bool interleaved);
/* Rows of a table [positions, d / 2] as [b | 1, 1, s, d / 2]; at: [b, s] or [s]. */
ln_id ln_ox_angles(ln_ox *o, ln_id table, ln_id at);

#endif
