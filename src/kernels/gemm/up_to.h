/* SPDX-License-Identifier: Apache-2.0 */
/* up_to.h: functions for every count up to some number, so that each has its loops unrolled:
 * LN_UP_TO_N(make, x) is make(1, x) to make(N, x), one after the other. */
#ifndef LN_KERNELS_GEMM_UP_TO_H
#define LN_KERNELS_GEMM_UP_TO_H

#define LN_UP_TO_3(make, x)  make(1, x) make(2, x) make(3, x)
#define LN_UP_TO_4(make, x)  LN_UP_TO_3(make, x) make(4, x)
#define LN_UP_TO_6(make, x)  LN_UP_TO_4(make, x) make(5, x) make(6, x)
#define LN_UP_TO_8(make, x)  LN_UP_TO_6(make, x) make(7, x) make(8, x)
#define LN_UP_TO_9(make, x)  LN_UP_TO_8(make, x) make(9, x)
#define LN_UP_TO_12(make, x) LN_UP_TO_9(make, x) make(10, x) make(11, x) make(12, x)

#endif
