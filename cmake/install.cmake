# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where: headers, libraries, the command, and the files by which CMake
# (find_package(linnet)) and pkg-config find them.
include(CMakePackageConfigHelpers)

# Components: runtime, task and convert (what programs load), dev (what they are built with), tools.
install(TARGETS linnet linnet_static tensorflowlite_c EXPORT linnet_targets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT dev
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
if(TARGET linnet_task)
    install(TARGETS linnet_task EXPORT linnet_targets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT task NAMELINK_COMPONENT dev)
    install(TARGETS linnet_task_static
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
endif()
if(TARGET linnet_convert)
    install(TARGETS linnet_convert EXPORT linnet_targets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT convert NAMELINK_COMPONENT dev)
    install(TARGETS linnet_convert_static
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
endif()
if(TARGET linnet_flex)
    install(TARGETS linnet_flex LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime)
endif()
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev
    FILES_MATCHING PATTERN "*.h")
if(TARGET benchmark_model) # else the command is the Python package's
    install(TARGETS linnet_tool benchmark_model
        RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${LINNET_OPTIONS_PROGRAM}
        DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
endif()

install(EXPORT linnet_targets NAMESPACE linnet:: FILE linnet-targets.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/linnet COMPONENT dev)
configure_package_config_file(cmake/linnet-config.cmake.in linnet-config.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/linnet)
write_basic_package_version_file(linnet-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/linnet-config.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/linnet-config-version.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/linnet COMPONENT dev)

# Relative, so that `cmake --install --prefix` may choose another place.
file(RELATIVE_PATH LINNET_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
# For static linking.  Not as Requires.private: pkg-config wants those for shared linking too.
set(LINNET_TASK_PRIVATE_LIBS "-lzip -lcjson")
if(LINNET_MEDIA)
    string(APPEND LINNET_TASK_PRIVATE_LIBS " -lpng -ljpeg -lutf8proc -lpcre2-8")
endif()
configure_file(cmake/linnet.pc.in linnet.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/linnet.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)
foreach(library linnet_task linnet_convert)
    if(TARGET ${library})
        configure_file(cmake/${library}.pc.in ${library}.pc @ONLY)
        install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${library}.pc
            DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)
    endif()
endforeach()

# ---- packages (scripts/dist.sh) ----

file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/copyright "Copyright: the Linnet authors
License: Apache-2.0, which is in /usr/share/common-licenses/Apache-2.0 on Debian
and at https://www.apache.org/licenses/LICENSE-2.0
")
set(runtime_package liblinnet${PROJECT_VERSION_MAJOR})
set(task_package liblinnet-task${PROJECT_VERSION_MAJOR})
set(convert_package liblinnet-convert${PROJECT_VERSION_MAJOR})
set(packages "runtime|${runtime_package}" "dev|liblinnet-dev")
set(CPACK_COMPONENTS_ALL runtime dev)
set(dev_depends "${runtime_package} (= ${PROJECT_VERSION})")
if(TARGET linnet_task)
    list(APPEND packages "task|${task_package}")
    list(APPEND CPACK_COMPONENTS_ALL task)
    string(APPEND dev_depends ", ${task_package} (= ${PROJECT_VERSION})")
endif()
if(TARGET linnet_convert)
    list(APPEND packages "convert|${convert_package}")
    list(APPEND CPACK_COMPONENTS_ALL convert)
    string(APPEND dev_depends ", ${convert_package} (= ${PROJECT_VERSION})")
endif()
if(TARGET linnet_tool)
    list(APPEND packages "tools|linnet-tools")
    list(APPEND CPACK_COMPONENTS_ALL tools)
endif()
foreach(package ${packages})
    string(REGEX MATCH "^(.*)\\|(.*)$" unused ${package})
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/copyright DESTINATION share/doc/${CMAKE_MATCH_2}
        COMPONENT ${CMAKE_MATCH_1})
endforeach()
set(CPACK_PACKAGE_NAME linnet)
set(CPACK_PACKAGE_VENDOR "The Linnet authors")
set(CPACK_PACKAGE_CONTACT "The Linnet authors <linnet@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "TensorFlow Lite's C interface, implemented in C")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
string(TOLOWER "linnet-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR}"
       CPACK_PACKAGE_FILE_NAME)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR TGZ)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_CURRENT_BINARY_DIR})
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
    set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE arm64)
elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE amd64)
endif()
set(CPACK_DEBIAN_TASK_PACKAGE_NAME ${task_package})
set(CPACK_DEBIAN_CONVERT_PACKAGE_NAME ${convert_package})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME ${runtime_package})
set(CPACK_DEBIAN_DEV_PACKAGE_NAME liblinnet-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "${dev_depends}")
set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME linnet-tools)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_TOOLS_PACKAGE_DEPENDS "${runtime_package} (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "The library, also under TensorFlow Lite's own name.")
set(CPACK_COMPONENT_TASK_DESCRIPTION "Tasks over models: images, audio, text.")
set(CPACK_COMPONENT_CONVERT_DESCRIPTION "Converter, optimizer and quantizer of models.")
set(CPACK_COMPONENT_DEV_DESCRIPTION "Headers, the static library, CMake and pkg-config files.")
set(CPACK_COMPONENT_TOOLS_DESCRIPTION "The commands linnet and benchmark_model.")
include(CPack)
