#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does the real runtime read what we write, and compute the same?

    LINNET_WRITE_DIR=out build/tests/test_roundtrip      writes out/NAME.tflite and out/LIST
    tests/model/check_with_peer.py out [EVERY]

Run by hand, with a Python that has ai_edge_litert; no part of the build.  out/LIST has a line
"NAME<tab>path of the original" per model.  Each pair gets the same random inputs; outputs must be
equal in every bit.  With EVERY, only each EVERY-th model is run.
"""
import os
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType


def load(path):
    net = Interpreter(path, experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
                      num_threads=1)
    net.allocate_tensors()
    return net


def inputs_for(net):
    rng = np.random.default_rng(1)
    for d in net.get_input_details():
        if d["dtype"] in (np.object_, np.bytes_):
            yield np.full(d["shape"], b"a", dtype=np.object_)
        else:
            yield rng.integers(0, 2, d["shape"]).astype(d["dtype"])


def run(net, inputs):
    for d, x in zip(net.get_input_details(), inputs):
        net.set_tensor(d["index"], x)
    net.invoke()
    return [net.get_tensor(d["index"]) for d in net.get_output_details()]


def same(a, b):
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    return a.tolist() == b.tolist() if a.dtype.hasobject else a.tobytes() == b.tobytes()


def all_same(a, b):
    return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))


def check(original, written, out):
    """In a process of its own: the real runtime dies on some models.  Says how far it came."""
    try:
        net = load(original)
        inputs = list(inputs_for(net))
        want = run(net, inputs)
        if not all_same(want, run(load(original), inputs)):
            return  # it does not even agree with itself
        os.write(out, b"r")
        os.write(out, b"s" if all_same(want, run(load(written), inputs)) else b"d")
    except (RuntimeError, ValueError) as e:
        os.write(out, str(e).encode()[:400])


def ask(original, written):
    """What a child says: "" or a text: the original does not run; "rs": the same results."""
    source, out = os.pipe()
    pid = os.fork()
    if pid == 0:
        check(original, written, out)
        os._exit(0)
    os.close(out)
    said = b""
    while piece := os.read(source, 4096):
        said += piece
    os.close(source)
    os.waitpid(pid, 0)
    return said.decode()


def main():
    folder, every = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    passed = failed = left = 0
    for i, line in enumerate(open(os.path.join(folder, "LIST"), encoding="utf-8")):
        if i % every:
            continue
        name, original = line.rstrip("\n").split("\t")
        said = ask(original, os.path.join(folder, name + ".tflite"))
        if not said.startswith("r"):
            left += 1
        elif said == "rs":
            passed += 1
        else:
            failed += 1
            print(f"{original}: {'outputs differ' if said == 'rd' else said[1:] or 'died'}",
                  flush=True)
    print(f"{passed} passed, {failed} failed, {left} not run by the real runtime either")
    sys.exit(failed != 0)


main()
