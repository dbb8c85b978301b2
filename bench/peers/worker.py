# SPDX-License-Identifier: Apache-2.0
"""One measurement in a process of its own: worker.py PEER MODEL REFERENCE.npz THREADS SECONDS

Prints JSON: load_ms (file to ready), first_ms, median_ms, runs, peak_kb, the growth of the
process's largest resident size since before the model was opened, and difference, how far the
outputs are from the reference's (agree.py).  SECONDS 0: one run only."""
import json
import statistics
import sys
import time

import agree
import peers

WARMUP_S = 0.1
LEAST_RUNS = 15


def timed(run):
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1e3


def memory_kb(what):
    """VmRSS, or VmHWM, the largest that it has been."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(what + ":"))


def repeat(run, seconds):
    end = time.perf_counter() + WARMUP_S
    while time.perf_counter() < end:
        run()
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < LEAST_RUNS:
        times.append(timed(run))
        if time.perf_counter() > end + 4 * seconds and len(times) >= 3:
            break
    return times


def measure(peer, model, reference, threads, seconds):
    peers.bring(peer)
    with open("/proc/self/clear_refs", "w", encoding="ascii") as reset:
        reset.write("5")  # forgets the largest size so far
    rss = memory_kb("VmRSS")
    start = time.perf_counter()
    p = peers.PEERS[peer](model, threads)
    load = (time.perf_counter() - start) * 1e3
    p.fill(reference)
    first = timed(p.run)
    difference = agree.difference(reference, p.outputs())
    times = repeat(p.run, seconds) if seconds > 0 else [first]
    return {"load_ms": load, "first_ms": first, "median_ms": statistics.median(times),
            "runs": len(times), "peak_kb": memory_kb("VmHWM") - rss, "difference": difference}


def main():
    peer, model, reference, threads, seconds = sys.argv[1:6]
    result = measure(peer, model, agree.Reference(reference), int(threads), float(seconds))
    print("\n" + json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
