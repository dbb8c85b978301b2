# SPDX-License-Identifier: Apache-2.0
# The `linnet` command.  Its libraries (libzip, cJSON, libpng, libjpeg) are the command's alone;
# the runtime needs none of them.  Where they are missing and LINNET_TOOLS is OPTIONAL, or it is
# PLAIN, the command is built without: with inspect, run, bench and benchmark, and no images.
set(LINNET_TOOL_SOURCES
    tools/bench.c
    tools/benchmark/benchmark.c
    tools/benchmark/compare.c
    tools/benchmark/delegate.c
    tools/benchmark/flags.c
    tools/benchmark/graph.c
    tools/benchmark/input.c
    tools/benchmark/json.c
    tools/benchmark/limits.c
    tools/benchmark/machine.c
    tools/benchmark/monitor.c
    tools/benchmark/options.c
    tools/benchmark/peak.c
    tools/benchmark/print.c
    tools/benchmark/profile.c
    tools/benchmark/profile_print.c
    tools/benchmark/proto.c
    tools/benchmark/report.c
    tools/benchmark/run.c
    tools/benchmark/state.c
    tools/check.c
    tools/common/archive.c
    tools/common/args.c
    tools/common/decode.c
    tools/common/feed.c
    tools/common/files.c
    tools/common/image.c
    tools/common/measure.c
    tools/common/now.c
    tools/common/npy.c
    tools/common/page.c
    tools/common/proto.c
    tools/common/session.c
    tools/common/tally.c
    tools/common/tool.c
    tools/common/value.c
    tools/compare.c
    tools/inspect.c
    tools/main.c
    tools/run.c
    tools/testcase.c
)
# linnet_embed(OUT FILE NAME): FILE as an array of that name; page.css and page.js are what pages
# share.
function(linnet_embed out file name)
    set(made ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
    set(shared)
    set(page)
    if(file MATCHES "[.]html$")
        set(shared tools/common/page.css tools/common/page.js)
        set(page -DPAGE=${PROJECT_SOURCE_DIR}/tools/common/page)
    endif()
    add_custom_command(OUTPUT ${made} DEPENDS ${file} ${shared} cmake/embed.cmake
        COMMAND ${CMAKE_COMMAND} -DIN=${PROJECT_SOURCE_DIR}/${file} -DOUT=${made} -DNAME=${name}
                ${page} -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake)
    set(${out} ${${out}} ${made} PARENT_SCOPE)
endfunction()
linnet_embed(pages tools/benchmark/report.html report_html)
linnet_embed(pages tools/quantize/debug.html debug_html)
list(APPEND LINNET_TOOL_SOURCES ${pages})
add_custom_target(report_page DEPENDS ${pages})

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set_source_files_properties(tools/benchmark/peak.c PROPERTIES COMPILE_DEFINITIONS
        LINNET_PEAK_X86)
endif()
include(cmake/peak.cmake)
list(APPEND LINNET_TOOL_SOURCES ${LINNET_PEAK_SOURCES})

# OPTIONAL and PLAIN are for the Python package: the runtime is inside.
set(need REQUIRED)
set(runtime linnet)
if(LINNET_TOOLS MATCHES "^(OPTIONAL|PLAIN)$")
    set(need QUIET)
    set(runtime linnet_static)
endif()
if(NOT LINNET_TOOLS STREQUAL PLAIN)
    find_package(PkgConfig ${need})
endif()
if(PKG_CONFIG_FOUND AND NOT LINNET_TOOLS STREQUAL PLAIN)
    pkg_check_modules(LIBZIP ${need} IMPORTED_TARGET libzip)
    pkg_check_modules(PNG ${need} IMPORTED_TARGET libpng)
    pkg_check_modules(JPEG ${need} IMPORTED_TARGET libjpeg)
    pkg_check_modules(CJSON ${need} IMPORTED_TARGET libcjson)
endif()
# The command without other libraries.
function(linnet_plain_tool name)
    set(sources ${LINNET_TOOL_SOURCES})
    list(REMOVE_ITEM sources tools/common/archive.c tools/check.c tools/common/decode.c
        tools/testcase.c)
    add_executable(${name} ${sources} tools/common/plain_decode.c tools/common/plain_json.c
        tools/common/plain_json_parse.c)
    target_include_directories(${name} PRIVATE tools tools/common/plain include)
    target_compile_definitions(${name} PRIVATE LINNET_PLAIN)
    target_link_libraries(${name} PRIVATE linnet_static Threads::Threads m)
    add_dependencies(${name} report_page)
endfunction()
if(NOT (LIBZIP_FOUND AND PNG_FOUND AND JPEG_FOUND AND CJSON_FOUND) OR LINNET_TOOLS STREQUAL PLAIN)
    message(STATUS "the command has inspect, run, bench and benchmark only: the rest of it needs "
            "libzip, cJSON, libpng and libjpeg")
    linnet_plain_tool(linnet_tool)
    set_target_properties(linnet_tool PROPERTIES OUTPUT_NAME linnet)
    return()
endif()

add_executable(linnet_tool ${LINNET_TOOL_SOURCES})
set_target_properties(linnet_tool PROPERTIES OUTPUT_NAME linnet
    INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
target_include_directories(linnet_tool PRIVATE tools include)
if(TARGET linnet_convert)
    string(REPLACE linnet linnet_convert convert ${runtime})
    linnet_embed(embedded tools/convert/report.html convert_report_html)
    foreach(file op.c test.c CMakeLists.txt Makefile README.md)
        string(MAKE_C_IDENTIFIER new_op_${file} name)
        linnet_embed(embedded tools/new_op/${file} ${name})
    endforeach()
    target_sources(linnet_tool PRIVATE ${embedded} tools/quantize/budget.c
        tools/quantize/compare_models.c tools/convert/conversion.c tools/convert/convert.c
        tools/convert/report.c tools/quantize/debug.c tools/quantize/debug_print.c
        tools/quantize/errors.c tools/common/label_table.c tools/common/labels.c tools/new_op.c
        tools/convert/optimize.c tools/quantize/peer.c tools/common/progress.c
        tools/quantize/quantize.c tools/quantize/samples.c tools/quantize/score.c
        tools/convert/sizes.c)
    target_compile_definitions(linnet_tool PRIVATE LINNET_CONVERT)
    target_link_libraries(linnet_tool PRIVATE ${convert})
endif()
if(TARGET linnet_task)
    # one more library of the same kind as the runtime
    string(REPLACE linnet linnet_task task ${runtime})
    target_sources(linnet_tool PRIVATE tools/task/metadata.c tools/task/write_metadata.c)
    target_compile_definitions(linnet_tool PRIVATE LINNET_TASK)
    target_link_libraries(linnet_tool PRIVATE ${task})
    if(LINNET_MEDIA)
        target_sources(linnet_tool PRIVATE tools/task/task.c tools/task/more.c tools/task/vision.c)
        target_compile_definitions(linnet_tool PRIVATE LINNET_MEDIA)
    endif()
endif()
target_link_libraries(linnet_tool PRIVATE ${runtime} PkgConfig::LIBZIP PkgConfig::CJSON
    PkgConfig::PNG PkgConfig::JPEG Threads::Threads m ${CMAKE_DL_LIBS})

# benchmark_model: the same code under the name that TensorFlow Lite's users know.
set(LINNET_BENCHMARK_SOURCES ${LINNET_TOOL_SOURCES})
list(REMOVE_ITEM LINNET_BENCHMARK_SOURCES tools/main.c tools/common/archive.c tools/bench.c
    tools/check.c tools/compare.c tools/common/files.c tools/inspect.c tools/run.c tools/testcase.c)
add_executable(benchmark_model tools/benchmark/main.c ${LINNET_BENCHMARK_SOURCES})
set_target_properties(benchmark_model PROPERTIES
    INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
target_include_directories(benchmark_model PRIVATE tools include)
target_link_libraries(benchmark_model PRIVATE linnet PkgConfig::CJSON PkgConfig::PNG PkgConfig::JPEG
    Threads::Threads m ${CMAKE_DL_LIBS})
# The same program tries delegates and numbers of threads under the name of TensorFlow Lite's second
# one.
set(LINNET_OPTIONS_PROGRAM benchmark_model_performance_options${CMAKE_EXECUTABLE_SUFFIX})
add_custom_command(TARGET benchmark_model POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E create_symlink $<TARGET_FILE_NAME:benchmark_model>
        ${LINNET_OPTIONS_PROGRAM})
# Two targets have the page; make must not make it twice at once.
add_dependencies(linnet_tool report_page)
add_dependencies(benchmark_model report_page)
