# SPDX-License-Identifier: Apache-2.0
"""What the writers of all tasks share."""
import collections
from typing import Any, List, Optional, Union

from linnet import metadata as _metadata
from linnet import metadata_schema_py_generated as _fb
from linnet.metadata_writers import metadata_info, writer_utils

_Bytes = Union[bytes, bytearray]


class MetadataWriter:
    """Metadata for a model, and the files that go along; populate puts them in."""

    def __init__(self, model_buffer: _Bytes, metadata_buffer: Optional[_Bytes] = None,
                 associated_files: Optional[List[str]] = None):
        self._model_buffer = model_buffer
        self._metadata_buffer = metadata_buffer
        self._associated_files = associated_files or []
        self._populated_model_buffer: Optional[bytes] = None

    @classmethod
    def create_from_metadata_info(cls, model_buffer: _Bytes, general_md: Any = None,
                                  input_md: Any = None, output_md: Any = None,
                                  associated_files: Optional[List[str]] = None) -> Any:
        """Returns a writer of what objects of metadata_info say.

        Inputs and outputs stand in the model's order, or have the names of their tensors."""
        inputs = _in_order(input_md or [], writer_utils.get_input_tensor_names(model_buffer))
        outputs = _in_order(output_md or [], writer_utils.get_output_tensor_names(model_buffer))
        return cls.create_from_metadata(
            model_buffer, (general_md or metadata_info.GeneralMd()).create_metadata(),
            [md.create_metadata() for md in inputs], [md.create_metadata() for md in outputs],
            associated_files)

    @classmethod
    def create_from_metadata(cls, model_buffer: _Bytes, model_metadata: Any = None,
                             input_metadata: Optional[List[Any]] = None,
                             output_metadata: Optional[List[Any]] = None,
                             associated_files: Optional[List[str]] = None,
                             input_process_units: Optional[List[Any]] = None,
                             output_process_units: Optional[List[Any]] = None) -> Any:
        """Returns a writer of the schema's objects; tensors without a name get the model's."""
        graph = _fb.SubGraphMetadataT(
            inputTensorMetadata=_named(input_metadata,
                                       writer_utils.get_input_tensor_names(model_buffer)),
            outputTensorMetadata=_named(output_metadata,
                                        writer_utils.get_output_tensor_names(model_buffer)),
            inputProcessUnits=input_process_units, outputProcessUnits=output_process_units)
        return cls._of_graph(model_buffer, model_metadata, graph, associated_files)

    @classmethod
    def _of_graph(cls, model_buffer: _Bytes, model_metadata: Any, graph: Any,
                  associated_files: Optional[List[str]]) -> Any:
        model = model_metadata or _fb.ModelMetadataT()
        model.subgraphMetadata = [graph]
        return cls(model_buffer, _metadata._pack(model), associated_files)

    def populate(self) -> bytes:
        """Returns the model with metadata and files."""
        if self._populated_model_buffer is None:
            populator = _metadata.MetadataPopulator.with_model_buffer(self._model_buffer)
            populator.load_metadata_buffer(self._metadata_buffer or b"")
            populator.load_associated_files(self._associated_files)
            populator.populate()
            self._populated_model_buffer = populator.get_model_buffer()
        return self._populated_model_buffer

    def get_metadata_json(self) -> str:
        """Returns the metadata as JSON, without the version that populate puts in."""
        return _metadata.convert_to_json(self._metadata_buffer or b"")

    def get_populated_metadata_json(self) -> str:
        """Returns the metadata as JSON, as it is in the model."""
        return _metadata.MetadataDisplayer.with_model_buffer(self.populate()).get_metadata_json()


def _named(tensors: Optional[List[Any]], names: List[str]) -> List[Any]:
    tensors = tensors or [_fb.TensorMetadataT() for _ in names]
    for tensor, name in zip(tensors, names):
        tensor.name = tensor.name or name
    return tensors


def _in_order(mds: List[Any], names: List[str]) -> List[Any]:
    given = [md.tensor_name for md in mds if md.tensor_name is not None]
    if not given:
        return mds
    if collections.Counter(given) != collections.Counter(names):
        raise ValueError(f"The tensor names from arguments ({given}) do not match the tensor names "
                         f"read from the model ({names}).")
    by_name = {md.tensor_name: md for md in mds}
    return [by_name[name] for name in names]


def file_paths(*mds: Any) -> List[str]:
    """The paths of the files of tensors, each once."""
    paths = [file.file_path for md in mds for file in md.associated_files or []]
    return list(dict.fromkeys(paths))


def label_files(paths: List[str]) -> List[Any]:
    """Files of labels."""
    return [metadata_info.LabelFileMd(file_path=path) for path in paths]


def input_image(model_buffer: _Bytes, description: str, mean: List[float],
                std: List[float]) -> Any:
    """An RGB image as the first input."""
    return metadata_info.InputImageTensorMd(
        "image", description, mean, std, _fb.ColorSpaceType.RGB,
        writer_utils.get_input_tensor_types(model_buffer)[0])


def any_image(description: str) -> Any:
    """An RGB image of which no more is known."""
    return metadata_info.InputImageTensorMd("image", description,
                                            color_space_type=_fb.ColorSpaceType.RGB)


def probabilities(model_buffer: _Bytes, description: str, labels: List[str],
                  score_calibration_md: Any = None) -> Any:
    """Scores of classes as the first output."""
    return metadata_info.ClassificationTensorMd(
        "probability", description, label_files(labels),
        writer_utils.get_output_tensor_types(model_buffer)[0], score_calibration_md)
