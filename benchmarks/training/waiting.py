#!/usr/bin/env python3
"""How much of a training is spent waiting for its data.

    benchmarks/training/waiting.py PROGRAM RESULT.md

Runs the first and the third stage of configs/training/nano.json for some steps with one and
two workers, and once with pages from disk, and takes what metrics.jsonl says: the
seconds in which a step waited for a batch over all seconds, the first step left out,
before which the workers begin.
"""

import copy
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
PRESET = json.loads((ROOT / "configs/training/nano.json").read_text())
STEPS = int(os.environ.get("STEPS", "12"))


def train(program, config, folder):
    """Seconds of the steps after the first, and seconds waited in them."""
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    subprocess.run(
        [program, "train", path, "-o", folder / "run", "--quiet", "--threads", "1"], cwd=ROOT,
        check=True, stdout=subprocess.DEVNULL, env=os.environ | {"OMP_NUM_THREADS": "1"})
    lines = map(json.loads, (folder / "run/metrics.jsonl").read_text().splitlines())
    steps = [line for line in lines if "loss" in line]
    return [steps[-1][name] - steps[0][name] for name in ("seconds", "waited_seconds")]


def rendered(stage, workers):
    config = copy.deepcopy(PRESET)
    config |= {
        "corpus": ["data/text/held_out"], "stages": [PRESET["stages"][stage] | {"steps": STEPS}],
        "workers": workers, "log_every": 1, "checkpoints": {"every_steps": 0},
        "evaluation": PRESET["evaluation"] | {"characters_per_token": [5], "pages": 1}}
    return config


def from_disk(program, folder):
    pages = folder / "pages"
    subprocess.run(
        [program, "render", ROOT / "CONTRIBUTING.md", "-o", pages, "--style", "configs/pages/nano.json",
         "--quiet"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    with (folder / "rows.jsonl").open("w") as rows:
        for page in json.loads((pages / "pages.json").read_text()):
            rows.write(json.dumps({
                "messages": [{"role": "user", "content": "<image>"},
                             {"role": "assistant", "content": page["text"]}],
                "images": [str(pages / page["file"])]}) + "\n")
    stage = PRESET["stages"][2] | {"steps": STEPS}
    del stage["pages"], stage["aids"]
    stage["mixture"] = [{"conversations": {
        "files": {str(folder / "rows.jsonl"): 1}, "modes": {"nano-9": 1}}}]
    config = rendered(2, workers=1) | {"stages": [stage], "corpus": [], "held_out": []}
    config["evaluation"] = {}
    return config


def main():
    program, result = map(pathlib.Path, sys.argv[1:])
    lines = [
        "# Waiting for data",
        "",
        f"{processor()}, one thread for the model, nano model; {time.strftime('%Y-%m-%d')}.",
        f"Command: `benchmarks/training/waiting.py {program} benchmarks/results/{result.name}`",
        "",
        f"{STEPS - 1} steps each; the goal is a loader that is never the bottleneck.",
        "",
        "| stage | pages | workers | seconds | of these waiting | share |",
        "|---|---|---|---|---|---|",
    ]
    cases = [(0, "rendered", 1), (0, "rendered", 2), (2, "rendered", 1), (2, "rendered", 2),
             (2, "from disk", 1)]
    for stage, pages, workers in cases:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            config = (rendered(stage, workers) if pages == "rendered"
                      else from_disk(program.resolve(), folder))
            seconds, waited = train(program.resolve(), config, folder)
        lines.append(f"| {PRESET['stages'][stage]['name']} | {pages} | {workers} | {seconds:.1f} "
                     f"| {waited:.3f} | {waited / seconds:.2%} |")
    result.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
