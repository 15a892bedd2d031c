#!/usr/bin/env python3
"""Memory of two processes with whole and with sharded optimizer state.

    benchmarks/training/sharded_state.py PROGRAM RESULT.md

Trains the nano model with 128 experts a layer (58 M parameters) for two steps in bf16, with
float32 masters, AdamW for everything and a moving average: 16 bytes of state a
parameter. Each process' peak is what the kernel says of it at its end
(`ru_maxrss`); checkpoints are written, and a second run goes on from one.
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from machine import processor  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def write_config(folder, shard_state):
    nano = ROOT / "configs/models/nano"
    model = json.loads((nano / "config.json").read_text())
    model["language_config"]["n_routed_experts"] = 128
    (folder / "model").mkdir()
    (folder / "model/config.json").write_text(json.dumps(model))
    (folder / "model/tokenizer.json").write_bytes((nano / "tokenizer.json").read_bytes())
    stage = {
        "name": "reading", "steps": 2, "batches_per_step": 2, "rates": [{"match": "*"}],
        "pages": {"modes": {"nano-1": 1}}, "batch": {"characters": 50}}
    config = {
        "model": str(folder / "model"), "corpus": ["data/text/held_out"],
        "held_out": ["data/text/held_out"], "stages": [stage], "precision": "bf16",
        "average_decay": 0.9, "checkpoints": {"every_steps": 1, "keep": 2},
        "optimizer": {"adam_only": ["*"], "shard_state": shard_state}}
    (folder / "config.json").write_text(json.dumps(config))


def peaks(program, folder):
    """Peak memory of both processes in MB."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    processes = []
    for rank in "01":
        place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": "2", "MASTER_PORT": str(port)}
        place |= {"MASTER_ADDR": "127.0.0.1", "OMP_NUM_THREADS": "1"}
        processes.append(subprocess.Popen(
            [program, "train", folder / "config.json", "-o", folder / "run", "--quiet"],
            cwd=ROOT, stdout=subprocess.DEVNULL, env=os.environ | place))
    found = []
    for process in processes:
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0, status
        found.append(usage.ru_maxrss / 1e3)
    return found


def written(checkpoint):
    """MB that each process wrote."""
    sizes = {}
    for file in checkpoint.glob("state-*.safetensors"):
        rank = file.name[6:10] if file.name.count("-") == 2 else "all"
        sizes[rank] = sizes.get(rank, 0) + file.stat().st_size / 1e6
    return ", ".join(f"{size:.0f}" for _, size in sorted(sizes.items()))


def main():
    program, result = map(pathlib.Path, sys.argv[1:])
    lines = [
        "# Sharded optimizer state",
        "",
        f"{processor()}, two processes with Gloo, 58 M parameters in bf16; "
        f"{time.strftime('%Y-%m-%d')}.",
        f"Command: `benchmarks/training/sharded_state.py {program} benchmarks/results/{result.name}`",
        "",
        "Peak memory of the two processes in MB, from start to end, loading and saving included.",
        "",
        "| state | rank 0 | rank 1 | rank 0, going on | rank 1, going on | checkpoint, MB by writer |",
        "|---|---|---|---|---|---|",
    ]
    for shard_state in (False, True):
        with tempfile.TemporaryDirectory(dir=ROOT / "build") as name:
            folder = pathlib.Path(name)
            write_config(folder, shard_state)
            first = peaks(program.resolve(), folder)
            checkpoints = folder / "run/checkpoints"
            for file in (checkpoints / "step-00000002").iterdir():
                file.unlink()
            (checkpoints / "step-00000002").rmdir()
            second = peaks(program.resolve(), folder)
            cells = [f"{peak:.0f}" for peak in first + second]
            cells.append(written(checkpoints / "step-00000002"))
            lines.append(f"| {'sharded' if shard_state else 'whole'} | {' | '.join(cells)} |")
    result.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
