"""The system calls of a program that write to some path, from strace, to disturb them one by one."""

import collections
import itertools
import re

# The errors of a full or broken disk.
ERRORS = {"openat": "ENOSPC", "mkdir": "ENOSPC", "mkdirat": "ENOSPC", "write": "ENOSPC",
          "pwrite64": "ENOSPC", "ftruncate": "EIO", "fsync": "EIO", "fdatasync": "EIO",
          "rename": "EIO", "renameat": "EIO", "renameat2": "EIO",
          "unlink": "EIO", "unlinkat": "EIO", "rmdir": "EIO"}
WRITES = ("write", "pwrite64")


def strace(log, *inject):
    """The command before a command that traces it."""
    trace = "trace=" + ",".join("?" + call for call in ERRORS)
    return ("strace", "-f", "-qq", "-y", "-s", "256", "-o", str(log),
            "-e", trace, *inject)


def path_of(text):
    """The last path in a call's arguments, or the path of its file descriptor."""
    if text.startswith(WRITES):
        text = text.split(",", 1)[0]
    paths = re.findall(r"[<\"](/[^>\"]*)[>\"]", text)
    return paths[-1] if paths else ""


def calls_of(log, part):
    """The first process's calls to paths with `part`: name, ordinal among the calls of that
    name, text."""
    lines = [line.split(None, 1) for line in log.read_text(errors="replace").splitlines()]
    process = lines[0][0]
    counts = collections.Counter()
    calls = []
    for pid, text in lines:
        match = re.match(r"(\w+)\(", text)
        if pid != process or not match:
            continue
        counts[match[1]] += 1
        if part in path_of(text):
            calls.append((match[1], counts[match[1]], text))
    return calls


def thin_out(calls):
    """Keeps of the writes to one file only the first, the middle and the last."""
    thinned = []
    for (name, _), group in itertools.groupby(calls, lambda call: (call[0], path_of(call[2]))):
        group = list(group)
        thinned += group if name not in WRITES else [
            call for i, call in enumerate(group) if i in (0, len(group) // 2, len(group) - 1)]
    return thinned
