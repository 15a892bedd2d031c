"""Conversations for drivers that disturb `memory`, and checks of the store from outside."""

import contextlib
import json
import pathlib
import sqlite3
import subprocess

STYLE = {"page_width_px": 240, "page_height_px": 100, "margin_top_px": 8, "margin_right_px": 8,
         "margin_bottom_px": 8, "margin_left_px": 8, "font_size_px": 16}


def turn(conversation, seq, text):
    return {"conversation": conversation, "seq": seq, "role": "user", "text": text, "time": None}


class Memory:
    """A store in a folder, and what it must have."""

    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)
        self.store = self.folder / "my.db"
        self.style = self.folder.parent / "style.json"
        self.style.write_text(json.dumps(STYLE))
        # The turns that the program has acknowledged, by conversation and number.
        self.turns = {}

    def command(self, verb, *arguments):
        return [self.program, "memory", verb, *arguments, "--store", str(self.store), "--quiet"]

    def pages(self):
        return self.command("pages", "--style", str(self.style), "--seal")

    def plan(self, conversation):
        return self.command("plan", "--conversation", conversation, "--budget", "100")

    def build(self, conversation):
        return self.command("build", "--conversation", conversation, "--threads", "1")

    def read(self, sql):
        """Rows of the store, read without the program."""
        with contextlib.closing(sqlite3.connect(self.store)) as database:
            return database.execute(sql).fetchall()

    def last_plan(self):
        """Its number, pages and positions as it says, and as it has; none without a plan."""
        rows = self.read(
            "SELECT id, (SELECT count(*) FROM page WHERE conversation = plan.conversation), spent, "
            "(SELECT count(*) FROM plan_item WHERE plan = plan.id), "
            "(SELECT sum(positions) FROM plan_item WHERE plan = plan.id) "
            "FROM plan ORDER BY id DESC LIMIT 1")
        return rows[0] if rows else None

    def run(self, command, before=()):
        return subprocess.run([*before, *command], capture_output=True, text=True,
                              errors="replace", stdin=subprocess.DEVNULL)

    def must(self, verb, *arguments):
        done = self.run(self.command(verb, *arguments))
        if done.returncode != 0:
            raise AssertionError(f"memory {verb}: exit code {done.returncode}\n{done.stderr}")
        return done.stdout

    def import_file(self, name, turns):
        """The command that imports these turns, from a file outside the store's folder."""
        path = self.folder.parent / name
        path.write_text("".join(json.dumps(line) + "\n" for line in turns))
        return self.command("import", str(path))

    def stored(self):
        """The turns of the store, read without the program: that is also faster."""
        rows = self.read("SELECT name, seq, text FROM turn JOIN conversation "
                         "ON conversation.id = turn.conversation")
        return {(name, seq): text for name, seq, text in rows}

    def check(self, *states):
        """The store passes its check and has one of these states, which it returns."""
        self.must("check")
        turns = self.stored()
        for state in states:
            if turns == state:
                return state
        counts = [len(state) for state in states]
        raise AssertionError(f"the store has {len(turns)} turns, expected one of {counts}")

    def files_with(self, text):
        """Files of the store's folder whose bytes have a text."""
        return [path for path in self.folder.rglob("*")
                if path.is_file() and text.encode() in path.read_bytes()]
