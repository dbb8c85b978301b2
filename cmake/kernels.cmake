# SPDX-License-Identifier: Apache-2.0
# Sources of the kernels.  A file of tiles whose name ends in an instruction set is built with that
# set's flags, and only where there is one; see cmake/isa.cmake.
set(LINNET_VECTOR_SOURCES
    src/kernels/vector/binary.c
    src/kernels/vector/convert.c
    src/kernels/vector/depthwise.c
    src/kernels/vector/gemm.c
    src/kernels/vector/hybrid.c
    src/kernels/vector/pool.c
    src/kernels/vector/quantized.c
    src/kernels/vector/reduce.c
    src/kernels/vector/rescale.c
    src/kernels/vector/s16.c
    src/kernels/vector/select.c
    src/kernels/vector/unary.c
    src/kernels/vector/winograd.c
)
set(LINNET_TILE_SOURCES
    src/kernels/gemm/depthwise_q8_avx2.c
    src/kernels/gemm/gemm_q8_avx2.c
    src/kernels/gemm/gemm_s16.c
    src/kernels/gemm/gemm_s16_avx2.c
    src/kernels/gemm/gemm_s16_avx512.c
    src/kernels/gemm/gemm_s16_avx512vnni.c
    src/kernels/gemm/gemm_s16_neon.c
    src/kernels/gemm/rescale_avx2.c
    src/kernels/kernels.c
    src/kernels/lut/lut8_avx2.c
    src/kernels/lut/lut8_avx512vbmi.c
    src/kernels/lut/lut8_neon.c
    src/kernels/plain/depthwise_q8.c
    src/kernels/plain/gemm_q8.c
    src/kernels/plain/pack_q8.c
    src/kernels/quantized_line.c
)
