# SPDX-License-Identifier: Apache-2.0
"""Metadata of models that tell for each pixel what it belongs to."""
from typing import Any, List, Optional

from linnet import metadata_schema_py_generated as _fb
from linnet.metadata_writers import metadata_info, metadata_writer

_NAME = "ImageSegmenter"
_DESCRIPTION = ("Semantic image segmentation predicts whether each pixel of an image is associated "
                "with a certain class.")
_INPUT = "Input image to be segmented."
_OUTPUT = "Masks over the target objects with high accuracy."


def _masks(md: metadata_info.TensorMd) -> Any:
    tensor = md.create_metadata()
    tensor.content = _fb.ContentT(
        contentPropertiesType=_fb.ContentProperties.ImageProperties,
        contentProperties=_fb.ImagePropertiesT(colorSpace=_fb.ColorSpaceType.GRAYSCALE),
        range=_fb.ValueRangeT(min=1, max=2))  # the dimensions of the image
    return tensor


class MetadataWriter(metadata_writer.MetadataWriter):
    """Writes metadata into an image segmenter."""

    @classmethod
    def create_from_metadata_info(cls, model_buffer: bytes,
                                  general_md: Optional[metadata_info.GeneralMd] = None,
                                  input_md: Optional[metadata_info.InputImageTensorMd] = None,
                                  output_md: Optional[metadata_info.TensorMd] = None) -> Any:
        """Returns a writer of what is said here; what is not is the task's own."""
        general_md = general_md or metadata_info.GeneralMd(name=_NAME, description=_DESCRIPTION)
        input_md = input_md or metadata_writer.any_image(_INPUT)
        output_md = output_md or metadata_info.TensorMd("segmentation_masks", _OUTPUT)
        return cls.create_from_metadata(
            model_buffer, general_md.create_metadata(), [input_md.create_metadata()],
            [_masks(output_md)], metadata_writer.file_paths(output_md))

    @classmethod
    def create_for_inference(cls, model_buffer: bytes, input_norm_mean: List[float],
                             input_norm_std: List[float], label_file_paths: List[str]) -> Any:
        """Returns a writer of what task libraries must know."""
        return cls.create_from_metadata_info(
            model_buffer,
            input_md=metadata_writer.input_image(model_buffer, _INPUT, input_norm_mean,
                                                 input_norm_std),
            output_md=metadata_info.TensorMd(
                "segmentation_masks", _OUTPUT,
                associated_files=metadata_writer.label_files(label_file_paths)))
