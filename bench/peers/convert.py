# SPDX-License-Identifier: Apache-2.0
"""The peers' environment, and models in the forms that they read, made once and kept in the peers'
folder (LINNET_PEERS, default ~/.cache/linnet/peers), by what is in the model's file."""
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

import report

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = {"litert": ["ai-edge-litert"], "onnxruntime": ["onnxruntime"],
            "openvino": ["openvino"], "ncnn": ["ncnn"], "mnn": ["MNN"]}
ALONE = {"ncnn": ["pnnx"]}  # of which only a program is used, not the packages that it asks for
CONVERTERS = ["tensorflow-cpu", "tf2onnx", "onnx"]  # for which there is an environment apart
# Which form a peer reads; the others read .tflite.
FORMS = {"onnxruntime": "onnx", "ncnn": "ncnn", "mnn": "mnn"}
LATE = "takes more than"
# MNN's program of this name installs packages elsewhere and reports what it is used for.
MNN_CONVERT = "import sys, MNN, _tools; _tools.mnnconvert(sys.argv)"


def install(home, packages, *options):
    """The interpreter of the virtual environment at `home`, with these packages."""
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
    listed = subprocess.run([python, "-m", "pip", "list", "--format=freeze"], check=True,
                            capture_output=True, text=True).stdout.lower().replace("_", "-")
    missing = [p for p in packages if f"\n{p.lower()}==" not in "\n" + listed]
    if missing:
        subprocess.run([python, "-m", "pip", "install", "-q", *options, *missing], check=True)
    return str(python)


class Forms:
    """Makes and finds the forms of models."""

    def __init__(self, peers):
        self.home = pathlib.Path(os.environ.get("LINNET_PEERS",
                                                "~/.cache/linnet/peers")).expanduser()
        wanted = ["numpy", "ai-edge-litert"] + [x for p in peers for x in PACKAGES[p]]
        self.converter = None
        self.python = install(self.home, wanted)
        alone = [x for p in peers for x in ALONE.get(p, [])]
        if alone:
            install(self.home, alone, "--no-deps")

    def folder(self, model):
        digest = hashlib.sha256(pathlib.Path(model).read_bytes()).hexdigest()[:16]
        folder = self.home / "models" / digest
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def run(self, made, log, command, seconds=300):
        """Runs a converter in the log's folder; why it made no such file, or an empty text."""
        with open(log, "w", encoding="utf-8") as out:
            try:
                code = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, check=False,
                                      cwd=log.parent, timeout=seconds).returncode
            except subprocess.TimeoutExpired:
                return f"{LATE} {seconds} s"
        lines = [x.strip() for x in log.read_text(errors="replace").splitlines() if x.strip()]
        says = [x for x in lines if any(w in x for w in ("Error", "rror:", "ailed", "NOT_SUPP"))]
        last = re.sub(r"^\[[\d:]+\] \S+ ", "", (says or lines or [""])[-1])[-160:]
        if made.exists():
            return ""
        return f"{'signal' if code < 0 else 'exit'} {abs(code)}: {last}"

    def reference(self, model):
        """The file with inputs and what should come out; raises where LiteRT has none."""
        path = self.folder(model) / "reference.npz"
        if not path.exists():
            why = self.run(path, path.with_suffix(".log"),
                           [self.python, HERE / "agree.py", model, path])
            if why:
                raise RuntimeError(why)
        return str(path)

    def about(self, model):
        """Name, shape and type of each input."""
        code = ("import sys, json; sys.path.insert(0, sys.argv[2]); import agree; "
                "print(json.dumps([(n, x.shape, x.dtype.name) "
                "for n, x in agree.Reference(sys.argv[1]).inputs]))")
        done = subprocess.run([self.python, "-c", code, self.reference(model), HERE], check=True,
                              capture_output=True, text=True)
        return json.loads(done.stdout)

    def get(self, peer, model, floats):
        """(file, "") or (None, why not) of the model for a peer; `floats`: all products are."""
        form = FORMS.get(peer)
        if form is None:
            return model, ""
        folder = self.folder(model)
        state = folder / f"{form}.json"
        if not state.exists():
            file, why = getattr(self, "make_" + form)(model, folder, floats)
            if LATE in why:  # perhaps the machine had other work
                return None, why
            state.write_text(json.dumps([file and file.name, why]))
        file, why = json.loads(state.read_text())
        return (str(folder / file) if file else None), why

    def make_onnx(self, model, folder, _, *options, name="model.onnx"):
        self.converter = self.converter or install(self.home / "convert", CONVERTERS)
        out = folder / name
        why = self.run(out, out.with_suffix(".onnx.log"),
                       [self.converter, "-m", "tf2onnx.convert", "--tflite", model, "--output", out,
                        "--opset", "18", *options])
        return (None, "tf2onnx: " + why) if why else (out, "")

    def make_mnn(self, model, folder, floats):
        """From .tflite; from ONNX where that gives nothing or something wrong."""
        out, reasons = folder / "model.mnn", []
        for source in ("TFLITE", "ONNX"):
            path, why = (model, "") if source == "TFLITE" else self.get("onnxruntime", model,
                                                                        floats)
            if path:
                out.unlink(missing_ok=True)
                why = self.run(out, folder / f"mnn_{source}.log",
                               [self.python, "-c", MNN_CONVERT, "-f", source, "--modelFile", path,
                                "--MNNModel", out, "--bizCode", "linnet"])
                why = why or self.wrong("mnn", model, out)
                if not why:
                    return out, ""
            reasons.append(f"from {source} {why}")
        return None, "; ".join(reasons)

    def make_ncnn(self, model, folder, floats):
        if not floats:
            return None, "8-bit models need a calibration of its own"
        images = [n for n, shape, _ in self.about(model) if len(shape) == 4]
        options = ["--inputs-as-nchw", ",".join(images)] if images else []
        path, why = self.make_onnx(model, folder, floats, *options, name="first.onnx")
        if not path:
            return None, why
        program = next((self.home / "lib").glob("python*/site-packages/pnnx/pnnx"))
        names = {"float32": "f32", "int32": "i32", "int64": "i64", "bool": "u8", "uint8": "u8"}
        shapes = []
        for _, shape, dtype in self.about(model):
            shape = [shape[0], shape[3], shape[1], shape[2]] if len(shape) == 4 else shape
            shapes.append("[" + ",".join(map(str, shape)) + "]" + names.get(dtype, "f32"))
        out = folder / "first.ncnn.param"
        why = self.run(out, folder / "pnnx.log",
                       [program, path.name, "inputshape=" + ",".join(shapes), "fp16=0"])
        return (None, "pnnx: " + why) if why else (out, "")

    def wrong(self, peer, model, path):
        """Why a form that was made is of no use; empty: it gives what it should."""
        done = subprocess.run([self.python, HERE / "worker.py", peer, path,
                               self.reference(model), "1", "0"], check=False,
                              capture_output=True, text=True, timeout=300)
        if done.returncode:
            return failure(done)
        away = json.loads(done.stdout.splitlines()[-1])["difference"]
        return "" if away <= report.LIMIT else f"away from the reference by {away:.2g}"


def failure(done):
    """The last line of what a process said."""
    lines = [x.strip() for x in (done.stderr or done.stdout).splitlines() if x.strip()]
    return (f"signal {-done.returncode}" if done.returncode < 0
            else lines[-1][-160:] if lines else f"exit {done.returncode}")
