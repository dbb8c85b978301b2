# SPDX-License-Identifier: Apache-2.0
# liblinnet_flex: a plug-in delegate that runs Select-TF operators by an installed TensorFlow, which
# it loads at run time.  It refers to nothing of liblinnet, so it serves other runtimes, too.
add_library(linnet_flex MODULE src/flex/delegate.c src/flex/node.c src/flex/tensorflow.c
    src/flex/values.c src/base/alloc.c src/base/proto.c src/fb/flexbuffers.c
    src/ops/flex/types.c)
target_include_directories(linnet_flex PRIVATE src include)
target_link_libraries(linnet_flex PRIVATE ${CMAKE_DL_LIBS})
if(NOT APPLE)
    target_link_options(linnet_flex PRIVATE -Wl,--gc-sections)
endif()
