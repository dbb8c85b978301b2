# SPDX-License-Identifier: Apache-2.0
"""Types of tensors and of NumPy, and values of 4 and 2 bits, which NumPy does not have."""
import functools
from typing import Any, Dict, Tuple

import numpy as np

STRING, RESOURCE, VARIANT = 5, 14, 15
_BFLOAT16 = 19

# number in the C API: name, type in NumPy
_TYPES: Dict[int, Tuple[str, Any]] = {
    1: ("FLOAT32", np.float32),
    2: ("INT32", np.int32),
    3: ("UINT8", np.uint8),
    4: ("INT64", np.int64),
    STRING: ("STRING", np.bytes_),
    6: ("BOOL", np.bool_),
    7: ("INT16", np.int16),
    8: ("COMPLEX64", np.complex64),
    9: ("INT8", np.int8),
    10: ("FLOAT16", np.float16),
    11: ("FLOAT64", np.float64),
    12: ("COMPLEX128", np.complex128),
    13: ("UINT64", np.uint64),
    RESOURCE: ("RESOURCE", np.object_),
    VARIANT: ("VARIANT", np.object_),
    16: ("UINT32", np.uint32),
    17: ("UINT16", np.uint16),
    18: ("INT4", np.int8),
    _BFLOAT16: ("BFLOAT16", np.uint16),
    20: ("INT2", np.int8),
    21: ("UINT4", np.uint8),
    22: ("FLOAT8E4M3FN", np.int8),
    23: ("FLOAT8E5M2", np.int8),
}

# type: values in a byte, least, greatest
PACKED: Dict[int, Tuple[int, int, int]] = {18: (2, -8, 7), 20: (4, -2, 1), 21: (2, 0, 15)}

_NAMES: Dict[str, str] = {np.dtype(t).str: name for name, t in reversed(list(_TYPES.values()))
          if np.dtype(t).kind not in "OS"}


@functools.lru_cache(maxsize=None)
def _bfloat16() -> Any:
    """That of ml_dtypes where it is installed, else the 16 bits."""
    try:
        import ml_dtypes

        return ml_dtypes.bfloat16
    except ImportError:
        return np.uint16


def name(number: int) -> str:
    """The name of a type of tensors."""
    return _TYPES[number][0] if number in _TYPES else "NOTYPE"


def numpy_type(number: int) -> Any:
    """The type that arrays have for it."""
    return _bfloat16() if number == _BFLOAT16 else _TYPES[number][1]


def name_of_array(array: "np.ndarray[Any, Any]") -> str:
    """The name of the type of tensors that an array can be put in."""
    if array.dtype.name == "bfloat16":
        return "BFLOAT16"
    if array.dtype.kind in "OSUT":
        return "STRING"
    return _NAMES.get(array.dtype.newbyteorder("=").str, "NOTYPE")


def unpack(data: "np.ndarray[Any, Any]", number: int, count: int) -> "np.ndarray[Any, Any]":
    """Makes `count` values of a byte each out of packed ones; the first is in the lowest bits."""
    per_byte, least, greatest = PACKED[number]
    bits = 8 // per_byte
    values = np.empty((data.size, per_byte), np.uint8)
    for i in range(per_byte):
        values[:, i] = (data.view(np.uint8) >> (i * bits)) & ((1 << bits) - 1)
    flat: "np.ndarray[Any, Any]" = values.reshape(-1)[:count].view(numpy_type(number))
    if least < 0:
        flat[flat > greatest] -= 1 << bits
    return flat


def pack(values: "np.ndarray[Any, Any]", number: int) -> "np.ndarray[Any, Any]":
    """The reverse of unpack."""
    per_byte = PACKED[number][0]
    bits = 8 // per_byte
    padded = np.zeros(-(-values.size // per_byte) * per_byte, np.uint8)
    padded[: values.size] = values.reshape(-1).view(np.uint8) & ((1 << bits) - 1)
    rows = padded.reshape(-1, per_byte)
    result = np.zeros(rows.shape[0], np.uint8)
    for i in range(per_byte):
        result |= rows[:, i] << (i * bits)
    return result
