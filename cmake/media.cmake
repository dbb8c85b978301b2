# SPDX-License-Identifier: Apache-2.0
# The part of liblinnet_task that deals with images, text and sound, and the libraries for it.
if(PKG_CONFIG_FOUND)
    pkg_check_modules(PNG QUIET IMPORTED_TARGET libpng)
    pkg_check_modules(JPEG QUIET IMPORTED_TARGET libjpeg)
endif()
if(PNG_FOUND AND JPEG_FOUND)
    set(LINNET_MEDIA ON)
    list(APPEND LINNET_TASK_SOURCES
        src/media/color.c
        src/media/convert.c
        src/media/decode_jpeg.c
        src/media/image.c
        src/media/plane.c
        src/media/png.c
        src/media/scale.c
        src/media/score.c
        src/task/embeddings.c
        src/task/heads.c
        src/task/image_classifier.c
        src/task/image_embedder.c
        src/task/image_segmenter.c
        src/task/images.c
        src/task/labels.c
        src/task/object_detector.c
        src/task/task.c
        src/task/vision_input.c
    )
    set(LINNET_MEDIA_LIBRARIES PkgConfig::PNG PkgConfig::JPEG)
    # Loops over pixels and samples: worth vectorizing, which -O2 of gcc leaves out.
    set_source_files_properties(src/media/convert.c src/media/scale.c
        PROPERTIES COMPILE_OPTIONS "$<$<CONFIG:Release>:-O3>")
else()
    set(LINNET_MEDIA OFF)
    message(STATUS "the tasks are left out: they need libpng and libjpeg")
endif()
