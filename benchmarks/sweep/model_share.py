#!/usr/bin/env python3
"""How much of a sweep's time is spent in the model.

    benchmarks/sweep/model_share.py PROGRAM RESULT.md

Runs configs/sweeps/nano.json with 1,000 pages of its shortest texts, where the model has
the least to do, and once more with 167 pages in each of its six cells. The share
is the sum of the stages that the model computes (encode, prefill, decode, as in
samples.jsonl) over the wall time of the whole command, from its start to its report.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from machine import processor  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CONFIG = "configs/sweeps/nano.json"
SWEEPS = {
    "1,000 pages of 5 characters a token": [
        "pages_per_cell=1000", "characters_per_token=[5]", "controls.random_letters=[]"],
    "six cells of 167 pages": ["pages_per_cell=167"],
}


def measure(program, settings):
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "sweep", CONFIG, "-o", folder, "--quiet"]
        for setting in settings:
            command += ["--set", setting]
        begin = time.monotonic()
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
                       env=os.environ | {"OMP_NUM_THREADS": "1"})
        wall = time.monotonic() - begin
        stages = {"pages": 0, "render": 0, "encode": 0, "prefill": 0, "decode": 0}
        for line in (pathlib.Path(folder) / "samples.jsonl").open():
            stages["pages"] += 1
            for stage, seconds in json.loads(line)["seconds"].items():
                stages[stage] += seconds
    return wall, stages


def main():
    program, result = map(pathlib.Path, sys.argv[1:])
    lines = [
        "# A sweep's time in the model",
        "",
        f"{processor()}, one thread, nano model; {time.strftime('%Y-%m-%d')}.",
        "Command: `benchmarks/sweep/model_share.py build/cpu/apps/microfiche/microfiche "
        f"benchmarks/results/{result.name}`",
        "",
        "Seconds of wall time, the whole command with start and report; the goal is 80 % or more.",
        "",
        "| sweep | pages | whole | encode | prefill | decode | render | other | in the model |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, settings in SWEEPS.items():
        wall, stages = measure(program.resolve(), settings)
        model = stages["encode"] + stages["prefill"] + stages["decode"]
        other = wall - model - stages["render"]
        lines.append(
            f"| {name} | {stages['pages']} | {wall:.0f} | {stages['encode']:.1f} | "
            f"{stages['prefill']:.1f} | {stages['decode']:.1f} | {stages['render']:.1f} | "
            f"{other:.1f} | {100 * model / wall:.0f} % |")
        result.write_text("\n".join(lines) + "\n")
        print(lines[-1], flush=True)


if __name__ == "__main__":
    main()
