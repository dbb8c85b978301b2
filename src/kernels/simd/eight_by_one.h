/* SPDX-License-Identifier: Apache-2.0 */
/* eight_by_one.h: what is made of each of eight vectors, for sets that have no faster way than one
 * after the other.  Included where vf_sum and its like have been defined. */
LN_INLINE void vf_sum_8(float *to, const vf *v)
{
    for (int i = 0; i < 8; i++)
        to[i] = vf_sum(v[i]);
}
LN_INLINE void vf_hmax_8(float *to, const vf *v)
{
    for (int i = 0; i < 8; i++)
        to[i] = vf_hmax(v[i]);
}
LN_INLINE void vf_hmin_8(float *to, const vf *v)
{
    for (int i = 0; i < 8; i++)
        to[i] = vf_hmin(v[i]);
}
