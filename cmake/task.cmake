# SPDX-License-Identifier: Apache-2.0
# liblinnet_task: metadata, media and tasks on top of liblinnet.  Unlike that one it uses other
# libraries, and is left out where they are missing.
#
# It reads files with code of liblinnet's lower layers, which that one does not export: the shared
# library has those objects a second time, the static one takes them from liblinnet.a.
set(LINNET_TASK_SOURCES
    src/metadata/check.c
    src/metadata/decode.c
    src/metadata/edit.c
    src/metadata/json_parse.c
    src/metadata/json_print.c
    src/metadata/open.c
    src/metadata/pack.c
    src/metadata/packed.c
    src/metadata/parts.c
    src/metadata/text.c
    src/metadata/verify.c
    src/metadata/version.c
    src/metadata/writers.c
)
set(LINNET_TASK_LOWER_SOURCES ${LINNET_SOURCES})
list(FILTER LINNET_TASK_LOWER_SOURCES INCLUDE REGEX "^src/(base|fb|schema)/")

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
add_library(linnet_task_lower OBJECT ${LINNET_TASK_LOWER_SOURCES})
foreach(objects linnet_task_objects linnet_task_lower)
    target_include_directories(${objects} PUBLIC src include)
endforeach()
target_link_libraries(linnet_task_objects PUBLIC ${LINNET_TASK_LIBRARIES})

add_library(linnet_task SHARED $<TARGET_OBJECTS:linnet_task_objects>
    $<TARGET_OBJECTS:linnet_task_lower>)
add_library(linnet_task_static STATIC $<TARGET_OBJECTS:linnet_task_objects>)
set_target_properties(linnet_task PROPERTIES SOVERSION ${PROJECT_VERSION_MAJOR}
                      VERSION ${PROJECT_VERSION})
set_target_properties(linnet_task_static PROPERTIES OUTPUT_NAME linnet_task)
target_link_libraries(linnet_task PUBLIC linnet PRIVATE ${LINNET_TASK_LIBRARIES})
target_link_libraries(linnet_task_static PUBLIC linnet_static ${LINNET_TASK_LIBRARIES})
if(NOT APPLE AND NOT WIN32)
    target_link_options(linnet_task PRIVATE -Wl,--gc-sections)
    if(NOT LINNET_SANITIZE)
        target_link_options(linnet_task PRIVATE -Wl,--no-undefined)
    endif()
endif()

# bench/tasks/frame.c, not built by default
if(LINNET_MEDIA)
    add_executable(bench_frame EXCLUDE_FROM_ALL bench/tasks/frame.c)
    target_include_directories(bench_frame PRIVATE src)
    target_link_libraries(bench_frame PRIVATE linnet_task_static)
endif()
