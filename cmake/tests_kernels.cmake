# SPDX-License-Identifier: Apache-2.0
# The tests of the kernels; with LINNET_EMULATE once more with AVX-VNNI, AVX-512 and AMX emulated
# by SIMDe (libsimde-dev) and our own functions.  See tests/kernels/check.h.
set(kernel_tests
    tests/kernels/arg.c
    tests/kernels/binary.c
    tests/kernels/check.c
    tests/kernels/depthwise.c
    tests/kernels/fft.c
    tests/kernels/gemm.c
    tests/kernels/hybrid.c
    tests/kernels/norm.c
    tests/kernels/pool.c
    tests/kernels/q4.c
    tests/kernels/q8.c
    tests/kernels/quantized.c
    tests/kernels/recurrent.c
    tests/kernels/reduce.c
    tests/kernels/resize.c
    tests/kernels/s16.c
    tests/kernels/softmax.c
    tests/kernels/steps.c
    tests/kernels/unary.c
    tests/kernels/winograd.c
)
include(cmake/peak.cmake)
linnet_program(kernels ${kernel_tests})
target_link_libraries(test_kernels PRIVATE m)
linnet_peaks(test_kernels)
target_compile_definitions(test_kernels PRIVATE LINNET_PEAKS)

# What the machine can do at most: bench/peers/run.py asks.
add_executable(linnet_roofline bench/roofline.c)
target_link_libraries(linnet_roofline PRIVATE linnet_static m)
linnet_peaks(linnet_roofline)
set(digits ${PROJECT_SOURCE_DIR}/examples/digits)
add_test(NAME roofline_peaks COMMAND linnet_roofline 1)
set_tests_properties(roofline_peaks PROPERTIES
    PASS_REGULAR_EXPRESSION "\"f32\": {\"set\": \"[a-z0-9]+\", \"speed\": [0-9.]*[1-9]")
add_test(NAME roofline_float32 COMMAND linnet_roofline ${digits}/digits_float32.tflite)
add_test(NAME roofline_int8 COMMAND linnet_roofline ${digits}/digits_int8.tflite)
set_tests_properties(roofline_float32 PROPERTIES
    PASS_REGULAR_EXPRESSION "\"f32\": [1-9][0-9]*, \"s8\": 0, \"s16\": 0")
set_tests_properties(roofline_int8 PROPERTIES
    PASS_REGULAR_EXPRESSION "\"f32\": 0, \"s8\": [1-9][0-9]*, \"s16\": 0")

# ---- models with only the kernels that a library built for them would have ----

# One process per case: dear under sanitizers and emulators, and neither could find more.
if(TARGET linnet_tool AND NOT APPLE AND NOT WIN32 AND NOT LINNET_MODELS AND NOT chosen
    AND NOT LINNET_SANITIZE AND NOT CMAKE_CROSSCOMPILING)
    include(cmake/families.cmake)
    file(STRINGS src/kernels/families.def lines REGEX "^LN_(VECTOR|FLOATS|TILES)\\(")
    set(listed)
    foreach(line ${lines})
        string(REGEX MATCH "\\(([a-z0-9_]+)" unused "${line}")
        set(nodes nodes_of_${CMAKE_MATCH_1})
        if(DEFINED ${nodes})
            list(APPEND listed "    {\"${CMAKE_MATCH_1}\", \"${${nodes}}\", false},\n")
        endif()
    endforeach()
    list(REMOVE_DUPLICATES listed)
    list(JOIN listed "" listed)
    file(CONFIGURE OUTPUT lean/lean_families.h CONTENT "${listed}" @ONLY)
    add_executable(linnet_lean_tool ${LINNET_TOOL_SOURCES} tests/cpu/lean.c)
    set_source_files_properties(tests/cpu/lean.c PROPERTIES INCLUDE_DIRECTORIES
        "${PROJECT_SOURCE_DIR}/src;${CMAKE_CURRENT_BINARY_DIR}/lean")
    target_include_directories(linnet_lean_tool PRIVATE tools include)
    target_link_libraries(linnet_lean_tool PRIVATE linnet_static PkgConfig::LIBZIP PkgConfig::CJSON
        PkgConfig::PNG PkgConfig::JPEG Threads::Threads m)
    target_link_options(linnet_lean_tool PRIVATE
        -Wl,--wrap=ln_kernels_init,--wrap=TfLiteInterpreterCreate)
    add_test(NAME lean COMMAND linnet_lean_tool check --isolate
        ${PROJECT_SOURCE_DIR}/tests/ops/cases)
    add_test(NAME lean_shared COMMAND sh ${PROJECT_SOURCE_DIR}/tests/tools/shared_cases.sh
        $<TARGET_FILE:linnet_lean_tool> ${LINNET_SHARED}/ops)
    set_tests_properties(lean_shared PROPERTIES SKIP_RETURN_CODE 77)
