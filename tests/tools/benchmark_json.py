# SPDX-License-Identifier: Apache-2.0
"""Holds the page of --report to the file of --json: the same data, whole and consistent.

    benchmark_json.py PAGE JSON"""
import json
import re
import sys


def element(page, name):
    """The JSON of the script element `name`."""
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.S)
    assert found, f"the page has no {name}"
    return json.loads(found.group(1))


def main():
    page = open(sys.argv[1], encoding="utf-8").read()
    data = json.load(open(sys.argv[2], encoding="utf-8"))
    assert element(page, "data") == data
    assert element(page, "comparison") is None
    assert not re.search(r'(src|href)="(?!#)', page), "the page is not self-contained"
    assert len(data["runs_ms"]) == data["summary"]["runs"] == 2
    graph = data["graphs"][data["main_graph"]]
    times = [node for node in graph["nodes"] if "ms" in node]
    assert times and all(node["times"] == 1 for node in times)
    assert any(node["by"] == "engine" and node["flops"] > 0 for node in times)
    for node in graph["nodes"]:
        assert all(-1 <= t < len(graph["tensors"]) for t in node["inputs"] + node["outputs"])
    top = max(b["offset"] + b["bytes"] for b in graph["blocks"])
    assert 0 < top <= data["memory"]["arena"]
    for block in graph["blocks"]:
        assert 0 <= block["first"] <= block["last"]


main()
