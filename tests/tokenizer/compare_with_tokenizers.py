"""Encodes random text with our tokenizer and with Hugging Face's and compares.

    python compare_with_tokenizers.py TOKENIZER_IDS_PROGRAM [--texts N] [--seed N]

Text mixes scripts, white space, punctuation, digits and added tokens. Characters
that Unicode assigned after the tables that our ICU may have (version 14) are left
out, as the two libraries know them differently.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import unicodedata

import tokenizers

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOKENIZERS = [
    ROOT / "build/tokenizers/deepseek_ocr/tokenizer.json",
    ROOT / "configs/models/nano/tokenizer.json",
]
COMMON = [*" \n\t\r.,'-<|>/", "  ", "the ", "and", "é", "ñ", "日本", "の", "ー", "한국", "😀", "\u200d", "\u0301", "\u00a0"]
ADDED = ["<image>", "<|ref|>", "<｜User｜>", "<td>", "</td>", "<bos>", "<｜end▁of▁sentence｜>", "<|grounding|>"]


def random_text(chance):
    parts = []
    for _ in range(chance.randrange(40)):
        kind = chance.randrange(10)
        if kind < 4:
            parts.append(chance.choice(COMMON))
        elif kind < 6:
            parts.append("".join(chance.choices("etaoinshrdlu", k=chance.randrange(1, 9))))
        elif kind < 7:
            parts.append(str(chance.randrange(10 ** chance.randrange(1, 9))))
        elif kind < 8:
            parts.append(chance.choice(ADDED))
        else:
            character = chr(chance.choice([chance.randrange(0x3000), chance.randrange(0x110000)]))
            if unicodedata.category(character) not in ("Cn", "Cs"):
                parts.append(character)
    return "".join(parts)


def main():
    # Python 3.11 knows Unicode 14, our ICU 15 or later, so this keeps what both
    # know; a newer Python would let characters through that ICU does not know.
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--texts", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    texts = [random_text(chance) for _ in range(options.texts)]
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    problems = 0
    for path in TOKENIZERS:
        run = [options.program, str(path)]
        output = subprocess.run(run, input=lines, capture_output=True, text=True, check=True).stdout
        theirs = tokenizers.Tokenizer.from_file(str(path))
        for text, line in zip(texts, output.splitlines(), strict=True):
            ids = json.loads(line)
            expected = theirs.encode(text, add_special_tokens=False).ids
            if ids != expected:
                problems += 1
                print(f"{path.parent.name}: {text!r}\n  expected {expected}\n  got      {ids}")
    print(f"{len(texts)} texts, {problems} differences")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
