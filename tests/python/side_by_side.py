#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs models through linnet.Interpreter and ai_edge_litert's side by side: the dictionaries that
describe tensors, operators and signatures must be the same, and so must the outputs: integers equal
to those of TensorFlow Lite's reference kernels, floats within the tolerance of the case.

    LINNET_PEER_PYTHON=venv/bin/python side_by_side.py [-v] MODEL.tflite|CASES.zip|FOLDER...

LINNET_PEER_PYTHON is a Python with ai-edge-litert, in which all of this runs; without it nothing is
compared (exit code 77).  A model with a .golden.zip beside it gets the inputs of that; others get
random ones.  Each model has a process of its own, since the peer ends its process for some."""
import argparse
import os
import sys
import traceback

SKIPPED = 77


def start():
    """Becomes the peer's Python, with the package that this one would import."""
    peer = os.environ.get("LINNET_PEER_PYTHON")
    if not peer:
        print("side_by_side: skipped: LINNET_PEER_PYTHON names no Python with ai-edge-litert")
        sys.exit(SKIPPED)
    os.environ["LINNET_PEER_RUNS"] = "1"
    os.execv(peer, [peer, os.path.abspath(__file__), *sys.argv[1:]])


if "LINNET_PEER_RUNS" not in os.environ:
    start()

import numpy as np  # noqa: E402
from ai_edge_litert import interpreter as peer  # noqa: E402

import linnet  # noqa: E402
from support import Case, cases  # noqa: E402,F401


class Difference(Exception):
    """The two do not agree."""


def same(ours, theirs, where):
    """Compares values of any kind that the details have."""
    if isinstance(theirs, dict):
        if list(ours) != list(theirs):
            raise Difference(f"{where}: keys {list(ours)}, not {list(theirs)}")
        if ours.get("dtype") is np.bytes_ and np.array_equal(theirs["shape_signature"],
                                                             theirs["shape"]):
            # the peer forgets which dimensions are open once it has strings for a tensor
            theirs = {**theirs, "shape_signature": ours["shape_signature"]}
        for key in theirs:
            same(ours[key], theirs[key], f"{where}.{key}")
    elif isinstance(theirs, (list, tuple)):
        if type(ours) is not type(theirs) or len(ours) != len(theirs):
            raise Difference(f"{where}: {ours!r}, not {theirs!r}"[:300])
        for i, (a, b) in enumerate(zip(ours, theirs)):
            same(a, b, f"{where}[{i}]")
    elif isinstance(theirs, np.ndarray):
        if not isinstance(ours, np.ndarray) or ours.dtype != theirs.dtype or \
                ours.shape != theirs.shape or not np.array_equal(ours, theirs):
            raise Difference(f"{where}: {ours!r}, not {theirs!r}"[:300])
    elif type(ours) is not type(theirs) or ours != theirs:
        raise Difference(f"{where}: {ours!r}, not {theirs!r}"[:300])


def same_values(ours, theirs, tolerance, where):
    """Compares outputs."""
    a, b = np.asarray(ours), np.asarray(theirs)
    if type(ours) is not type(theirs) or a.dtype != b.dtype or a.shape != b.shape:
        raise Difference(f"{where}: {type(ours)} {a.dtype} {a.shape}, not {type(theirs)} "
                         f"{b.dtype} {b.shape}")
    if b.dtype.kind in "fc":
        near = np.isclose(a, b, atol=tolerance["abs"], rtol=tolerance["rel"], equal_nan=True)
    else:
        near = a == b
    if not np.all(near):
        wrong = np.count_nonzero(~near)
        raise Difference(f"{where}: {wrong} of {np.size(near)} values differ, such as "
                         f"{a[~near].reshape(-1)[0]!r}, not {b[~near].reshape(-1)[0]!r}")


def describe(interpreter, counts=None):
    """All that can be asked of an interpreter; `counts` limits the tensors of each graph."""
    graphs = [interpreter.get_tensor_details(g) for g in range(interpreter.num_subgraphs())]
    if counts:
        graphs = [details[:n] for details, n in zip(graphs, counts)]
    return {
        "inputs": interpreter.get_input_details(),
        "outputs": interpreter.get_output_details(),
        "graphs": graphs,
        "operators": interpreter._get_ops_details(),
        "signatures": interpreter.get_signature_list(),
        "full_signatures": interpreter._get_full_signature_list(),
    }


