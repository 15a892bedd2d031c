"""Conversation files and stores that are damaged or far too large."""

import sqlite3

from case import Case

GIB = 1 << 30
APPLICATION_ID = 0x6D666368


def import_cases():
    def file_of(name, content):
        def make(folder):
            (folder / name).write_bytes(content() if callable(content) else content)
        return make

    def sparse(name, begin):
        def make(folder):
            with open(folder / name, "wb") as file:
                file.write(begin + b"a" * (80 << 20))
                file.truncate(GIB)
        return make

    turn = b'{"conversation": "a", "role": "user", "text": "one"}\n'
    files = {
        "no bytes": (file_of("bad.json", b""), ["bad.json", "empty"]),
        "an empty list": (file_of("bad.json", b"[]"), ["bad.json", "no conversation"]),
        "a list of 10^6 nested lists": (
            file_of("bad.json", b"[" * 10**6), ["bad.json", "ends inside its list"]),
        "a conversation of 10^6 nested lists": (
            file_of("bad.json", b"[" * 10**6 + b"]" * 10**6), ["bad.json", "nests deeper"]),
        "a conversation of 10^7 numbers": (
            file_of("bad.json", lambda: b'[{"messages": [' + b"0," * 10**7 + b"0]}]"),
            ["conversation 1 (line 1)", "values"]),
        "a text of 1 GiB in a list": (
            sparse("bad.json", b'[{"messages": "'), ["bad.json:1", "the limit"]),
        "a line of 1 GiB": (sparse("bad.jsonl", b'{"text": "'), ["bad.jsonl", "the limit"]),
        "a list that ends early": (
            file_of("bad.json", b'[{"messages": []}, {"messages"'), ["incomplete download"]),
        "a second line that is no JSON": (
            file_of("bad.jsonl", turn + b'{"conversation":\n'), ["bad.jsonl:2", "not JSON"]),
        "a line that is no UTF-8": (
            file_of("bad.jsonl", turn.replace(b"one", b"\xff")), ["bad.jsonl:1"]),
        "a turn of a number": (
            file_of("bad.jsonl", turn + turn.replace(b'"one"', b"1")), ["bad.jsonl:2: text"]),
        "an unknown role": (
            file_of("bad.jsonl", turn.replace(b"user", b"pilot")), ["bad.jsonl:1: role"]),
        "a turn of 9 MiB": (
            file_of("bad.jsonl", lambda: turn + turn.replace(b"one", b"a" * (9 << 20))),
            ["bad.jsonl:2", "split it"]),
        "a picture": (
            file_of("bad.json", b"\x89PNG\r\n\x1a\n" + bytes(1000)), ["bad.json:1", "not JSON"]),
    }
    for name, (make, words) in files.items():
        file = words[0].split(":")[0] if words[0].startswith("bad.") else "bad.json"
        yield Case("import: " + name, ["memory", "import", file, "--store", "new.db"], words, make)
    for name in ("tree", "circle"):
        parent = "a" if name == "circle" else "nothing"
        yield Case(
            f"import: a {name} without a root",
            ["memory", "import", "bad.json", "--store", "new.db"],
            ["conversation 1 (line 1): mapping"],
            file_of("bad.json", (
                '[{"current_node": "a", "mapping": {"a": {"message": null, "parent": "%s"}}}]'
                % parent).encode()))


def store_cases():
    def store(change):
        def make(folder):
            database = sqlite3.connect(folder / "bad.db")
            database.executescript(
                f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 4;"
                "CREATE TABLE conversation (id INTEGER PRIMARY KEY)")
            database.close()
            change(folder / "bad.db")
        return make

    def script(sql):
        def change(path):
            database = sqlite3.connect(path)
            database.executescript(sql)
            database.close()
        return change

    def overwrite(at, content):
        def change(path):
            with open(path, "r+b") as file:
                file.seek(at)
                file.write(content)
        return change

    stores = {
        "other tables": (lambda path: None, "damaged or was changed"),
        "of another program": (script("PRAGMA application_id = 7"), "another program"),
        "a newer schema": (script("PRAGMA user_version = 999"), "newer microfiche"),
        "no SQLite file": (overwrite(0, b"diary" * 10), "not of SQLite"),
        "a damaged first page": (overwrite(100, bytes(range(256)) * 15), "damaged"),
        "half a header": (lambda path: path.write_bytes(path.read_bytes()[:50]), "not of SQLite"),
    }
    for name, (change, rule) in stores.items():
        yield Case(f"store: {name}", ["memory", "list", "--store", "bad.db"], ["bad.db", rule],
                   store(change))
    yield Case("store: none", ["memory", "export", "--store", "bad.db"], ["bad.db", "no store"],
               lambda folder: None)


def plan_cases():
    files = {
        ("policy", "no JSON"): (b"{", ["not JSON"]),
        ("policy", "a list"): (b"[]", ["an object"]),
        ("policy", "nothing"): (b"{}", ["no policy"]),
        ("policy", "an unknown policy"): (b'{"policy": "magic"}', ["magic", "there are"]),
        ("policy", "an unknown option"): (
            b'{"policy": "uniform", "options": {"tier": "nano-9"}}', ["options", "tier"]),
        ("policy", "a quantum of 0"): (
            b'{"policy": "uniform", "age": {"quantum": 0}}', ["age.quantum", "at least 1"]),
        ("policy", "a ladder without steps"): (b'{"policy": "age_ladder"}', ["options.steps"]),
        ("policy", "a recall of 2"): (
            b'{"policy": "target_curve", "options": {"curve": [{"recall": 2}]}}',
            ["curve[0].recall", "[0, 1]"]),
        ("accuracy", "no rows"): (b"{}", ["at least one row"]),
        ("accuracy", "a recall of -1"): (
            b'{"rows": [{"mode": "tiny", "recall": -1}]}', ["rows[0].recall"]),
        ("accuracy", "a range that is empty"): (
            b'{"rows": [{"mode": "tiny", "recall": 1, "text_tokens": [5, 5]}]}',
            ["rows[0].text_tokens"]),
    }

    def file_of(content):
        return lambda folder: (folder / "bad.json").write_bytes(content)

    for (option, name), (content, words) in files.items():
        yield Case(f"plan: {option}, {name}",
                   ["memory", "plan", "--" + option, "bad.json", "--store", "none.db"],
                   ["bad.json", *words], file_of(content))


def cases():
    yield from import_cases()
    yield from plan_cases()
    yield from store_cases()
