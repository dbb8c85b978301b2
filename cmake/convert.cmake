# SPDX-License-Identifier: Apache-2.0
# liblinnet_convert: the converter, the optimizer and the quantizer on top of liblinnet.  It uses
# other libraries to read what it imports, and is left out where they are missing.
set(LINNET_EMIT_SOURCES
    src/emit/common.c
    src/emit/einsum.c
    src/emit/emit.c
    src/emit/finish.c
    src/emit/fold.c
    src/emit/foreign.c
    src/emit/origin.c
    src/emit/scatter.c
    src/emit/values.c
    src/fb/flexwriter.c
)
set(LINNET_OPT_SOURCES
    src/opt/activation.c
    src/opt/affine.c
    src/opt/concat.c
    src/opt/control.c
    src/opt/dilation.c
    src/opt/erf.c
    src/opt/fold.c
    src/opt/identity.c
    src/opt/index.c
    src/opt/loop.c
    src/opt/lstm.c
    src/opt/lstm_step.c
    src/opt/match.c
    src/opt/matmul.c
    src/opt/pad.c
    src/opt/parts.c
    src/opt/passes.c
    src/opt/reduce.c
    src/opt/regroup.c
    src/opt/rules.c
    src/opt/rules_builtin.c
    src/opt/rules_parse.c
    src/opt/same.c
    src/opt/shape.c
    src/opt/shapes.c
    src/opt/slice.c
    src/opt/splat.c
    src/opt/tidy.c
    src/opt/transpose.c
)
set(LINNET_IMPORT_SOURCES
    src/import/report.c
    src/import/select.c
    src/import/keras/activations.c
    src/import/keras/archive.c
    src/import/keras/arguments.c
    src/import/keras/attention.c
    src/import/keras/clahe.c
    src/import/keras/conv.c
    src/import/keras/core.c
    src/import/keras/foreign.c
    src/import/keras/formula.c
    src/import/keras/hdf5.c
    src/import/keras/hdf5_data.c
    src/import/keras/hdf5_file.c
    src/import/keras/interface.c
    src/import/keras/json.c
    src/import/keras/keras.c
    src/import/keras/layers.c
    src/import/keras/mel.c
    src/import/keras/lookup.c
    src/import/keras/merge.c
    src/import/keras/model.c
    src/import/keras/norm.c
    src/import/keras/once.c
    src/import/keras/ops.c
    src/import/keras/ops_axes.c
    src/import/keras/ops_more.c
    src/import/keras/ops_loss.c
    src/import/keras/ops_nn.c
    src/import/keras/ops_order.c
    src/import/keras/ops_product.c
    src/import/keras/ops_rare.c
    src/import/keras/ops_select.c
    src/import/keras/ops_shape.c
    src/import/keras/order.c
    src/import/keras/patches.c
    src/import/keras/text.c
    src/import/keras/tf_ops.c
    src/import/keras/pool.c
    src/import/keras/preprocess.c
    src/import/keras/rnn.c
    src/import/keras/rnn_cell.c
    src/import/keras/resample.c
    src/import/keras/shape.c
    src/import/keras/shared.c
    src/import/keras/spectrum.c
    src/import/keras/warp.c
    src/import/keras/weights.c
    src/import/onnx/activation.c
    src/import/onnx/attention.c
    src/import/onnx/attention_ms.c
    src/import/onnx/bits.c
    src/import/onnx/blocks.c
    src/import/onnx/constant.c
    src/import/onnx/control.c
    src/import/onnx/conv.c
    src/import/onnx/conv_transpose.c
    src/import/onnx/cumulative.c
    src/import/onnx/deform.c
    src/import/onnx/dims.c
    src/import/onnx/einsum.c
    src/import/onnx/foreign.c
    src/import/onnx/gather.c
    src/import/onnx/gelu.c
    src/import/onnx/graph.c
    src/import/onnx/heads.c
    src/import/onnx/inner.c
    src/import/onnx/body.c
    src/import/onnx/integers.c
    src/import/onnx/learn.c
    src/import/onnx/linear_attention.c
    src/import/onnx/loss.c
    src/import/onnx/math.c
    src/import/onnx/matmul.c
    src/import/onnx/moved.c
    src/import/onnx/narrow.c
    src/import/onnx/node.c
    src/import/onnx/norm.c
    src/import/onnx/onnx.c
    src/import/onnx/op.c
    src/import/onnx/pad.c
    src/import/onnx/pool.c
    src/import/onnx/pool_indices.c
    src/import/onnx/quantized.c
    src/import/onnx/random.c
    src/import/onnx/raw.c
    src/import/onnx/read.c
    src/import/onnx/reduce.c
    src/import/onnx/requantize.c
    src/import/onnx/regroup.c
    src/import/onnx/resize.c
    src/import/onnx/rnn.c
    src/import/onnx/rnn_fused.c
    src/import/onnx/rnn_loop.c
    src/import/onnx/rnn_step.c
    src/import/onnx/roi.c
    src/import/onnx/sample.c
    src/import/onnx/scatter.c
    src/import/onnx/scope.c
    src/import/onnx/sequence.c
    src/import/onnx/shape.c
    src/import/onnx/slice.c
    src/import/onnx/sort.c
    src/import/onnx/spectrum.c
    src/import/onnx/table.c
    src/import/onnx/svm.c
    src/import/onnx/tensor.c
    src/import/onnx/text.c
    src/import/onnx/tfidf.c
    src/import/onnx/trees.c
    src/import/onnx/unique.c
    src/import/onnx/value.c
    src/import/onnx/window.c
    src/import/savedmodel/arrays.c
    src/import/savedmodel/attr.c
    src/import/savedmodel/bundle.c
    src/import/savedmodel/composite.c
    src/import/savedmodel/control.c
    src/import/savedmodel/flex.c
    src/import/savedmodel/flow.c
    src/import/savedmodel/gelu.c
    src/import/savedmodel/graph.c
    src/import/savedmodel/implements.c
    src/import/savedmodel/lists.c
    src/import/savedmodel/lists_parts.c
    src/import/savedmodel/map_assign.c
    src/import/savedmodel/map_cast.c
    src/import/savedmodel/map_compare.c
    src/import/savedmodel/map_conv.c
    src/import/savedmodel/map_gather.c
    src/import/savedmodel/map_image.c
    src/import/savedmodel/map_math.c
    src/import/savedmodel/map_matrix.c
    src/import/savedmodel/map_norm.c
    src/import/savedmodel/map_product.c
    src/import/savedmodel/map_random.c
    src/import/savedmodel/map_reduce.c
    src/import/savedmodel/map_search.c
    src/import/savedmodel/map_segment.c
    src/import/savedmodel/map_signal.c
    src/import/savedmodel/map_shape.c
    src/import/savedmodel/map_slice.c
    src/import/savedmodel/map_train.c
    src/import/savedmodel/names.c
    src/import/savedmodel/op_outputs.c
    src/import/savedmodel/open.c
    src/import/savedmodel/ragged.c
    src/import/savedmodel/raise.c
    src/import/savedmodel/raise_build.c
    src/import/savedmodel/restore.c
    src/import/savedmodel/rows.c
    src/import/savedmodel/savedmodel.c
    src/import/savedmodel/scope.c
    src/import/savedmodel/slices.c
    src/import/savedmodel/switch.c
    src/import/savedmodel/tables.c
    src/import/savedmodel/tensor.c
    src/import/savedmodel/text_table.c
    src/import/savedmodel/variables.c
)
set(LINNET_QUANT_SOURCES
    src/quant/bias.c
    src/quant/calibrate.c
    src/quant/cells.c
    src/quant/compact.c
    src/quant/correct.c
    src/quant/crew.c
    src/quant/equalize.c
    src/quant/fake.c
    src/quant/gather.c
    src/quant/integer.c
    src/quant/interface.c
    src/quant/kept.c
    src/quant/lite.c
    src/quant/observer.c
    src/quant/plan.c
    src/quant/probe.c
    src/quant/quantize.c
    src/quant/relate.c
    src/quant/round.c
    src/quant/rules.c
    src/quant/runner.c
    src/quant/stats.c
    src/quant/stats_file.c
    src/quant/strip.c
    src/quant/tensors.c
    src/quant/verify.c
    src/quant/watch.c
    src/quant/weights.c
)
set(LINNET_CONVERT_SOURCES ${LINNET_EMIT_SOURCES} ${LINNET_OPT_SOURCES} ${LINNET_IMPORT_SOURCES}
    ${LINNET_QUANT_SOURCES}
    src/convert/convert.c
    src/convert/downgrade.c
    src/convert/lower.c
    src/convert/node.c
    src/convert/runtime_version.c
    src/convert/tflite.c
)
find_package(PkgConfig)
if(PKG_CONFIG_FOUND)
    pkg_check_modules(PROTOBUF_C QUIET IMPORTED_TARGET libprotobuf-c)
    pkg_check_modules(ZLIB QUIET IMPORTED_TARGET zlib)
    pkg_check_modules(LIBZIP QUIET IMPORTED_TARGET libzip)
    pkg_check_modules(CJSON QUIET IMPORTED_TARGET libcjson)
