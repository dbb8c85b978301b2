#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cases of SparseCross, made as flex_cases.py makes its own and run after it.

    python3 tests/ops/flex_cross_cases.py [tests/ops]

The script writes cases/own_flex_cross.zip and its line of cases/counts.txt.
"""
import os
import sys

import numpy as np
import tensorflow as tf

from flex_cases import Flex
from make_cases import write_archive
from quantized_cases import write_counts

LONG = "a text of more than sixty-four bytes, for which the hash goes another way"


def texts(*rows):
    return np.array([[t.encode() for t in row] for row in rows], object)


def numbers(*rows):
    return np.array(rows, np.int64)


def sparse(places, values, shape):
    many = values if isinstance(values[0], int) else [t.encode() for t in values]
    return (np.array(places, np.int64), np.array(many, np.int64 if many is values else object),
            np.array(shape, np.int64))


def cross(f, dense, parts=(), buckets=11, key=0xDECAFCAFFE):
    indices, values, shapes = (list(p) for p in zip(*parts)) if parts else ([], [], [])
    f.add("SparseCross", {"indices": indices, "values": values, "shapes": shapes,
                          "dense_inputs": list(dense)},
          hashed_output=True, num_buckets=buckets, hash_key=key, out_type=tf.int64,
          internal_type=tf.int64)


def main():
    here = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    f = Flex()
    cross(f, [texts(["A"], ["B"], [""]), numbers([101], [-5], [1 << 40])], buckets=5)
    cross(f, [numbers([1], [2]), numbers([3], [4]), texts(["x"], [LONG])], buckets=0)
    cross(f, [texts(["a", "b"], ["c", "d"]), numbers([1, 2, 3], [4, 5, 6])], key=7)
    cross(f, [np.zeros((0, 1), np.int64), np.zeros((0, 1), np.int64)])
    words = sparse([[0, 0], [0, 1], [2, 0]], ["p", "q", "r"], [3, 2])
    ids = sparse([[0, 0], [1, 0], [2, 0], [2, 3]], [9, 8, 7, 6], [3, 4])
    cross(f, [texts(["A"], ["B"], ["C"])], [words, ids], buckets=1000)
    cross(f, [], [ids, ids])
    folder = os.path.join(here, "cases")
    write_archive(os.path.join(folder, "own_flex_cross.zip"), f.maker.cases)
    write_counts(folder, sorted(f.maker.used))
    print(len(f.maker.cases), "cases of", len(f.maker.used), "operators")


if __name__ == "__main__":
    main()
