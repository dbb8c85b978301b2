# SPDX-License-Identifier: Apache-2.0
# The tests of src/media and src/task.
add_executable(test_task_fixtures tests/task/fixtures.c tests/task/run_audio.c
    tests/task/run_c_api.c
    tests/task/run_pose.c
    tests/task/run_postprocess.c
    tests/task/run_search.c
    tests/task/run_text.c
    tests/task/run_vision.c)
target_include_directories(test_task_fixtures PRIVATE src include tests/task)
target_link_libraries(test_task_fixtures PRIVATE linnet_task_static)
add_test(NAME task_fixtures COMMAND test_task_fixtures ${LINNET_SHARED}/models)
set_tests_properties(task_fixtures PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600)
linnet_task_test(media tests/media/main.c tests/media/pixels.c tests/media/scores.c
    tests/media/sounds.c tests/media/tokens.c)
linnet_task_test(task_drop_in tests/task/drop_in.c)
linnet_task_test(task_live tests/task/live.c)
linnet_task_test(task_options tests/task/options.c)
linnet_task_test(task_search tests/task/search.c)

# ---- fuzz targets: stored inputs and a few mutants ----

set(data ${PROJECT_SOURCE_DIR}/tests/data)
set(image_seeds ${data}/turned.jpg ${data}/halved.jpg ${data}/four_colors.jpg ${data}/small.png
    ${data}/deep.png ${data}/small.bmp)
set(wav_seeds ${data}/tone.wav)
set(index_seeds ${data}/index_float.ldb ${data}/index_codes.ldb)
set(vocab_seeds ${data}/pieces_unigram.model ${data}/pieces_bpe.model ${data}/words.txt
    ${data}/pieces.encoder)
foreach(target image wav vocab index)
    linnet_fuzz_test(${target} 1000 ${${target}_seeds})
    set_tests_properties(fuzz_mutate_${target} PROPERTIES RUN_SERIAL ON)
endforeach()

if(TARGET linnet_tool)
    string(JOIN " " emulator ${CMAKE_CROSSCOMPILING_EMULATOR})
    add_test(NAME task_command COMMAND ${CMAKE_COMMAND} -E env
        LINNET=$<TARGET_FILE:linnet_tool> SHARED=${LINNET_SHARED} "EMULATOR=${emulator}"
        sh ${PROJECT_SOURCE_DIR}/tests/tools/task.sh)
    set_tests_properties(task_command PROPERTIES TIMEOUT 600)
endif()
