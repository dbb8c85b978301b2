#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/ops/cases: small op cases whose expected outputs TensorFlow Lite itself computes.

    python3 tests/ops/make_cases.py CASES_DIR [--out tests/ops/cases] [--per-op 5] [--limit 2000000]

CASES_DIR holds archives in the format of `linnet check`: GROUP.zip with folders of model.tflite,
inN.npy or inN.strs, outN.npy or outN.strs and case.json.  For every op the script takes a few
small cases of different types and shapes, runs each once more in the real runtime (the package
ai-edge-litert, in an environment of its own) and drops those that it does not reproduce.  A few
cases that no archive has are built here.  counts.txt says how many cases each op has; the op table
test reads it.  The archives are deterministic: same input, same bytes.  Cases of ops that the
real runtime lacks come from stablehlo_cases.py, those of rare quantization from
quantized_cases.py; both are to be run afterwards.
"""
import argparse
import glob
import io
import json
import os
import struct
import sys
import zipfile

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
import flatbuffers
from flatbuffers import flexbuffers

STAMP = (2020, 1, 1, 0, 0, 0)


# ---- the real runtime ----

def strings_of(data, shape):
    count, at, items = int.from_bytes(data[:4], "little"), 4, []
    for _ in range(count):
        n = int.from_bytes(data[at:at + 4], "little")
        items.append(data[at + 4:at + 4 + n])
        at += 4 + n
    return np.array(items, dtype=object).reshape(shape)


def run_peer(files, case):
    """Outputs of the real runtime, or None where it refuses the model."""
    kind = (OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES if "no_ref" in case["tags"]
            else OpResolverType.BUILTIN_REF)
    try:
        it = Interpreter(model_content=files["model.tflite"], experimental_op_resolver_type=kind)
        details = it.get_input_details()
        values = []
        for i, d in enumerate(details):
            if f"in{i}.npy" in files:
                values.append(np.load(io.BytesIO(files[f"in{i}.npy"])))
            else:
                values.append(strings_of(files[f"in{i}.strs"], case["input_shapes"][i]))
            it.resize_tensor_input(d["index"], list(case["input_shapes"][i]))
        it.allocate_tensors()
        for d, v in zip(details, values):
            it.set_tensor(d["index"], v)
        it.invoke()
        return [it.get_tensor(d["index"]) for d in it.get_output_details()]
    except (ValueError, RuntimeError, TypeError):
        return None


def agrees(got, want, tolerance):
    got, want = np.asarray(got), np.asarray(want)
    if got.shape != want.shape:
        return False
    if got.dtype.kind in "OSU":
        return True
    if got.dtype.kind in "fc":
        got, want = got.astype(complex), want.astype(complex)
        bound = tolerance.get("abs", 0) + tolerance.get("rel", 0) * np.abs(want)
        with np.errstate(invalid="ignore"):
            return bool(np.all((np.abs(got - want) <= bound) | (got == want) |
                               (np.isnan(got) & np.isnan(want))))
    return bool(np.all(np.abs(got.astype(float) - want.astype(float)) <= tolerance.get("lsb", 0)))


def reproduced(files, case):
    """True where the real runtime gives what the archive expects."""
    if "random" in case["tags"]:
        return True
    outputs = run_peer(files, case)
    if outputs is None:
        return False
    for i, got in enumerate(outputs):
        name = f"out{i}.npy"
        if name in files and not agrees(got, np.load(io.BytesIO(files[name])), case["tolerance"]):
            return False
    return True


# ---- archives ----

def read_archive(path):
    """Yields (name, case, files) of every case."""
    with zipfile.ZipFile(path) as z:
        folders = {}
        for name in z.namelist():
            folder, _, leaf = name.rpartition("/")
            if leaf:
                folders.setdefault(folder, []).append(leaf)
        for folder, leaves in sorted(folders.items()):
            if "case.json" not in leaves or "model.tflite" not in leaves:
                continue
            prefix = folder + "/" if folder else ""
            files = {leaf: z.read(prefix + leaf) for leaf in leaves
                     if "_builtin" not in leaf and "_xnnpack" not in leaf}
            case = json.loads(files.pop("case.json"))
            yield os.path.basename(path)[:-4] + "_" + folder.replace("/", "_"), case, files


def write_archive(path, cases):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        for name, case, files in cases:
            files = dict(files)
            files["case.json"] = json.dumps(case, sort_keys=True).encode()
            for leaf in sorted(files):
                info = zipfile.ZipInfo(f"{name}/{leaf}", STAMP)
                info.compress_type = zipfile.ZIP_DEFLATED
                z.writestr(info, files[leaf])


# ---- cases that the archives lack ----

TYPES = {np.dtype(np.float32): "FLOAT32", np.dtype(np.int32): "INT32", np.dtype(np.uint8): "UINT8",
         np.dtype(np.int16): "INT16", np.dtype(np.float16): "FLOAT16", np.dtype(np.int64): "INT64",
         np.dtype(np.int8): "INT8", np.dtype(np.bool_): "BOOL"}


def tensor(name, shape, kind):
    t = schema.TensorT()
    t.name, t.shape, t.type, t.buffer = name, shape, getattr(schema.TensorType, kind), 0
    return t


def operator(code, inputs, outputs):
    o = schema.OperatorT()
    o.opcodeIndex, o.inputs, o.outputs = code, inputs, outputs
    return o


def graph(tensors, inputs, outputs, operators):
    g = schema.SubGraphT()
    g.tensors, g.inputs, g.outputs, g.operators = tensors, inputs, outputs, operators
    return g


def model_of(names, graphs):
    """The bytes of a model that uses the builtin ops `names`."""
    model = schema.ModelT()
    model.version, model.subgraphs, model.buffers = 3, graphs, [schema.BufferT()]
    model.operatorCodes = []
    for name in names:
        c = schema.OperatorCodeT()
        c.builtinCode = getattr(schema.BuiltinOperator, name)
        c.deprecatedBuiltinCode, c.version = min(c.builtinCode, 127), 1
        model.operatorCodes.append(c)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def composite_case():
    """STABLEHLO_COMPOSITE of three inputs and two outputs: d = a * b + c, p = a * b."""
    def tensors(names):
        return [tensor(n, [2, 3], "FLOAT32") for n in names]

    call = operator(0, [0, 1, 2], [3, 4])
    call.builtinOptions2Type = schema.BuiltinOptions2.StableHLOCompositeOptions
    call.builtinOptions2 = schema.StableHLOCompositeOptionsT()
    call.builtinOptions2.name, call.builtinOptions2.decompositionSubgraphIndex = "test.muladd", 1
    call.builtinOptions2.compositeAttributes = list(flexbuffers.Dumps({}))
    mul, add = operator(1, [0, 1], [3]), operator(2, [3, 2], [4])
    mul.builtinOptionsType = schema.BuiltinOptions.MulOptions
    mul.builtinOptions = schema.MulOptionsT()
    add.builtinOptionsType = schema.BuiltinOptions.AddOptions
    add.builtinOptions = schema.AddOptionsT()
    model = model_of(["STABLEHLO_COMPOSITE", "MUL", "ADD"],
                     [graph(tensors("abcde"), [0, 1, 2], [3, 4], [call]),
                      graph(tensors("abcpd"), [0, 1, 2], [4, 3], [mul, add])])
    rng = np.random.default_rng(1)
    inputs = [rng.standard_normal((2, 3)).astype(np.float32) for _ in range(3)]
    return from_peer("own_composite", "STABLEHLO_COMPOSITE", model, inputs)


def lookup_case(name, lookup, keys, values):
    """HASHTABLE_LOOKUP: rows of values whose key is asked for, and which were there."""
    kind = TYPES[values.dtype]
    tensors = [tensor("lookup", lookup.shape, "INT32"), tensor("keys", keys.shape, "INT32"),
               tensor("values", values.shape, kind),
               tensor("rows", lookup.shape + values.shape[1:], kind),
               tensor("hits", lookup.shape, "UINT8")]
    model = model_of(["HASHTABLE_LOOKUP"],
                     [graph(tensors, [0, 1, 2], [3, 4], [operator(0, [0, 1, 2], [3, 4])])])
    return from_peer(name, "HASHTABLE_LOOKUP", model, [lookup, keys, values])


def own_cases():
    keys = np.array([-7, 0, 3, 11], np.int32)
    rows = np.arange(8, dtype=np.float32).reshape(4, 2) - 3
    return [
        composite_case(),
        lookup_case("own_lookup_all", keys[::-1].copy(), keys, rows),
        lookup_case("own_lookup_some", np.array([3, 4, -7, 12, 3], np.int32), keys, rows),
        lookup_case("own_lookup_none", np.array([1, 2], np.int32), keys,
                    np.arange(24, dtype=np.float32).reshape(4, 2, 3)),
    ]


# ---- variants of recurrent cases: parts that the archives do not have ----

def constant(model, name, data, quantization=None):
    """Adds a constant to the first graph; its tensor number."""
    t = tensor(name, data.shape, {"f": "FLOAT32", "i": "INT8"}[data.dtype.kind])
    t.quantization = quantization
    b = schema.BufferT()
    b.data = list(data.tobytes())
    model.buffers.append(b)
    t.buffer = len(model.buffers) - 1
    model.subgraphs[0].tensors.append(t)
    return len(model.subgraphs[0].tensors) - 1


def add_second_input(model, rng):
    """A second input with weights of its own for a bidirectional op."""
    g = model.subgraphs[0]
    op, inputs = g.operators[0], list(g.operators[0].inputs)
    x = g.tensors[inputs[0]]
    g.tensors.append(tensor("aux", x.shape, "FLOAT32"))
    g.inputs = list(g.inputs) + [len(g.tensors) - 1]
    if len(inputs) == 48:
        inputs[39] = g.inputs[-1]
        pairs = [(40 + k, inputs[1 + k]) for k in range(4)]
        pairs += [(44 + k, inputs[18 + k]) for k in range(4)]
    else:
        inputs[9] = g.inputs[-1]
        pairs = [(10, inputs[1]), (11, inputs[5])]
    for to, like in pairs:
        if like >= 0:
            w = g.tensors[like]
            data = (rng.standard_normal(w.shape).astype(np.float32) / 3
                    if w.type == schema.TensorType.FLOAT32
                    else rng.integers(-127, 128, w.shape).astype(np.int8))
            inputs[to] = constant(model, f"aux{to}", data, w.quantization)
    op.inputs = inputs


def make_diagonal(model, rng):
    """Recurrent weights that are vectors."""
    op = model.subgraphs[0].operators[0]
    inputs = list(op.inputs)
    for k in range(5, 9):
        if inputs[k] >= 0:
            n = model.subgraphs[0].tensors[inputs[k]].shape[0]
            inputs[k] = constant(model, f"d{k}", rng.standard_normal(n).astype(np.float32))
    op.inputs = inputs
    op.builtinOptions.diagonalRecurrentTensors = True


def clip(model, rng):
    del rng
    options = model.subgraphs[0].operators[0].builtinOptions
    options.cellClip, options.projClip = 0.3, 0.15


VARIANTS = [
    ("s_bidirectional_sequence_lstm", "", "second_input", add_second_input),
    ("s_bidirectional_sequence_rnn", "", "second_input", add_second_input),
    ("s_unidirectional_sequence_lstm", "proj=0", "diagonal", make_diagonal),
    ("s_unidirectional_sequence_lstm", "proj=2", "clip", clip),
]


def variant_cases(folder):
    """Two of each variant: of the first float and the first hybrid case."""
    cases = []
    for group, wanted, name, change in VARIANTS:
        path, done = os.path.join(folder, group + ".zip"), set()
        if not os.path.exists(path):
            continue
        for _, case, files in read_archive(path):
            kind = "hyb" if "hyb" in case["params"] else "f32"
            if kind in done or wanted not in case["params"]:
                continue
            done.add(kind)
            rng = np.random.default_rng(len(cases))
            model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(files["model.tflite"]))
            change(model, rng)
            builder = flatbuffers.Builder(1024)
            builder.Finish(model.Pack(builder), b"TFL3")
            graph_ = model.subgraphs[0]
            inputs = [rng.standard_normal(graph_.tensors[i].shape).astype(np.float32)
                      for i in graph_.inputs]
            cases.append(from_peer(f"own_{group[2:]}_{name}_{kind}", case["ops"][0],
                                   bytes(builder.Output()), inputs, "ref_only"))
    return cases


def case_of(name, op, model, inputs, outputs=None, tag="no_ref"):
    """A case; without `outputs`, what the real runtime gives now is expected."""
    case = {"group": "own", "params": name, "ops": [op], "tags": [tag],
            "tolerance": {"abs": 1e-6, "rel": 1e-5, "lsb": 0},
            "input_names": [f"in{i}" for i in range(len(inputs))],
            "input_shapes": [list(x.shape) for x in inputs],
            "input_types": [TYPES[x.dtype] for x in inputs]}
    files = {"model.tflite": model}
    put(files, "in", inputs)
    if outputs is None:
        outputs = run_peer(files, case)
    assert outputs is not None, name
    case["output_types"] = [TYPES[y.dtype] for y in outputs]
    case["output_shapes"] = [list(y.shape) for y in outputs]
    put(files, "out", outputs)
    return name, case, files


def put(files, what, arrays):
    for i, x in enumerate(arrays):
        if x.dtype == object:
            files[f"{what}{i}.strs"] = strs(x)
        else:
            files[f"{what}{i}.npy"] = npy(x)


def strs(x):
    """Strings: how many, then length and bytes of each."""
    items = [bytes(s) for s in x.ravel()]
    return struct.pack("<I", len(items)) + b"".join(struct.pack("<I", len(s)) + s for s in items)


def from_peer(name, op, model, inputs, tag="no_ref"):
    return case_of(name, op, model, inputs, None, tag)


def npy(x):
    f = io.BytesIO()
    np.save(f, x)
    return f.getvalue()


# ---- choosing ----

def kind_of(case):
    """Cases of one kind test much the same."""
    return (tuple(case["input_types"]), tuple(case["output_types"]), tuple(sorted(case["tags"])),
            tuple(len(s) for s in case["input_shapes"]))


def choose(candidates, per_op):
    """Small ones first, one of each kind, then any until there are three."""
    candidates.sort(key=lambda c: (len(c[1]["ops"]), sum(map(len, c[2].values())), c[0]))
    chosen, kinds = [], set()
    for least in (True, False):
        for c in candidates:
            if len(chosen) >= (per_op if least else 3):
                break
            if any(c[0] == d[0] for d in chosen) or (least and kind_of(c[1]) in kinds):
                continue
            if sum(map(len, c[2].values())) > 40000 or not reproduced(c[2], c[1]):
                continue
            chosen.append(c)
            kinds.add(kind_of(c[1]))
    return chosen


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("cases")
    parser.add_argument("--out", default=os.path.join(os.path.dirname(__file__), "cases"))
    parser.add_argument("--per-op", type=int, default=5)
    parser.add_argument("--limit", type=int, default=2_000_000, help="bytes of all archives")
    parser.add_argument("--skip", default="file_", help="prefix of groups that are not ours")
    parser.add_argument("--without", default="", help="ops whose cases are left out: A,B,...")
    args = parser.parse_args()

    without = set(args.without.split(","))
    by_op = {}
    for path in sorted(glob.glob(os.path.join(args.cases, "*.zip"))):
        if os.path.basename(path).startswith(args.skip):
            continue
        for name, case, files in read_archive(path):
            ops = {op.replace("CUSTOM:", "") for op in case["ops"]}
            for op in ops if not ops & without else ():
                by_op.setdefault(op, []).append((name, case, files))
    for case in own_cases():
        by_op.setdefault(case[1]["ops"][0], []).append(case)

    variants = [c for c in variant_cases(args.cases) if c[1]["ops"][0] not in without]
    os.makedirs(args.out, exist_ok=True)
    for old in glob.glob(os.path.join(args.out, "*.zip")):
        os.remove(old)
    taken, counts, total = set(), {}, 0
    for op in sorted(by_op):
        chosen = choose(by_op[op], args.per_op)
        fresh = [c for c in chosen if c[0] not in taken]
        taken.update(c[0] for c in fresh)
        for c in fresh:
            for o in set(c[1]["ops"]):
                o = o.replace("CUSTOM:", "")
                counts[o] = counts.get(o, 0) + 1
        if len(chosen) < 3:
            print(f"{op}: only {len(chosen)} cases", file=sys.stderr)
        if fresh:
            path = os.path.join(args.out, op.lower().replace(".", "_") + ".zip")
            write_archive(path, fresh)
            total += os.path.getsize(path)
    if variants:
        path = os.path.join(args.out, "own_variants.zip")
        write_archive(path, variants)
        total += os.path.getsize(path)
        taken.update(c[0] for c in variants)
        for c in variants:
            counts[c[1]["ops"][0]] = counts.get(c[1]["ops"][0], 0) + 1
    with open(os.path.join(args.out, "counts.txt"), "w") as f:
        for op in sorted(counts):
            f.write(f"{op} {counts[op]}\n")
    print("now run stablehlo_cases.py, peerless_cases.py, quantized_cases.py, sparse_cases.py and "
          "edge_cases.py: their archives were removed", file=sys.stderr)
    print(f"{len(taken)} cases of {len(counts)} ops, {total} bytes")
    sys.exit(total > args.limit)


if __name__ == "__main__":
    main()
