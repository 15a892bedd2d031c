#!/usr/bin/env python3
"""Kills a process of a training under torchrun, which has to go on by itself.

    scripts/kill_under_torchrun.py MICROFICHE [RANK]

Needs a Python with torch. Trains a small model with two processes undisturbed and
then under `torchrun --max-restarts 1`, where RANK (1) is killed after its second
checkpoint. Fails unless the other process ends within 30 s and names it, torchrun
starts both anew, and the losses are those of the undisturbed run.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
STEPS = 40
PAGES = {"modes": {"one": 1, "four": 1}, "characters_per_token": [4, 6]}
STAGE = {
    "name": "reading", "steps": STEPS, "batches_per_step": 2, "pages": PAGES,
    "batch": {"characters": 60}, "rates": [{"match": "heads.*", "adam": 0}, {"match": "*"}]}


def write_config(folder):
    (folder / "model").mkdir()
    shutil.copy(ROOT / "tests/data/training/model/config.json", folder / "model")
    shutil.copy(ROOT / "configs/models/nano/tokenizer.json", folder / "model")
    (folder / "text.txt").write_text("The quick brown fox jumps over the lazy dog and sleeps.")
    (folder / "held_out.txt").write_text("A page that nobody has ever seen.")
    config = {
        "model": str(folder / "model"), "corpus": [str(folder / "text.txt")],
        "held_out": [str(folder / "held_out.txt")], "stages": [STAGE], "log_every": 1,
        "optimizer": {"shard_state": True}, "checkpoints": {"every_steps": 5}}
    (folder / "config.json").write_text(json.dumps(config))


def train(folder, run):
    return [sys.argv[1], "train", str(folder / "config.json"), "-o", str(folder / run), "--quiet"]


def train_undisturbed(folder):
    place = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29411"}
    processes = [
        subprocess.Popen(
            train(folder, "undisturbed"), stdout=subprocess.DEVNULL, cwd=ROOT,
            env=os.environ | place | {"RANK": rank, "LOCAL_RANK": rank, "OMP_NUM_THREADS": "1"})
        for rank in "01"]
    assert [process.wait() for process in processes] == [0, 0]


def losses(run):
    lines = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    return {line["step"]: line["loss"] for line in lines if "loss" in line}


def workers(agent):
    """Ranks and process numbers of torchrun's children."""
    found = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == agent and fields[0] != "Z":
                variables = (stat.parent / "environ").read_bytes().split(b"\0")
                rank = next((v[5:] for v in variables if v.startswith(b"RANK=")), None)
                if rank is not None:
                    found[int(rank)] = int(stat.parent.name)
        except OSError:
            pass  # It has ended meanwhile.
    return found


def kill_one(folder, rank):
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2",
               "--max-restarts", "1", "--master-port", "29412", "--no-python"]
    with (folder / "stderr").open("w") as stderr:
        agent = subprocess.Popen(
            command + train(folder, "killed"), stdout=subprocess.DEVNULL, stderr=stderr, cwd=ROOT)
        checkpoints = folder / "killed/checkpoints"
        while not list(checkpoints.glob("step-*10")):
            assert agent.poll() is None, (folder / "stderr").read_text()
            time.sleep(0.01)
        started = workers(agent.pid)
        os.kill(started[rank], signal.SIGKILL)
        begin = time.monotonic()
        other = pathlib.Path("/proc") / str(started[1 - rank])
        while other.exists() and workers(agent.pid).get(1 - rank) == started[1 - rank]:
            time.sleep(0.01)
        seconds = time.monotonic() - begin
        assert agent.wait() == 0, (folder / "stderr").read_text()
    return seconds


def main():
    rank = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_config(folder)
        train_undisturbed(folder)
        seconds = kill_one(folder, rank)
        told = f"rank {rank} of 2 has shown no sign of life"
        assert told in (folder / "stderr").read_text(), (folder / "stderr").read_text()
        assert seconds < 30, seconds
        expected, actual = losses(folder / "undisturbed"), losses(folder / "killed")
        assert sorted(actual) == list(range(1, STEPS + 1)), sorted(actual)
        assert actual == expected, (actual, expected)
    print(f"rank {rank} killed: the other ended after {seconds:.1f} s, naming it; "
          f"{STEPS} losses as undisturbed")


if __name__ == "__main__":
    main()
