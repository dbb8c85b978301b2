/* SPDX-License-Identifier: Apache-2.0 */
/* affine.h: what passes that fuse into convolutions and products share. */
#ifndef LN_OPT_AFFINE_H
#define LN_OPT_AFFINE_H

#include "opt/opt.h"

/* Node `node` is done by what made `x`: its uses become uses of x, or of the activation of it. */
bool ln_affine_hand_over(ln_opt *o, int node, ln_id x, TfLiteFusedActivation act);

#endif
