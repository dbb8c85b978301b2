# SPDX-License-Identifier: Apache-2.0
"""Tasks on sound."""
import ctypes
import dataclasses
import os
import threading

import numpy as np

from linnet.task import _library, core, processor
from linnet.task._tasks import Embedder, Task


@dataclasses.dataclass
class AudioFormat:
    """How sound is stored."""

    channels: int
    sample_rate: int


class AudioRecord:
    """Keeps the last `buffer_size` frames of a stream.  `start_recording` takes them from a
    microphone, by the package sounddevice; `write` from anywhere."""

    def __init__(self, channels, sampling_rate, buffer_size):
        for name, value in (("channels", channels), ("sampling_rate", sampling_rate),
                            ("buffer_size", buffer_size)):
            if value <= 0:
                raise ValueError(f"{name} must be positive.")
        self._channels = channels
        self._sampling_rate = sampling_rate
        self._buffer = np.zeros((buffer_size, channels), np.float32)
        self._lock = threading.Lock()
        self._stream = None

    @property
    def channels(self):
        """Channels of the stream."""
        return self._channels

    @property
    def sampling_rate(self):
        """Frames per second."""
        return self._sampling_rate

    @property
    def buffer_size(self):
        """How many frames are kept."""
        return len(self._buffer)

    def write(self, data):
        """Adds frames, an array (n, channels): the oldest ones go.  From any thread."""
        data = np.asarray(data, np.float32).reshape(-1, self._channels)[-len(self._buffer):]
        if len(data):
            with self._lock:
                self._buffer = np.concatenate((self._buffer[len(data):], data))

    def start_recording(self):
        """Forgets what is kept and records from the default microphone."""
        import sounddevice  # raises ImportError or OSError where there is none
        if self._stream is None:
            self._stream = sounddevice.InputStream(
                channels=self._channels, samplerate=self._sampling_rate,
                callback=lambda data, *_: self.write(data))
        with self._lock:
            self._buffer.fill(0)
        self._stream.start()

    def stop(self):
        """Ends the recording."""
        if self._stream is not None:
            self._stream.stop()

    def read(self, size):
        """The last `size` frames."""
        if size > len(self._buffer):
            raise ValueError("Cannot read more samples than the size of the buffer.")
        if size <= 0:
            raise ValueError("Size must be positive.")
        with self._lock:
            return self._buffer[-size:].copy()


class TensorAudio:
    """Sound as a model takes it: an array (buffer_size, channels) of floats."""

    def __init__(self, audio_format, buffer_size):
        self._format = audio_format
        self._buffer = np.zeros((buffer_size, audio_format.channels), np.float32)

    def clear(self):
        """Makes it silent."""
        self._buffer.fill(0)

    @classmethod
    def create_from_wav_file(cls, file_name, sample_count, offset=0):
        """The first `sample_count` frames from frame `offset` on (fewer, where there are fewer)."""
        if offset < 0:
            raise ValueError("offset cannot be negative")
        if sample_count < 0:
            raise ValueError("negative dimensions are not allowed")
        audio = cls._read(file_name)
        a = audio.contents
        if offset and offset >= a.frames:
            _library.library.ln_audio_free(audio)
            raise ValueError(f"Initial offset is outside data range: {offset}")
        samples = np.ctypeslib.as_array(a.samples, (a.frames, a.channels))
        samples = samples[offset:offset + sample_count].copy()
        tensor = cls(AudioFormat(a.channels, a.sample_rate), len(samples))
        _library.library.ln_audio_free(audio)
        if len(samples):
            tensor.load_from_array(samples)
        return tensor

    @staticmethod
    def _read(file_name):
        """The sound of a file; one that is not there is taken for an empty one, as there."""
        name = os.fsencode(file_name)
        try:
            return _library.call("ln_audio_read", ctypes.POINTER(_library.Audio), name)
        except (ValueError, RuntimeError) as error:
            if os.path.exists(name) and os.path.getsize(name):
                raise
            raise ValueError(f"Data too short when trying to read string: {error}") from None

    def load_from_audio_record(self, record):
        """Takes the last frames of a stream."""
        if record.buffer_size < self.buffer_size:
            raise ValueError("The audio record's buffer size cannot be smaller than the tensor "
                             "audio's sample count.")
        if record.channels != self._format.channels:
            raise ValueError("The audio record's channel count doesn't match. Expects "
                             f"{self._format.channels} channel(s).")
        if record.sampling_rate != self._format.sample_rate:
            raise ValueError("The audio record's sampling rate doesn't match. Expects "
                             f"{self._format.sample_rate}Hz.")
        self.load_from_array(record.read(self.buffer_size))

    def load_from_array(self, src, offset=0, size=-1):
        """Adds frames of an array (n, channels) at the end; what was there moves to the front."""
        if src.shape[1] != self._format.channels:
            raise ValueError("Input audio contains an invalid number of channels. Expect "
                             f"{self._format.channels}.")
        size = len(src) if size < 0 else size
        if offset < 0 or size == 0:
            raise ValueError(f"Index out of range. There are no {size} frames from {offset} on.")
        if offset + size > len(src):
            raise ValueError(f"Index out of range. offset {offset} + size {size} should be <= "
                             f"src's length: {len(src)}")
        new = np.asarray(src[offset:offset + size], np.float32)[-self.buffer_size:]
        if len(new):
            self._buffer = np.concatenate((self._buffer[len(new):], new))

    @property
    def format(self):
        """Channels and rate."""
        return self._format

    @property
    def buffer_size(self):
        """How many frames it has."""
        return len(self._buffer)

    @property
    def buffer(self):
        """The samples."""
        return self._buffer

    def _audio(self):
        samples = np.ascontiguousarray(self._buffer, np.float32)
        audio = _library.Audio(self._format.sample_rate, self._format.channels, len(samples),
                               samples.ctypes.data_as(ctypes.POINTER(ctypes.c_float)))
        audio.keep = samples
        return audio


