#!/usr/bin/env python3
"""Runs the full-size model here, in llama.cpp and in Python's PyTorch, in turns.

    benchmarks/full_size/compare.py FULL GGUF RESULT.md

FULL is a folder that scripts/make_full_size_model made, GGUF one that
benchmarks/peers/make_gguf.py made of it. --python names an interpreter with torch,
--peers one with llama-cpp-python. Everything that decodes runs --rounds times in
turns, so that whatever else the machine does falls on all; the best of each counts.
About ten minutes a round on two cores.
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

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PEERS = ROOT / "benchmarks/peers"
SIDES = {"tiny": 512, "small": 640, "base": 1024, "large": 1280}


def lines_of(command, threads):
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    result = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return result.stdout


def ours(arguments, what, dtype="bf16", mode="tiny", **options):
    """Best tokens a second, its seconds, and peak bytes of our program."""
    program = ROOT / "build/cpu/apps/microfiche/microfiche"
    command = [program, "bench", "--model", arguments.full, "--what", what, "--mode", mode]
    command += ["--dtype", dtype, "--threads", arguments.threads, "--repeat", 2]
    command += ["--format", "json", "--quiet"]
    for name, value in options.items():
        command += [f"--{name}", value]
    row = json.loads(lines_of(command, arguments.threads))[0]
    seconds = row["seconds"]["min"]
    return {
        "seconds": seconds,
        "rate": row["tokens_per_second"] * row["seconds"]["median"] / seconds,
        "peak": row["peak_memory_bytes"],
    }


def json_lines(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def keep_best(table, key, seconds, rate=None, peak=None):
    held = table.get(key)
    if held is None or seconds < held["seconds"]:
        table[key] = {"seconds": seconds, "rate": rate, "peak": peak}


def measure_ours(arguments, best):
    for mode, side in SIDES.items():
        for dtype in ("f32", "bf16", "int8"):
            row = ours(arguments, "encode", dtype, mode)
            keep_best(best, ("ours", "encode", dtype, side), row["seconds"], peak=row["peak"])
    for positions in (256, 1024):
        row = ours(arguments, "prefill", positions=positions)
        keep_best(best, ("ours", "prefill", "bf16", positions), row["seconds"], row["rate"])
    for dtype in ("bf16", "int8"):
        for batch in (1, 16):
            row = ours(arguments, "decode", dtype, positions=16, steps=64, batch=batch)
            key = ("ours", "decode", dtype, batch)
            keep_best(best, key, row["seconds"], row["rate"], row["peak"])


def measure_llama(arguments, best):
    vision = ["--vision", arguments.gguf / "vision_f16.gguf"]
    for dtype, name, extra in (
        ("bf16", "decoder_bf16.gguf", vision),
        ("int8", "decoder_q8_0.gguf", []),
    ):
        command = [arguments.peers, PEERS / "model_llama_cpp.py", arguments.gguf / name, *extra]
        command += ["--threads", arguments.threads, "--repeat", 2]
        for line in json_lines(lines_of(command, arguments.threads)):
            if line.get("what") == "decode":
                key = ("llama.cpp", "decode", dtype, 1)
                keep_best(best, key, line["seconds"], line["tokens_per_second"])
            elif line.get("what") == "prefill":
                key = ("llama.cpp", "prefill", dtype, line["tokens"])
                keep_best(best, key, line["seconds"], line["tokens_per_second"])
            elif line.get("what") == "encode":
                keep_best(best, ("llama.cpp", "encode", "f32", 1024), line["seconds"])


def measure_pytorch(arguments, best):
    command = [arguments.python, PEERS / "encoder_pytorch.py", "--threads", arguments.threads]
    command += ["--repeat", 2, "--sides", *SIDES.values()]
    for line in json_lines(lines_of(command, arguments.threads)):
        key = ("PyTorch", "encode", "f32", line["side_px"])
        keep_best(best, key, line["seconds"], peak=line["peak_memory_bytes"])
    command = [arguments.python, PEERS / "decoder_pytorch.py", arguments.full]
    command += ["--threads", arguments.threads, "--repeat", 2]
    for line in json_lines(lines_of(command, arguments.threads)):
        if line.get("what") in ("decode", "prefill"):
            count = 1 if line["what"] == "decode" else line["tokens"]
            key = ("PyTorch", line["what"], "bf16", count)
            keep_best(best, key, line["seconds"], line["tokens_per_second"])


def bandwidth(threads):
    """GB/s at which memory is read while a kernel's benchmark runs."""
    program = ROOT / "build/cpu/benchmarks/kernels/linear_benchmark"
    return float(lines_of([program], threads).split("reads ")[1].split(" ")[0])


