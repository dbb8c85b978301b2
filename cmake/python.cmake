# SPDX-License-Identifier: Apache-2.0
# The extension module of the Python package (bindings/python), on Python's stable ABI of 3.9.
# What it uses of that the bindings declare themselves (src/stable_abi/Python.h): no headers of an
# interpreter are needed.  The library is part of it, with all its public functions visible, so
# that operators and delegates of a program find them there.

# What pip builds for: Pythons without the stable ABI (PyPy, free-threaded builds) would not find
# the module.
if(SKBUILD_SOABI AND NOT SKBUILD_SOABI MATCHES "^(abi3$|cpython-[0-9]+d?(-|$))")
    message(FATAL_ERROR "linnet needs CPython with its stable ABI; this is ${SKBUILD_SOABI}")
endif()

set(python_dir ${PROJECT_SOURCE_DIR}/bindings/python)
set(python_abi ${python_dir}/src/stable_abi)
option(LINNET_PYTHON_TASK "give the Python package the tasks, where their libraries are" ON)
if(LINNET_PYTHON_TASK AND LINNET_MEDIA)
    # linnet/task/_library.py finds their functions in the module
    set(python_metadata $<TARGET_OBJECTS:linnet_task_objects>)
    set(python_libraries ${LINNET_TASK_LIBRARIES})
else()
    # of the metadata what needs no other library; Python has its own for the rest
    set(python_metadata src/metadata/json_print.c src/metadata/locate.c src/metadata/text.c
        src/metadata/verify.c src/metadata/version.c)
    set_source_files_properties(${python_metadata} PROPERTIES
        INCLUDE_DIRECTORIES ${PROJECT_SOURCE_DIR}/src)
    set(python_libraries)
endif()
add_library(linnet_python MODULE ${python_dir}/src/core.c ${python_dir}/src/model_bytes.c
    ${python_dir}/src/tensors.c ${python_dir}/src/view.c ${python_metadata}
    $<TARGET_OBJECTS:linnet_objects> ${LINNET_KERNEL_OBJECTS})
target_include_directories(linnet_python PRIVATE include ${python_abi})
target_link_libraries(linnet_python PRIVATE Threads::Threads m ${CMAKE_DL_LIBS}
    ${python_libraries})
set_target_properties(linnet_python PROPERTIES PREFIX "" OUTPUT_NAME _core SUFFIX .abi3.so
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/python/linnet)
if(APPLE)
    target_link_options(linnet_python PRIVATE -undefined dynamic_lookup)
else()
    # -Bsymbolic: its own functions, even where the process has another TensorFlow Lite
    target_link_options(linnet_python PRIVATE -Wl,--gc-sections -Wl,-Bsymbolic)
endif()

# What goes into a wheel; the package's other files are pyproject.toml's to add.
add_custom_target(linnet_wheel DEPENDS linnet_python)
install(TARGETS linnet_python LIBRARY DESTINATION linnet COMPONENT python)
if(TARGET linnet_tool)
    add_dependencies(linnet_wheel linnet_tool)
    install(TARGETS linnet_tool RUNTIME DESTINATION linnet/bin COMPONENT python)
endif()

# linnet._convert: the converter, where its libraries are and the same compiler makes both (not in
# cross builds, nor with the libraries left out).
option(LINNET_PYTHON_CONVERT "give the Python package the converter, where its libraries are" ON)
if(LINNET_PYTHON_CONVERT AND TARGET linnet_convert_static)
    add_library(linnet_python_convert MODULE ${python_dir}/src/convert.c
        ${python_dir}/src/importers.c ${python_dir}/src/quantize.c)
    target_include_directories(linnet_python_convert PRIVATE include ${python_abi})
    target_link_libraries(linnet_python_convert PRIVATE linnet_convert_static)
    set_target_properties(linnet_python_convert PROPERTIES PREFIX "" OUTPUT_NAME _convert
        SUFFIX .abi3.so LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/python/linnet)
    if(NOT APPLE)
        # its runtime is its own: nothing of it is to be seen beside _core's
        target_link_options(linnet_python_convert PRIVATE -Wl,--gc-sections -Wl,--exclude-libs,ALL)
    else()
        target_link_options(linnet_python_convert PRIVATE -undefined dynamic_lookup)
    endif()
    add_dependencies(linnet_wheel linnet_python_convert)
    install(TARGETS linnet_python_convert LIBRARY DESTINATION linnet COMPONENT python)
endif()
