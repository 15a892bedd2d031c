#!/usr/bin/env python3
"""Kills a sweep at random moments and compares what is left with an undisturbed run.

    scripts/kill_sweep.py PROGRAM CONFIG [--moments 200] [--workers N] [--seed S]

Each run is killed with SIGKILL and started again until it ends; then its rows,
wall times and peak memory aside, must be those of the undisturbed run, in the same
order, and no file of a worker may be left. With workers it is in turn the whole
command and one worker that is killed; the rest of the workers must then finish.
"""

import argparse
import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time


def rows_of(folder):
    rows = []
    for name in ("samples.jsonl", "controls.jsonl"):
        path = folder / name
        for line in path.read_text().splitlines() if path.exists() else []:
            row = json.loads(line)
            row.pop("seconds", None)
            row.pop("peak_memory_bytes", None)
            rows.append(json.dumps(row))
    return rows


def finished_rows(folder):
    files = [folder / "samples.jsonl", *folder.glob("workers/*/samples.jsonl")]
    return sum(path.read_bytes().count(b"\n") for path in files if path.exists())


def children_of(pid):
    try:
        return [int(child) for child in
                pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("config")
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)

    def start(folder):
        command = [arguments.program, "sweep", arguments.config, "-o", str(folder),
                   "--quiet", "--workers", str(arguments.workers)]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    counts = collections.Counter()
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        begin = time.monotonic()
        if start(place / "whole").wait() != 0:
            sys.exit("the undisturbed run failed")
        undisturbed = time.monotonic() - begin
        expected = rows_of(place / "whole")
        while counts["killed"] < arguments.moments:
            folder = place / f"run-{counts['runs']}"
            while True:
                process = start(folder)
                time.sleep(draw.uniform(0, undisturbed))
                workers = children_of(process.pid)
                if workers and counts["killed"] % 2:
                    try:
                        os.kill(draw.choice(workers), signal.SIGKILL)
                        counts["killed, a worker"] += 1
                        counts["killed"] += 1
                    except ProcessLookupError:
                        pass
                else:
                    process.kill()
                code = process.wait()
                if code == -signal.SIGKILL:
                    counts["killed"] += 1
                    counts["killed with a part of the rows there"] += (
                        0 < finished_rows(folder) < len(expected))
                elif code != 0:
                    sys.exit(f"exit code {code} after {counts['killed']} moments")
                else:
                    break
            if rows_of(folder) != expected or (folder / "workers").exists():
                sys.exit(f"{folder}: other rows after {counts['killed']} moments")
            counts["runs"] += 1
            print(f"{counts['killed']} of {arguments.moments} moments", file=sys.stderr)
    print(f"{len(expected)} rows, {undisturbed:.1f} s undisturbed: "
          + ", ".join(f"{name} {count}" for name, count in counts.items())
          + "; the same rows each time")


if __name__ == "__main__":
    main()
