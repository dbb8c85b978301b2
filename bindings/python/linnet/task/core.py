# SPDX-License-Identifier: Apache-2.0
"""What all tasks share: where the model comes from, and how it runs."""
import dataclasses
from typing import Optional


@dataclasses.dataclass
class BaseOptions:
    """The model (exactly one of `file_name` and `file_content`) and how it runs.

    `num_threads` of -1 is one thread.  `use_coral` is not supported.  `delegate` is Linnet's own:
    None or "cpu", "none" (the reference operators), or the library of an external delegate."""

    file_name: Optional[str] = None
    file_content: Optional[bytes] = None
    num_threads: Optional[int] = -1
    use_coral: Optional[bool] = None
    delegate: Optional[str] = None


__all__ = ["BaseOptions"]
