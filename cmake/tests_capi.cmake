# SPDX-License-Identifier: Apache-2.0
# The tests of the C API: a program linked with the shared library like any other, the models it
# runs (made by make_models), and plugins.
set(capi_dir ${CMAKE_CURRENT_BINARY_DIR}/tests_capi)
file(MAKE_DIRECTORY ${capi_dir})

add_executable(make_models tests/capi/make_models.c)
target_include_directories(make_models PRIVATE src)
target_link_libraries(make_models PRIVATE linnet_static)
add_test(NAME capi_models COMMAND make_models ${capi_dir})
set_tests_properties(capi_models PROPERTIES FIXTURES_SETUP capi_models)

foreach(plugin plugin_ops plugin_delegate plugin_classic)
    add_library(${plugin} MODULE tests/capi/${plugin}.c)
    target_link_libraries(${plugin} PRIVATE linnet)
    set_target_properties(${plugin} PROPERTIES PREFIX "" SUFFIX .so
                          LIBRARY_OUTPUT_DIRECTORY ${capi_dir})
endforeach()

if(CMOCKA_FOUND)
    add_executable(test_capi tests/capi/capi_test.c tests/capi/test_async.c
        tests/capi/test_delegate.c tests/capi/test_engine.c tests/capi/test_interpreter.c
        tests/capi/test_model.c tests/capi/test_operator.c tests/capi/test_options.c
        tests/capi/test_signature.c tests/capi/test_subgraph.c)
    target_include_directories(test_capi PRIVATE tests)
    target_compile_definitions(test_capi PRIVATE LINNET_TEST_MODELS="${capi_dir}")
    target_link_libraries(test_capi PRIVATE linnet PkgConfig::CMOCKA ${CMAKE_DL_LIBS})
    add_dependencies(test_capi plugin_ops plugin_delegate plugin_classic)
    add_test(NAME capi COMMAND test_capi)
    set_tests_properties(capi PROPERTIES FIXTURES_REQUIRED capi_models)
endif()

if(NOT LINNET_SANITIZE AND NOT APPLE AND NOT WIN32)
    foreach(lib linnet tensorflowlite_c)
        add_test(NAME capi_symbols_${lib} COMMAND ${CMAKE_COMMAND} -E env NM=${CMAKE_NM}
            sh ${PROJECT_SOURCE_DIR}/tests/capi/symbols.sh $<TARGET_FILE:${lib}>
            ${PROJECT_SOURCE_DIR}/tests/abi/symbols.txt)
    endforeach()
endif()

# ---- a program of TensorFlow Lite 2.16's time, and the examples ----

add_executable(old_program tests/abi/old_program.c)
target_link_libraries(old_program PRIVATE linnet ${CMAKE_DL_LIBS})
add_dependencies(old_program plugin_ops)
add_test(NAME abi_old_program COMMAND old_program ${capi_dir} ${capi_dir}/plugin_ops.so)

foreach(example classify custom_op signatures)
    add_executable(example_${example} examples/c/${example}.c)
    target_link_libraries(example_${example} PRIVATE linnet)
endforeach()
add_test(NAME example_classify COMMAND example_classify
    ${PROJECT_SOURCE_DIR}/examples/digits/digits_float32.tflite)
add_test(NAME example_custom_op COMMAND example_custom_op ${capi_dir}/custom.tflite)
add_test(NAME example_signatures COMMAND example_signatures ${capi_dir}/signatures.tflite)
set_tests_properties(example_custom_op PROPERTIES PASS_REGULAR_EXPRESSION "0 2 16 54")
set_tests_properties(example_signatures PROPERTIES PASS_REGULAR_EXPRESSION "total: 2 2")
set_tests_properties(abi_old_program example_custom_op example_signatures PROPERTIES
    FIXTURES_REQUIRED capi_models)

include(CheckLanguage)
check_language(CXX)
if(CMAKE_CXX_COMPILER)
    enable_language(CXX)
    add_executable(example_delegate examples/c/delegate.cc)
    target_compile_features(example_delegate PRIVATE cxx_std_17)
    target_link_libraries(example_delegate PRIVATE linnet)
    add_test(NAME example_delegate COMMAND example_delegate ${capi_dir}/add.tflite)
    set_tests_properties(example_delegate PROPERTIES FIXTURES_REQUIRED capi_models
                         PASS_REGULAR_EXPRESSION "y.0. = 3")
endif()

# ---- out of memory ----

if(NOT APPLE AND NOT WIN32)
    add_executable(capi_no_memory tests/capi/no_memory.c tests/runtime/wrap.c)
    target_include_directories(capi_no_memory PRIVATE src tests)
    target_link_libraries(capi_no_memory PRIVATE linnet_static)
    target_link_options(capi_no_memory PRIVATE -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc)
    add_test(NAME capi_no_memory COMMAND capi_no_memory ${capi_dir})
    set_tests_properties(capi_no_memory PROPERTIES FIXTURES_REQUIRED capi_models)
endif()
