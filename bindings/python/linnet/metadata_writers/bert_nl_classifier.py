# SPDX-License-Identifier: Apache-2.0
"""Metadata of BERT models that tell what kind of text a text is."""
from typing import Any, List, Optional

from linnet.metadata_writers import metadata_info, metadata_writer

_NAME = "BertNLClassifier"
_DESCRIPTION = "Classify the input text into a set of known categories."
_OUTPUT = "Probabilities of the labels respectively."
_IDS = "serving_default_input_word_ids:0"
_MASK = "serving_default_input_mask:0"
_SEGMENT_IDS = "serving_default_input_type_ids:0"


class MetadataWriter(metadata_writer.MetadataWriter):
    """Writes metadata into a classifier of texts with the inputs of BERT."""

    @classmethod
    def create_from_metadata_info(cls, model_buffer: bytes,
                                  general_md: Optional[metadata_info.GeneralMd] = None,
                                  input_md: Optional[metadata_info.BertInputTensorsMd] = None,
                                  output_md: Any = None) -> Any:
        """Returns a writer of what is said here; what is not is the task's own."""
        general_md = general_md or metadata_info.GeneralMd(name=_NAME, description=_DESCRIPTION)
        input_md = input_md or metadata_info.BertInputTensorsMd(model_buffer, _IDS, _MASK,
                                                                _SEGMENT_IDS)
        output_md = output_md or metadata_info.ClassificationTensorMd("probability", _OUTPUT)
        return cls.create_from_metadata(
            model_buffer, general_md.create_metadata(), input_md.create_input_tensor_metadata(),
            [output_md.create_metadata()],
            metadata_writer.file_paths(output_md) + input_md.get_tokenizer_associated_files(),
            input_md.create_input_process_unit_metadata())

    @classmethod
    def create_for_inference(cls, model_buffer: bytes, tokenizer_md: Any,
                             label_file_paths: List[str], ids_name: str = _IDS,
                             mask_name: str = _MASK, segment_name: str = _SEGMENT_IDS) -> Any:
        """Returns a writer of what task libraries must know; the names are those of the tensors."""
        return cls.create_from_metadata_info(
            model_buffer,
            input_md=metadata_info.BertInputTensorsMd(model_buffer, ids_name, mask_name,
                                                      segment_name, tokenizer_md=tokenizer_md),
            output_md=metadata_writer.probabilities(model_buffer, _OUTPUT, label_file_paths))
