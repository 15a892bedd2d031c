#!/usr/bin/env python3
"""Trains with two processes that see each other through a network alone.

    scripts/train_on_two_machines.py MICROFICHE

Each process gets a network namespace of its own, where the machine's name stands for
the loopback, as on many machines. Fails unless the losses are those of two processes
on one machine, and a process whose partner cannot be reached ends within a minute and
says so. Needs root and iproute2, and exits with 77, skipped, where namespaces cannot
be made.
"""

import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from kill_under_torchrun import ROOT, losses, train, train_undisturbed, write_config

HOSTS = [f"microfiche-{os.getpid()}-{rank}" for rank in range(2)]
ADDRESSES = ["10.213.0.1", "10.213.0.2"]


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@contextlib.contextmanager
def two_machines():
    try:
        for host in HOSTS:
            ip("netns", "add", host)
        ip("link", "add", "one", "netns", HOSTS[0], "type", "veth",
           "peer", "name", "two", "netns", HOSTS[1])
        for host, address, link in zip(HOSTS, ADDRESSES, ("one", "two")):
            ip("-n", host, "addr", "add", f"{address}/24", "dev", link)
            ip("-n", host, "link", "set", link, "up")
            ip("-n", host, "link", "set", "lo", "up")
        yield
    finally:
        for host in HOSTS:
            subprocess.run(["ip", "netns", "del", host], capture_output=True, check=False)


def start(folder, run, rank, variables):
    place = {"WORLD_SIZE": "2", "MASTER_ADDR": ADDRESSES[0], "MASTER_PORT": "29413",
             "RANK": str(rank), "LOCAL_RANK": "0", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        ["ip", "netns", "exec", HOSTS[rank], *train(folder, run)], cwd=ROOT, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=os.environ | place | variables)


def ends_of(processes):
    """Exit code and stderr of each."""
    said = [process.communicate(timeout=120)[1] for process in processes]
    return [(process.returncode, text) for process, text in zip(processes, said)]


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_config(folder)
        train_undisturbed(folder)
        try:
            with two_machines():
                ends = ends_of([start(folder, "apart", rank, {}) for rank in range(2)])
                assert [code for code, _ in ends] == [0, 0], ends
                begin = time.monotonic()
                # What each offers the other is its own loopback.
                loopback = {"GLOO_SOCKET_IFNAME": "lo"}
                lost = ends_of([start(folder, "lost", rank, loopback) for rank in range(2)])
                seconds = time.monotonic() - begin
        except (FileNotFoundError, subprocess.CalledProcessError) as error:
            print(f"skipped: no network namespaces here: {error}", file=sys.stderr)
            sys.exit(77)
        expected, actual = losses(folder / "undisturbed"), losses(folder / "apart")
        assert actual == expected, (actual, expected)
        for code, said in lost:
            assert code == 1 and "GLOO_SOCKET_IFNAME" in said, (code, said)
        assert seconds < 60, seconds
    print(f"{len(actual)} losses as on one machine; without a way to each other both ended "
          f"after {seconds:.0f} s")


if __name__ == "__main__":
    main()
