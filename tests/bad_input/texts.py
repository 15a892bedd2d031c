"""Tokenizers and JSON lines that are damaged or far too large."""

import json

from case import NANO, Case

TOKENIZE = ["tokenize", "texts.jsonl", "--model", "tokenizer.json"]
GIB = 1 << 30


def tokenizer_case(name, rule, change, text="some text"):
    """The nano model's tokenizer; `change(json)` may return another text for the file."""
    def make(folder):
        tokenizer = json.loads((NANO / "tokenizer.json").read_text())
        content = change(tokenizer) or json.dumps(tokenizer)
        (folder / "tokenizer.json").write_text(content)
        (folder / "texts.jsonl").write_text(json.dumps({"text": text}) + "\n")
    return Case("tokenizer: " + name, TOKENIZE, [rule], make)


def tokenizer_cases():
    def add_token(**fields):
        def change(tokenizer):
            tokenizer["added_tokens"].append(tokenizer["added_tokens"][0] | fields)
        return change

    def vocabulary(**entries):
        return lambda tokenizer: tokenizer["model"]["vocab"].update(entries)

    def merges(value):
        def change(tokenizer):
            tokenizer["model"]["merges"] = value
        return change

    def split(pattern):
        def change(tokenizer):
            tokenizer["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated",
                 "invert": False},
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
                 "use_regex": False}]}
        return change

    def many_merges(tokenizer):
        tokenizer["model"]["merges"] = ["MARK"]
        return json.dumps(tokenizer).replace('"MARK"', ",".join(['"a b"'] * 10**7))

    def many_tokens(tokenizer):
        extra = ",".join(f'"{i}x":{i}' for i in range(300, 3_000_000))
        return json.dumps(tokenizer).replace('"vocab": {', '"vocab": {' + extra + ",")

    def nested(tokenizer):
        tokenizer["post_processor"] = "MARK"
        return json.dumps(tokenizer).replace('"MARK"', '{"a":' * 10**6 + "0" + "}" * 10**6)

    def key_twice(tokenizer):
        return json.dumps(tokenizer).replace('"vocab": {', '"vocab": {"a":5,')

    def long_token(tokenizer):
        tokenizer["added_tokens"][0]["content"] = "x" * 100_000_000

    file = "tokenizer.json"
    yield tokenizer_case("an id of 2^20", file, add_token(id=1 << 20, content="<new>"))
    yield tokenizer_case("an id of 2^64", file, add_token(id=1 << 64, content="<new>"))
    yield tokenizer_case("an id of -1", file, add_token(id=-1, content="<new>"))
    yield tokenizer_case("an id of two added tokens", "the same id", add_token(content="<new>"))
    yield tokenizer_case("an id of two pieces", "the same id", vocabulary(zz=5))
    yield tokenizer_case("a piece twice", "given twice", key_twice)
    yield tokenizer_case("a merge of missing pieces", "not in the vocabulary", merges(["zz yy"]))
    yield tokenizer_case("a merge that gives no piece", "not in the vocabulary", merges(["a b"]))
    yield tokenizer_case("a merge of one piece", "expected two tokens", merges(["a"]))
    yield tokenizer_case("merges that are an object", "expected a list", merges({}))
    yield tokenizer_case("10^7 merges", file, many_merges)
    yield tokenizer_case("3,000,000 pieces", file, many_tokens)
    yield tokenizer_case("10^6 nested objects", "nests deeper", nested)
    yield tokenizer_case("a piece of 100 MB", file, long_token)
    hard = "a" * 5000 + "!"
    yield tokenizer_case("a pattern that backtracks", "takes too long", split("(a+)+$"), hard)
    yield tokenizer_case("a pattern of nested groups", "takes too long",
                         split("(?:(?:a|aa)+)+b"), hard)
    yield tokenizer_case("a pattern of back references", "takes too long",
                         split(r"(a*)*\1\1\1b"), hard)
    yield tokenizer_case("a pattern that needs a large stack", "",
                         split("(?:a|b)*c"), "ab" * 5_000_000)
    yield tokenizer_case("a pattern that repeats 10^9 times", "", split("(a{1,1000000000}){1,1000}"))
    yield tokenizer_case("a pattern of 10^6 groups", "", split("(" * 10**6 + "a" + ")" * 10**6))
    yield tokenizer_case("a pattern that is none", "cannot compile", split("(a"))

    def larger_than_embedding(folder):
        tokenizer = json.loads((NANO / file).read_text())
        add_token(id=4000, content="<new>")(tokenizer)
        model = folder / "model"
        model.mkdir()
        (model / file).write_text(json.dumps(tokenizer))
        for name in ("config.json", "model.safetensors"):
            (model / name).symlink_to(NANO / name)
    yield Case("tokenizer: an id beyond the embedding", ["read", "page.png", "--model", "model"],
               [file, "largest id is 4000"], larger_than_embedding)


def long_line(folder, name, begin):
    """A line of 1 GiB; its end is a hole in the file."""
    with open(folder / name, "wb") as file:
        file.write(begin + b"a" * (80 << 20))
        file.truncate(GIB)


def line_cases():
    def lines(name, content):
        def make(folder):
            (folder / name).write_bytes(content() if callable(content) else content)
        return make

    files = {
        "a line of 1 GiB": (
            lambda folder: long_line(folder, "bad.jsonl", b'{"text": "'), "bad.jsonl:1"),
        "a line of 10^6 nested lists": (
            lines("bad.jsonl", b'{"text": ' + b"[" * 10**6 + b"\n"), "bad.jsonl:1: nests deeper"),
        "a line of 10^7 numbers": (
            lines("bad.jsonl", lambda: b'{"text": [' + b"0," * 10**7 + b"0]}\n"), "bad.jsonl:1"),
        "a second line that is no JSON": (
            lines("bad.jsonl", b'{"text": "a"}\n{"text": \n'), "bad.jsonl:2"),
        "a line that is no UTF-8": (lines("bad.jsonl", b'{"text": "\xff"}\n'), "bad.jsonl:1"),
        "a line with a field twice": (
            lines("bad.jsonl", b'{"text": "a", "text": "b"}\n'), "given twice"),
        "a text that is a number": (lines("bad.jsonl", b'{"text": 1}\n'), "must be a string"),
        "half a surrogate": (lines("bad.jsonl", b'{"text": "\\ud800"}\n'), "bad.jsonl:1"),
    }
    for name, (make, rule) in files.items():
        yield Case("lines: " + name, ["tokenize", "bad.jsonl"], [rule], make)
    yield Case("lines: predictions of 10^6 nested lists", ["score", "bad.jsonl"],
               ["bad.jsonl", "nests deeper"],
               lines("bad.jsonl", b'{"id": ' + b"[" * 10**6 + b"\n"))
    yield Case("lines: ids that the tokenizer lacks", ["tokenize", "bad.jsonl", "--decode"],
               ["bad.jsonl:1", "no token has the id"], lines("bad.jsonl", b'{"ids": [99999]}\n'))
    yield Case("lines: an id of 2^64", ["tokenize", "bad.jsonl", "--decode"],
               ["bad.jsonl:1"], lines("bad.jsonl", b'{"ids": [18446744073709551616]}\n'))


def cases():
    yield from tokenizer_cases()
    yield from line_cases()
