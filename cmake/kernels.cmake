# SPDX-License-Identifier: Apache-2.0
# Sources of the kernels.  A file of tiles whose name ends in an instruction set is built with that
# set's flags, and only where there is one; see cmake/isa.cmake.
set(LINNET_VECTOR_SOURCES
    src/kernels/vector/binary.c
    src/kernels/vector/convert.c
    src/kernels/vector/gemm.c
    src/kernels/vector/quantized.c
    src/kernels/vector/select.c
    src/kernels/vector/unary.c)
set(LINNET_TILE_SOURCES
    src/kernels/kernels.c)
