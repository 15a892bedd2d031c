#!/usr/bin/env python3
"""Runs our encoder and Python's PyTorch in turns and writes the comparison.

    benchmarks/encoder/compare.py BENCHMARK PYTHON RESULT.md [--rounds N]

BENCHMARK is the built encoder_benchmark, PYTHON an interpreter with torch. Each
round starts both programs once for each page side, so that what else the machine
does falls on both; the shortest time of all rounds counts. RESULT.md is written.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from machine import processor  # noqa: E402

PEER = pathlib.Path(__file__).resolve().parent.parent / "peers" / "encoder_pytorch.py"
SIDES = [512, 640, 1024, 1280]


def run(command, threads):
    environment = dict(
        os.environ, OMP_NUM_THREADS=str(threads), OMP_WAIT_POLICY="PASSIVE")
    done = subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def beyond_weights(run):
    """MB that the run took above what was resident before it."""
    return (run["peak_memory_bytes"] - run["resident_before_bytes"]) / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("benchmark")
    parser.add_argument("python")
    parser.add_argument("result")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()

    measured = {}
    for _ in range(arguments.rounds):
        for side in SIDES:
            ours = [arguments.benchmark, str(arguments.threads), "2", str(side)]
            theirs = [arguments.python, str(PEER), "--repeat", "2", "--threads",
                      str(arguments.threads), "--sides", str(side)]
            for name, command in (("ours", ours), ("PyTorch", theirs)):
                measured.setdefault((side, name), []).extend(
                    run(command, arguments.threads))

    torch_version = subprocess.run(
        [arguments.python, "-c", "import torch; print(torch.__version__)"],
        check=True, capture_output=True, text=True).stdout.strip()
    lines = [
        "# Encoding at the published size, ours and Python's PyTorch",
        "",
        f"{processor()}, {arguments.threads} thread(s), {platform.system()} "
        f"{platform.release()}, float32, one page, random weights.",
        f"PyTorch {torch_version}, and LibTorch of the version that "
        f"third_party/requirements.txt pins; {datetime.date.today()}.",
        f"Command: `benchmarks/encoder/compare.py {' '.join(sys.argv[1:])}`",
        "",
        "Both programs ran in turns; the shortest of "
        f"{2 * arguments.rounds} runs counts. CPU seconds are of all threads and "
        "hardly depend on what else the machine does. Memory is the peak of the "
        "first run's resident size above what was resident before it, the weights "
        "(1.6 GB) included in both, so that it is what encoding takes.",
        "",
        "| page side px | ours s | PyTorch s | ratio | ours CPU s | PyTorch CPU s "
        "| ratio | ours MB | PyTorch MB | ratio |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for side in SIDES:
        best = {
            (name, field): min(run[field] for run in measured[side, name])
            for name in ("ours", "PyTorch") for field in ("seconds", "cpu_seconds")
        }
        memory = {name: beyond_weights(measured[side, name][0]) for name in ("ours", "PyTorch")}
        cells = [str(side)]
        for field in ("seconds", "cpu_seconds"):
            ours, theirs = best["ours", field], best["PyTorch", field]
            cells += [f"{ours:.2f}", f"{theirs:.2f}", f"{ours / theirs:.2f}"]
        cells += [f"{memory['ours']:.0f}", f"{memory['PyTorch']:.0f}"]
        cells += [f"{memory['ours'] / memory['PyTorch']:.2f}"]
        lines.append("| " + " | ".join(cells) + " |")
    text = "\n".join(lines) + "\n"
    pathlib.Path(arguments.result).write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