class _Listener:
    """What classifier and embedder say of the sound that they want."""

    @property
    def required_input_buffer_size(self):
        """Samples that the model takes: frames times channels."""
        f = self._model_format()
        return f.frames * f.channels

    @property
    def required_audio_format(self):
        """Channels and rate that the model takes."""
        f = self._model_format()
        return AudioFormat(f.channels, f.sample_rate)

    def create_input_tensor_audio(self):
        """A TensorAudio of the right size."""
        return TensorAudio(self.required_audio_format, self._model_format().frames)

    def create_audio_record(self):
        """An AudioRecord of the right size."""
        f = self._model_format()
        return AudioRecord(f.channels, f.sample_rate, f.frames)

    def _model_format(self):
        f = getattr(_library.library, f"ln_{self._handle.kind}_format")
        f.restype = _library.Format
        return f(self._handle.pointer)


def _audio_options(options, **more):
    return _library.AudioOptions(base=_library.base_options(
        options.base_options, _library.NO_MODEL), **more)


@dataclasses.dataclass
class AudioClassifierOptions:
    """The model, and which categories to give."""

    base_options: core.BaseOptions
    classification_options: processor.ClassificationOptions = dataclasses.field(
        default_factory=processor.ClassificationOptions)


class AudioClassifier(_Listener, Task):
    """Says what is to be heard."""

    _options_type = AudioClassifierOptions

    @staticmethod
    def _open(options):
        return _library.Handle("audio_classifier", _audio_options(
            options, categories=_library.category_options(options.classification_options)))

    def classify(self, audio):
        """Classifies sound; it is converted where its rate or channels are not the model's."""
        return self._take("ln_audio_classify", _library.Classifications, _library.classifications,
                          audio._audio(), ctypes.c_size_t(0))


@dataclasses.dataclass
class AudioEmbedderOptions:
    """The model, and what becomes of its vectors."""

    base_options: core.BaseOptions
    embedding_options: processor.EmbeddingOptions = dataclasses.field(
        default_factory=processor.EmbeddingOptions)


class AudioEmbedder(_Listener, Embedder):
    """Turns sound into vectors."""

    _options_type = AudioEmbedderOptions

    @staticmethod
    def _open(options):
        return _library.Handle("audio_embedder", _audio_options(
            options, embedding=_library.embedder_options(options.embedding_options)))

    def embed(self, audio):
        """The vectors of sound."""
        return self._take("ln_audio_embed", _library.Embeddings, _library.embeddings,
                          audio._audio(), ctypes.c_size_t(0))


__all__ = [
    "AudioClassifier", "AudioClassifierOptions", "AudioEmbedder", "AudioEmbedderOptions",
    "AudioFormat", "AudioRecord", "TensorAudio",
]
