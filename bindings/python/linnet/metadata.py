# SPDX-License-Identifier: Apache-2.0
"""Metadata of models, with the names of tflite_support.metadata.

    from linnet import metadata as _metadata

    populator = _metadata.MetadataPopulator.with_model_file("model.tflite")
    populator.load_metadata_buffer(metadata_buf)
    populator.load_associated_files(["labels.txt"])
    populator.populate()

    displayer = _metadata.MetadataDisplayer.with_model_file("model.tflite")
    print(displayer.get_metadata_json())

`linnet.metadata_schema_py_generated` has the objects of which metadata is made,
`linnet.metadata_writers` makes it for the tasks that task libraries know."""
import io
import os
import warnings
import zipfile
from typing import Any, Dict, Iterator, List, Optional, Union

from linnet import _core
from linnet import metadata_schema_py_generated as _schema
from linnet._flatbuffer import Builder
from linnet._model import ends

_Bytes = Union[bytes, bytearray, memoryview]
_MODEL_IDENTIFIER = b"TFL3"
_IDENTIFIER = b"M001"
_ENTRY = "TFLITE_METADATA"
# All files have the same date, so that the same input gives the same model.
_DATE = (1980, 1, 1, 0, 0, 0)


def _check_model(model: _Bytes) -> None:
    if bytes(model[4:8]) != _MODEL_IDENTIFIER:
        raise ValueError("The model provided does not have the expected identifier, and may not be "
                         "a valid TFLite model.")


def _check_metadata(buffer: _Bytes) -> None:
    if bytes(buffer[4:8]) != _IDENTIFIER:
        raise ValueError("The metadata buffer does not have the expected identifier, and may not "
                         "be a valid TFLite Metadata.")


def _check_file(path: str) -> None:
    if not os.path.exists(path):
        raise IOError(f"File, '{path}', does not exist.")


def _read(path: str) -> bytes:
    _check_file(path)
    with open(path, "rb") as f:
        return f.read()


def _packed_files(model: _Bytes) -> List[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(model)) as archive:
            return archive.namelist()
    except zipfile.BadZipFile:
        return []


def _pack(metadata: Any) -> bytearray:
    builder = Builder(0)
    builder.Finish(metadata.Pack(builder), _IDENTIFIER)
    return builder.Output()


def _unpack(buffer: _Bytes) -> Any:
    _core.metadata_version(bytes(buffer))  # it verifies them; the Python code that reads does not
    return _schema.ModelMetadataT.InitFromObj(
        _schema.ModelMetadata.GetRootAsModelMetadata(buffer, 0))


def _unit_files(units: Optional[List[Any]]) -> Iterator[Any]:
    for unit in units or []:
        yield from getattr(unit.options, "vocabFile", None) or []
        yield from getattr(unit.options, "sentencePieceModel", None) or []


def _recorded_files(metadata: Any) -> Iterator[Any]:
    """All files that metadata names, wherever it does."""
    yield from metadata.associatedFiles or []
    for graph in metadata.subgraphMetadata or []:
        yield from graph.associatedFiles or []
        for tensor in (graph.inputTensorMetadata or []) + (graph.outputTensorMetadata or []):
            yield from tensor.associatedFiles or []
            yield from _unit_files(tensor.processUnits)
        yield from _unit_files(graph.inputProcessUnits)
        yield from _unit_files(graph.outputProcessUnits)


def _text(name: Union[str, bytes, None]) -> str:
    return name.decode("utf-8") if isinstance(name, bytes) else name or ""


