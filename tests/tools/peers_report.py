#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds what bench/peers/report.py makes of measurements: peers_report.py FOLDER_OF_REPORT"""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import report  # noqa: E402 pylint: disable=wrong-import-position,import-error


def result(ms, difference=0.0):
    return {"load_ms": 4 * ms, "first_ms": 2 * ms, "median_ms": ms, "runs": 15,
            "peak_kb": 1024 * ms, "difference": difference}


def row(work, why=None, **results):
    cached = results.pop("cached", None)
    results = {**results, **({"linnet+cache": cached} if cached else {})}
    return {"results": results, "why": why or {}, "work": work}


PEAKS = {"f32": {"set": "avx2", "speed": 100.0}, "s8": {"set": "avx2", "speed": 200.0}}
ROWS = {
    "net float32": row({"f32": 1e8, "s8": 0, "s16": 0}, linnet=result(2), cached=result(0.5),
                       litert=result(4), ncnn=result(1, 1.0), mnn=result(3)),
    "net int8": row({"f32": 0, "s8": 1e8, "s16": 0}, {"mnn": "no such inputs"},
                    linnet=result(1), litert=result(9, 0.4), ncnn=result(8, 0.7)),
}


def check(what, got, wanted):
    if got != wanted:
        print(f"{what}: {got!r}, not {wanted!r}")
        sys.exit(1)


def main():
    first, second = ROWS.values()
    check("classes", [report.class_of(n) for n in (*ROWS, "a int8_dynamic", "ssd_v1", "x_ptq")],
          ["float32", "int8", "dynamic range", "uint8", "int8"])
    check("a wrong result is nobody's best", report.best_of(first, ["litert", "ncnn", "mnn"]),
          "mnn")
    check("where LiteRT is away, twice as far is right", report.best_of(second, ["litert", "ncnn"]),
          "ncnn")
    check("none", report.best_of(row({}), ["litert"]), None)
    check("share", report.share(first, PEAKS, 2), 0.5)
    check("share of 8-bit products", report.share(second, PEAKS, 1), 0.5)
    check("no share", report.share(row({"f32": 0, "s8": 0, "s16": 0}), PEAKS, 1), None)
    check("peaks", report.better(PEAKS, {"f32": {"set": "avx2", "speed": 120.0}})["f32"]["speed"],
          120.0)
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for i, (name, one) in enumerate(ROWS.items()):
            paths.append(os.path.join(folder, f"{i}.json"))
            with open(paths[-1], "w", encoding="utf-8") as out:
                json.dump({"1": {"peaks": PEAKS, "rows": {name: one}}}, out)
        text = subprocess.run([sys.executable, os.path.join(sys.argv[1], "report.py"), *paths],
                              check=True, capture_output=True, text=True).stdout
    for wanted in (
            "| net float32 | 2.000 | 4.000 | 1.000 † | **3.000** | 2.00 | 1.50 | 50% | "
            "8.00 / 2.00 / 16.00 | 4.00 / 8.00 | 2.0 / 4.0 |",
            "| net int8 | 1.000 | 9.000 | **8.000** | - | 9.00 | 8.00 | 50% |",
            "latency: litert 4.24 (2 models), ncnn 8.00 (1 models), mnn 1.50 (1 models)",
            "load with the weight cache over LiteRT's: 0.13",
            "| int8 | 1 | 9.00 | 8.00 | 50% |", "- net float32: ncnn by 1",
            "- mnn: no such inputs (net int8)"):
        if wanted not in text:
            print(f"{wanted}: is not in\n{text}")
            sys.exit(1)


if __name__ == "__main__":
    main()
