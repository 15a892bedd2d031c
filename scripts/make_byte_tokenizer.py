#!/usr/bin/env python3
"""Makes the nano model's tokenizer.json: one token a byte, and no merges.

    python3 scripts/make_byte_tokenizer.py [OUTPUT]

Ids: 0 <bos>, 1 <eos>, 2 <pad>, 3 to 258 the bytes 0 to 255, 259 <image>.
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "configs/models/nano/tokenizer.json"


def byte_alphabet():
    """The printable character that stands for each byte in a byte-level vocabulary.

    Source: GPT-2, `bytes_to_unicode` of openai/gpt-2 src/encoder.py.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    alphabet = {byte: chr(byte) for byte in printable}
    alphabet.update({byte: chr(256 + i) for i, byte in enumerate(others)})
    return [alphabet[byte] for byte in range(256)]


def main():
    output = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    byte_level = {
        "type": "ByteLevel",
        "add_prefix_space": False,
        "trim_offsets": True,
        "use_regex": False,
    }
    special = {0: "<bos>", 1: "<eos>", 2: "<pad>", 259: "<image>"}
    definition = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": id,
                "content": content,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for id, content in special.items()
        ],
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {
                **{special[id]: id for id in (0, 1, 2)},
                **{character: 3 + byte for byte, character in enumerate(byte_alphabet())},
                special[259]: 259,
            },
            "merges": [],
        },
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(definition, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
