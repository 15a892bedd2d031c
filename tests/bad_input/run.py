"""Gives the program every kind of bad file and looks at how it refuses them.

    python run.py PROGRAM [--table RESULT.md] [--only WORDS]

Each must end with exit code 3 and a message that names the file and the rule, take no
more than 256 MiB above what `PROGRAM --version` takes, and leave no file and no process
behind. --table writes what was measured, seconds too.
"""

import argparse
import datetime
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

import documents
import images
import models
import texts

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "benchmarks"))

from machine import processor  # noqa: E402

MIB = 1 << 20
MOST_MEMORY = 256 * MIB

# So that a file that gets through does no harm to the machine.
LIMITS = {resource.RLIMIT_AS: 8192 * MIB, resource.RLIMIT_CPU: 10}
BAD_INPUT = 3


def set_limits():
    for kind, most in LIMITS.items():
        resource.setrlimit(kind, (most, most))


def run(program, arguments, folder):
    """Exit code, message, processor seconds, peak resident bytes and leavings of one run."""
    scratch = folder / "tmp"
    scratch.mkdir(exist_ok=True)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TMPDIR": str(scratch)}
    with open(folder / "stderr", "w+b") as errors:
        # A session of its own, so that what is left of it can be found.
        child = subprocess.Popen(
            [program, *arguments], cwd=folder / "files", env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True,
            preexec_fn=set_limits)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = usage.ru_utime + usage.ru_stime
        child.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        message = errors.read().decode(errors="replace")
    left = [str(path) for path in scratch.iterdir()]
    return child.returncode, message, seconds, usage.ru_maxrss * 1024, left + orphans(child.pid)


def orphans(session):
    """Processes of a session whose leader has ended."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            found.append(f"process {stat.parent.name}")
    return found


def problems_of(case, code, message, memory, left):
    if case.may_pass and code == 0:
        return
    if code != BAD_INPUT:
        yield f"exit code {code}, expected {BAD_INPUT}"
    for words in case.words:
        if words not in message:
            yield f'the message lacks "{words}"'
    if "Exception raised from" in message:
        yield "the message has a backtrace"
    if memory > MOST_MEMORY:
        yield f"{memory / MIB:.0f} MiB above the start"
    if left:
        yield "left behind: " + ", ".join(left)


def shown(message, folder):
    lines = message.splitlines()
    # The codecs' own remarks come before.
    ours = [line for line in lines if line.startswith("error: ")]
    text = (ours or lines or [""])[0].replace(str(folder), "").replace("|", "\\|")
    return text.encode("ascii", "replace").decode()[:160]


def write_table(path, rows, baseline):
    lines = [
        "# How bad input is refused",
        "",
        f"{processor()}, one thread, {datetime.date.today()}. Each file through the program, all "
        f"with exit code {BAD_INPUT}; memory is the peak above the {baseline / MIB:.0f} MiB of "
        "`microfiche --version`.",
        "",
        "    tests/bad_input/run.py build/cpu/apps/microfiche/microfiche --table RESULT.md",
        "",
        "| file | command | processor s | MiB | message |",
        "|---|---|---|---|---|",
    ]
    for case, seconds, memory, message in rows:
        lines.append(f"| {case.name} | {case.arguments[0]} | {seconds:.2f} | "
                     f"{memory / MIB:.0f} | {message} |")
    pathlib.Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def all_cases():
    for module in (models, texts, images, documents):
        yield from module.cases()


def make(case, folder):
    """The case's files, and a good page, alone in the folder."""
    shutil.rmtree(folder)
    folder.mkdir()
    shutil.copy(images.GOOD / "rgb.png", folder / "page.png")
    case.make(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--table")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    program = arguments.program.resolve()

    failed, rows = 0, []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        files = folder / "files"
        files.mkdir()
        baseline = run(program, ["--version"], folder)[3]
        for case in all_cases():
            if arguments.only not in case.name:
                continue
            make(case, files)
            before = sorted(files.rglob("*"))
            code, message, seconds, peak, left = run(program, case.arguments, folder)
            left += [str(path) for path in sorted(files.rglob("*")) if path not in before]
            memory = max(0, peak - baseline)
            problems = list(problems_of(case, code, message, memory, left))
            text = shown(message, folder)
            failed += bool(problems)
            rows.append((case, seconds, memory, text))
            print(f"{'FAILED' if problems else 'ok    '} {case.name} ({case.arguments[0]}): "
                  f"{seconds:.2f} s, {memory / MIB:.0f} MiB, {text}", flush=True)
            for problem in problems:
                print("       ", problem)
    print(f"{len(rows)} files, {failed} failed")
    if arguments.table:
        write_table(arguments.table, rows, baseline)
    sys.exit(1 if failed or not rows else 0)


if __name__ == "__main__":
    main()
