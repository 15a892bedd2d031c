"""A training of seconds with two processes, for drivers that disturb one of them."""

import json
import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
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
    (folder / "held_out.txt").write_text("A page that no training has seen.")
    config = {
        "model": str(folder / "model"), "corpus": [str(folder / "text.txt")],
        "held_out": [str(folder / "held_out.txt")], "stages": [STAGE], "log_every": 1,
        "optimizer": {"shard_state": True}, "checkpoints": {"every_steps": 5}}
    (folder / "config.json").write_text(json.dumps(config))


def train_command(program, folder, run):
    return [program, "train", str(folder / "config.json"), "-o", str(folder / run), "--quiet"]


def train_undisturbed(program, folder):
    """Trains with two processes on this machine into folder/undisturbed."""
    variables = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29411"}
    processes = [
        subprocess.Popen(
            train_command(program, folder, "undisturbed"), stdout=subprocess.DEVNULL, cwd=ROOT,
            env=os.environ | variables | {"RANK": rank, "LOCAL_RANK": rank, "OMP_NUM_THREADS": "1"})
        for rank in "01"]
    assert [process.wait() for process in processes] == [0, 0]


def losses(run):
    """The loss of each step."""
    lines = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    return {line["step"]: line["loss"] for line in lines if "loss" in line}
