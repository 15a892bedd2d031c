#!/usr/bin/env python3
"""Runs every command on a model folder of the published size and writes what each took.

    benchmarks/full_size/commands.py FULL RESULT.md [--program PROGRAM] [--only WORDS]

FULL is a folder that scripts/make_full_size_model made; WORK (8 GB) is where the int8
copy and the pages go. Peak memory is the process's largest resident size, mapped
weights included. An answer has 8 tokens: random weights would never end one.
"""

import argparse
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from machine import processor  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROMPT = "<image>\nFree OCR."
TEXT = "It was the best of times, it was the worst of times, it was the age of wisdom. " * 30


def run(program, arguments, work):
    """Exit code, seconds and peak resident bytes; the output is in `work`/stdout."""
    with open(work / "stdout", "wb") as output, open(work / "stderr", "wb") as errors:
        began = time.perf_counter()
        child = subprocess.Popen(
            [program, *map(str, arguments)], cwd=work, stdout=output, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, time.perf_counter() - began, usage.ru_maxrss * 1024


def make_inputs(program, work):
    (work / "text.txt").write_text(TEXT)
    (work / "texts.jsonl").write_text(json.dumps({"text": TEXT}) + "\n")
    style = ROOT / "configs/pages/default.json"
    run(program, ["render", "text.txt", "-o", "pages", "--style", style], work)
    page = Image.open(sorted((work / "pages").glob("*.png"))[0]).convert("RGB")
    page.save(work / "page.png")
    page.save(work / "two.pdf", save_all=True, append_images=[page], resolution=144)
    sweep = json.loads((ROOT / "configs/sweeps/smoke.json").read_text())
    sweep |= {"texts": [str(ROOT / "data/text/held_out")], "modes": ["tiny"], "controls": {},
              "characters_per_token": [5, 10], "pages_per_cell": 1, "batch_pages": 1}
    (work / "sweep.json").write_text(json.dumps(sweep))


def commands(full):
    """A label, and the arguments of the program."""
    model = ["--model", full, "--threads", "1"]
    short = ["--prompt", PROMPT, "--max-new-tokens", "8", *model]
    int8 = ["--prompt", PROMPT, "--max-new-tokens", "8", "--model", "int8", "--threads", "1"]
    sweep = ["sweep", "sweep.json", *model, "--set", "generation.max_new_tokens=8"]
    yield "inspect", ["inspect", full]
    yield "tokenize", ["tokenize", "texts.jsonl", "--model", full]
    yield "read an image, base", ["read", "page.png", "--mode", "base", *short]
    yield "read an image, gundam", ["read", "page.png", "--mode", "gundam", *short]
    yield "encode, gundam", ["encode", "page.png", "-o", "page.safetensors", "--mode", "gundam",
                             *model]
    yield "read the vision tokens", ["read", "page.safetensors", *short]
    yield "read 2 pages of a PDF, tiny", ["read", "two.pdf", "--pages", "1-2", "--batch", "2",
                                          "--mode", "tiny", "-o", "read", *short]
    yield "trace, gundam", ["trace", "page.png", "-o", "trace.safetensors", "--mode", "gundam",
                            "--steps", "4", "--prompt", PROMPT, *model]
    yield "bench, tiny", ["bench", "--mode", "tiny", "--steps", "8", "--repeat", "1", *model]
    yield "quantize", ["quantize", "-o", "int8", "--model", full]
    yield "read the int8 folder, tiny", ["read", "page.png", "--mode", "tiny", *int8]
    yield "read with --dtype int8, tiny", ["read", "page.png", "--mode", "tiny", "--dtype", "int8",
                                           *short]
    yield "read with --dtype f32, tiny", ["read", "page.png", "--mode", "tiny", "--dtype", "f32",
                                          *short]
    yield "sweep of 2 cells, tiny", [*sweep, "-o", "first"]
    yield "sweep again in int8", [*sweep, "-o", "second", "--dtype", "int8"]
    yield "compare", ["compare", "first", "second"]
    yield "report", ["report", "first", "second", "-o", "both.html"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("full", type=pathlib.Path)
    parser.add_argument("result")
    parser.add_argument("--program", type=pathlib.Path,
                        default=ROOT / "build/cpu/apps/microfiche/microfiche")
    parser.add_argument("--work", type=pathlib.Path)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    work = arguments.work or pathlib.Path(tempfile.mkdtemp())
    work.mkdir(exist_ok=True)
    program = arguments.program.resolve()
    make_inputs(program, work)

    rows, texts = [], {}
    for label, words in commands(arguments.full.resolve()):
        if arguments.only not in label:
            continue
        code, seconds, peak = run(program, words, work)
        texts[label] = (work / "stdout").read_bytes()
        rows.append(f"| {label} | {code} | {seconds:.0f} | {peak / 1e9:.2f} |")
        print(rows[-1], (work / "stderr").read_text()[-300:] if code else "", flush=True)
    image, tokens = texts.get("read an image, gundam"), texts.get("read the vision tokens")
    lines = [
        "# Every command on a model of the published size",
        "",
        f"{processor()}, one thread, random weights in bf16 (6.67 GB); {datetime.date.today()}. "
        "Peak is the process's largest resident size, mapped weights included.",
        "",
        "    benchmarks/full_size/commands.py FULL RESULT.md",
        "",
        "| command | exit code | s | peak GB |",
        "|---|---|---|---|",
        *rows,
        "",
        "The answer to the saved vision tokens is "
        + ("the same as" if image == tokens else "NOT the same as") + " that to the page.",
    ]
    pathlib.Path(arguments.result).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
