# SPDX-License-Identifier: Apache-2.0
# The sources of liblinnet, a list per folder, in order of the layers.
set(LINNET_SOURCES
    src/base/alloc.c
    src/base/arena.c
    src/base/clock.c
    src/base/diag.c
    src/base/file.c
    src/ops/binary.c
    src/ops/broadcast.c
    src/ops/compare.c
    src/ops/conv.c
    src/ops/conv_common.c
    src/ops/depthwise_conv.c
    src/ops/elementwise.c
    src/ops/inv_sqrt.c
    src/ops/logical.c
    src/ops/lstm.c
    src/ops/lstm_basic.c
    src/ops/lstm_step.c
    src/ops/lstm_step_s8.c
    src/ops/op.c
    src/ops/pairwise.c
    src/ops/qmath.c
    src/ops/recurrent.c
    src/ops/table.c
    src/ops/window.c
)
