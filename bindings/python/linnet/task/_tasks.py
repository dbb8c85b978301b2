# SPDX-License-Identifier: Apache-2.0
"""What the classes of tasks share: how they are made, and what embedders and searchers can do."""
import ctypes

from linnet.task import _library, core


class Task:
    """A model that is open for one task."""

    _options_type = None

    def __init__(self, options, handle):
        self._options = options
        self._handle = handle

    @classmethod
    def create_from_file(cls, file_path):
        """Opens a model's file."""
        return cls.create_from_options(
            cls._options_type(base_options=core.BaseOptions(file_name=file_path)))

    @classmethod
    def create_from_options(cls, options):
        """Opens the model that the options name.  Raises ValueError or RuntimeError, which say what
        the model lacks."""
        return cls(options, cls._open(options))

    @property
    def options(self):
        """The options that it was made with."""
        return self._options

    def _take(self, function, kind, convert, *arguments):
        return _library.take(function, kind, convert, self._handle.pointer, *arguments)


class Embedder(Task):
    """A task that gives vectors."""

    def get_embedding_by_index(self, result, output_index):
        """One of a result's embeddings."""
        if output_index < 0 or output_index >= len(result.embeddings):
            raise ValueError("Output index is out of bound.")
        return result.embeddings[output_index]

    def cosine_similarity(self, u, v):
        """The cosine of the angle between two feature vectors."""
        return _library.cosine_similarity(u, v)

    def get_embedding_dimension(self, output_index):
        """The length of the vector of an output; -1 when there is no such output."""
        f = getattr(_library.library, f"ln_{self._handle.kind}_dimension")
        f.restype, f.argtypes = ctypes.c_int, (ctypes.c_void_p, ctypes.c_int)
        return f(self._handle.pointer, output_index)

    @property
    def number_of_output_layers(self):
        """How many vectors the model gives."""
        n = 0
        while self.get_embedding_dimension(n) >= 0:
            n += 1
        return n


class Searcher(Task):
    """A task that looks vectors up in an index."""

    @classmethod
    def create_from_file(cls, model_file_path, index_file_path=None):
        """Opens a model and the file of its index (None: the model carries it)."""
        options = cls._options_type(base_options=core.BaseOptions(file_name=model_file_path))
        options.search_options.index_file_name = index_file_path
        return cls.create_from_options(options)

    def get_user_info(self):
        """What the index's maker has put into it."""
        f = getattr(_library.library, f"ln_{self._handle.kind}_info")
        size = ctypes.c_size_t()
        f.restype = ctypes.c_void_p
        data = f(self._handle.pointer, ctypes.byref(size))
        return ctypes.string_at(data, size.value).decode(errors="replace")
