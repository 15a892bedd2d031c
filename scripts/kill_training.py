#!/usr/bin/env python3
"""Kills a training at random moments and looks at what is left each time.

    scripts/kill_training.py PROGRAM [--rounds 200] [--minutes M] [--jobs 2] [--seed S]

A small model writes a checkpoint after each step, every other start in the background.
It is killed with SIGKILL: in turn somewhere between its start and its first steps, and
in the middle of a step or of the checkpoint after it. After each kill every folder that
is named as a checkpoint must be whole by its SHA-256, the newest be no older than the
last one that the program had called there, and the next start go on from it and clear
away what was half-written. A run that came to its end has the losses of one that was
never killed.
"""

import argparse
import collections
import concurrent.futures
import pathlib
import random
import sys
import tempfile
import time

import small_run

STEPS = 60


class Rounds:
    """Rounds of one worker, run after run."""

    def __init__(self, program, config, whole, place, seed):
        self.program, self.config, self.whole, self.place = program, config, whole, place
        self.draw = random.Random(seed)
        self.counts = collections.Counter()
        self.run = None

    def begin_run(self):
        self.run = self.place / f"run-{self.counts['runs begun']}"
        self.counts["runs begun"] += 1
        self.acknowledged = 0
        self.newest = None
        self.left = set()

    def kill_one(self, startup, step):
        """Kills one start of the program; a start that ends by itself is no round."""
        if self.run is None:
            self.begin_run()
        background = self.draw.random() < 0.5
        training = small_run.Training(
            self.program, self.config, self.run,
            arguments=("--set", f"checkpoints.in_background={str(background).lower()}"))
        if self.counts["killed"] % 4 == 0:
            time.sleep(self.draw.uniform(0, 1.2 * startup))
        else:
            training.wait_for_checkpoint(self.draw.randint(1, 6))
            time.sleep(self.draw.uniform(0, 1.5 * step))
        training.process.kill()
        code = training.wait()
        said = training.acknowledged()
        self.check_start(training, said)
        self.acknowledged = max([self.acknowledged, *said])
        self.newest = small_run.check_checkpoints(self.run, self.acknowledged)
        self.left = small_run.leftovers(self.run)
        if code == 0:
            assert small_run.losses_of(self.run) == self.whole, f"{self.run}: other losses"
            self.counts["runs ended"] += 1
            self.run = None
            return
        assert code == -9, f"exit code {code}: {training.lines[-3:]}"
        self.counts["killed"] += 1
        self.counts["with a background"] += background
        self.counts["before a first checkpoint"] += not said
        self.counts["while one was written"] += any(
            "writing-" in path.name for path, _ in self.left)
        self.counts["while one was removed"] += any(
            "removing-" in path.name for path, _ in self.left)

    def check_start(self, training, said):
        if training.start() is not None:
            assert training.start() == self.newest, (training.start(), self.newest)
        if said:
            still = self.left & small_run.leftovers(self.run)
            assert not still, f"a start later still there: {still}"
            assert self.newest is None or training.start() is not None, "began anew"


def measure(program, config, run):
    """Seconds to the first checkpoint and from each to the next, of a whole run."""
    begin = time.monotonic()
    training = small_run.Training(program, config, run)
    training.wait_for_checkpoint(1)
    startup = time.monotonic() - begin
    if training.wait() != 0:
        sys.exit("the undisturbed run failed: " + "\n".join(training.lines))
    return startup, (time.monotonic() - begin - startup) / STEPS


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=60, help="fewer rounds where they take longer")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        config = small_run.write_config(place, STEPS, {"keep": 2})
        startup, step = measure(arguments.program, config, place / "whole")
        whole = small_run.losses_of(place / "whole")

        def work(job):
            folder = place / f"job-{job}"
            folder.mkdir()
            rounds = Rounds(arguments.program, config, whole, folder, f"{arguments.seed}.{job}")
            while (rounds.counts["killed"] * arguments.jobs < arguments.rounds
                   and time.monotonic() - begin < 60 * arguments.minutes):
                rounds.kill_one(startup, step)
            return rounds.counts

        begin = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            counts = sum(pool.map(work, range(arguments.jobs)), collections.Counter())
    print(f"seed {arguments.seed}, {startup:.2f} s to the first checkpoint, "
          f"{1000 * step:.0f} ms a step, {time.monotonic() - begin:.0f} s: "
          + ", ".join(f"{name} {count}" for name, count in counts.items())
          + "; none lost, none half-written taken, nothing left over")


if __name__ == "__main__":
    main()
