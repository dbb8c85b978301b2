# SPDX-License-Identifier: Apache-2.0
"""Metadata of models that tell what is in an image."""
from typing import Any, List, Optional

from linnet.metadata_writers import metadata_info, metadata_writer

_NAME = "ImageClassifier"
_DESCRIPTION = ("Identify the most prominent object in the image from a known set of categories.")
_INPUT = "Input image to be classified."
_OUTPUT = "Probabilities of the labels respectively."


class MetadataWriter(metadata_writer.MetadataWriter):
    """Writes metadata into an image classifier."""

    @classmethod
    def create_from_metadata_info(cls, model_buffer: bytes,
                                  general_md: Optional[metadata_info.GeneralMd] = None,
                                  input_md: Optional[metadata_info.InputImageTensorMd] = None,
                                  output_md: Any = None) -> Any:
        """Returns a writer of what is said here; what is not is the task's own."""
        output_md = output_md or metadata_info.ClassificationTensorMd("probability", _OUTPUT)
        return super().create_from_metadata_info(
            model_buffer,
            general_md or metadata_info.GeneralMd(name=_NAME, description=_DESCRIPTION),
            [input_md or metadata_writer.any_image(_INPUT)], [output_md],
            metadata_writer.file_paths(output_md))

    @classmethod
    def create_for_inference(cls, model_buffer: bytes, input_norm_mean: List[float],
                             input_norm_std: List[float], label_file_paths: List[str],
                             score_calibration_md: Any = None) -> Any:
        """Returns a writer of what task libraries must know."""
        return cls.create_from_metadata_info(
            model_buffer,
            input_md=metadata_writer.input_image(model_buffer, _INPUT, input_norm_mean,
                                                 input_norm_std),
            output_md=metadata_writer.probabilities(model_buffer, _OUTPUT, label_file_paths,
                                                    score_calibration_md))