endif()
find_program(PROTOC_C NAMES protoc-c)
if(NOT (PROTOBUF_C_FOUND AND LIBZIP_FOUND AND CJSON_FOUND AND PROTOC_C))
    message(STATUS "liblinnet_convert is left out: it needs protobuf-c and its compiler, libzip "
            "and cJSON")
    return()
endif()
set(LINNET_CONVERT_LIBRARIES PkgConfig::PROTOBUF_C PkgConfig::LIBZIP PkgConfig::CJSON
    Threads::Threads m)
set(LINNET_CONVERT_PC "libprotobuf-c libzip libcjson")
# The weights of Keras models may be compressed.
if(ZLIB_FOUND)
    list(APPEND LINNET_CONVERT_LIBRARIES PkgConfig::ZLIB)
    string(APPEND LINNET_CONVERT_PC " zlib")
else()
    message(STATUS "liblinnet_convert does not read Keras models: that needs zlib")
    list(FILTER LINNET_CONVERT_SOURCES EXCLUDE REGEX "^src/import/keras/")
    list(APPEND LINNET_CONVERT_SOURCES src/import/no_keras.c)
endif()

# linnet_proto(OUT FILE): C code for src/import/proto/FILE.proto, made in the build folder.
function(linnet_proto out file)
    set(folder ${CMAKE_CURRENT_BINARY_DIR}/proto)
    set(from ${PROJECT_SOURCE_DIR}/src/import/proto)
    add_custom_command(OUTPUT ${folder}/${file}.pb-c.c ${folder}/${file}.pb-c.h
        COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
        COMMAND ${PROTOC_C} --c_out=${folder} -I${from} ${from}/${file}.proto
        DEPENDS ${from}/${file}.proto)
    set_source_files_properties(${folder}/${file}.pb-c.c PROPERTIES COMPILE_OPTIONS "-w")
    set(${out} ${${out}} ${folder}/${file}.pb-c.c PARENT_SCOPE)
endfunction()
set(LINNET_PROTO_SOURCES)
linnet_proto(LINNET_PROTO_SOURCES onnx)
linnet_proto(LINNET_PROTO_SOURCES tensorflow)

add_library(linnet_convert_objects OBJECT ${LINNET_CONVERT_SOURCES} ${LINNET_PROTO_SOURCES})
linnet_library(linnet_convert ${LINNET_CONVERT_LIBRARIES})
target_include_directories(linnet_convert_objects PUBLIC ${CMAKE_CURRENT_BINARY_DIR}/proto)
target_include_directories(linnet_convert_static PUBLIC ${CMAKE_CURRENT_BINARY_DIR}/proto)
