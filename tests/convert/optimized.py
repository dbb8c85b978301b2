#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs recorded cases on models that the passes of src/opt have gone over.

    optimized.py --linnet build/linnet PATH...

PATH is an archive of cases or a folder of such archives, as `linnet check` takes them.  Each model
is converted to .tflite again, which runs all passes, and `linnet check` then compares what it gives
with what was recorded for the original.  Prints what check prints, and how many operators went."""
import argparse
import concurrent.futures
import pathlib
import subprocess
import sys
import tempfile
import zipfile


def archives(paths):
    for path in map(pathlib.Path, paths):
        yield from sorted(path.rglob("*.zip")) if path.is_dir() else [path]


def convert(linnet, model):
    made = model.with_suffix(".made")
    done = subprocess.run([linnet, "convert", model, "--output", made], capture_output=True,
                          text=True)
    if done.returncode:
        return f"{model}: {done.stderr.strip()}"
    made.replace(model)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--linnet", required=True)
    parser.add_argument("--every", type=int, default=1, help="take one model of so many")
    parser.add_argument("paths", nargs="+")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for archive in archives(args.paths):
            with zipfile.ZipFile(archive) as data:
                data.extractall(root / archive.stem)
        models = sorted(root.rglob("*.tflite"))[::args.every]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            failed = [text for text in pool.map(lambda m: convert(args.linnet, m), models) if text]
        print("\n".join(failed))
        print(f"{len(models)} models, {len(failed)} were not converted")
        made = root / "made.zip"
        with zipfile.ZipFile(made, "w") as data:
            for model in models:
                for file in sorted(model.parent.rglob("*")):
                    data.write(file, file.relative_to(root))
        done = subprocess.run([args.linnet, "check", made])
    return 1 if failed or done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
