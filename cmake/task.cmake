# SPDX-License-Identifier: Apache-2.0
# liblinnet_task: metadata, media and tasks on top of liblinnet.  Unlike that one it uses other
# libraries, and is left out where they are missing.
set(LINNET_TASK_SOURCES
    src/metadata/check.c
    src/metadata/decode.c
    src/metadata/edit.c
    src/metadata/json_parse.c
    src/metadata/json_print.c
    src/metadata/locate.c
    src/metadata/open.c
    src/metadata/pack.c
    src/metadata/packed.c
    src/metadata/parts.c
    src/metadata/text.c
    src/metadata/verify.c
    src/metadata/version.c
    src/metadata/writers.c
)
find_package(PkgConfig)
if(PKG_CONFIG_FOUND)
    pkg_check_modules(LIBZIP QUIET IMPORTED_TARGET libzip)
    pkg_check_modules(CJSON QUIET IMPORTED_TARGET libcjson)
endif()
if(NOT (LIBZIP_FOUND AND CJSON_FOUND))
    message(STATUS "liblinnet_task is left out: it needs libzip and cJSON")
    return()
endif()
include(cmake/media.cmake)
set(LINNET_TASK_LIBRARIES PkgConfig::LIBZIP PkgConfig::CJSON ${LINNET_MEDIA_LIBRARIES}
    Threads::Threads m)

add_library(linnet_task_objects OBJECT ${LINNET_TASK_SOURCES})
linnet_library(linnet_task ${LINNET_TASK_LIBRARIES})

# bench/tasks/frame.c, not built by default
if(LINNET_MEDIA)
    add_executable(bench_frame EXCLUDE_FROM_ALL bench/tasks/frame.c)
    target_include_directories(bench_frame PRIVATE src)
    target_link_libraries(bench_frame PRIVATE linnet_task_static)
endif()
