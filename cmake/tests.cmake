# SPDX-License-Identifier: Apache-2.0
# The tests, run by ctest.  linnet_test(NAME SOURCE...) makes a cmocka program out of files under
# tests/ (one program per folder), linked with the static library, so internal functions can be
# called.  LINNET_TEST_DATA is the path of tests/data, LINNET_SHARED that of models which are not
# in the repository.
find_package(PkgConfig REQUIRED)
pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka)

function(linnet_test name)
    if(NOT CMOCKA_FOUND)
        message(STATUS "test ${name} is left out: there is no cmocka")
        return()
    endif()
    add_executable(test_${name} ${ARGN})
    target_include_directories(test_${name} PRIVATE src include tests)
    target_compile_definitions(test_${name} PRIVATE
        LINNET_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data" LINNET_SHARED="${LINNET_SHARED}")
    target_link_libraries(test_${name} PRIVATE linnet_static PkgConfig::CMOCKA)
    add_test(NAME ${name} COMMAND test_${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 600)
endfunction()

# Lines of tests, in order of the layers.
