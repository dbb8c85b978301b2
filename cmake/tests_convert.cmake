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

foreach(name integer lite training)
    linnet_convert_test(quant_${name} tests/quant/${name}.c tests/quant/quant_test.c)
    if(TARGET test_quant_${name})
        target_include_directories(test_quant_${name} PRIVATE tests/quant)
    endif()
endforeach()
if(TARGET linnet_tool)
    string(JOIN " " emulator ${CMAKE_CROSSCOMPILING_EMULATOR})
    add_test(NAME quantize COMMAND ${CMAKE_COMMAND} -E env LINNET=$<TARGET_FILE:linnet_tool>
        "EMULATOR=${emulator}" sh ${PROJECT_SOURCE_DIR}/tests/tools/quantize.sh)
endif()
linnet_convert_test(passes tests/convert/passes.c tests/convert/passes_check.c)
linnet_convert_test(rules tests/convert/rules.c tests/convert/passes_check.c)