def forget_known(ours, theirs):
    """Takes out what differs on purpose: the peer calls all operators of Select TF "Flex", and in
    graphs of loops, what the last run leaves of open dimensions is the runtime's own matter."""
    for a, b in zip(ours["operators"], theirs["operators"]):
        if b["op_name"] == "Flex" and a["op_name"].startswith("Flex"):
            a["op_name"] = "Flex"
    for a, b in zip(ours["graphs"][1:], theirs["graphs"][1:]):
        for x, y in zip(a, b):
            if len(x["shape"]) == len(y["shape"]) and -1 in y["shape_signature"]:
                x["shape"] = np.where(y["shape_signature"] == -1, y["shape"], x["shape"])


def forget_dropped(ours, theirs):
    """The peer sets outputs that nobody uses (of WHILE) to -1 when it allocates."""
    for a, b in zip(ours["operators"], theirs["operators"]):
        dropped = b["outputs"] == -1
        if a["outputs"].shape == dropped.shape and dropped.any():
            a["result_types"] = [t for t, gone in zip(a["result_types"], dropped) if not gone]
            a["outputs"][dropped] = -1


def random_value(details, rng):
    """Something of an input's type and shape; small whole numbers, which may be indices."""
    shape, dtype = details["shape"], np.dtype(details["dtype"])
    if dtype.kind == "S":
        value = np.empty(shape, np.object_)
        value.reshape(-1)[:] = [b"text %d" % i for i in range(value.size)]
        return value
    if dtype.kind in "fc":
        return rng.uniform(-1, 1, shape).astype(dtype)
    return rng.integers(0, 2, shape).astype(dtype)


# Where ours follow TensorFlow Lite's optimized kernels and not the reference (docs/ops.md).
OPTIMIZED = {"LOCAL_RESPONSE_NORMALIZATION"}


class Pair:
    """The same model in both."""

    def __init__(self, content, resolver="BUILTIN_REF", reference=True):
        self.ours = linnet.Interpreter(
            model_content=content,
            experimental_op_resolver_type=linnet.OpResolverType[resolver])
        names = {op["op_name"] for op in self.ours._get_ops_details()}
        self.theirs = self._open_peer(content, reference and not names & OPTIMIZED)
        self.both = (self.ours, self.theirs)

    @staticmethod
    def _open_peer(content, reference):
        """Where an operator has no reference kernel, the optimized ones."""
        try:
            if not reference:
                raise ValueError
            return peer.Interpreter(model_content=content, experimental_op_resolver_type=
                                    peer.OpResolverType.BUILTIN_REF)
        except ValueError:
            return peer.Interpreter(model_content=content, experimental_op_resolver_type=
                                    peer.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)

    def each(self, call):
        """Calls both; a failure of the peer must be one of ours too, but where it wants
        TensorFlow's library (its Flex delegate) for what we have kernels for."""
        try:
            theirs = call(self.theirs)
        except (RuntimeError, ValueError) as error:
            if "TensorFlow op" in str(error):
                return None
            try:
                call(self.ours)
            except type(error):
                return None
            raise Difference(f"the peer fails: {error}"[:300]) from error
        return call(self.ours), theirs


def run_graph(pair, inputs, tolerance, what):
    """The main graph."""
    details = pair.theirs.get_input_details()
    inputs = inputs or [None] * len(details)
    for d, value in zip(details, inputs):
        if value is not None and list(value.shape) != d["shape"].tolist():
            for one in pair.both:
                one.resize_tensor_input(d["index"], value.shape)
    rng = np.random.default_rng(1)
    values = [random_value(d, rng) if value is None else value
              for d, value in zip(pair.theirs.get_input_details(), inputs)]

    def run(one):
        one.allocate_tensors()
        for d, value in zip(details, values):
            one.set_tensor(d["index"], value)
        one.invoke()
        return True

    # as a whole: what an operator cannot do, one says when it allocates and the other when it runs
    if pair.each(run) is None:
        return False
    same(pair.ours.get_output_details(), pair.theirs.get_output_details(), what + " outputs")
    for d in pair.theirs.get_output_details():
        same_values(pair.ours.get_tensor(d["index"]), pair.theirs.get_tensor(d["index"]),
                    tolerance, f"{what} {d['name']}")
    return True


