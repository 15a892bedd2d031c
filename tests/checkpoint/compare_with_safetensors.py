"""Gives the same files to our reader and to PyPI's safetensors and compares.

    python compare_with_safetensors.py VERDICT_PROGRAM [--files N] [--seed N]

Valid files must be read by both and survive a round trip through our writer bit
for bit. Of mutated files, ours may refuse what the reference accepts only for the
reasons listed in STRICTER, and may accept nothing that the reference refuses.
"""

import argparse
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

import numpy
import safetensors
import safetensors.numpy

STRICTER = (
    "is given twice",
    "empty name",
    "NUL in it",
    "no use for",
    "above 2^63-1",
    "more than 64 dimensions",
    "no number",  # a product that overflows once its zeros are left out
    "must describe a tensor, got a list",  # serde reads a struct from a list too
    "must describe a tensor, got null",  # "__metadata__": null
)

DTYPES = ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"]


def random_tensors(chance):
    tensors = {}
    for i in range(chance.randrange(6)):
        shape = [chance.randrange(4) for _ in range(chance.randrange(4))]
        values = numpy.frombuffer(chance.randbytes(8 * int(numpy.prod(shape))), dtype="uint8")
        name = chance.choice(["a.b", "é", "x y", "layers.0", '"']) + str(i)
        tensors[name] = (values[:: 8] % 2).astype(chance.choice(DTYPES)).reshape(shape)
    return tensors


def valid_file(chance):
    metadata = {"k": "v"} if chance.random() < 0.5 else None
    return safetensors.numpy.save(random_tensors(chance), metadata)


def mutate(file, chance):
    """One change, of the bytes or of what the header says."""
    (length,) = struct.unpack("<Q", file[:8])
    header, data = file[8 : 8 + length], file[8 + length :]
    kind = chance.randrange(6)
    if kind == 0:
        at = chance.randrange(len(file))
        return file[:at] + bytes([chance.randrange(256)]) + file[at + 1 :]
    if kind == 1:
        return file[: chance.randrange(len(file))]
    if kind == 2:
        return file + chance.randbytes(chance.randrange(1, 9))
    if kind == 3:
        return struct.pack("<Q", chance.choice([0, 1, length - 1, length + 1, 2**63, 10**8 + 1])) + file[8:]
    if kind == 4:
        digits = [i for i, byte in enumerate(header) if chr(byte).isdigit()]
        if digits:
            at = chance.choice(digits)
            number = chance.choice([b"9", b"-1", b"1.5", b"1e3", b"18446744073709551615", b"null", b"[]"])
            header = header[:at] + number + header[at + 1 :]
    else:
        pieces = [b'"a":', b"{", b"}", b"[", b"]", b",", b" ", b"\0", b'"', b"null", b'"dtype":"F32",', b"\xff"]
        at = chance.randrange(len(header) + 1)
        header = header[:at] + chance.choice(pieces) + header[at:]
    return struct.pack("<Q", len(header)) + header + data


def reference_accepts(path):
    try:
        with safetensors.safe_open(path, "np"):
            return True
    except (safetensors.SafetensorError, OSError):
        return False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    problems, refused = [], 0

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        valid, mutated = [], []
        for i in range(options.files):
            file = valid_file(chance)
            if i % 4 == 0:
                valid.append(folder / f"{i}.safetensors")
                valid[-1].write_bytes(file)
            else:
                mutated.append(folder / f"{i}.safetensors")
                mutated[-1].write_bytes(mutate(file, chance))

        def verdicts(paths, *arguments):
            text = "".join(f"{path}\n" for path in paths)
            run = [options.program, *arguments]
            output = subprocess.run(run, input=text, capture_output=True, text=True, check=True).stdout
            return list(zip(paths, map(json.loads, output.splitlines()), strict=True))

        for path, ours in verdicts(valid, "copy"):
            if not ours["accepted"]:
                problems.append(f"a valid file is refused: {ours['message']}")
                continue
            before = safetensors.numpy.load_file(path)
            after = safetensors.numpy.load_file(f"{path}.copy")
            same = before.keys() == after.keys() and all(
                before[name].dtype == after[name].dtype
                and before[name].shape == after[name].shape
                and before[name].tobytes() == after[name].tobytes()
                for name in before
            )
            if not same:
                problems.append(f"{path.name} did not survive the round trip")

        for path, ours in verdicts(mutated):
            theirs = reference_accepts(path)
            refused += not theirs
            if ours["accepted"] and not theirs:
                problems.append(f"only ours accepts {path.read_bytes()!r}")
            if theirs and not ours["accepted"] and not any(why in ours["message"] for why in STRICTER):
                problems.append(f"only ours refuses {path.read_bytes()!r}: {ours['message']}")

    print(f"{len(valid)} valid and {len(mutated)} mutated files, {refused} of these refused by the reference")
    for problem in problems[:20]:
        print(problem)
    if not refused or refused == len(mutated):
        problems.append("the mutations do not tell good files from bad")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
