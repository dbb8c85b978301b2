# SPDX-License-Identifier: Apache-2.0
# The tests of liblinnet_task.
if(NOT TARGET linnet_task_static)
    return()
endif()

# linnet_task_test(NAME SOURCE...): as linnet_test, linked with the static liblinnet_task.
function(linnet_task_test name)
    linnet_test(${name} ${ARGN})
    if(TARGET test_${name})
        target_compile_definitions(test_${name} PRIVATE
            LINNET_DIGITS="${PROJECT_SOURCE_DIR}/examples/digits")
        target_link_libraries(test_${name} PRIVATE linnet_task_static)
    endif()
endfunction()

linnet_task_test(metadata tests/metadata/read.c)
linnet_task_test(metadata_edit tests/metadata/edit.c)

file(GLOB metadata_seeds CONFIGURE_DEPENDS tests/data/*.tflitemeta)
set(packed_seeds ${PROJECT_SOURCE_DIR}/tests/data/digits_metadata.tflite)
foreach(target metadata packed)
    linnet_fuzz_test(${target} 2000 ${${target}_seeds})
    set_tests_properties(fuzz_mutate_${target} PROPERTIES RUN_SERIAL ON)
endforeach()
if(LINNET_MEDIA)
    include(cmake/tests_media.cmake)
endif()

if(TARGET linnet_tool)
    string(JOIN " " emulator ${CMAKE_CROSSCOMPILING_EMULATOR})
    add_test(NAME metadata_command COMMAND ${CMAKE_COMMAND} -E env
        LINNET=$<TARGET_FILE:linnet_tool> "EMULATOR=${emulator}"
        sh ${PROJECT_SOURCE_DIR}/tests/tools/metadata.sh)
endif()

# ---- the example ----

add_executable(example_metadata examples/c/metadata.c)
target_link_libraries(example_metadata PRIVATE linnet_task)
add_test(NAME example_metadata COMMAND example_metadata
    ${PROJECT_SOURCE_DIR}/examples/digits/digits_int8.tflite
    ${PROJECT_SOURCE_DIR}/examples/digits/labels.txt
    ${CMAKE_CURRENT_BINARY_DIR}/example_metadata.tflite)
set_tests_properties(example_metadata PROPERTIES PASS_REGULAR_EXPRESSION "^0\n1\n2")