endif()

option(LINNET_EMULATE "test the AVX-VNNI and AVX-512 kernels in emulation, too" OFF)
find_path(SIMDE_INCLUDE simde/x86/avx512.h)
if(LINNET_EMULATE AND SIMDE_INCLUDE AND avx512 IN_LIST LINNET_VECTOR_ISAS AND NOT LINNET_SANITIZE)
    set(emulated ${LINNET_TILE_SOURCES})
    list(FILTER emulated INCLUDE REGEX "_(avxvnni|avx512(vnni|vbmi|bf16)?|amx)\\.c$")
    # files of their own, since the flags of a set belong to its files
    set(wrapped)
    foreach(source ${emulated})
        get_filename_component(name ${source} NAME)
        file(CONFIGURE OUTPUT emulated_${name}
             CONTENT "#include \"@PROJECT_SOURCE_DIR@/@source@\"\n")
        list(APPEND wrapped ${CMAKE_CURRENT_BINARY_DIR}/emulated_${name})
    endforeach()
    add_library(linnet_emulated OBJECT ${LINNET_VECTOR_SOURCES} ${wrapped})
    target_include_directories(linnet_emulated PRIVATE src include ${SIMDE_INCLUDE})
    target_compile_definitions(linnet_emulated PRIVATE LN_SET=avx512 LN_SET_IS_avx512=1)
    target_compile_options(linnet_emulated PRIVATE ${LINNET_FLAGS_avx2} -O1 -w
        -include ${PROJECT_SOURCE_DIR}/tests/kernels/emulate_avx512.h)
    # the sets in place of what the processor says
    add_library(linnet_emulated_cpu OBJECT src/base/cpu.c)
    target_include_directories(linnet_emulated_cpu PRIVATE src include)
    target_compile_definitions(linnet_emulated_cpu PRIVATE
        "LINNET_EMULATED_ISAS=(LN_ISA_BIT(avxvnni)|LN_ISA_BIT(avx512)|LN_ISA_BIT(avx512vnni)|\
LN_ISA_BIT(avx512vbmi)|LN_ISA_BIT(avx512bf16)|LN_ISA_BIT(amx))")
    set(emulated $<TARGET_OBJECTS:linnet_emulated> $<TARGET_OBJECTS:linnet_emulated_cpu>)
    add_executable(test_kernels_emulated ${kernel_tests} ${emulated})
    target_include_directories(test_kernels_emulated PRIVATE src include tests)
    target_link_libraries(test_kernels_emulated PRIVATE linnet_static m)
    add_test(NAME kernels_emulated COMMAND test_kernels_emulated)
    add_executable(test_half_emulated tests/cpu/half.c ${emulated})
    target_include_directories(test_half_emulated PRIVATE src include)
    target_compile_definitions(test_half_emulated PRIVATE
        LINNET_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
    target_link_libraries(test_half_emulated PRIVATE linnet_static m)
    add_test(NAME half_emulated COMMAND test_half_emulated)
    if(TARGET linnet_tool)
        add_executable(linnet_emulated_tool ${LINNET_TOOL_SOURCES} ${emulated})
        target_include_directories(linnet_emulated_tool PRIVATE tools include)
        target_link_libraries(linnet_emulated_tool PRIVATE linnet_static PkgConfig::LIBZIP
            PkgConfig::CJSON PkgConfig::PNG PkgConfig::JPEG Threads::Threads m)
        foreach(set avxvnni avx512 avx512vnni amx)
            add_test(NAME cases_emulated_${set} COMMAND ${CMAKE_COMMAND} -E env LINNET_CPU=${set}
                $<TARGET_FILE:linnet_emulated_tool> check ${PROJECT_SOURCE_DIR}/tests/ops/cases)
        endforeach()
    endif()
endif()
