"""One bad file and the command that reads it."""

import dataclasses
import pathlib
from collections.abc import Callable

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NANO = ROOT / "configs/models/nano"


@dataclasses.dataclass
class Case:
    name: str

    # Arguments of the program. It runs in the folder that `make` writes to.
    arguments: list[str]

    # Words of the message: the file, and the rule that it breaks.
    words: list[str]

    make: Callable[[pathlib.Path], None]

    # Whether the program may also read the file, as well as it can.
    may_pass: bool = False


def written(file, content):
    """A `make` that writes one file, whose content a function may compute."""
    def make(folder):
        (folder / file).write_bytes(content() if callable(content) else content)
    return make
