"""Scores random and real pairs of texts with our metrics and with others' and compares.

    python compare_with_oracles.py SCORE_PAIRS_PROGRAM [--seed N]

The pairs are those of scripts/make_metric_goldens.py by another seed, and stretches
of the held-out text with the mistakes of a reader: letters wrong, words missing,
lines twice. Oracles: rapidfuzz, NLTK, sacrebleu.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import make_metric_goldens as oracle  # noqa: E402


def misread(words, chance):
    rate = chance.choice([0.01, 0.1, 0.4])
    read = []
    for word in words:
        draw = chance.random()
        if draw < rate / 3:
            continue
        if draw < rate:
            word = oracle.damage(word, 0.4, chance, "abcdefghijklmnopqrstuvwxyz.,")
        read.append(word)
    if chance.random() < 0.1:
        read += read[-5:] * chance.randrange(1, 6)
    return " ".join(read)


def real_pairs(chance, count):
    lines = []
    for path in sorted((ROOT / "data/text/held_out").glob("*.jsonl")):
        lines += path.open(encoding="utf-8")
    for _ in range(count):
        words = json.loads(chance.choice(lines))["text"].split()
        start = chance.randrange(len(words))
        stretch = words[start : start + chance.randrange(5, 250)]
        yield " ".join(stretch), misread(stretch, chance)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    pairs = [*oracle.pairs(chance), *real_pairs(chance, 1000)]
    lines = "".join(json.dumps({"reference": g, "prediction": p}) + "\n" for g, p in pairs)
    output = subprocess.run(
        [options.program], input=lines, capture_output=True, text=True, check=True
    ).stdout
    compared = differences = 0
    for (reference, prediction), line in zip(pairs, output.splitlines(), strict=True):
        ours = json.loads(line)
        for name, expected in oracle.scores(reference, prediction).items():
            if name not in ours or expected is None:
                continue
            compared += 1
            if abs(ours[name] - expected) > 1e-9:
                differences += 1
                print(f"{name}: {expected} expected, got {ours[name]}\n  {reference!r}\n  {prediction!r}")
    print(f"{len(pairs)} pairs, {compared} numbers, {differences} differences")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
