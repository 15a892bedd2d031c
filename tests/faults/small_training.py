"""A training of seconds for drivers that disturb it, and checks of its checkpoints.

The checks use only the files on disk and the messages of the program.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]


def write_config(folder, steps, checkpoints):
    """A model of a few thousand weights, one page of six letters per step."""
    model = folder / "model"
    model.mkdir()
    shutil.copy(ROOT / "tests/data/training/model/config.json", model)
    shutil.copy(ROOT / "configs/models/nano/tokenizer.json", model)
    text = folder / "text.txt"
    text.write_text("The quick brown fox jumps over the lazy dog, and the dog sleeps on.")
    config = folder / "config.json"
    config.write_text(json.dumps({
        "model": str(model), "corpus": [str(text)], "held_out": [str(text)],
        "stages": [{"name": "reading", "steps": steps,
                    "pages": {"modes": {"one": 1}, "characters_per_token": [2, 3]},
                    "batch": {"characters": 6},
                    "rates": [{"match": "heads", "muon": 0, "adam": 0}, {"match": "*"}]}],
        "glyph_head": {"width": 8, "cells": 1},
        "evaluation": {"every_steps": 8, "modes": ["one"], "texts": ["corpus"],
                       "characters_per_token": [2], "pages": 1},
        "checkpoints": {"every_steps": 1, "best": "*", **checkpoints},
        "log_every": 1}))
    return config


class Training:
    """A running program; reads its stderr in the background."""

    def __init__(self, program, config, run, before=(), arguments=()):
        self.process = subprocess.Popen(
            [*before, program, "train", str(config), "-o", str(run), "--threads", "1", *arguments],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"})
        self.lines = []
        self.new_line = threading.Condition()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            if line.endswith("\n"):
                with self.new_line:
                    self.lines.append(line.rstrip())
                    self.new_line.notify_all()

    def wait_for_checkpoint(self, count):
        """Waits for `count` announced checkpoints; false if the program ends first."""
        with self.new_line:
            while len(self.announced()) < count:
                if not self.new_line.wait(0.5) and self.process.poll() is not None:
                    return False
        return True

    def wait(self):
        code = self.process.wait()
        self.reader.join()
        return code

    def announced(self):
        """Steps whose checkpoints the program has announced."""
        return [step_of(pathlib.Path(line.split(" ", 1)[1]))[0]
                for line in self.lines if line.startswith("checkpoint: ")]

    def start(self):
        """The checkpoint that it resumes from, or None."""
        lines = [line for line in self.lines if line.startswith("resumes from ")]
        return pathlib.Path(lines[0].removeprefix("resumes from ")) if lines else None


def step_of(folder):
    match = re.fullmatch(r"step-(\d+)(?:\.(\d+))?", folder.name)
    return (int(match[1]), int(match[2] or 1)) if match else None


def checkpoints_of(run):
    """Folders with the name of a checkpoint, oldest first."""
    return sorted((path for path in (run / "checkpoints").glob("step-*") if step_of(path)),
                  key=step_of)


def fault_of(folder):
    """The first fault of a checkpoint by its manifest; None when it is complete."""
    try:
        manifest = json.loads((folder / "checkpoint.json").read_bytes())
    except (FileNotFoundError, ValueError) as error:
        return f"{folder.name}/checkpoint.json: {error}"
    if manifest["position"]["step"] != step_of(folder)[0]:
        return f"{folder.name}: belongs to step {manifest['position']['step']}"
    if not manifest["files"]:
        return f"{folder.name}: has no files"
    for record in manifest["files"]:
        file = folder / record["name"]
        content = file.read_bytes() if file.exists() else b""
        if len(content) != record["bytes"]:
            return f"{folder.name}/{file.name}: {len(content)} bytes of {record['bytes']}"
        if hashlib.sha256(content).hexdigest() != record["sha256"]:
            return f"{folder.name}/{file.name}: its content has another SHA-256"
    return None


def check_checkpoints(run, announced):
    """Returns the newest checkpoint, or None. Fails if a folder with the name of a checkpoint
    is incomplete, or if the newest is older than the last announced one."""
    folders = checkpoints_of(run)
    for folder in folders:
        fault = fault_of(folder)
        assert fault is None, f"half-written, but has the name of a checkpoint: {fault}"
    newest = step_of(folders[-1])[0] if folders else 0
    assert newest >= announced, f"step {announced} was announced, {newest} is the newest"
    return folders[-1] if folders else None


def leftovers(run):
    """Half-written and half-removed files and folders, by name and inode."""
    found = [*run.glob("checkpoints/writing-*"), *run.glob("checkpoints/removing-*"),
             *run.glob("*.tmp.*"), *run.glob("model/*.tmp.*")]
    return {(path, path.stat().st_ino) for path in found}


def losses_of(run):
    """Step, loss and precisions of each row, in order."""
    losses = []
    for line in (run / "metrics.jsonl").read_text().splitlines():
        row = json.loads(line)
        losses.append((row["step"], row.get("loss"),
                       [page["precision"] for page in row.get("evaluation", [])]))
    return losses
