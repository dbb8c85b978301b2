# SPDX-License-Identifier: Apache-2.0
# WebAssembly, by Emscripten: the library, and tests that Node runs.
#
#   emcmake cmake -S . -B build-wasm -G Ninja && cmake --build build-wasm
#
# There are no shared libraries and no threads, and the command's libraries are not at hand.

add_library(linnet_static STATIC ${LINNET_SOURCES} ${LINNET_KERNEL_OBJECTS})
target_include_directories(linnet_static PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
set_target_properties(linnet_static PROPERTIES OUTPUT_NAME linnet)
target_link_libraries(linnet_static PUBLIC m)
install(TARGETS linnet_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

if(LINNET_TESTS)
    enable_testing()
    # Programs see the files of the machine and take memory as they need it.  What Emscripten 3.1
    # makes trips over the fetch that newer Nodes have.
    set(CMAKE_CROSSCOMPILING_EMULATOR node --no-experimental-fetch)
    add_link_options(-sNODERAWFS=1 -sALLOW_MEMORY_GROWTH=1 -sENVIRONMENT=node -sEXIT_RUNTIME=1)
    function(linnet_program name)
        add_executable(test_${name} ${ARGN})
        target_include_directories(test_${name} PRIVATE src include tests)
        target_compile_definitions(test_${name} PRIVATE
            LINNET_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
        target_link_libraries(test_${name} PRIVATE linnet_static)
        add_test(NAME ${name} COMMAND test_${name})
    endfunction()
    include(cmake/tests_kernels.cmake)
    linnet_program(same_floats tests/cpu/same_floats.c)
endif()
