# SPDX-License-Identifier: Apache-2.0
# Loops that measure what the machine can do at most.  LINNET_PEAK_SOURCES: those of float32, once
# per kind of processor, and what times them; linnet_peaks(TARGET): these and the ones of
# bench/peak, for the instruction sets that kernels are built for.
include_guard()
set(LINNET_PEAK_SOURCES tools/benchmark/peak_plain.c tools/benchmark/peak_speed.c)
set(peak_flags -O3 -ffp-contract=fast)
set(peak_flags_avx2 -mavx2 -mfma)
set(peak_flags_avx512 ${peak_flags_avx2} -mavx512f -mprefer-vector-width=512)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    list(APPEND LINNET_PEAK_SOURCES tools/benchmark/peak_avx2.c tools/benchmark/peak_avx512.c)
endif()
foreach(set plain avx2 avx512)
    set_source_files_properties(tools/benchmark/peak_${set}.c bench/peak/memory_${set}.c
        PROPERTIES COMPILE_OPTIONS "${peak_flags};${peak_flags_${set}}")
endforeach()

function(linnet_peaks target)
    set(sources ${LINNET_PEAK_SOURCES} tools/common/now.c bench/peak/integer_plain.c
        bench/peak/memory_plain.c bench/peak/peaks.c)
    foreach(isa ${LINNET_ISAS})
        if(isa MATCHES "^(avx2|avx512)$")
            list(APPEND sources bench/peak/memory_${isa}.c)
        endif()
        if(EXISTS ${PROJECT_SOURCE_DIR}/bench/peak/peak_${isa}.c)
            list(APPEND sources bench/peak/peak_${isa}.c)
        endif()
        set_source_files_properties(bench/peak/peak_${isa}.c PROPERTIES
            COMPILE_OPTIONS "-O1;${LINNET_FLAGS_${isa}}") # at -O2 gcc 12 spills registers
        target_compile_definitions(${target} PRIVATE PEAK_HAS_${isa})
    endforeach()
    target_sources(${target} PRIVATE ${sources})
    target_include_directories(${target} PRIVATE bench src tools include)
    target_link_libraries(${target} PRIVATE Threads::Threads)
endfunction()
