# SPDX-License-Identifier: Apache-2.0
# The `linnet` command.  Its libraries (libzip, cJSON, libpng, libjpeg) are the command's alone;
# the runtime needs none of them.
set(LINNET_TOOL_SOURCES
    tools/archive.c
    tools/args.c
    tools/bench.c
    tools/benchmark.c
    tools/benchmark_flags.c
    tools/benchmark_input.c
    tools/benchmark_profile.c
    tools/check.c
    tools/compare.c
    tools/feed.c
    tools/files.c
    tools/image.c
    tools/inspect.c
    tools/main.c
    tools/measure.c
    tools/npy.c
    tools/run.c
    tools/session.c
    tools/testcase.c
    tools/tool.c
    tools/value.c
)
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(PNG REQUIRED IMPORTED_TARGET libpng)
pkg_check_modules(JPEG REQUIRED IMPORTED_TARGET libjpeg)
pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET libcjson)

add_executable(linnet_tool ${LINNET_TOOL_SOURCES})
set_target_properties(linnet_tool PROPERTIES OUTPUT_NAME linnet
    INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
target_include_directories(linnet_tool PRIVATE tools include)
target_link_libraries(linnet_tool PRIVATE linnet PkgConfig::LIBZIP PkgConfig::CJSON
    PkgConfig::PNG PkgConfig::JPEG m)

# benchmark_model: the same code under the name that TensorFlow Lite's users know.
set(LINNET_BENCHMARK_SOURCES ${LINNET_TOOL_SOURCES})
list(REMOVE_ITEM LINNET_BENCHMARK_SOURCES tools/main.c tools/archive.c tools/bench.c tools/check.c
    tools/compare.c tools/files.c tools/inspect.c tools/run.c tools/testcase.c)
add_executable(benchmark_model tools/benchmark_model.c ${LINNET_BENCHMARK_SOURCES})
set_target_properties(benchmark_model PROPERTIES
    INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
target_include_directories(benchmark_model PRIVATE tools include)
target_link_libraries(benchmark_model PRIVATE linnet PkgConfig::PNG PkgConfig::JPEG m)
