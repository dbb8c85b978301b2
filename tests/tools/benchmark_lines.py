# SPDX-License-Identifier: Apache-2.0
"""Holds what benchmark_model prints to the lines of TensorFlow Lite's tool: every flag and its line
in the log, the log as a whole, the tables of the profile to the column, the CSV.

    BENCHMARK=program [PLUGIN=delegate.so] [EMULATOR="qemu-..."] benchmark_lines.py

benchmark_flags.txt: a line per flag, --help's form, what the log calls it, a value to give it.
No check depends on how long a run takes."""
import os
import re
import shlex
import subprocess
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
DIGITS = os.path.join(HERE, "..", "..", "examples", "digits")
MODEL = os.path.join(DIGITS, "digits_float32.tflite")
PROGRAM = shlex.split(os.environ.get("EMULATOR", "")) + [os.environ["BENCHMARK"]]
QUICK = ["--num_runs=2", "--min_secs=0", "--warmup_min_secs=0"]
NODES = 9  # of the model
NUMBER = r"(\d[\d.e+-]*)"
STATS = (rf"count={NUMBER} (?:first={NUMBER} )?curr={NUMBER}(?: min={NUMBER} max={NUMBER} "
         rf"avg={NUMBER} std={NUMBER}|\(all same\))?")
WITH_PERCENTILES = STATS + rf" p5={NUMBER} median={NUMBER} p95={NUMBER}"
RUNNING = (rf"INFO: Running benchmark for at least {NUMBER} iterations and at least {NUMBER} "
           rf"seconds but terminate if exceeding {NUMBER} seconds\.")
# The log of a run with --report_peak_memory_footprint, from the model's size to the short lines.
LOG = [
    rf"INFO: The input model file size \(MB\): {NUMBER}",
    rf"INFO: Initialized session in {NUMBER}ms\.",
    RUNNING, "INFO: " + WITH_PERCENTILES, "",
    RUNNING, "INFO: " + WITH_PERCENTILES, "",
    rf"INFO: Inference timings in us: Init: {NUMBER}, First inference: {NUMBER}, "
    rf"Warmup \(avg\): {NUMBER}, Inference \(avg\): {NUMBER}",
    r"INFO: Note: as the benchmark tool itself affects memory footprint, the following is only "
    r"APPROXIMATE to the actual memory footprint of the model at runtime\. Take the information at "
    r"your discretion\.",
    rf"INFO: Memory footprint delta from the start of the tool \(MB\): init={NUMBER} "
    rf"overall={NUMBER}",
    rf"INFO: Overall peak memory footprint \(MB\) via periodic monitoring: {NUMBER}",
    "INFO: Memory status at the end of exeution:",
    r"INFO: - VmRSS              : \d+ MB",
    r"INFO: \+ RssAnnon           : \d+ MB",
    r"INFO: \+ RssFile \+ RssShmem : \d+ MB",
    rf"Inference \(avg\): {NUMBER}ms",
    rf"Inference \(std\): {NUMBER}ms",
    rf"Memory footprint: {NUMBER}MB",
]
TITLES = ["Run Order", "Top by Computation Time", "Summary by node type"]
# Width and name of each column; a tab is before each.
COLUMNS = [(24, "[node type]"), (17, "[start]"), (9, "[first]"), (9, "[avg ms]"), (8, "[%]"),
           (8, "[cdf%]"), (10, "[mem KB]"), (9, "[times called]"), (0, "[Name]")]
TYPE_COLUMNS = [(24, "[Node type]"), (9, "[count]"), (10, "[avg ms]"), (11, "[avg %]"),
                (11, "[cdf %]"), (10, "[mem KB]"), (9, "[times called]")]
CSV = "node type, start, first, avg_ms, %, cdf%, mem KB, times called, name"
CSV_TYPES = "node type, count, avg_ms, avg %, cdf %, mem KB, times called"


def flags():
    """Name, default, name in the log, another value of each flag."""
    with open(os.path.join(HERE, "benchmark_flags.txt"), encoding="utf-8") as f:
        for line in f:
            flag, label, value = line.rstrip("\n").split("\t")
            yield (*flag.split("=", 1), label, value)


def shown(text):
    """How the log shows a value: 0 and 1 for false and true."""
    return {"true": "1", "false": "0", "1.0": "1"}.get(text, text)


