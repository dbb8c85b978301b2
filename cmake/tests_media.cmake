# SPDX-License-Identifier: Apache-2.0
# The tests of src/media and src/task.
add_executable(test_task_fixtures tests/task/fixtures.c tests/task/run_audio.c
    tests/task/run_postprocess.c
    tests/task/run_text.c
    tests/task/run_vision.c)
target_include_directories(test_task_fixtures PRIVATE src include tests/task)
target_link_libraries(test_task_fixtures PRIVATE linnet_task_static)
add_test(NAME task_fixtures COMMAND test_task_fixtures ${LINNET_SHARED}/models)
set_tests_properties(task_fixtures PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600)
linnet_task_test(media tests/media/main.c tests/media/pixels.c tests/media/scores.c
    tests/media/sounds.c tests/media/tokens.c)
