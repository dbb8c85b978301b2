# SPDX-License-Identifier: Apache-2.0
"""Writers of metadata for the tasks that task libraries know, with the names of
tflite_support.metadata_writers.

    from linnet.metadata_writers import image_classifier, writer_utils

    writer = image_classifier.MetadataWriter.create_for_inference(
        writer_utils.load_file("model.tflite"), [127.5], [127.5], ["labels.txt"])
    writer_utils.save_file(writer.populate(), "model_with_metadata.tflite")

Each module has one class MetadataWriter: create_for_inference takes what the task must know,
create_from_metadata_info objects of metadata_info for what else is to be said."""
from linnet.metadata_writers import audio_classifier
from linnet.metadata_writers import bert_nl_classifier
from linnet.metadata_writers import image_classifier
from linnet.metadata_writers import image_segmenter
from linnet.metadata_writers import metadata_info
from linnet.metadata_writers import nl_classifier
from linnet.metadata_writers import object_detector
from linnet.metadata_writers import writer_utils

__all__ = ["audio_classifier", "bert_nl_classifier", "image_classifier", "image_segmenter",
           "metadata_info", "nl_classifier", "object_detector", "writer_utils"]
