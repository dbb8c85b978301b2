#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes what peers.py compares with: TensorFlow's quantized files of float models, and the samples.

    peer_files.py --images FOLDER --out FOLDER [--only NAME] [MODEL.tflite[=FOLDER]...]

Needs TensorFlow.  Each MODEL is quantized by TensorFlow's own calibrator and quantizer; FOLDER, of
the layout float32/model.tflite, float16/model.tflite and so on, gives those modes that only
TensorFlow's converter makes.  Without a MODEL, Keras models of many kinds (peer_nets.py) go through
its converter.  A folder per model comes out: calibration.npz and evaluation.npz (an array per
input, in order; of different photos), and a folder per mode with model.tflite.

Inputs of images are normalized as PREPROCESSING says; others are made by `signals`."""
import argparse
import pathlib
import shutil

import numpy as np
import tensorflow as tf
from tensorflow.lite.python import convert
from tensorflow.lite.python.optimize import calibrator

PREPROCESSING = {"mobilenet_v3_small": (0, 1), "cifar_resnet_fp32": (0, 1),
                 "vww_96_fp32": (0, 255), "efficientnet_lite0": (127, 128)}
# Mean and size of other signals.
SIGNALS = {"ad01_fp32": (-15, 4), "kws_ref_fp32": (-4, 12)}
N_CALIBRATION, N_EVALUATION = 100, 40


class Images:
    """Crops of photographs, mirrored and brightened; half of the photos for either purpose."""

    def __init__(self, folder):
        paths = sorted(p for p in pathlib.Path(folder).iterdir()
                       if p.suffix in (".jpg", ".png", ".bmp"))
        self.photos = [tf.io.decode_image(p.read_bytes(), channels=3, expand_animations=False)
                       .numpy().astype(np.float32) for p in paths]

    def crops(self, n, shape, evaluation, seed):
        generator = np.random.default_rng(seed)
        photos = self.photos[int(evaluation)::2]
        found = []
        for i in range(n):
            photo = photos[i % len(photos)]
            side = int(min(photo.shape[:2]) * generator.uniform(0.5, 1))
            y, x = (generator.integers(0, d - side + 1) for d in photo.shape[:2])
            crop = tf.image.resize(photo[y:y + side, x:x + side], shape[:2]).numpy()
            crop = crop[:, ::-1] if i % 2 else crop
            found.append(np.clip(crop * generator.uniform(0.7, 1.2), 0, 255))
        found = np.stack(found)
        return found.mean(-1, keepdims=True) if shape[-1] == 1 else found


def signals(n, shape, generator):
    """Smooth random walks along the first dimension, of different size per last index."""
    walk = np.cumsum(generator.normal(0, 0.3, (n, *shape)), axis=1 if len(shape) > 1 else 0)
    walk -= walk.mean(axis=1, keepdims=True) if len(shape) > 1 else 0
    if len(shape) == 1:
        walk = generator.normal(0, 1, (n, *shape))
    return (walk * np.linspace(0.5, 1.5, shape[-1])).astype(np.float32)


def samples_for(name, details, images, evaluation):
    n = N_EVALUATION if evaluation else N_CALIBRATION
    generator = np.random.default_rng(11 + evaluation)
    arrays = []
    for detail in details:
        shape = [int(d) for d in detail["shape"][1:]]
        if detail["dtype"] == np.int32:
            most = {"segment_ids": 2, "input_mask": 2}.get(detail["name"].split(":")[0].split(
                "serving_default_")[-1], 1000)
            arrays.append(generator.integers(0, most, (n, *shape)).astype(np.int32))
        elif len(shape) == 3 and shape[2] in (1, 3) and min(shape[:2]) >= 24:
            mean, std = PREPROCESSING.get(name, (127.5, 127.5))
            arrays.append(((images.crops(n, shape, evaluation, 5) - mean) / std)
                          .astype(np.float32))
        elif name.startswith("hello_world"):
            arrays.append(generator.uniform(0, 2 * np.pi, (n, *shape)).astype(np.float32))
        else:
            mean, size = SIGNALS.get(name, (0, 1))
            arrays.append(signals(n, shape, generator) * np.float32(size) + np.float32(mean))
    return arrays


def bert_samples(details, evaluation):
    """Two sentences of random words, padded: what question answerers read."""
    generator = np.random.default_rng(3 + evaluation)
    n, length = N_EVALUATION // 4 if evaluation else N_CALIBRATION, details[0]["shape"][1]
    ids, mask, segments = (np.zeros((n, length), np.int32) for _ in range(3))
    for i in range(n):
        used, split = generator.integers(length // 4, length + 1), generator.integers(8, 20)
        ids[i, :used] = generator.integers(1000, 2000, used)
        ids[i, [0, split, used - 1]] = [101, 102, 102]
        mask[i, :used] = 1
        segments[i, split + 1:used] = 1
    kinds = {"ids": ids, "mask": mask, "segment_ids": segments}
    return [next(kinds[k] for k in ("segment_ids", "mask", "ids") if k in d["name"])
            for d in details]


def save(folder, mode, model):
    (folder / mode).mkdir(parents=True, exist_ok=True)
    (folder / mode / "model.tflite").write_bytes(model)


def quantize_by_tensorflow(model, samples):
    """TensorFlow's full integer files of a float model: {mode: bytes}."""
    def dataset():
        for i in range(len(samples[0])):
            yield [a[i:i + 1] for a in samples]
    found = {}
    for mode, activations in (("int8", None), ("int16x8", tf.int16)):
        ready = calibrator.Calibrator(calibrator.add_intermediate_tensors(model))
        try:
            if activations is None:
                found[mode] = convert.mlir_quantize(ready.calibrate(dataset))
            else:
                found[mode] = ready.calibrate_and_quantize(
                    dataset, tf.float32, tf.float32, True, activations, tf.int64)
        except (ValueError, RuntimeError, convert.ConverterError) as error:
            print(mode, "fails:", str(error)[:200], flush=True)
    return found


