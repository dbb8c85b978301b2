/* SPDX-License-Identifier: Apache-2.0 */
/* postprocess.h: from what is in a model's outputs to a result, for tests that fill these by hand.
 */
#ifndef LN_TASK_POSTPROCESS_H
#define LN_TASK_POSTPROCESS_H

#include "linnet/task/vision.h"
#include "task/task.h"

ln_task *ln_object_detector_task(ln_object_detector *detector);
ln_detection_result *ln_object_detector_result(ln_object_detector *detector, const ln_frame *frame,
                                               ln_task_error *error) LN_MUST_USE;
ln_task *ln_image_segmenter_task(ln_image_segmenter *segmenter);
ln_segmentation_result *ln_image_segmenter_result(ln_image_segmenter *segmenter,
                                                  const ln_frame *frame,
                                                  ln_task_error *error) LN_MUST_USE;

#endif
