"""Compares two files in the format of `microfiche trace`, stage by stage."""

import dataclasses

import numpy as np
from safetensors.numpy import load_file

# In the order of the computation: the first stage that differs is where to look.
STAGES = (
    "pixels.tiles",
    "pixels.global",
    "sam.tiles",
    "sam.global",
    "clip.tiles",
    "clip.global",
    "flow.tiles",
    "flow.global",
    "tokens.tiles",
    "tokens.global",
    "sequence",
    "input_ids",
    "logits",
    "generated_ids",
)


@dataclasses.dataclass
class StageDifference:
    """How far one tensor of ours is from the official one."""

    name: str
    shape: tuple
    equal: bool
    # The largest difference, in all and over the largest official value.
    largest: float = 0.0
    relative: float = 0.0
    # Index of the largest difference.
    place: tuple = ()
    note: str = ""


def common_steps(ours, theirs):
    """Steps whose logits belong to the same text: up to the first other id, included."""
    a, b = ours["generated_ids"], theirs["generated_ids"]
    count = min(len(a), len(b))
    different = np.nonzero(a[:count] != b[:count])[0]
    return int(different[0]) + 1 if len(different) else count


def compare_ids(name, ours, theirs):
    equal = ours.shape == theirs.shape and np.array_equal(ours, theirs)
    note = ""
    if not equal:
        count = min(len(ours), len(theirs))
        different = np.nonzero(ours[:count] != theirs[:count])[0]
        at = int(different[0]) if len(different) else count
        note = f"ids part at index {at}"
    return StageDifference(name, ours.shape, equal, note=note)


def compare_values(name, ours, theirs, tolerance):
    if ours.shape != theirs.shape:
        return StageDifference(name, ours.shape, False, note=f"official shape {list(theirs.shape)}")
    difference = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
    if not np.isfinite(difference).all():
        return StageDifference(name, ours.shape, False, np.inf, np.inf, note="a value is not finite")
    place = np.unravel_index(int(difference.argmax()), difference.shape)
    largest = float(difference[place])
    scale = float(np.abs(theirs).max())
    relative = largest / scale if scale > 0 else (0.0 if largest == 0 else np.inf)
    return StageDifference(
        name, ours.shape, relative <= tolerance, largest, relative, tuple(int(i) for i in place)
    )


def compare(ours, theirs, tolerance, partial=False):
    """One `StageDifference` per stage. `tolerance` is a fraction of the largest official value.

    A stage that only one side has is a difference, unless `partial`.
    """
    rows = []
    for name in STAGES:
        if name not in ours and name not in theirs:
            continue
        if name not in ours or name not in theirs:
            if not partial:
                side = "the official trace" if name in theirs else "ours"
                rows.append(StageDifference(name, (), False, note=f"only in {side}"))
            continue
        a, b = ours[name], theirs[name]
        if np.issubdtype(b.dtype, np.integer):
            rows.append(compare_ids(name, a, b))
            continue
        note = ""
        if name == "logits" and "generated_ids" in ours and "generated_ids" in theirs:
            steps = common_steps(ours, theirs)
            if steps < max(len(a), len(b)):
                note = f"first {steps} steps, after which the texts differ"
            a, b = a[:steps], b[:steps]
        row = compare_values(name, a, b, tolerance)
        row.note = row.note or note
        rows.append(row)
    return rows


def compare_files(ours, theirs, tolerance, partial=False):
    return compare(load_file(ours), load_file(theirs), tolerance, partial)


def to_table(rows):
    """Aligned columns for a terminal."""
    cells = [("stage", "shape", "largest difference", "over largest value", "at", "", "")]
    for row in rows:
        is_ids = row.name.endswith("ids")
        numbers = ("", "", "") if is_ids else (f"{row.largest:.3g}", f"{row.relative:.2e}", str(list(row.place)))
        verdict = "equal" if is_ids and row.equal else "close" if row.equal else "DIFFERENT"
        cells.append((row.name, "x".join(map(str, row.shape)), *numbers, verdict, row.note))
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in cells
    )