def make(name, model, siblings, images, out):
    folder = out / name
    details = tf.lite.Interpreter(model_content=model).get_input_details()
    calibration = None
    for evaluation in (False, True):
        is_bert = len(details) == 3 and all(d["dtype"] == np.int32 for d in details)
        arrays = (bert_samples(details, evaluation) if is_bert
                  else samples_for(name, details, images, evaluation))
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(folder / ("evaluation.npz" if evaluation else "calibration.npz"),
                 **{f"a{i:02}": a for i, a in enumerate(arrays)})
        calibration = calibration or arrays
    save(folder, "float32", model)
    for mode in ("dynamic", "float16") if siblings else ():
        if (siblings / mode / "model.tflite").exists():
            (folder / mode).mkdir(exist_ok=True)
            shutil.copy(siblings / mode / "model.tflite", folder / mode)
    found = quantize_by_tensorflow(model, calibration)  # last: it dies of some models
    for mode, content in found.items():
        save(folder, mode, content)
    print(name, sorted(found), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", required=True, help="folder of photographs")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--only", help="the Keras model of this name")
    parser.add_argument("models", nargs="*", metavar="MODEL.tflite[=FOLDER]")
    options = parser.parse_args()
    images = Images(options.images)
    for spec in options.models:
        path, _, siblings = spec.partition("=")
        path = pathlib.Path(path)
        name = path.parent.parent.name if path.name == "model.tflite" else path.stem
        make(name, path.read_bytes(), pathlib.Path(siblings) if siblings else None, images,
             options.out)
    if options.models:
        return
    import peer_nets
    for name, net in peer_nets.NETS.items():
        if options.only in (None, name):
            float32, siblings = peer_nets.convert(name, net, options.out)
            make(name, float32, siblings, images, options.out)


if __name__ == "__main__":
    main()
