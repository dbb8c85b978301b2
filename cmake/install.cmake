# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where: headers, libraries, the command, and the files by which CMake
# (find_package(linnet)) and pkg-config find them.
include(CMakePackageConfigHelpers)

install(TARGETS linnet linnet_static tensorflowlite_c EXPORT linnet_targets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET linnet_task)
    install(TARGETS linnet_task EXPORT linnet_targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(TARGETS linnet_task_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
if(TARGET linnet_tool)
    install(TARGETS linnet_tool benchmark_model RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

install(EXPORT linnet_targets NAMESPACE linnet:: FILE linnet-targets.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/linnet)
configure_package_config_file(cmake/linnet-config.cmake.in linnet-config.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/linnet)
write_basic_package_version_file(linnet-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/linnet-config.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/linnet-config-version.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/linnet)

# Relative, so that `cmake --install --prefix` may choose another place.
file(RELATIVE_PATH LINNET_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/linnet.pc.in linnet.pc @ONLY)
configure_file(cmake/linnet_task.pc.in linnet_task.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/linnet.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(TARGET linnet_task)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/linnet_task.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()
