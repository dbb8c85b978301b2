# SPDX-License-Identifier: Apache-2.0
# The tests, run by ctest.  linnet_test(NAME SOURCE...) makes a cmocka program out of files under
# tests/ (one program per folder), linked with the static library, so internal functions can be
# called.  LINNET_TEST_DATA is the path of tests/data, LINNET_SHARED that of models which are not
# in the repository.
find_package(PkgConfig REQUIRED)
pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka)

function(linnet_test name)
    if(NOT CMOCKA_FOUND)
        message(STATUS "test ${name} is left out: there is no cmocka")
        return()
    endif()
    add_executable(test_${name} ${ARGN})
    target_include_directories(test_${name} PRIVATE src include tests)
    target_compile_definitions(test_${name} PRIVATE
        LINNET_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data" LINNET_SHARED="${LINNET_SHARED}")
    target_link_libraries(test_${name} PRIVATE linnet_static PkgConfig::CMOCKA)
    add_test(NAME ${name} COMMAND test_${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()

# linnet_fuzz_test(TARGET MUTANTS SEED...): a fuzz target on stored inputs, and on so many mutants
# of them; a tenth of these in an emulator, which needs up to a hundred times as long.
function(linnet_fuzz_test target mutants)
    if(CMAKE_CROSSCOMPILING)
        math(EXPR mutants "${mutants} / 10")
    endif()
    add_test(NAME fuzz_replay_${target} COMMAND replay_${target} ${ARGN})
    add_test(NAME fuzz_mutate_${target} COMMAND mutate_${target} -n ${mutants} ${ARGN})
    set_tests_properties(fuzz_mutate_${target} PROPERTIES
        WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR} TIMEOUT 300)
endfunction()

# linnet_program(NAME SOURCE...): the same for a test that is a program without cmocka.
function(linnet_program name)
    add_executable(test_${name} ${ARGN})
    target_include_directories(test_${name} PRIVATE src include tests)
    target_compile_definitions(test_${name} PRIVATE
        LINNET_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
    target_link_libraries(test_${name} PRIVATE linnet_static)
    add_test(NAME ${name} COMMAND test_${name})
endfunction()

# Lines of tests, in order of the layers.
linnet_test(arithmetic tests/ops/arithmetic.c)
linnet_test(attach tests/model/attach.c tests/model/sample.c)
linnet_test(checkpoint tests/ops/checkpoint.c)
linnet_test(flatbuffers tests/model/flatbuffers.c tests/model/sample.c)
linnet_test(flexbuffers tests/model/flexbuffers.c)
linnet_test(flops tests/ops/flops.c)
linnet_test(graph tests/ir/graph.c)
linnet_test(move tests/ops/move.c)
linnet_test(options tests/model/options.c)
linnet_test(roundtrip tests/model/roundtrip.c tests/model/sample.c)
linnet_test(rows tests/cpu/main.c tests/cpu/batch_matmul.c tests/cpu/broadcast.c tests/cpu/by_row.c
            tests/cpu/conv.c tests/cpu/conv_3d.c tests/cpu/depthwise.c tests/cpu/hybrid.c
            tests/cpu/infinities.c tests/cpu/pool.c tests/cpu/recurrent.c tests/cpu/reduce.c
            tests/cpu/resize.c tests/cpu/rfft2d.c tests/cpu/rows.c tests/cpu/slab.c
            tests/cpu/steps.c tests/cpu/transpose_conv.c)
linnet_test(state tests/ops/state.c)
linnet_test(versions tests/model/versions.c)
linnet_test(weight_cache tests/cpu/cache.c)
linnet_test(tune tests/cpu/tune.c)
linnet_test(pace tests/cpu/pace.c)
linnet_program(abi_layout tests/abi/layout.c)
linnet_program(isas tests/cpu/isas.c)
set_tests_properties(isas PROPERTIES SKIP_RETURN_CODE 77)
linnet_program(same_floats tests/cpu/same_floats.c)
linnet_program(half tests/cpu/half.c)
target_link_libraries(test_half PRIVATE m)

# ---- fuzz targets: stored inputs and a few mutants ----

file(GLOB seeds CONFIGURE_DEPENDS examples/*/*.tflite tests/data/*.tflite)
foreach(target model interpreter engine)
    linnet_fuzz_test(${target} 2000 ${seeds})
endforeach()
set_tests_properties(fuzz_mutate_model fuzz_mutate_interpreter fuzz_mutate_engine PROPERTIES
    RUN_SERIAL ON)

# ---- the command, as its users see it ----

if(TARGET linnet_tool)
    set(digits ${PROJECT_SOURCE_DIR}/examples/digits)
    foreach(kind float32 int8)
        add_test(NAME digits_${kind} COMMAND linnet_tool run ${digits}/digits_${kind}.tflite
            --image ${digits}/digit7.png --std 255 --labels ${digits}/labels.txt --top 1)
        set_tests_properties(digits_${kind} PROPERTIES PASS_REGULAR_EXPRESSION "  7  .* 7\n")
    endforeach()
    # a sparse filter (shorter than its shape) must not get past the engine either
    foreach(delegate none cpu)
        add_test(NAME sparse_${delegate} COMMAND linnet_tool run --delegate ${delegate}
            ${PROJECT_SOURCE_DIR}/tests/data/sparse_conv.tflite)
        set_tests_properties(sparse_${delegate} PROPERTIES
            PASS_REGULAR_EXPRESSION "input 1 is sparse")
    endforeach()
    string(JOIN " " emulator ${CMAKE_CROSSCOMPILING_EMULATOR})
    add_test(NAME command COMMAND ${CMAKE_COMMAND} -E env
        LINNET=$<TARGET_FILE:linnet_tool> "EMULATOR=${emulator}"
        sh ${PROJECT_SOURCE_DIR}/tests/tools/command.sh)
    linnet_plain_tool(linnet_plain)
    add_test(NAME plain COMMAND ${CMAKE_COMMAND} -E env LINNET=$<TARGET_FILE:linnet_tool>
        PLAIN=$<TARGET_FILE:linnet_plain> "EMULATOR=${emulator}"
        sh ${PROJECT_SOURCE_DIR}/tests/tools/plain.sh)
    add_test(NAME benchmark COMMAND ${CMAKE_COMMAND} -E env LINNET=$<TARGET_FILE:linnet_tool>
        BENCHMARK=$<TARGET_FILE:benchmark_model> PLUGIN=$<TARGET_FILE:plugin_delegate>
        MODELS=${CMAKE_CURRENT_BINARY_DIR}/tests_capi "EMULATOR=${emulator}"
        sh ${PROJECT_SOURCE_DIR}/tests/tools/benchmark.sh)
    add_test(NAME benchmark_proto COMMAND ${CMAKE_COMMAND} -E env
        BENCHMARK=$<TARGET_FILE:benchmark_model> "EMULATOR=${emulator}"
        sh ${PROJECT_SOURCE_DIR}/tests/tools/benchmark_proto.sh)
    set_tests_properties(benchmark PROPERTIES FIXTURES_REQUIRED capi_models)
    find_program(PYTHON3 python3)
    if(PYTHON3)
        add_test(NAME benchmark_lines COMMAND ${CMAKE_COMMAND} -E env
            BENCHMARK=$<TARGET_FILE:benchmark_model> PLUGIN=$<TARGET_FILE:plugin_delegate>
            "EMULATOR=${emulator}" ${PYTHON3}
            ${PROJECT_SOURCE_DIR}/tests/tools/benchmark_lines.py)
        add_test(NAME peers_report COMMAND ${PYTHON3}
            ${PROJECT_SOURCE_DIR}/tests/tools/peers_report.py ${PROJECT_SOURCE_DIR}/bench/peers)
    endif()
    set_tests_properties(benchmark_proto PROPERTIES SKIP_RETURN_CODE 77)
    if(IS_DIRECTORY ${PROJECT_SOURCE_DIR}/tests/ops/cases)
        foreach(delegate none cpu)
            add_test(NAME cases_${delegate} COMMAND linnet_tool check
                --delegate ${delegate} ${PROJECT_SOURCE_DIR}/tests/ops/cases)
            # glibc fills memory with bytes: what nobody has written must not count
            set_tests_properties(cases_${delegate} PROPERTIES TIMEOUT 1200
                ENVIRONMENT MALLOC_PERTURB_=128)
        endforeach()
    endif()
endif()
if(TARGET test_state)
    target_compile_definitions(test_state PRIVATE
        LINNET_STATES="${PROJECT_SOURCE_DIR}/tests/ops/state")
endif()
linnet_test(ops tests/ops/table.c)
if(TARGET test_ops)
    target_compile_definitions(test_ops PRIVATE
        LINNET_OP_CASES="${PROJECT_SOURCE_DIR}/tests/ops/cases")
endif()
if(TARGET linnet_tool AND NOT CMAKE_CROSSCOMPILING)
    add_executable(test_ops_doc tests/ops/doc/doc.c tests/ops/doc/probe.c tools/common/archive.c
        tools/common/tool.c)
    target_include_directories(test_ops_doc PRIVATE src include tools)
    target_link_libraries(test_ops_doc PRIVATE linnet_static PkgConfig::LIBZIP)
    add_test(NAME ops_doc COMMAND sh ${PROJECT_SOURCE_DIR}/scripts/ops_doc.sh
        ${CMAKE_CURRENT_BINARY_DIR} --check)
endif()
linnet_test(runtime tests/runtime/fixture.c tests/runtime/main.c tests/runtime/test_custom.c
            tests/runtime/test_delegates.c
            tests/runtime/test_memory.c tests/runtime/test_no_alloc.c tests/runtime/test_parts.c
            tests/runtime/test_planner.c tests/runtime/test_run.c tests/runtime/test_threads.c
            tests/runtime/wrap.c)
if(TARGET test_runtime)
    target_link_options(test_runtime PRIVATE -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc)
endif()
foreach(name attention blocks bodies groups half_rows half_windows late lines normalize regroup
             share strips)
    linnet_test(${name} tests/cpu/${name}.c tests/runtime/fixture.c tests/runtime/wrap.c)
    if(TARGET test_${name})
        target_link_options(test_${name} PRIVATE -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc)
    endif()
endforeach()
if(TEST rows AND CMAKE_CROSSCOMPILING)
    set_tests_properties(attention rows PROPERTIES
        TIMEOUT 900 ENVIRONMENT LINNET_CASES_ONE_OF=5)
    set_tests_properties(strips PROPERTIES TIMEOUT 900 ENVIRONMENT LINNET_CASES_ONE_OF=25)
elseif(TEST rows AND LINNET_SANITIZE) # whose builds take the longest of them otherwise
    set_tests_properties(rows PROPERTIES ENVIRONMENT LINNET_CASES_ONE_OF=3)
    set_tests_properties(attention blocks strips PROPERTIES ENVIRONMENT LINNET_CASES_ONE_OF=5)
endif()
include(cmake/tests_capi.cmake)
include(cmake/tests_kernels.cmake)
include(cmake/tests_task.cmake)
include(cmake/tests_convert.cmake)
include(cmake/tests_python.cmake)

# ---- recorded cases outside the repository; skipped where there are none ----

if(TARGET linnet_tool AND NOT CMAKE_CROSSCOMPILING)
    foreach(part ops models/zoo models/gen)
        string(REPLACE "/" "_" name ${part})
        add_test(NAME shared_${name} COMMAND sh
            ${PROJECT_SOURCE_DIR}/tests/tools/shared_cases.sh $<TARGET_FILE:linnet_tool>
            ${LINNET_SHARED}/${part})
        set_tests_properties(shared_${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 1800
            ENVIRONMENT MALLOC_PERTURB_=128)
    endforeach()
endif()

# ---- a library for one model ----

if(NOT CMAKE_CROSSCOMPILING AND NOT LINNET_SANITIZE)
    add_test(NAME minimal COMMAND ${CMAKE_COMMAND} -E env CC=${CMAKE_C_COMPILER}
        STRIP=${CMAKE_STRIP} sh ${PROJECT_SOURCE_DIR}/tests/tools/minimal.sh
        ${CMAKE_CURRENT_BINARY_DIR} ${CMAKE_CURRENT_BINARY_DIR}/tests_capi/add.tflite)
    set_tests_properties(minimal PROPERTIES FIXTURES_REQUIRED capi_models TIMEOUT 900)
endif()

# ---- the longest begin first, else one of them keeps a processor waiting in the end ----

set(cost 100)
foreach(name minimal kernels_emulated rows kernels strips cases_emulated_amx cases_emulated_avx512
             shared_ops task_command lean_shared shared_models_gen python_guides cases_cpu)
    if(TEST ${name})
        set_tests_properties(${name} PROPERTIES COST ${cost})
    endif()
    math(EXPR cost "${cost} - 1")
endforeach()
