# SPDX-License-Identifier: Apache-2.0
# The tests of the Python package, in the first interpreter at hand that has NumPy:
# LINNET_PYTHON_EXECUTABLE, that of PATH, the system's.  Without one they are left out.
set(LINNET_PYTHON_EXECUTABLE "" CACHE FILEPATH "the interpreter for the package's tests")

set(python_check "import numpy, sys, sysconfig
sys.exit(sys.version_info < (3, 9) or sys.implementation.name != 'cpython' or
         bool(sysconfig.get_config_var('Py_GIL_DISABLED')))")
set(python_found)
foreach(candidate ${LINNET_PYTHON_EXECUTABLE} python3 /usr/bin/python3)
    execute_process(COMMAND ${candidate} -c "${python_check}" RESULT_VARIABLE python_failed
        OUTPUT_QUIET ERROR_QUIET)
    if(NOT python_failed)
        set(python_found ${candidate})
        break()
    endif()
endforeach()
if(NOT python_found OR CMAKE_CROSSCOMPILING)
    message(STATUS "the tests of the Python package are left out: they need CPython 3.9 or "
        "newer with NumPy (python3-numpy), of the machine built for")
    return()
endif()
if(NOT TARGET linnet_python)
    include(cmake/python.cmake)
endif()

# The package as it is installed: the module beside the sources.
add_custom_target(linnet_python_package ALL DEPENDS linnet_python COMMAND ${CMAKE_COMMAND} -E
    copy_directory ${PROJECT_SOURCE_DIR}/bindings/python/linnet
    ${CMAKE_CURRENT_BINARY_DIR}/python/linnet)

if(TARGET linnet_python_convert)
    add_dependencies(linnet_python_package linnet_python_convert)
endif()

set(python_env PYTHONPATH=${CMAKE_CURRENT_BINARY_DIR}/python PYTHONDONTWRITEBYTECODE=1
    LINNET_TEST_MODELS=${CMAKE_CURRENT_BINARY_DIR}/tests_capi LINNET_SHARED=${LINNET_SHARED})
if(TARGET linnet_tool)
    list(APPEND python_env LINNET_COMMAND=$<TARGET_FILE:linnet_tool>)
endif()
if(LINNET_SANITIZE MATCHES address)
    # the interpreter itself is without the sanitizer, and does not free all it has
    execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=libasan.so
        OUTPUT_VARIABLE asan_library OUTPUT_STRIP_TRAILING_WHITESPACE)
    list(APPEND python_env LD_PRELOAD=${asan_library} ASAN_OPTIONS=detect_leaks=0)
endif()
if(TARGET linnet_flex)
    list(APPEND python_env LINNET_FLEX=$<TARGET_FILE:linnet_flex>)
endif()
list(APPEND python_env CC=${CMAKE_C_COMPILER})
if(NOT LINNET_SANITIZE) # what is installed serves programs that are built without it
    list(APPEND python_env LINNET_BUILD=${CMAKE_CURRENT_BINARY_DIR})
endif()
foreach(name abi interpreter values package metadata task converter tutorial flex digits docs
        guides conversions)
    add_test(NAME python_${name} COMMAND ${python_found} -m unittest -v test_${name}
        WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}/tests/python)
    set_tests_properties(python_${name} PROPERTIES ENVIRONMENT "${python_env}"
        FIXTURES_REQUIRED capi_models TIMEOUT 300)
endforeach()
