# SPDX-License-Identifier: Apache-2.0
# The part of liblinnet_task that deals with images, text and sound, and the libraries for it.
if(PKG_CONFIG_FOUND)
    pkg_check_modules(PNG QUIET IMPORTED_TARGET libpng)
    pkg_check_modules(JPEG QUIET IMPORTED_TARGET libjpeg)
    pkg_check_modules(UTF8PROC QUIET IMPORTED_TARGET libutf8proc)
    pkg_check_modules(PCRE2 QUIET IMPORTED_TARGET libpcre2-8)
endif()
if(PNG_FOUND AND JPEG_FOUND AND UTF8PROC_FOUND AND PCRE2_FOUND)
    set(LINNET_MEDIA ON)
    list(APPEND LINNET_TASK_SOURCES
        src/media/color.c
        src/media/convert.c
        src/media/decode_jpeg.c
        src/media/encoder.c
        src/media/jpeg_pixels.c
        src/media/jpeg_rows.c
        src/media/features.c
        src/media/image.c
        src/media/pieces.c
        src/media/pieces_model.c
        src/media/pieces_normal.c
        src/media/plane.c
        src/media/png.c
        src/media/scale.c
        src/media/score.c
        src/media/sound.c
        src/media/splitter.c
        src/media/token.c
        src/media/wordpiece.c
        src/task/audio_input.c
        src/task/audio_tasks.c
        src/task/c_api.c
        src/task/c_audio_classifier.c
        src/task/c_classifications.c
        src/task/c_image_classifier.c
        src/task/c_image_segmenter.c
        src/task/c_object_detector.c
        src/task/c_text.c
        src/task/embeddings.c
        src/task/encoder_op.c
        src/task/heads.c
        src/task/image_classifier.c
        src/task/image_embedder.c
        src/task/image_segmenter.c
        src/task/images.c
        src/task/labels.c
        src/task/live.c
        src/task/nearest.c
        src/task/object_detector.c
        src/task/question_answerer.c
        src/task/index.c
        src/task/searchers.c
        src/task/task.c
        src/task/text_classifier.c
        src/task/text_embedder.c
        src/task/text_input.c
        src/task/tokenizer.c
        src/task/vision_input.c
    )
    set(LINNET_MEDIA_LIBRARIES PkgConfig::PNG PkgConfig::JPEG PkgConfig::UTF8PROC
        PkgConfig::PCRE2)
    # Loops over pixels and samples: worth vectorizing, which -O2 of gcc leaves out.
    set_source_files_properties(src/media/convert.c src/media/jpeg_rows.c
        src/media/scale.c
        PROPERTIES COMPILE_OPTIONS "$<$<CONFIG:Release>:-O3>")
    if("avx2" IN_LIST LINNET_ISAS)
        list(APPEND LINNET_TASK_SOURCES src/media/jpeg_rows_avx2.c)
        set_source_files_properties(src/media/jpeg_rows_avx2.c PROPERTIES
            COMPILE_OPTIONS "-mavx2;$<$<CONFIG:Release>:-O3>")
        set_property(SOURCE src/media/jpeg_rows.c PROPERTY COMPILE_DEFINITIONS LN_JPEG_HAS_AVX2)
    endif()
else()
    set(LINNET_MEDIA OFF)
    message(STATUS "the tasks are left out: they need libpng, libjpeg, utf8proc and PCRE2")
endif()
