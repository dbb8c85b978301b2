#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Judges the inner loops of AArch64's kernels by llvm-mca and prints a table: products per cycle,
and their share of what the product's instruction alone would reach in the same model.

    scripts/mca.py [--cc aarch64-linux-gnu-gcc] [--mca llvm-mca-19] [--show]

The inner loop of a file is the one that holds most instructions of its kind.  Products are
multiply-adds; of transforms, vector instructions of arithmetic."""
import argparse
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Neoverse N1 and V1 are the Cortex-A76 and X1 of servers; LLVM gives these the numbers of an A57.
CPUS = ("cortex-a55", "neoverse-n1", "neoverse-v1")
FLAGS = {"neon": [], "dotprod": ["-march=armv8.2-a+dotprod"],
         "fp16": ["-march=armv8.2-a+fp16"], "i8mm": ["-march=armv8.2-a+dotprod+i8mm"]}
# An instruction that counts, what one gives, and the peak's loop.
FLOAT = (r"fmla\s+v\d+\.4s", 4, "fmla v{}.4s, v30.4s, v31.4s")
HALF = (r"fmla\s+v\d+\.8h", 8, "fmla v{}.8h, v30.8h, v31.8h")
WIDE = (r"smlal2?\s+v\d+\.4s", 4, "smlal v{}.4s, v30.4h, v31.4h")
LONG = (r"smu?l[al]l?2?\s+v\d+\.8h", 8, "smlal v{}.8h, v30.8b, v31.8b")
DOT = (r"sdot\s+v\d+\.4s", 16, "sdot v{}.4s, v30.16b, v31.16b")
SQUARE = (r"smmla\s+v\d+\.4s", 32, "smmla v{}.4s, v30.16b, v31.16b")
ARITHMETIC = (r"f(?:add|sub|mul|mla|mls)\s+v\d+\.4s", 1, "fadd v{}.4s, v30.4s, v31.4s")
LOOPS = (
    ("float32 product, `fmla`", "vector/gemm.c", "neon", FLOAT, None),
    ("float32 depthwise, `fmla`", "vector/depthwise.c", "neon", FLOAT, None),
    ("Winograd 4 x 4, input", "vector/winograd.c", "neon", ARITHMETIC, "input4"),
    ("Winograd 4 x 4, output", "vector/winograd.c", "neon", ARITHMETIC, "output4"),
    ("float16 product, `fmla`", "gemm/gemm_half_fp16.c", "fp16", HALF, None),
    ("8-bit product, `smlal`", "gemm/gemm_q8_neon.c", "neon", WIDE, None),
    ("8-bit product, `sdot`", "gemm/gemm_q8_dotprod.c", "dotprod", DOT, None),
    ("8-bit product, `smmla`", "gemm/gemm_q8_i8mm.c", "i8mm", SQUARE, None),
    ("8-bit depthwise, `smlal`", "gemm/depthwise_q8_neon.c", "neon", WIDE, None),
    ("8-bit depthwise, `sdot`", "gemm/depthwise_q8_dotprod.c", "dotprod", DOT, None),
    ("int4 product, `smlal`", "gemm/gemm_q4_neon.c", "neon", LONG, None),
    ("int4 product, `sdot`", "gemm/gemm_q4_dotprod.c", "dotprod", DOT, None),
    ("16-bit product, `smlal`", "gemm/gemm_s16_neon.c", "neon", WIDE, None),
    ("16-bit depthwise, `smlal`", "vector/s16.c", "neon", WIDE, None),
)


def assembly(args, name, isa):
    command = [args.cc, "-O2", "-std=c11", "-ffp-contract=off", "-S", "-o", "-", *FLAGS[isa],
               f"-DLN_SET={isa}", f"-DLN_SET_IS_{isa}=1", "-I", ROOT / "src", "-I",
               ROOT / "include", ROOT / "src/kernels" / name]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def functions(text):
    """(name, lines of labels and instructions) of each function."""
    for match in re.finditer(r"^(\w[\w.]*):\n(.*?)^\t\.size\t\1,", text, re.M | re.S):
        lines = [x.strip() for x in match.group(2).splitlines()]
        yield match.group(1), [x for x in lines if x and (x.startswith(".L") or x[0] != ".")]


def loops(lines):
    """Those without another one inside."""
    places = {x[:-1]: i for i, x in enumerate(lines) if x.endswith(":")}
    for end, x in enumerate(lines):
        match = re.match(r"(?:b\.?\w*|cbn?z|tbn?z)\s+(?:.*,\s*)?(\.L\w+)$", x)
        start = places.get(match.group(1), end) if match else end
        body = lines[start:end + 1]
        inner = any(re.match(r"b", y) and places.get(y.split()[-1], end) in range(start + 1, k)
                    for k, y in enumerate(lines[start:end], start))
        if start < end and not inner:
            yield [y for y in body if not y.endswith(":")]


def inner_loop(text, pattern, function):
    count = lambda body: sum(bool(re.match(pattern, x)) for x in body)
    found = [body for name, lines in functions(text) if not function or name.startswith(function)
             for body in loops(lines)]
    return max(found, key=count), max(map(count, found))


def cycles(args, body, cpu):
    """Of one round, once the loop has begun to run."""
    command = [args.mca, "-mtriple=aarch64", f"-mcpu={cpu}", "-mattr=+i8mm", "-iterations=200",
               "-instruction-info=0", "-resource-pressure=0"]
    text = subprocess.run(command, input="\n".join(body), check=True, capture_output=True,
                          text=True).stdout
    return int(re.search(r"Total Cycles:\s+(\d+)", text).group(1)) / 200


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cc", default="aarch64-linux-gnu-gcc")
    parser.add_argument("--mca", default="llvm-mca")
    parser.add_argument("--show", action="store_true", help="print the loops, too")
    args = parser.parse_args()
    print("| inner loop | processor | per cycle | peak | share |\n|---|---|---|---|---|")
    for label, name, isa, (pattern, gives, alone), function in LOOPS:
        body, n = inner_loop(assembly(args, name, isa), pattern, function)
        for cpu in CPUS:
            if isa == "i8mm" and cpu == "cortex-a55":
                continue
            peak = 16 * gives / cycles(args, [alone.format(i) for i in range(16)], cpu)
            speed = n * gives / cycles(args, body, cpu)
            print(f"| {label} | {cpu} | {speed:.1f} | {peak:.0f} | {speed / peak:.0%} |")
        if args.show:
            print("\n".join(f"    {x}" for x in body))


if __name__ == "__main__":
    main()
