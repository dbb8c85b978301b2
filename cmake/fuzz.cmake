# SPDX-License-Identifier: Apache-2.0
# Fuzz targets (fuzz/fuzz_NAME.c), each built with mutate.c and replay.c, and with libFuzzer where
# LINNET_FUZZ is on.
foreach(target model interpreter)
    set(source fuzz/fuzz_${target}.c)
    add_executable(mutate_${target} ${source} fuzz/mutate.c)
    add_executable(replay_${target} ${source} fuzz/replay.c)
    set(programs mutate_${target} replay_${target})
    if(LINNET_FUZZ)
        add_executable(fuzz_${target} ${source})
        target_compile_options(fuzz_${target} PRIVATE -fsanitize=fuzzer)
        target_link_options(fuzz_${target} PRIVATE -fsanitize=fuzzer)
        list(APPEND programs fuzz_${target})
    endif()
    foreach(program ${programs})
        target_include_directories(${program} PRIVATE src include)
        target_link_libraries(${program} PRIVATE linnet_static)
    endforeach()
endforeach()