class MetadataPopulator:
    """Puts metadata and associated files into a model: a file, or a buffer."""

    METADATA_FIELD_NAME = _ENTRY
    TFLITE_FILE_IDENTIFIER = _MODEL_IDENTIFIER
    METADATA_FILE_IDENTIFIER = _IDENTIFIER

    def __init__(self, model_file: Optional[str], model_buf: Optional[_Bytes] = None):
        self._model_file = model_file
        self._model = _read(model_file) if model_file is not None else bytes(model_buf or b"")
        _check_model(self._model)
        self._metadata_buf: Optional[bytearray] = None
        self._associated_files: Dict[str, bytes] = {}

    @classmethod
    def with_model_file(cls, model_file: str) -> "MetadataPopulator":
        """Returns a populator that changes the file."""
        return cls(os.fspath(model_file))

    @classmethod
    def with_model_buffer(cls, model_buf: _Bytes) -> "MetadataPopulator":
        """Returns a populator whose result get_model_buffer gives."""
        if not model_buf:
            raise ValueError("model_buf cannot be empty.")
        return cls(None, model_buf)

    def get_model_buffer(self) -> bytes:
        """Returns the model as it is now."""
        return _read(self._model_file) if self._model_file is not None else self._model

    def get_packed_associated_file_list(self) -> List[str]:
        """Returns the names of the files that the model carries."""
        return _packed_files(self.get_model_buffer())

    def get_recorded_associated_file_list(self) -> List[str]:
        """Returns the names of the files that the loaded metadata names."""
        if not self._metadata_buf:
            return []
        return [_text(f.name) for f in _recorded_files(_unpack(self._metadata_buf))]

    def load_associated_file_buffers(self, associated_files: Dict[str, bytes]) -> None:
        """Takes files, {"labels.txt": b"..."}, to be put into the model."""
        self._associated_files.update(
            {os.path.basename(name): data for name, data in associated_files.items()})

    def load_associated_files(self, associated_files: List[str]) -> None:
        """Takes the files with these paths, to be put into the model."""
        for path in associated_files:
            self.load_associated_file_buffers({path: _read(path)})

    def load_metadata_buffer(self, metadata_buf: _Bytes) -> None:
        """Takes metadata, to be put into the model with the version of the schema it needs.

        Raises ValueError where it does not describe as many inputs and outputs as there are."""
        if not metadata_buf:
            raise ValueError("The metadata to be populated is empty.")
        _check_metadata(metadata_buf)
        metadata = _unpack(metadata_buf)
        graphs = metadata.subgraphMetadata or []
        if len(graphs) != 1:
            raise ValueError("The number of SubgraphMetadata should be exactly one, but got "
                             f"{len(graphs)}.")
        tensors_of = ends(self.get_model_buffer())
        described = (graphs[0].inputTensorMetadata, graphs[0].outputTensorMetadata)
        for kind, tensors, listed in zip(("input", "output"), tensors_of, described):
            if len(tensors) != len(listed or []):
                raise ValueError(f"The number of {kind} tensors ({len(tensors)}) should match the "
                                 f"number of {kind} tensor metadata ({len(listed or [])})")
        metadata.minParserVersion = _core.metadata_version(bytes(metadata_buf))
        for file in _recorded_files(metadata):
            file.name = os.path.basename(_text(file.name))
        self._metadata_buf = _pack(metadata)

    def load_metadata_file(self, metadata_file: str) -> None:
        """The same with metadata in a file."""
        self.load_metadata_buffer(bytearray(_read(metadata_file)))

    def load_metadata_and_associated_files(self, src_model_buf: _Bytes) -> None:
        """Takes the metadata and the files of another model."""
        buffer = get_metadata_buffer(src_model_buf)
        if buffer:
            self.load_metadata_buffer(buffer)
        if _packed_files(src_model_buf):
            with zipfile.ZipFile(io.BytesIO(src_model_buf)) as archive:
                self.load_associated_file_buffers({f: archive.read(f) for f in archive.namelist()})

    def populate(self) -> None:
        """Puts into the model what has been loaded.

        Raises ValueError where the metadata names a file that neither is loaded nor in the model,
        or a file is in the model already."""
        self._check_files()
        model = self.get_model_buffer()
        if self._metadata_buf:
            model = _core.attach(model, _ENTRY, bytes(self._metadata_buf))
        if self._associated_files:
            stream = io.BytesIO(model)
            with zipfile.ZipFile(stream, "a") as archive:
                for name, data in self._associated_files.items():
                    archive.writestr(zipfile.ZipInfo(name, _DATE), bytes(data))
            model = stream.getvalue()
        self._model = model
        if self._model_file is not None:
            part = self._model_file + ".part"  # a full disk must not cost the model
            with open(part, "wb") as f:
                f.write(model)
            os.replace(part, self._model_file)

    def _check_files(self) -> None:
        recorded = self.get_recorded_associated_file_list()
        packed = self.get_packed_associated_file_list()
        for name in recorded:
            if name not in self._associated_files and name not in packed:
                raise ValueError(f"File, '{name}', is recorded in the metadata, but has not been "
                                 "loaded into the populator.")
        for name in self._associated_files:
            if name in packed:
                raise ValueError(f"File, '{name}', has already been packed.")
            if name not in recorded:
                warnings.warn(f"File, '{name}', does not exist in the metadata. But packing it to "
                              "tflite model is still allowed.")


class MetadataDisplayer:
    """Shows metadata and associated files of a model."""

    def __init__(self, model_buffer: _Bytes, metadata_buffer: _Bytes,
                 associated_file_list: List[str]):
        _check_model(model_buffer)
        _check_metadata(metadata_buffer)
        self._model_buffer = model_buffer
        self._metadata_buffer = metadata_buffer
        self._associated_file_list = associated_file_list

    @classmethod
    def with_model_file(cls, model_file: str) -> "MetadataDisplayer":
        """Returns a displayer; raises ValueError where the model has no metadata."""
        return cls.with_model_buffer(_read(model_file))

    @classmethod
    def with_model_buffer(cls, model_buffer: _Bytes) -> "MetadataDisplayer":
        """The same for a model in memory."""
        if not model_buffer:
            raise ValueError("model_buffer cannot be empty.")
        metadata_buffer = get_metadata_buffer(model_buffer)
        if not metadata_buffer:
            raise ValueError("The model does not have metadata.")
        return cls(model_buffer, metadata_buffer, _packed_files(model_buffer))

    def get_associated_file_buffer(self, filename: str) -> bytes:
        """Returns the bytes of a file that the model carries."""
        if filename not in self._associated_file_list:
            raise ValueError(f"The file, {filename}, does not exist in the model.")
        with zipfile.ZipFile(io.BytesIO(self._model_buffer)) as archive:
            return archive.read(filename)

    def get_metadata_buffer(self) -> bytes:
        """Returns the metadata as bytes."""
        return bytes(self._metadata_buffer)

    def get_metadata_json(self) -> str:
        """Returns the metadata as JSON."""
        return convert_to_json(self._metadata_buffer)

    def get_packed_associated_file_list(self) -> List[str]:
        """Returns the names of the files that the model carries."""
        return list(self._associated_file_list)


def convert_to_json(metadata_buffer: _Bytes) -> str:
    """Returns metadata as JSON, floats with six digits behind the point."""
    return _core.metadata_json(bytes(metadata_buffer), False)


def get_metadata_buffer(model_buf: _Bytes) -> Optional[bytes]:
    """Returns the metadata in a model, None where there is none."""
    _check_model(model_buf)
    return _core.model_metadata(bytes(model_buf))


__all__ = ["MetadataDisplayer", "MetadataPopulator", "convert_to_json", "get_metadata_buffer"]
