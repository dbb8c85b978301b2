# SPDX-License-Identifier: Apache-2.0
"""What is in a model's inputs and outputs, and files."""
import functools
from typing import Any, List, Optional, Sequence, Union

from linnet._model import ends

_Bytes = Union[bytes, bytearray]


class TensorType:
    """Numbers of tensor types that writers tell apart, as the file format has them."""

    FLOAT32 = 0
    UINT8 = 3


def compute_flat_size(tensor_shape: Optional[Sequence[int]]) -> int:
    """Returns the number of elements; 0 for None."""
    if not tensor_shape:
        return 0
    return functools.reduce(lambda x, y: x * y, tensor_shape)


def get_input_tensor_names(model_buffer: _Bytes) -> List[str]:
    """Returns the names of the inputs."""
    return [t[0] for t in ends(model_buffer)[0]]


def get_output_tensor_names(model_buffer: _Bytes) -> List[str]:
    """Returns the names of the outputs."""
    return [t[0] for t in ends(model_buffer)[1]]


def get_input_tensor_types(model_buffer: _Bytes) -> List[int]:
    """Returns the types of the inputs, as the file format numbers them."""
    return [t[1] for t in ends(model_buffer)[0]]


def get_output_tensor_types(model_buffer: _Bytes) -> List[int]:
    """Returns the types of the outputs."""
    return [t[1] for t in ends(model_buffer)[1]]


def get_input_tensor_shape(model_buffer: _Bytes, tensor_index: int) -> Sequence[int]:
    """Returns the shape of an input."""
    return ends(model_buffer)[0][tensor_index][3]


def get_output_tensor_numbers(model_buffer: _Bytes) -> List[int]:
    """Returns which of the model's tensors the outputs are."""
    return [t[2] for t in ends(model_buffer)[1]]


def load_file(file_path: str, mode: str = "rb") -> Any:
    """Returns what is in a file."""
    with open(file_path, mode) as file:
        return file.read()


def save_file(file_bytes: Any, save_to_path: str, mode: str = "wb") -> None:
    """Writes a file."""
    with open(save_to_path, mode) as file:
        file.write(file_bytes)


def get_tokenizer_associated_files(tokenizer_options: Any) -> List[str]:
    """Returns the names of the files that a tokenizer's options name."""
    files = list(getattr(tokenizer_options, "vocabFile", None) or [])
    files += getattr(tokenizer_options, "sentencePieceModel", None) or []
    return [file.name for file in files]
