#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cases of Flex operators of images and sound, and of distinct items in long vectors, made as
flex_cases.py makes them and run after it.

    python3 tests/ops/flex_image_cases.py [tests/ops]

The script writes cases/own_flex_image.zip and its lines of cases/counts.txt.
"""
import os
import sys

import numpy as np
import tensorflow as tf

from flex_cases import Flex, real
from flex_plain_cases import TYPES
from make_cases import write_archive
from quantized_cases import write_counts

TYPES.setdefault(np.dtype(np.float16), "FLOAT16")

TURN = [0.8, -0.6, 1.5, 0.6, 0.8, -1.2, 0, 0]
FAR = [2.1, 0.3, -9.7, -0.4, 2.2, 6.3, 0, 0]
VIEW = [1.1, 0.2, -0.6, 0.1, 0.9, 0.4, 0.02, -0.25]  # infinitely far away in row 4


def projections(f, rng):
    modes = ("CONSTANT", "NEAREST", "REFLECT", "WRAP")
    for i, mode in enumerate(modes):
        for k, how in enumerate(("NEAREST", "BILINEAR")):
            x = real(rng, 2, 6, 5, 3)
            t = np.array([(TURN, FAR), (FAR, VIEW)][k], np.float32)
            size = np.array([7, 6], np.int32)
            f.add("ImageProjectiveTransformV2", {"images": x, "transforms": t,
                                                 "output_shape": size},
                  interpolation=how, fill_mode=mode)
            f.add("ImageProjectiveTransformV3",
                  {"images": x, "transforms": t[:1], "output_shape": size,
                   "fill_value": np.float32(1.5)}, interpolation=how, fill_mode=mode)
    for dtype in (np.uint8, np.int32, np.int64, np.float16, np.float64):
        x = (real(rng, 1, 5, 4, 2, low=0, high=200)).astype(dtype)
        f.add("ImageProjectiveTransformV3",
              {"images": x, "transforms": np.array([TURN], np.float32),
               "output_shape": np.array([5, 4], np.int32), "fill_value": np.float32(7.9)},
              interpolation="BILINEAR", fill_mode="CONSTANT")
    for mode in modes:  # a line of one pixel
        f.add("ImageProjectiveTransformV2",
              {"images": real(rng, 1, 1, 4, 1), "transforms": np.array([FAR], np.float32),
               "output_shape": np.array([3, 5], np.int32)},
              interpolation="BILINEAR", fill_mode=mode)


def sounds(f, rng):
    for window, stride, squared, channels in ((16, 8, True, 1), (20, 7, False, 2), (8, 8, True, 2)):
        f.add("AudioSpectrogram", {"input": real(rng, 70, channels, low=-1, high=1)},
              window_size=window, stride=stride, magnitude_squared=squared)
    for high, low, bands, n in ((4000, 20, 40, 13), (3000, 100, 20, 10), (7600, 0, 26, 26)):
        f.add("Mfcc", {"spectrogram": real(rng, 2, 3, 129, low=0, high=4),
                       "sample_rate": np.int32(16000)}, upper_frequency_limit=high,
              lower_frequency_limit=low, filterbank_channel_count=bands,
              dct_coefficient_count=n)


def distinct(f, rng):
    """More items than the small table takes that counts them, and items that are hard to tell."""
    x = rng.integers(0, 4000, 6000).astype(np.int32)
    f.add("UniqueWithCounts", {"x": x})
    f.add("UniqueWithCountsV2", {"x": x.astype(np.int64) << 40, "axis": np.array([0])})
    f.add("UniqueV2", {"x": np.array([0.0, np.nan, -0.0, np.inf, np.nan, 1, -np.inf, np.inf],
                                     np.float32), "axis": np.array([0])})
    f.add("UniqueWithCounts", {"x": np.array([0.0, np.nan, -0.0, 1e-30, np.nan, 1e-30])})
    texts = [b"%d" % (i % 1700) for i in range(3000)] + [b"", b"", b"1", b"\0", b"1\0"]
    f.add("UniqueWithCounts", {"x": np.array(texts, object)}, out_idx=tf.int64)


def main():
    here = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    rng = np.random.default_rng(17)
    f = Flex()
    for group in (projections, sounds, distinct):
        group(f, rng)
    folder = os.path.join(here, "cases")
    write_archive(os.path.join(folder, "own_flex_image.zip"), f.maker.cases)
    write_counts(folder, sorted(f.maker.used))
    print(len(f.maker.cases), "cases of", len(f.maker.used), "operators")


if __name__ == "__main__":
    main()
