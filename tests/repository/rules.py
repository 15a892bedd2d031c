"""The rules of CONTRIBUTING.md that a program can check; check_repository applies them."""

import pathlib
import re
import subprocess
import urllib.parse

SOURCES = {".h", ".cpp", ".cu", ".cuh", ".py"}
SOURCE_LINES = 400
README_LINES = 120
PROSE_CHARACTERS = 400
# [text](target) and ![text](target), without a title.
LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def tracked_files(root):
    """Mode and path of each file that git tracks and that exists."""
    listing = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z"], check=True, capture_output=True, text=True
    ).stdout
    for name in filter(None, listing.split("\0")):
        path = root / name
        if path.is_file():
            yield pathlib.PurePosixPath(name), bool(path.stat().st_mode & 0o100)


def is_python_program(text):
    return text.startswith("#!") and "python" in text.partition("\n")[0]


def length_faults(name, text):
    """Too long sources, too long README, too long lines of prose."""
    lines = text.count("\n") + (not text.endswith("\n"))
    if (name.suffix in SOURCES or is_python_program(text)) and lines > SOURCE_LINES:
        yield f"{name}: {lines} lines, at most {SOURCE_LINES}; split it by subject"
    if str(name) == "README.md" and lines > README_LINES:
        yield f"{name}: {lines} lines, at most {README_LINES}; move details to docs/"
    if str(name) == "README.md" or (name.parts[0] == "docs" and name.suffix == ".md"):
        for number, line in enumerate(text.splitlines(), start=1):
            if len(line) > PROSE_CHARACTERS:
                yield f"{name}:{number}: {len(line)} characters, at most {PROSE_CHARACTERS}"


def link_faults(root, name, text):
    """Relative links of a Markdown file to files that do not exist."""
    for target in LINK.findall(CODE.sub("", text)):
        path = urllib.parse.unquote(target.partition("#")[0])
        if path and not re.match(r"[a-z]+:", path) and not (root / name.parent / path).exists():
            yield f"{name}: links to {target}, which does not exist"


def program_faults(name, text, executable):
    """A program has a first line `#!`, the run bit and no ending; other files have none of these."""
    is_program = text.startswith("#!")
    if is_program != executable:
        yield f"{name}: {'a first line #! without' if is_program else 'no first line #! with'} the run bit"
    if is_program and name.suffix:
        yield f"{name}: a program, so its name has no ending"


def faults(root):
    """Every broken rule, in the order of the files."""
    for name, executable in tracked_files(root):
        try:
            text = (root / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        yield from length_faults(name, text)
        yield from program_faults(name, text, executable)
        if name.suffix == ".md":
            yield from link_faults(root, name, text)