def run_signatures(pair, tolerance):
    for key in pair.theirs.get_signature_list():
        ours, theirs = (one.get_signature_runner(key) for one in pair.both)
        same(ours.get_input_details(), theirs.get_input_details(), f"{key} inputs")
        same(ours.get_output_details(), theirs.get_output_details(), f"{key} outputs")
        rng = np.random.default_rng(2)
        values = {name: random_value(d, rng) for name, d in theirs.get_input_details().items()}
        try:
            wanted = theirs(**values)
        except (RuntimeError, ValueError):
            continue
        got = ours(**values)
        if list(got) != list(wanted):
            raise Difference(f"{key}: outputs {list(got)}, not {list(wanted)}")
        for name, value in wanted.items():
            same_values(got[name], value, tolerance, f"{key} {name}")


def compare(content, inputs, tolerance, engine_tolerance, tags):
    """Everything about one model; returns how far the peer gets."""
    if not content:
        return "the file is empty"
    reference = "no_ref" not in tags
    pair = Pair(content, reference=reference)
    before, our_before = describe(pair.theirs), describe(pair.ours)
    forget_known(our_before, before)
    same(our_before, before, "at first")
    counts = [len(graph) for graph in before["graphs"]]
    if "random" in tags:
        for one in pair.both:
            one.allocate_tensors()
        return "details only: the results are random"
    ran = run_graph(pair, inputs, tolerance, "reference")
    ours, theirs = describe(pair.ours, counts), describe(pair.theirs, counts)
    forget_known(ours, theirs)
    forget_dropped(ours, theirs)
    same(ours, theirs, "after a run")
    if not ran:
        return "the peer cannot run it"
    run_graph(Pair(content, "AUTO", reference), inputs, engine_tolerance, "engine")
    run_signatures(Pair(content, reference=reference), tolerance)
    return "same"


# ---- finding models ----

LOOSE = {"abs": 1e-5, "rel": 1e-4}


def tolerance_of(case):
    return {key: case.info["tolerance"].get(key, 0) or LOOSE[key] for key in LOOSE}


def engine_tolerance_of(case):
    """As `linnet check` has it (widen in tools/testcase.c, which says why)."""
    tolerance = tolerance_of(case)
    if any(t.startswith("INT8") for t in case.info.get("dtypes", ())) and \
            not any(op.startswith("QUANTIZE") for op in case.info.get("ops", ())):
        between = case.info.get("max_abs_diff", {}).get("ref_vs_xnnpack") or [0]
        tolerance["abs"] = max(tolerance["abs"], *(4 * (d or 0) for d in between))
    return tolerance


def case_task(name, case):
    return (name, case.model, case.inputs(), tolerance_of(case), engine_tolerance_of(case),
            case.info["tags"])


def tasks(paths):
    """(name, model, inputs, the references' and the engine's tolerance, the case's tags) of all
    models."""
    for path in paths:
        if os.path.isdir(path):
            yield from tasks(sorted(
                entry.path for entry in os.scandir(path)
                if entry.is_dir() or (entry.name.endswith((".tflite", ".zip")) and
                                      not entry.name.endswith(".golden.zip"))))
        elif path.endswith(".zip"):
            for case in cases(path):
                yield case_task(f"{path}:{case.name}", case)
        else:
            golden = path.replace(".tflite", ".golden.zip")
            if os.path.exists(golden):
                for case in cases(golden):
                    yield case_task(path, case)
            else:
                with open(path, "rb") as f:
                    yield path, f.read(), None, LOOSE, LOOSE, []


def in_child(task):
    """Compares in a process of its own; returns what it says."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            message = compare(*task)
        except Difference as difference:
            message = f"DIFFERS: {difference}"
        except BaseException:  # pylint: disable=broad-except
            message = "FAILED: " + traceback.format_exc()
        os.write(write, message.encode()[:60000])
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as f:
        message = f.read().decode()
    _, status = os.waitpid(child, 0)
    return message or f"the peer ends the process with status {status}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-v", action="store_true", help="print a line per model")
    parser.add_argument("paths", nargs="+")
    args = parser.parse_args()
    results = {}
    for name, *task in tasks(args.paths):
        message = in_child(task)
        results.setdefault(message.split(":")[0], []).append(name)
        if args.v or message.startswith(("DIFFERS", "FAILED")):
            print(f"{name}: {message}", flush=True)
    print(f"{sum(map(len, results.values()))} models")
    for message, names in sorted(results.items()):
        print(f"{len(names):6} {message}")
    bad = len(results.get("DIFFERS", [])) + len(results.get("FAILED", []))
    print(f"{len(results.get('same', []))} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
