#!/usr/bin/env python3
"""Kills a training before each system call that writes a checkpoint, and lets each fail.

    scripts/fail_checkpoints.py PROGRAM [--jobs 2] [--only kill|fail] [--every-write]

strace shows which calls touch the checkpoints folder while one checkpoint is written and
the one before removed. The same start of the program, from a copy of the same run folder,
is then killed with SIGKILL as it enters the first of them, the second, and so on to the
last; and once for each the call fails with ENOSPC or EIO instead, after which the program
must end with exit code 4 and name the path. Each time every folder that is named as a
checkpoint must be whole by its SHA-256, the newest be no older than the last one that the
program had called there, and the next start go on from it and clear away what was
half-written. Of the writes into one file, of which there are as many as tensors, three
are disturbed, or every one.
"""

import argparse
import collections
import concurrent.futures
import itertools
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import small_run

# What a disk says when it is full or broken.
ERRORS = {"openat": "ENOSPC", "mkdir": "ENOSPC", "mkdirat": "ENOSPC", "write": "ENOSPC",
          "fsync": "EIO", "rename": "EIO", "renameat": "EIO", "renameat2": "EIO",
          "unlink": "EIO", "unlinkat": "EIO", "rmdir": "EIO"}
# A start makes one step, with one checkpoint, and ends.
ONE_STEP = ("--max-minutes", "0.0000001")


def strace(log, *inject):
    trace = "trace=" + ",".join("?" + call for call in ERRORS)
    return ("strace", "-f", "-qq", "-y", "-s", "256", "-o", str(log),
            "-e", trace, *inject)


def path_of(text):
    """The path that a call names, or that of its file; the last of several."""
    if text.startswith("write("):
        text = text.split(",", 1)[0]
    paths = re.findall(r"[<\"](/[^>\"]*)[>\"]", text)
    return paths[-1] if paths else ""


def calls_of(log):
    """Calls that write the checkpoint: name, how often the process had made it, text."""
    lines = [line.split(None, 1) for line in log.read_text().splitlines()]
    process = lines[0][0]
    counts = collections.Counter()
    calls = []
    for who, text in lines:
        match = re.match(r"(\w+)\(", text)
        if who != process or not match:
            continue
        counts[match[1]] += 1
        if "/checkpoints" in path_of(text) and (calls or match[1].startswith("mkdir")):
            calls.append((match[1], counts[match[1]], text))
    return calls


def thin_out(calls):
    """Of the writes into one file only the first, one in the middle, and the last."""
    thinned = []
    for (name, _), group in itertools.groupby(calls, lambda call: (call[0], path_of(call[2]))):
        group = list(group)
        thinned += group if name != "write" else [
            call for i, call in enumerate(group) if i in (0, len(group) // 2, len(group) - 1)]
    return thinned


class Failures:
    def __init__(self, program, config, place):
        self.program, self.config, self.place = program, config, place

    def start(self, run, before=()):
        training = small_run.Training(self.program, self.config, run, before, ONE_STEP)
        return training, training.wait()

    def make_base(self):
        """A run folder with one checkpoint, and the calls that the next one takes."""
        base = self.place / "base"
        for _ in range(2):
            training, code = self.start(base)
            assert code == 0, training.lines
        probe = self.place / "probe"
        shutil.copytree(base, probe)
        training, code = self.start(probe, strace(self.place / "probe.log"))
        assert code == 0 and training.acknowledged() == [3], training.lines
        return base, calls_of(self.place / "probe.log")

    def disturb(self, number, base, call, kill):
        """One start with one call disturbed, and the start after it."""
        name, when, text = call
        run = self.place / f"run-{number}"
        log = self.place / f"run-{number}.log"
        shutil.copytree(base, run)
        how = "signal=KILL" if kill else f"error={ERRORS[name]}"
        training, code = self.start(run, strace(log, f"--inject={name}:{how}:when={when}"))
        where = f"{name} {when}, {how}: {text}\n" + "\n".join(training.lines)
        hit = [(call, count) for call, count, _ in calls_of(log)]
        assert (name, when) == hit[-1] if kill else (name, when) in hit, f"missed: {where}"
        if kill:
            assert code == -9, f"exit code {code}\n{where}"
        else:
            assert code == 4, f"exit code {code}\n{where}"
            errors = [line for line in training.lines if line.startswith("error: ")]
            assert errors and f"{run}/checkpoints" in errors[0], f"no path\n{where}"
        acknowledged = max([2, *training.acknowledged()])
        newest = small_run.check_checkpoints(run, acknowledged)
        left = small_run.leftovers(run)
        after, code = self.start(run)
        assert code == 0, f"exit code {code} from the next start\n{where}"
        assert after.start() == newest, f"went on from {after.start()}\n{where}"
        still = left & small_run.leftovers(run)
        assert not still, f"still there: {still}\n{where}"
        small_run.check_checkpoints(run, max(after.acknowledged()))
        shutil.rmtree(run)
        return name


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", choices=("kill", "fail"))
    parser.add_argument("--every-write", action="store_true")
    arguments = parser.parse_args()
    if shutil.which("strace") is None:
        sys.exit("strace is missing; run: sudo apt-get install strace")
    if subprocess.run(["strace", "-o", "/dev/null", "true"]).returncode != 0:
        print("skipped: this user may not trace processes")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        config = small_run.write_config(place, 100, {"keep": 1})
        failures = Failures(arguments.program, config, place)
        base, calls = failures.make_base()
        if not arguments.every_write:
            calls = thin_out(calls)
        kinds = [True] * (arguments.only != "fail") + [False] * (arguments.only != "kill")
        tasks = [(call, kill) for kill in kinds for call in calls]
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            done = list(pool.map(
                lambda task: failures.disturb(task[0], base, *task[1]), enumerate(tasks)))
    counts = collections.Counter(done[:len(calls)])
    print(f"{len(calls)} calls that write a checkpoint ("
          + ", ".join(f"{name} {count}" for name, count in counts.items())
          + f"), disturbed {len(done)} times: none lost, none half-written taken, nothing left over")


if __name__ == "__main__":
    main()