class Lines(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        with open(os.path.join(self.folder, "zeros"), "wb") as f:
            f.write(bytes(256))
        if "PLUGIN" in os.environ:
            os.symlink(os.path.abspath(os.environ["PLUGIN"]),
                       os.path.join(self.folder, "plugin.so"))

    def bench(self, *more, code=0):
        """Runs the program; returns the lines of its standard output."""
        done = subprocess.run(PROGRAM + QUICK + [f"--graph={MODEL}", *more], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder)
        self.assertEqual(done.returncode, code, f"{more}: {done.stdout}{done.stderr}")
        if code == 0:
            self.assertEqual(done.stderr, "", more)
        return done.stdout.split("\n")

    def read(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as f:
            return f.read().split("\n")

    # ---- flags ----

    def test_set_flags_are_logged(self):
        """Each flag is taken and, where it was given, in the log, beside those that always are."""
        always = ["Log parameter values verbosely: [0]", "Min num runs: [2]",
                  "Min runs duration (seconds): [0]", "Min warmup runs duration (seconds): [0]",
                  f"Graph: [{MODEL}]", "Signature to run: []"]
        # what a flag needs beside it
        company = {"input_layer": ["input_layer_shape"], "input_layer_shape": ["input_layer"],
                   "input_layer_value_range": ["input_layer", "input_layer_shape"],
                   "input_layer_value_files": ["input_layer", "input_layer_shape"],
                   "external_delegate_options": ["external_delegate_path"],
                   "require_full_delegation": ["external_delegate_path"]}
        known = {name: (label, value) for name, _, label, value in flags()}
        count = 0
        few = 8 if os.environ.get("EMULATOR") else 1  # an emulated run takes long
        for name, (label, value) in list(known.items())[::few]:
            if name in ("graph", "help", "verbose", "perf_options_list") or not label:
                continue
            given = [name, *company.get(name, [])]
            if "external_delegate_path" in given and "PLUGIN" not in os.environ:
                continue
            with self.subTest(flag=name):
                # the plug-in has none of this model's nodes
                refused = name == "require_full_delegation"
                lines = self.bench(*(f"--{g}={known[g][1]}" for g in given), code=int(refused))
                wanted = {known[g][0]: f"{known[g][0]}: [{shown(known[g][1])}]" for g in given}
                for line in always:
                    wanted.setdefault(line.split(": [")[0], line)
                if name == "profiling_output_csv_file":  # an old name of two flags
                    wanted["mode"] = "Op profiling output mode.: [csv]"
                    wanted["file"] = f"Op profiling output file.: [{value}]"
                logged = lines[1:lines.index(f"INFO: Loaded model {MODEL}")]
                self.assertEqual(sorted(logged), sorted("INFO: " + w for w in wanted.values()))
                count += 1
        self.assertGreater(count, 75 // few)

    def test_verbose_logs_defaults(self):
        lines = self.bench("--verbose", "--dry_run")
        self.assertEqual(lines[:2], ["INFO: STARTING!",
                                     "INFO: Log parameter values verbosely: [1]"])
        for name, default, label, _ in flags():
            if label and name not in ("graph", "num_runs", "min_secs", "warmup_min_secs",
                                      "dry_run", "list_signatures", "help"):
                self.assertIn(f"INFO: {label}: [{shown(default)}]", lines, name)

    def test_numbers_of_runs(self):
        def counts(*more):
            return [int(n) for n in re.findall(r"count=(\d+)", "\n".join(self.bench(*more)))]
        self.assertEqual(counts("--warmup_runs=3", "--num_runs=4"), [3, 4])
        self.assertEqual(counts("--warmup_runs=0"), [0, 2])
        self.assertEqual(counts("--max_secs=0"), [1, 1])
        self.assertEqual(counts("--dry_run"), [0, 0])
        many = counts("--min_secs=0.3", "--warmup_min_secs=0.3", "--num_runs=1")
        self.assertTrue(min(many) > 1, many)
        for flag in ("--run_delay=0.1", "--run_frequency=10"):
            begin = time.monotonic()
            self.assertEqual(counts(flag), [1, 2])
            self.assertGreater(time.monotonic() - begin, 0.25, flag)

    # ---- the log ----

    def test_log(self):
        for more in ([], ["--num_runs=40"]):
            lines = self.bench("--report_peak_memory_footprint=true", *more)
            begin = lines.index(f"INFO: Loaded model {MODEL}")
            self.assertEqual(lines[begin + 1], "INFO: Using signature: serving_default")
            rest = lines[begin + 2:]
            self.assertEqual(len(rest), len(LOG) + 1, rest)
            found = []
            for line, pattern in zip(rest, LOG):
                self.assertRegex(line, f"^{pattern}$")
                found.append(re.match(pattern, line).groups())
            self.consistent(found)

    def consistent(self, found):
        """The numbers in the log agree with each other; `found` are those of LOG's lines."""
        self.assertAlmostEqual(float(found[0][0]), os.path.getsize(MODEL) / 1e6, places=5)
        self.assertEqual((found[2][0], found[2][2]), ("1", "150"))
        warmup, runs, timings = found[3], found[6], found[8]
        self.assertEqual(timings[1], warmup[2])  # the first inference is the warmup's
        self.assertAlmostEqual(float(timings[0]) / 1000, float(found[1][0]))
        _, first, last, least, most, average, _, p5, median, p95 = runs
        if average is not None:
            least, most, average = float(least), float(most), float(average)
            self.assertTrue(least <= float(p5) <= float(median) <= float(p95) <= most)
            self.assertTrue(least <= average <= most and least <= float(first) <= most)
            self.assertEqual(timings[3], runs[5])
            self.assertAlmostEqual(float(found[16][0]), average / 1000, delta=average / 1e6)
            # The log has whole microseconds, the short line four digits.
            deviation = float(runs[6]) / 1000
            self.assertAlmostEqual(float(found[17][0]), deviation, delta=0.001 + deviation / 1000)
        self.assertEqual(runs[0], found[5][0])
        self.assertGreaterEqual(float(found[10][1]), float(found[10][0]))
        self.assertGreater(float(found[11][0]), 0)
        self.assertGreater(float(last), 0)

    # ---- the profile ----

    def columns(self, line, columns, title=False):
        """The cells of a line of a table, which has `columns`."""
        cells = line.split("\t")
        self.assertEqual((cells[0], len(cells)), ("", len(columns) + 1), line)
        for cell, (width, name) in zip(cells[1:], columns):
            self.assertEqual(cell, name.rjust(width) if title else cell.strip().rjust(width), line)
        return [cell.strip() for cell in cells[1:]]

    def numbers(self, cells, percent):
        """All are numbers of three places but the last, a count; those of `percent` end in %."""
        for i, cell in enumerate(cells[:-1]):
            self.assertRegex(cell, r"^\d+\.\d{3}%$" if i in percent else r"^\d+\.\d{3}$")
        self.assertRegex(cells[-1], r"^\d+$")

    def table(self, lines, title):
        """Reads a table with a line per node off the front of `lines`; returns its rows."""
        self.assertEqual(lines.pop(0), f"{'=' * 30} {title} {'=' * 30}")
        self.columns(lines.pop(0), COLUMNS, title=True)
        rows = []
        while lines[0]:
            rows.append(self.columns(lines.pop(0), COLUMNS))
            self.numbers(rows[-1][1:-1], (3, 4))
        lines.pop(0)
        self.cumulated([(row[4], row[5]) for row in rows])
        return rows

    def cumulated(self, shares):
        """The second of each pair is the sum of the first ones so far."""
        total = 0
        for share, so_far in shares:
            total += float(share.rstrip("%"))
            self.assertAlmostEqual(float(so_far.rstrip("%")), total, delta=0.01)

    def profile(self, lines, heading, nodes):
        """Reads the three tables under `heading` off the front of `lines`."""
        self.assertEqual(lines.pop(0), heading)
        order, top = (self.table(lines, title) for title in TITLES[:2])
        self.assertEqual(len(order), nodes)
        self.assertEqual(max(float(row[4].rstrip("%")) for row in order),
                         float(top[0][4].rstrip("%")))
        self.assertEqual(len(top), min(nodes, 10))
        times = [float(row[3]) for row in top]
        self.assertEqual(times, sorted(times, reverse=True))
        self.assertAlmostEqual(float(order[-1][5].rstrip("%")), 100, places=2)
        starts = [float(row[1]) for row in order]
        self.assertEqual(starts, sorted(starts))
        self.assertEqual(lines.pop(0), f"Number of nodes executed: {nodes}")
        self.assertEqual(lines.pop(0), f"{'=' * 30} {TITLES[2]} {'=' * 30}")
        self.columns(lines.pop(0), TYPE_COLUMNS, title=True)
        types = {}
        while lines[0]:
            row = self.columns(lines.pop(0), TYPE_COLUMNS)
            self.assertRegex(row[1], r"^\d+$")
            self.numbers(row[2:], (1, 2))
            types[row[0]] = row
        lines.pop(0)
        self.cumulated([(row[3], row[4]) for row in types.values()])
        for name, row in types.items():
            self.assertEqual(int(row[1]), sum(r[0] == name for r in order))
        self.assertEqual(set(types), {row[0] for row in order})
        self.assertRegex(lines.pop(0), rf"^Timings \(microseconds\): {STATS}$")
        self.assertEqual(lines.pop(0), "Memory (bytes): count=0")
        self.assertEqual(lines.pop(0), f"{nodes} nodes observed")
        return order

    def test_profile(self):
        lines = self.bench("--enable_op_profiling=true", "--use_xnnpack=true")
        begin = next(i for i, line in enumerate(lines) if line.startswith("Memory footprint: "))
        lines = lines[begin + 1:]
        self.profile(lines, "INFO: Profiling Info for Benchmark Initialization:", 2)
        self.assertEqual([lines.pop(0), lines.pop(0)], ["", ""])
        order = self.profile(
            lines, "INFO: Operator-wise Profiling Info for Regular Benchmark Runs:", NODES)
        for row in order:
            self.assertRegex(row[8], r"^\[.+\]:\d+$")
        self.assertEqual(lines.pop(0), "")
        inside = self.profile(lines, "Delegate internal: ", NODES - 1)
        self.assertEqual({row[0] for row in inside}, {"DelegateOpInvoke"})
        self.assertIn("============================== Arithmetic ==============================",
                      lines)

    def csv(self, lines, nodes):
        """Reads the same tables in their other form off the front of `lines`."""
        for title in TITLES[:2]:
            self.assertEqual(lines.pop(0), f"{'=' * 30} {title} {'=' * 30}")
            self.assertEqual(lines.pop(0), CSV)
            for _ in range(nodes):
                self.assertEqual(len(lines.pop(0).split(", ")), 9)
            self.assertEqual(lines.pop(0), "")
        self.assertEqual(lines.pop(0), f"Number of nodes executed: {nodes}")
        self.assertEqual(lines.pop(0), f"{'=' * 30} {TITLES[2]} {'=' * 30}")
        self.assertEqual(lines.pop(0), CSV_TYPES)
        while lines[0]:
            self.assertEqual(len(lines.pop(0).split(", ")), 7)
        lines.pop(0)
        self.assertRegex(lines.pop(0), rf"^Timings \(microseconds\): {STATS}$")
        self.assertEqual(lines[:2], ["Memory (bytes): count=0", f"{nodes} nodes observed"])
        del lines[:2]

    def test_csv(self):
        lines = self.bench("--enable_op_profiling", "--op_profiling_output_mode=csv")
        lines = lines[lines.index("INFO: Profiling Info for Benchmark Initialization:") + 1:]
        self.csv(lines, 1)
        lines = lines[lines.index("INFO: Operator-wise Profiling Info for Regular Benchmark Runs:")
                      + 1:]
        self.csv(lines, NODES)
        self.bench("--enable_op_profiling", "--op_profiling_output_mode=csv",
                   "--op_profiling_output_file=file")
        self.bench("--enable_op_profiling", "--profiling_output_csv_file=old")
        for name in ("file", "old"):
            lines = self.read(name)
            self.assertEqual(lines.count(CSV), 4)
            self.assertEqual(lines.count(CSV_TYPES), 2)

    # ---- all options in turn ----

    def test_performance_options(self):
        lines = self.bench("--perf_options_list=all")
        self.assertEqual(lines[:2], ["INFO: STARTING!", "INFO: The list of TFLite runtime options "
                                     "to be benchmarked: [all]"])
        title = "==============Summary of All Runs w/ Different Performance Options=============="
        begin = lines.index(title)
        self.assertEqual((lines[begin - 1], len(title)), ("INFO: ", 80))
        names, averages = set(), []
        for line in lines[begin + 1:-1]:
            self.assertRegex(line, rf"^INFO: .{{26}}: {WITH_PERCENTILES}$")
            names.add(line[6:32].strip())
            averages.append(float(re.search(rf"(?:avg|curr)={NUMBER}", line.replace(
                "curr=", "", 1) if "avg=" in line else line).group(1)))
        self.assertEqual(averages, sorted(averages))
        self.assertEqual(names, {f"cpu w/ {n} threads{x}" for n in (1, 2, 4)
                                 for x in ("", " (xnnpack)")})


if __name__ == "__main__":
    unittest.main()
