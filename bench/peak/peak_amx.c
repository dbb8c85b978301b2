/* SPDX-License-Identifier: Apache-2.0 */
/* peak_amx.c: products of tiles of 16 rows of 64 bytes, four sums in turn. */
#include "kernels/gemm/amx.h"

/* Tiles 0 to 3 are sums, two by two of operands 4 and 5, and 6 and 7. */
static void begin(void)
{
    amx_begin();
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    _tile_zero(4);
    _tile_zero(5);
    _tile_zero(6);
    _tile_zero(7);
}

float peak_s8_amx(float a, float b, long n);
float peak_half_amx(float a, float b, long n);

float peak_s8_amx(float a, float b, long n)
{
    begin();
    for (long k = 0; k < n; k++) {
        _tile_dpbssd(0, 4, 6);
        _tile_dpbssd(1, 4, 7);
        _tile_dpbssd(2, 5, 6);
        _tile_dpbssd(3, 5, 7);
    }
    amx_end();
    return a + b;
}

float peak_half_amx(float a, float b, long n)
{
    begin();
    for (long k = 0; k < n; k++) {
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    amx_end();
    return a + b;
}
