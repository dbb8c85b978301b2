# SPDX-License-Identifier: Apache-2.0
"""Tables of what run.py measured.  report.py FILE.json... prints those of several runs (of other
models, with the same peers) as one."""
import json
import math
import pathlib
import re
import sys

CLASSES = (("int16x8", "int16x8"), ("dynamic range", "dynamic"), ("float16 weights", "float16"),
           ("int4", "int4"), ("uint8", "quant|^ssd_|^automl_"), ("int8", "int8|ptq"),
           ("float32", ""))
TINY_MS = 0.3
# How far a result may be away from the reference (agree.difference), or twice as far as LiteRT's
# own fast kernels are, where this is more: networks with random 8-bit weights are chaotic.
LIMIT = 0.25


def class_of(name):
    """By the name, as the models of the set have them."""
    return next(what for what, pattern in CLASSES if re.search(pattern, name))


def geomean(values):
    values = [v for v in values if v and v > 0]
    return math.exp(sum(map(math.log, values)) / len(values)) if values else float("nan")


def better(a, b):
    """The larger one of two measurements of each peak."""
    return {k: max(a[k], b.get(k, a[k]), key=lambda x: x["speed"]) for k in a}


def agrees(row, peer):
    results = row["results"]
    own = results["litert"]["difference"] if "litert" in results else 0
    return results[peer]["difference"] <= max(LIMIT, 2 * own)


def best_of(row, peers):
    """The fastest peer whose outputs are right; None: there is none."""
    found = [p for p in peers if p in row["results"] and agrees(row, p)]
    return min(found, key=lambda p: row["results"][p]["median_ms"], default=None)


def share(row, peaks, ms):
    """The time that the products alone would take at the peak of vectors, over `ms`."""
    work = row["work"]
    if not work or not peaks:
        return None
    at_peak = sum(work[k] / peaks[k]["speed"] for k in ("f32", "s8", "s16") if work[k])
    return at_peak / 1e6 / ms if at_peak else None


def ratio(row, peer, key="median_ms"):
    """Peer's over ours; None where either is missing."""
    ours, theirs = row["results"].get("linnet"), row["results"].get(peer)
    return theirs[key] / ours[key] if ours and theirs and ours[key] > 0 else None


def cell(result, key, digits=3):
    return f"{result[key]:.{digits}f}" if result else "-"


def number(value, form="{:.2f}"):
    return form.format(value) if value is not None else "-"


def peer_cell(row, peer, best):
    result = row["results"].get(peer)
    text = cell(result, "median_ms")
    if result and not agrees(row, peer):
        return text + " †"
    return f"**{text}**" if peer == best else text


def line(name, row, peers, peaks):
    results = row["results"]
    ours, litert, best = results.get("linnet"), results.get("litert"), best_of(row, peers)
    several = lambda key, digits, by, *of: " / ".join(
        f"{r[key] / by:.{digits}f}" if r else "-" for r in of)
    cells = [name, peer_cell(row, "linnet", None), *(peer_cell(row, p, best) for p in peers),
             number(ratio(row, "litert")), number(ratio(row, best)),
             number(ours and share(row, peaks, ours["median_ms"]), "{:.0%}"),
             several("load_ms", 2, 1, ours, results.get("linnet+cache"), litert),
             several("first_ms", 2, 1, ours, litert), several("peak_kb", 1, 1024, ours, litert)]
    return "| " + " | ".join(cells) + " |"


def class_table(rows, peers, peaks):
    """Geometric means of speed-ups by class, and those of the models that take LiteRT little; of
    shares without these, which spend their time elsewhere."""
    classes = {}
    for name, row in rows.items():
        litert = row["results"].get("litert")
        if "linnet" not in row["results"] or not litert:
            continue
        for what in [class_of(name), "all"] + ["tiny"] * (litert["median_ms"] < TINY_MS):
            classes.setdefault(what, []).append(row)
    lines = ["\n| class | models | over litert | over best | share of peak |",
             "|---|---|---|---|---|"]
    for what, of in sorted(classes.items()):
        shares = [share(r, peaks, r["results"]["linnet"]["median_ms"]) for r in of
                  if what == "tiny" or r["results"]["litert"]["median_ms"] >= TINY_MS]
        lines.append(f"| {what} | {len(of)} | {geomean(ratio(r, 'litert') for r in of):.2f} | "
                     f"{geomean(ratio(r, best_of(r, peers)) for r in of):.2f} | "
                     f"{number(geomean(shares) if any(shares) else None, '{:.0%}')} |")
    return lines


def means(rows, peers):
    lines = []
    for key, what in (("median_ms", "latency"), ("load_ms", "load"), ("first_ms", "first run"),
                      ("peak_kb", "peak memory")):
        found = [(p, [r for r in (ratio(row, p, key) for row in rows.values()
                                  if p in row["results"] and agrees(row, p)) if r])
                 for p in peers]
        lines.append(f"\nGeometric mean over Linnet, {what}: " + ", ".join(
            f"{p} {geomean(v):.2f} ({len(v)} models)" for p, v in found if v))
    cached = [r["results"]["linnet+cache"]["load_ms"] / r["results"]["litert"]["load_ms"]
              for r in rows.values() if {"linnet+cache", "litert"} <= r["results"].keys()]
    lines.append(f"\nGeometric mean of load with the weight cache over LiteRT's: "
                 f"{geomean(cached):.2f}")
    return lines


def notes(rows, peers):
    lines = []
    marked = [f"{name}: {p} by {row['results'][p]['difference']:.2g}"
              for name, row in rows.items() for p in ["linnet", *peers]
              if p in row["results"] and not agrees(row, p)]
    if marked:
        lines += ["\n† away from the reference, and not counted:", *("- " + m for m in marked)]
    by_reason = {}
    for name, row in rows.items():
        for p, why in row["why"].items():
            by_reason.setdefault(f"{p}: {why}", []).append(name)
    if by_reason:
        lines += ["\nNot measured:", *(f"- {why} ({', '.join(names)})"
                                       for why, names in sorted(by_reason.items()))]
    return lines


def table(part, peers, threads):
    rows, peaks = part["rows"], part["peaks"]
    lines = [f"\n## {threads} thread{'s' if int(threads) > 1 else ''}: median ms "
             "(speed-up = peer / Linnet)\n"]
    if peaks:
        lines += ["Peaks: " + ", ".join(
            f"{k} {v['speed']:.0f} ({v['set']})" for k, v in peaks.items()) + " G/s\n"]
    lines += ["| model | linnet | " + " | ".join(peers) + " | over litert | over best | share | "
              "load ms, ours / cached / litert | first ms, ours / litert | "
              "peak MB, ours / litert |", "|---|" + "---|" * (len(peers) + 7)]
    lines += [line(name, row, peers, peaks) for name, row in rows.items()]
    return "\n".join(lines + means(rows, peers) + class_table(rows, peers, peaks)
                     + notes(rows, peers))


def main():
    merged = {}
    for path in sys.argv[1:]:
        for threads, part in json.loads(pathlib.Path(path).read_text(encoding="utf-8")).items():
            whole = merged.setdefault(threads, {"peaks": part["peaks"], "rows": {}})
            whole["peaks"] = better(whole["peaks"], part["peaks"])
            whole["rows"].update(part["rows"])
    for threads, part in merged.items():
        found = {p for row in part["rows"].values() for p in [*row["results"], *row["why"]]}
        print(table(part, [p for p in ("litert", "onnxruntime", "openvino", "ncnn", "mnn")
                           if p in found], threads))


if __name__ == "__main__":
    main()
