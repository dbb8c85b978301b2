# SPDX-License-Identifier: Apache-2.0
# Kernels, built per instruction set.  The sets are the rows of src/base/isa.def.
#
#   src/kernels/vector/NAME.c   once for each set in LINNET_VECTOR_ISAS, with -DLN_SET=set
#   src/kernels/**/NAME_SET.c   once, with that set's flags
#
# LINNET_ISAS chooses among them.
include(cmake/kernels.cmake)
set(LINNET_ISAS "" CACHE STRING "instruction sets to build fast code for, as in avx2;avx512 \
(all: portable and all others; empty: all, or with LINNET_MODELS one)")
set(chosen ${LINNET_ISAS})
set(one) # what a small library has

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|amd64")
    set(LINNET_ISAS amx avx512bf16 avx512vbmi avx512vnni avx512 avxvnni avx2)
    set(LINNET_VECTOR_ISAS portable avx2 avx512)
    set(one avx2)
    set(LINNET_FLAGS_avx2 -mavx2 -mfma -mf16c)
    set(LINNET_FLAGS_avxvnni ${LINNET_FLAGS_avx2} -mavxvnni)
    set(LINNET_FLAGS_avx512 ${LINNET_FLAGS_avx2} -mavx512f -mavx512bw -mavx512dq -mavx512vl)
    set(LINNET_FLAGS_avx512vnni ${LINNET_FLAGS_avx512} -mavx512vnni)
    set(LINNET_FLAGS_avx512vbmi ${LINNET_FLAGS_avx512vnni} -mavx512vbmi)
    set(LINNET_FLAGS_avx512bf16 ${LINNET_FLAGS_avx512} -mavx512bf16)
    set(LINNET_FLAGS_amx ${LINNET_FLAGS_avx512bf16} -mamx-tile -mamx-int8 -mamx-bf16)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64|ARM64")
    set(LINNET_ISAS neon dotprod fp16 i8mm)
    set(LINNET_VECTOR_ISAS portable neon)
    set(one neon)
    set(LINNET_FLAGS_neon)
    set(LINNET_FLAGS_dotprod -march=armv8.2-a+dotprod)
    set(LINNET_FLAGS_fp16 -march=armv8.2-a+fp16)
    set(LINNET_FLAGS_i8mm -march=armv8.2-a+dotprod+i8mm)
else()
    set(LINNET_ISAS)
    set(LINNET_VECTOR_ISAS portable)
endif()
# WebAssembly has no choice at run time: the portable vectors become SIMD128 instructions.
option(LINNET_WASM_SIMD "WebAssembly: use SIMD128, which engines have since 2021" ON)
if(EMSCRIPTEN AND LINNET_WASM_SIMD)
    add_compile_options(-msimd128)
endif()

if(LINNET_MODELS AND NOT chosen)
    set(chosen ${one})
elseif(chosen STREQUAL "all")
    set(chosen)
endif()
if("amx" IN_LIST LINNET_ISAS)
    include(CheckCCompilerFlag)
    check_c_compiler_flag("-mamx-tile -mamx-int8 -mamx-bf16" LINNET_COMPILER_HAS_AMX)
    if(NOT LINNET_COMPILER_HAS_AMX) # gcc before 11, clang before 12
        if(NOT chosen)
            set(chosen portable ${LINNET_ISAS})
        endif()
        list(REMOVE_ITEM chosen amx)
        list(REMOVE_ITEM LINNET_ISAS amx)
    endif()
endif()
if(amx IN_LIST chosen) # whose products take rows of VNNI's
    list(APPEND chosen avx512vnni)
endif()
if(chosen)
    foreach(isa ${chosen})
        if(NOT isa IN_LIST LINNET_ISAS AND NOT isa STREQUAL "portable")
            message(FATAL_ERROR "LINNET_ISAS: ${isa} is none of portable;${LINNET_ISAS}")
        endif()
    endforeach()
    foreach(list LINNET_ISAS LINNET_VECTOR_ISAS)
        foreach(isa ${${list}})
            if(NOT isa IN_LIST chosen)
                list(REMOVE_ITEM ${list} ${isa})
            endif()
        endforeach()
    endforeach()
    if(NOT LINNET_VECTOR_ISAS)
        message(FATAL_ERROR "LINNET_ISAS: vectors are for portable, avx2, avx512 and neon only")
    endif()
endif()
# Weaker processors run the references.
list(GET LINNET_VECTOR_ISAS 0 least)
set_source_files_properties(src/kernels/kernels.c PROPERTIES
    COMPILE_DEFINITIONS LN_LEAST_ISA=LN_ISA_INDEX_${least})

# Kernels of other sets than this processor's are left out.
set(any_isa amx|avx512bf16|avx512vbmi|avx512vnni|avx512|avxvnni|avx2|neon|dotprod|fp16|i8mm)
set(LINNET_KERNEL_OBJECTS)
foreach(source ${LINNET_TILE_SOURCES})
    string(REGEX MATCH "_(${any_isa})\\.c$" match ${source})
    if(NOT match)
        list(APPEND LINNET_SOURCES ${source})
    elseif(CMAKE_MATCH_1 IN_LIST LINNET_ISAS)
        list(APPEND LINNET_SOURCES ${source})
        set_source_files_properties(${source} PROPERTIES
            COMPILE_OPTIONS "${LINNET_FLAGS_${CMAKE_MATCH_1}}")
    endif()
endforeach()
if(LINNET_MODELS OR chosen)
    include(cmake/minimal.cmake)
endif()
foreach(isa ${LINNET_VECTOR_ISAS})
    add_library(linnet_vector_${isa} OBJECT ${LINNET_VECTOR_SOURCES})
    target_include_directories(linnet_vector_${isa} PRIVATE src include)
    target_compile_options(linnet_vector_${isa} PRIVATE ${LINNET_FLAGS_${isa}})
    target_compile_definitions(linnet_vector_${isa} PRIVATE LN_SET=${isa} LN_SET_IS_${isa}=1)
    list(APPEND LINNET_KERNEL_OBJECTS $<TARGET_OBJECTS:linnet_vector_${isa}>)
endforeach()

# Files of packed weights hold for one state of the code that packs: src/cpu/cache.c.
file(GLOB_RECURSE packers src/cpu/*.c src/cpu/*.h src/kernels/*.c src/kernels/*.h)
set(packers_hash)
foreach(source ${packers})
    file(SHA1 ${source} hash)
    string(APPEND packers_hash ${hash})
endforeach()
string(SHA1 packers_hash
       "${packers_hash}${CMAKE_C_COMPILER_VERSION}${LINNET_ISAS}${LINNET_MODELS}")
string(SUBSTRING ${packers_hash} 0 39 packers_hash)
set_source_files_properties(src/cpu/cache.c PROPERTIES
    COMPILE_DEFINITIONS "LN_CPU_BUILD=\"${packers_hash}\"")
