#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the digit classifier of the demo and converts it: digits_float32.tflite,
digits_int8.tflite, and PNG images of digits that the training never saw.

Needs tensorflow, scikit-learn and pillow; nothing of the project needs this script.  The data are
scikit-learn's handwritten digits (the test part of the UCI "optical recognition of handwritten
digits" set): 1797 images of 8 x 8 pixels."""
import pathlib

import numpy as np
import tensorflow as tf
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HERE = pathlib.Path(__file__).resolve().parent
SHOWN = (0, 3, 4, 7, 8)  # one held-out image of each becomes a file
ENLARGE = 8  # an image file has 64 x 64 pixels, which people can see


def model():
    layers = tf.keras.layers
    return tf.keras.Sequential([
        layers.Input((8, 8, 1), batch_size=1, name="image"),
        layers.Conv2D(16, 3, padding="same", activation="relu"),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.DepthwiseConv2D(3, padding="same", activation="relu"),
        layers.Conv2D(48, 1, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dropout(0.3),
        layers.Dense(10, activation="softmax"),
    ])


def convert(net, images, integer):
    converter = tf.lite.TFLiteConverter.from_keras_model(net)
    if integer:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([image[None]] for image in images[:300])
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.uint8
    return converter.convert()


def accuracy(content, images, labels):
    interpreter = tf.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    given, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    scale, zero = given["quantization"]
    right = 0
    for image, label in zip(images, labels):
        if scale:
            image = np.clip(np.round(image / scale + zero), 0, 255)
        interpreter.set_tensor(given["index"], image[None].astype(given["dtype"]))
        interpreter.invoke()
        right += interpreter.get_tensor(result["index"]).argmax() == label
    return right / len(labels)


def main():
    tf.keras.utils.set_random_seed(1)
    digits = load_digits()
    bytes_ = np.round(digits.images * (255 / 16)).astype(np.uint8)
    train, test, train_labels, test_labels = train_test_split(
        bytes_, digits.target, test_size=0.2, random_state=1, stratify=digits.target)
    train, scaled = (x[..., None].astype(np.float32) / 255 for x in (train, test))

    net = model()
    training = tf.keras.models.clone_model(
        net, input_tensors=tf.keras.Input((8, 8, 1)))
    training.compile("adam", "sparse_categorical_crossentropy")
    training.fit(train, train_labels, epochs=60, batch_size=32, verbose=0)
    net.set_weights(training.get_weights())

    for name, integer in (("float32", False), ("int8", True)):
        content = convert(net, train, integer)
        (HERE / f"digits_{name}.tflite").write_bytes(content)
        print(f"{name}: {len(content)} bytes, "
              f"{accuracy(content, scaled, test_labels):.4f} right on {len(test)} held-out images")
    for digit in SHOWN:
        image = test[np.flatnonzero(test_labels == digit)[0]]
        large = image.repeat(ENLARGE, 0).repeat(ENLARGE, 1)
        Image.fromarray(large).save(HERE / f"digit{digit}.png")
    data = HERE.parent.parent / "tests" / "data" / "digits"
    np.save(data / "samples.npy", np.round(train[:300] * 255).astype(np.uint8))
    np.save(data / "test.npy", test[..., None])
    np.save(data / "test_labels.npy", test_labels.astype(np.uint8))
    (HERE / "labels.txt").write_text("".join(f"{i}\n" for i in range(10)))


if __name__ == "__main__":
    main()
