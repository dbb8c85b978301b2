# SPDX-License-Identifier: Apache-2.0
"""Metadata of models that tell where in an image things are."""
import logging
from typing import Any, List, Optional

from linnet import metadata_schema_py_generated as _fb
from linnet.metadata_writers import metadata_info, metadata_writer, writer_utils

_NAME = "ObjectDetector"
_DESCRIPTION = ("Identify which of a known set of objects might be present and provide information "
                "about their positions within the given image or a video stream.")
_INPUT = "Input image to be detected."
_LOCATION = ("location", "The locations of the detected boxes.")
_CATEGORY = ("category", "The categories of the detected boxes.")
_SCORE = ("score", "The scores of the detected boxes.")
_NUMBER = ("number of detections", "The number of the detected boxes.")
_BOX_INDEX = [1, 0, 3, 2]  # of left, top, right, bottom


def _range() -> Any:
    return _fb.ValueRangeT(min=2, max=2)


def _locations(md: metadata_info.TensorMd) -> Any:
    tensor = md.create_metadata()
    tensor.content = _fb.ContentT(
        contentPropertiesType=_fb.ContentProperties.BoundingBoxProperties,
        contentProperties=_fb.BoundingBoxPropertiesT(
            index=list(_BOX_INDEX), type=_fb.BoundingBoxType.BOUNDARIES,
            coordinateType=_fb.CoordinateType.RATIO),
        range=_range())
    return tensor


def _ranged(md: metadata_info.TensorMd) -> Any:
    tensor = md.create_metadata()
    tensor.content.range = _range()
    return tensor


def _or_default(md: Any, made: type, name_and_description: Any) -> Any:
    """Programs find the outputs by these names, so another one is worth a warning."""
    name, description = name_and_description
    if md is None:
        return made(name=name, description=description)
    if md.name != name:
        logging.warning("The output name isn't the default string \"%s\". This may cause the model "
                        "not work in the TFLite Task Library since the tensor name will be used to "
                        "handle the output order in the TFLite Task Library.", name)
    return md


class MetadataWriter(metadata_writer.MetadataWriter):
    """Writes metadata into an object detector."""

    @classmethod
    def create_from_metadata_info(cls, model_buffer: bytes,
                                  general_md: Optional[metadata_info.GeneralMd] = None,
                                  input_md: Optional[metadata_info.InputImageTensorMd] = None,
                                  output_location_md: Optional[metadata_info.TensorMd] = None,
                                  output_category_md: Any = None, output_score_md: Any = None,
                                  output_number_md: Optional[metadata_info.TensorMd] = None) -> Any:
        """Returns a writer of what is said here; what is not is the task's own.

        The model's outputs are told apart by the order of their numbers."""
        tensor, classes = metadata_info.TensorMd, metadata_info.ClassificationTensorMd
        location = _or_default(output_location_md, tensor, _LOCATION)
        category = _or_default(output_category_md, metadata_info.CategoryTensorMd, _CATEGORY)
        score = _or_default(output_score_md, classes, _SCORE)
        number = output_number_md or tensor(*_NUMBER)
        general_md = general_md or metadata_info.GeneralMd(name=_NAME, description=_DESCRIPTION)
        input_md = input_md or metadata_writer.any_image(_INPUT)
        numbers = writer_utils.get_output_tensor_numbers(model_buffer)
        by_number = dict(zip(sorted(numbers), (_locations(location), _ranged(category),
                                               _ranged(score), number.create_metadata())))
        graph = _fb.SubGraphMetadataT(
            inputTensorMetadata=[input_md.create_metadata()],
            outputTensorMetadata=[by_number[i] for i in numbers if i in by_number],
            outputTensorGroups=[_fb.TensorGroupT(
                name="detection_result",
                tensorNames=[location.name, category.name, score.name])])
        return cls._of_graph(model_buffer, general_md.create_metadata(), graph,
                             metadata_writer.file_paths(category, score))

    @classmethod
    def create_for_inference(cls, model_buffer: bytes, input_norm_mean: List[float],
                             input_norm_std: List[float], label_file_paths: List[str],
                             score_calibration_md: Any = None) -> Any:
        """Returns a writer of what task libraries must know."""
        return cls.create_from_metadata_info(
            model_buffer,
            input_md=metadata_writer.input_image(model_buffer, _INPUT, input_norm_mean,
                                                 input_norm_std),
            output_category_md=metadata_info.CategoryTensorMd(
                *_CATEGORY, label_files=metadata_writer.label_files(label_file_paths)),
            output_score_md=metadata_info.ClassificationTensorMd(
                *_SCORE, score_calibration_md=score_calibration_md))