def cell(best, key, field, digits):
    row = best.get(key)
    return "" if row is None or row[field] is None else f"{row[field]:.{digits}f}"


def ratio(best, key, other, field):
    if key not in best or other not in best:
        return ""
    return f"{best[key][field] / best[other][field]:.2f}"


def write(arguments, best, gb_per_second):
    rows = [
        "# The published sizes, with random weights",
        "",
        f"{processor()}, {arguments.threads} threads, {platform.system()} "
        f"{platform.release()}; memory is read at {gb_per_second:.1f} GB/s in the same run.",
        "LibTorch 2.11.0, llama-cpp-python 0.3.36 (its decoder in BF16 and Q8_0, its encoder in "
        f"F16); {datetime.date.today()}, best of {arguments.rounds} round(s) of 2 runs.",
        "",
        "Encoding one page, seconds; int8 is weight-only and computes in bf16:",
        "",
        "| side, px | ours f32 | PyTorch f32 | ratio | llama.cpp F16 | ratio | ours bf16 | over f32 "
        "| ours int8 | over f32 |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for side in SIDES.values():
        f32 = ("ours", "encode", "f32", side)
        torch, llama = ("PyTorch", *f32[1:]), ("llama.cpp", *f32[1:])
        cells = [str(side), cell(best, f32, "seconds", 2), cell(best, torch, "seconds", 2)]
        cells += [ratio(best, f32, torch, "seconds"), cell(best, llama, "seconds", 2)]
        cells += [ratio(best, f32, llama, "seconds")]
        for dtype in ("bf16", "int8"):
            key = ("ours", "encode", dtype, side)
            cells += [cell(best, key, "seconds", 2), ratio(best, key, f32, "seconds")]
        rows.append("| " + " | ".join(cells) + " |")
    rows += [
        "",
        "The decoder, tokens a second; decoding follows 16 positions:",
        "",
        "| what | ours | llama.cpp | ratio | PyTorch bf16 | ratio |",
        "|---|---|---|---|---|---|",
    ]
    for what, dtype, count, label in (
        ("prefill", "bf16", 256, "prefill of 256, bf16"),
        ("prefill", "bf16", 1024, "prefill of 1,024, bf16"),
        ("decode", "bf16", 1, "decode, bf16"),
        ("decode", "int8", 1, "decode, int8 / Q8_0"),
        ("decode", "bf16", 16, "decode of 16 pages, bf16"),
        ("decode", "int8", 16, "decode of 16 pages, int8"),
    ):
        key = ("ours", what, dtype, count)
        llama, torch = ("llama.cpp", *key[1:]), ("PyTorch", *key[1:])
        cells = [label, cell(best, key, "rate", 1), cell(best, llama, "rate", 1)]
        cells += [ratio(best, key, llama, "rate"), cell(best, torch, "rate", 1)]
        cells += [ratio(best, key, torch, "rate")]
        rows.append("| " + " | ".join(cells) + " |")
    pathlib.Path(arguments.result).write_text("\n".join(rows) + "\n", encoding="utf-8")
    print("\n".join(rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("full", type=pathlib.Path)
    parser.add_argument("gguf", type=pathlib.Path)
    parser.add_argument("result")
    parser.add_argument("--python", default="python3")
    parser.add_argument("--peers", default="python3")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    best = {}
    for _ in range(arguments.rounds):
        measure_llama(arguments, best)
        measure_ours(arguments, best)
        measure_pytorch(arguments, best)
    write(arguments, best, bandwidth(arguments.threads))


if __name__ == "__main__":
    main()
