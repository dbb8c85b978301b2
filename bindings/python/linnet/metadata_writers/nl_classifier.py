# SPDX-License-Identifier: Apache-2.0
"""Metadata of models that tell what kind of text a text is."""
from typing import Any, List, Optional

from linnet.metadata_writers import metadata_info, metadata_writer, writer_utils

_NAME = "NLClassifier"
_DESCRIPTION = "Classify the input text into a set of known categories."
_INPUT = "Embedding vectors representing the input text to be classified."
_OUTPUT = "Probabilities of the labels respectively."


class MetadataWriter(metadata_writer.MetadataWriter):
    """Writes metadata into a classifier of texts with one input."""

    @classmethod
    def create_from_metadata_info(cls, model_buffer: bytes,
                                  general_md: Optional[metadata_info.GeneralMd] = None,
                                  input_md: Optional[metadata_info.InputTextTensorMd] = None,
                                  output_md: Any = None) -> Any:
        """Returns a writer of what is said here; what is not is the task's own."""
        input_md = input_md or metadata_info.InputTextTensorMd("input_text", _INPUT)
        output_md = output_md or metadata_info.ClassificationTensorMd("probability", _OUTPUT)
        files = metadata_writer.file_paths(output_md)
        if input_md.tokenizer_md:
            files += writer_utils.get_tokenizer_associated_files(
                input_md.tokenizer_md.create_metadata().options)
        return super().create_from_metadata_info(
            model_buffer,
            general_md or metadata_info.GeneralMd(name=_NAME, description=_DESCRIPTION),
            [input_md], [output_md], files)

    @classmethod
    def create_for_inference(cls, model_buffer: bytes,
                             tokenizer_md: Optional[metadata_info.RegexTokenizerMd],
                             label_file_paths: List[str]) -> Any:
        """Returns a writer of what task libraries must know."""
        return cls.create_from_metadata_info(
            model_buffer,
            input_md=metadata_info.InputTextTensorMd("input_text", _INPUT, tokenizer_md),
            output_md=metadata_writer.probabilities(model_buffer, _OUTPUT, label_file_paths))
