/* SPDX-License-Identifier: Apache-2.0 */
/* vnni.h: ln_gemm_q8.tile of AVX-512 VNNI, for other sets. */
#ifndef LN_KERNELS_GEMM_VNNI_H
#define LN_KERNELS_GEMM_VNNI_H

#include "kernels/gemm_q8.h"

void ln_gemm_q8_tile_vnni(const ln_q8_tile *t);

#endif
