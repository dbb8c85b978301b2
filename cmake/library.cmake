# SPDX-License-Identifier: Apache-2.0
# linnet_library(NAME LIBRARY...): libraries that stand on liblinnet, out of NAME_objects: a shared
# one, NAME, and a static one, NAME_static; LIBRARY... is what they need beside it.
#
# They use code of liblinnet's lower layers, which the shared one does not export: liblinnet.a
# stands behind it, and gives what it does not.
function(linnet_library name)
    target_include_directories(${name}_objects PUBLIC src include)
    target_link_libraries(${name}_objects PUBLIC ${ARGN})
    add_library(${name} SHARED $<TARGET_OBJECTS:${name}_objects>)
    add_library(${name}_static STATIC $<TARGET_OBJECTS:${name}_objects>)
    set_target_properties(${name} PROPERTIES SOVERSION ${PROJECT_VERSION_MAJOR}
                          VERSION ${PROJECT_VERSION})
    set_target_properties(${name}_static PROPERTIES OUTPUT_NAME ${name})
    target_link_libraries(${name} PUBLIC linnet PRIVATE $<BUILD_INTERFACE:linnet_static> ${ARGN})
    target_link_libraries(${name}_static PUBLIC linnet_static ${ARGN})
    if(NOT APPLE AND NOT WIN32)
        target_link_options(${name} PRIVATE -Wl,--gc-sections)
        if(NOT LINNET_SANITIZE)
            target_link_options(${name} PRIVATE -Wl,--no-undefined)
        endif()
    endif()
endfunction()
