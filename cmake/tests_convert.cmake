# SPDX-License-Identifier: Apache-2.0
# The tests of liblinnet_convert.
if(NOT TARGET linnet_convert_static)
    return()
endif()

# linnet_convert_test(NAME SOURCE...): as linnet_test, linked with the static liblinnet_convert.
function(linnet_convert_test name)
    linnet_test(${name} ${ARGN})
    if(TARGET test_${name})
        target_link_libraries(test_${name} PRIVATE linnet_convert_static)
    endif()
endfunction()

linnet_convert_test(emit tests/emit/emit.c)

foreach(name again cells gather integer lite mixed related training)
    linnet_convert_test(quant_${name} tests/quant/${name}.c tests/quant/quant_test.c)
    if(TARGET test_quant_${name})
        target_include_directories(test_quant_${name} PRIVATE tests/quant)
    endif()
endforeach()
if(TARGET linnet_tool)
    string(JOIN " " emulator ${CMAKE_CROSSCOMPILING_EMULATOR})
    add_executable(uneven tests/quant/uneven.c)
    target_include_directories(uneven PRIVATE src include)
    target_link_libraries(uneven PRIVATE linnet_static)
    add_test(NAME budget COMMAND ${CMAKE_COMMAND} -E env LINNET=$<TARGET_FILE:linnet_tool>
        UNEVEN=$<TARGET_FILE:uneven> "EMULATOR=${emulator}"
        sh ${PROJECT_SOURCE_DIR}/tests/tools/budget.sh)
    add_test(NAME quantize COMMAND ${CMAKE_COMMAND} -E env LINNET=$<TARGET_FILE:linnet_tool>
        RUNTIME=$<TARGET_FILE:tensorflowlite_c> "EMULATOR=${emulator}"
        sh ${PROJECT_SOURCE_DIR}/tests/tools/quantize.sh)
    # a sanitizer's runtime is not in what another compiler call makes
    set(plugin_cc)
    if(NOT LINNET_SANITIZE AND NOT CMAKE_CROSSCOMPILING)
        set(plugin_cc ${CMAKE_C_COMPILER})
    endif()
    add_test(NAME convert COMMAND ${CMAKE_COMMAND} -E env LINNET=$<TARGET_FILE:linnet_tool>
        "EMULATOR=${emulator}" "CC=${plugin_cc}" LIBRARY=$<TARGET_FILE_DIR:linnet>
        sh ${PROJECT_SOURCE_DIR}/tests/tools/convert.sh)
endif()
linnet_convert_test(passes tests/convert/passes.c tests/convert/passes_check.c)
linnet_convert_test(passes_conv tests/convert/passes_conv.c tests/convert/passes_check.c)
linnet_convert_test(passes_order tests/convert/passes_order.c tests/convert/passes_check.c)
linnet_convert_test(loops tests/convert/loops.c tests/convert/passes_check.c)
linnet_convert_test(rules tests/convert/rules.c tests/convert/passes_check.c)
linnet_convert_test(import_onnx tests/convert/onnx.c)
linnet_convert_test(import_onnx_bytes tests/convert/onnx_bytes.c)
linnet_convert_test(importers tests/convert/importers.c)
linnet_convert_test(downgrade tests/convert/downgrade.c)
find_program(PYTHON3 python3)
if(PYTHON3)
    add_test(NAME onnx_doc
        COMMAND ${PYTHON3} ${PROJECT_SOURCE_DIR}/scripts/onnx_doc.py --check)
    add_test(NAME keras_doc
        COMMAND ${PYTHON3} ${PROJECT_SOURCE_DIR}/scripts/keras_doc.py --check)
endif()
file(GLOB onnx_seeds CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/data/onnx/*.onnx)
linnet_fuzz_test(onnx 1000 ${onnx_seeds})
# wrong graphs, of the models that all have
linnet_fuzz_test(optimize 1000 ${seeds})
set_tests_properties(fuzz_mutate_onnx fuzz_mutate_optimize PROPERTIES RUN_SERIAL ON)
linnet_convert_test(import_saved_model tests/convert/saved_model.c)

file(GLOB bundle_seeds CONFIGURE_DEPENDS tests/data/saved_model/*/variables/*.index)
file(GLOB saved_model_seeds CONFIGURE_DEPENDS tests/data/saved_model/*/*.pb)
file(GLOB keras_seeds CONFIGURE_DEPENDS tests/data/keras/*.h5 tests/data/keras/*.keras)
file(GLOB rules_seeds CONFIGURE_DEPENDS tests/data/rules/*.rules)
set(targets bundle saved_model rules)
if(ZLIB_FOUND)
    list(APPEND targets keras)
endif()
foreach(target ${targets})
    linnet_fuzz_test(${target} 2000 ${${target}_seeds})
endforeach()

# what the quantizer's command reads: arrays, archives of them, classes, statistics, whose ranges by
# entropy take time
set(mutants_stats 300)
foreach(target npy npz labels stats)
    if(NOT mutants_${target})
        set(mutants_${target} 2000)
    endif()
    file(GLOB ${target}_seeds CONFIGURE_DEPENDS tests/data/samples/${target}/*)
    linnet_fuzz_test(${target} ${mutants_${target}} ${${target}_seeds})
endforeach()
linnet_convert_test(sample_files tests/tools/sample_files.c tools/common/npy.c tools/common/value.c
    tools/common/tool.c tools/common/label_table.c)
if(TARGET test_sample_files)
    target_include_directories(test_sample_files PRIVATE tools)
    target_compile_definitions(test_sample_files PRIVATE
        LINNET_SAMPLES="${PROJECT_SOURCE_DIR}/tests/data/samples")
endif()

if(ZLIB_FOUND)
    linnet_convert_test(keras tests/convert/keras.c)
endif()
