# SPDX-License-Identifier: Apache-2.0
"""wakeword.py OURS: the packages pymicro-wakeword and pyopen-wakeword, which come with a
libtensorflowlite_c and models, hear the same with our library as with theirs.

They load the library by ctypes.  Each of the two is loaded in a process of its own, which prints
the probabilities of each wake word over the same sounds: noise, rising tones and, where espeak-ng
is installed, the words themselves, which must then be heard by at least one model."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import wave

import numpy as np
import pymicro_wakeword
import pyopen_wakeword
from pymicro_wakeword.const import Model as MicroModel
from pyopen_wakeword.const import Model as OpenModel

RATE = 16000
CLOSE = {"open": 1e-4,  # float32
         "micro": 0.05}  # 8 bits: XNNPACK rounds otherwise than the reference kernels, as ours do


def speak(words):
    """The words as samples; none without the program."""
    if not shutil.which("espeak-ng"):
        return np.zeros(0, np.int16)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "words.wav")
        subprocess.run(["espeak-ng", "-s", "140", "-w", path, words], check=True)
        with wave.open(path) as f:
            rate, data = f.getframerate(), f.readframes(f.getnframes())
    samples = np.frombuffer(data, "<i2").astype(np.float64)
    at = np.arange(0, len(samples) - 1, rate / RATE)
    return np.interp(at, np.arange(len(samples)), samples).astype(np.int16)


def sounds(words):
    """About seven seconds with the words in them."""
    rng = np.random.default_rng(7)
    t = np.arange(2 * RATE) / RATE
    noise = rng.normal(0, 1500, RATE)
    tones = 8000 * np.sin(2 * np.pi * (200 + 900 * t) * t)
    quiet = rng.normal(0, 20, 2 * RATE)
    parts = [noise, tones, quiet, speak(words), quiet]
    return np.concatenate([p.astype(np.int16) for p in parts]).tobytes()


def micro(model, library):
    heard = pymicro_wakeword.MicroWakeWord.from_builtin(model, libtensorflowlite_c_path=library)
    features = pymicro_wakeword.MicroWakeWordFeatures()
    audio = sounds(heard.wake_word)
    return [heard.process_streaming_prob(f) for f in features.process_streaming(audio)]


def opened(model, library):
    heard = pyopen_wakeword.OpenWakeWord.from_builtin(model, libtensorflowlite_c_path=library)
    features = pyopen_wakeword.OpenWakeWordFeatures.from_builtin(libtensorflowlite_c_path=library)
    audio = sounds(model.value.replace("_", " "))
    step = 2 * 1280
    return [p for i in range(0, len(audio), step)
            for f in features.process_streaming(audio[i:i + step])
            for p in heard.process_streaming(f)]


def listen(library):
    """All models of both packages with one library."""
    results = {f"micro {m.value}": micro(m, library) for m in MicroModel}
    results.update({f"open {m.value}": opened(m, library) for m in OpenModel})
    return results


def in_process(library):
    done = subprocess.run([sys.executable, __file__, "--listen", library], check=True,
                          stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def main():
    if sys.argv[1] == "--listen":
        print(json.dumps(listen(sys.argv[2])))
        return 0
    theirs = os.path.join(os.path.dirname(pymicro_wakeword.__file__), "lib",
                          "libtensorflowlite_c.so")
    ours, wanted = in_process(sys.argv[1]), in_process(theirs)
    failed = 0
    for name, values in wanted.items():
        off = np.abs(np.subtract(ours[name], values)).max() if len(ours[name]) == len(values) else 1
        print(f"{name}: {len(values)} results, highest {max(values):.3f}, off by {off:.2g}")
        failed += bool(off > CLOSE[name.split()[0]] or len(values) < 50)
    if shutil.which("espeak-ng") and max(map(max, wanted.values())) < 0.5:
        print("no model hears its word")
        failed += 1
    print(f"{len(wanted) - min(failed, len(wanted))} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
