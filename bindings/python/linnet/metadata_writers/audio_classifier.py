# SPDX-License-Identifier: Apache-2.0
"""Metadata of models that tell what a sound is."""
from typing import Any, List, Optional

from linnet.metadata_writers import metadata_info, metadata_writer

_NAME = "AudioClassifier"
_DESCRIPTION = ("Identify the most prominent type in the audio clip from a known set of "
                "categories.")
_INPUT = ("audio_clip", "Input audio clip to be classified.")
_OUTPUT = "Scores of the labels respectively."


class MetadataWriter(metadata_writer.MetadataWriter):
    """Writes metadata into an audio classifier."""

    @classmethod
    def create_from_metadata_info(cls, model_buffer: bytes,
                                  general_md: Optional[metadata_info.GeneralMd] = None,
                                  input_md: Optional[metadata_info.InputAudioTensorMd] = None,
                                  output_md: Any = None) -> Any:
        """Returns a writer of what is said here; what is not is the task's own."""
        output_md = output_md or metadata_info.ClassificationTensorMd("probability", _OUTPUT)
        return cls.create_from_metadata_info_for_multihead(model_buffer, general_md, input_md,
                                                           [output_md])

    @classmethod
    def create_from_metadata_info_for_multihead(
            cls, model_buffer: bytes, general_md: Optional[metadata_info.GeneralMd] = None,
            input_md: Optional[metadata_info.InputAudioTensorMd] = None,
            output_md_list: Optional[List[Any]] = None) -> Any:
        """The same for a model with several outputs; in the model's order, or with the names of
        their tensors."""
        return super().create_from_metadata_info(
            model_buffer,
            general_md or metadata_info.GeneralMd(name=_NAME, description=_DESCRIPTION),
            [input_md or metadata_info.InputAudioTensorMd(*_INPUT)], output_md_list,
            metadata_writer.file_paths(*(output_md_list or [])))

    @classmethod
    def create_for_inference(cls, model_buffer: bytes, sample_rate: int, channels: int,
                             label_file_paths: List[str], score_calibration_md: Any = None) -> Any:
        """Returns a writer of what task libraries must know."""
        for what, value in (("sample_rate", sample_rate), ("channels", channels)):
            if value <= 0:
                raise ValueError(f"{what} should be positive, but got {value}.")
        return cls.create_from_metadata_info(
            model_buffer,
            input_md=metadata_info.InputAudioTensorMd(*_INPUT, sample_rate, channels),
            output_md=metadata_writer.probabilities(model_buffer, _OUTPUT, label_file_paths,
                                                    score_calibration_md))
