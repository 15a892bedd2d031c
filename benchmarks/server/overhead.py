"""What serving costs over `read --batch`, in pairs of measurements."""

import base64
import itertools
import json
import math
import pathlib
import random
import statistics
import tempfile

from serving import ask_whole, body_of, load, our_server, post, run_read


def texts(count):
    """Different sentences of about the same length."""
    words = ("harbour", "window", "garden", "letter", "morning", "engine", "silver", "bridge")
    for a, b, c in itertools.islice(itertools.permutations(words, 3), count):
        yield f"The {a} was seen from the {b} until the {c} had gone. No one spoke of it again."


def make_pages(server, count):
    """Data URIs of pages in the model's own style."""
    connection = server.connect()
    return [post(connection, "/playground/page", {"text": text})["image"]
            for text in texts(count)]


def save_pages(uris, folder, copies):
    folder.mkdir()
    for copy in range(copies):
        for i, uri in enumerate(uris):
            (folder / f"{copy}_{i:04}.png").write_bytes(base64.b64decode(uri.split(",", 1)[1]))


def overhead(costs, name):
    """What the server costs more than `read` in all rounds together, as a share."""
    server, read = (statistics.fmean(cost[way][name] for cost in costs)
                    for way in ("server", "read"))
    return server / read - 1


def interval(costs, name, share=0.95, draws=10_000):
    """Its bootstrap interval: rounds are drawn at random, with both of their costs."""
    random_draws = random.Random(0)
    values = sorted(
        overhead(random_draws.choices(costs, k=len(costs)), name) for _ in range(draws))
    tail = (1 - share) / 2
    return values[math.floor(tail * draws)], values[math.ceil((1 - tail) * draws) - 1]


def per_page(measure, pages):
    """The cost of a page: what twice as many pages cost more. Starts, code that is made for
    new shapes, and the batch that fills and drains cancel out."""
    twice, once = measure(2), measure(1)
    return {name: (twice[name] - once[name]) / pages for name in ("seconds", "processor")}


def measure_overhead(program, batch, threads, pages, rounds):
    """Yields per round the cost of a page by `read` and by the server."""
    with tempfile.TemporaryDirectory() as name, \
            our_server(program, batch, threads) as server:
        uris = make_pages(server, pages)
        folders = {copies: pathlib.Path(name) / str(copies) for copies in (1, 2)}
        for copies, folder in folders.items():
            save_pages(uris, folder, copies)
        bodies = [body_of(uri) for uri in uris]

        def ask(copies):
            return load(server, bodies * copies, batch, ask_whole)

        def read(copies):
            return run_read(program, folders[copies], batch, threads)

        ask(2)
        for number in range(rounds):
            ways = [("read", read), ("server", ask)]
            # Each comes first in every other round.
            cost = {way: per_page(measure, pages)
                    for way, measure in (ways if number % 2 else reversed(ways))}
            yield cost


def with_earlier(file, costs):
    """The costs of the rounds that a file has, and new ones, which are added to the file."""
    if not file:
        return list(costs)
    with open(file, "a", encoding="utf-8") as stream:
        for cost in costs:
            stream.write(json.dumps(cost) + "\n")
            stream.flush()
    return [json.loads(line) for line in pathlib.Path(file).read_text().splitlines()]


def print_overhead(costs):
    print(f"{len(costs)} rounds\n")
    print("| | `read --batch`, ms per page | server, ms per page | overhead | 95 % interval |\n"
          "|---|---|---|---|---|")
    for name, title in (("processor", "processor time"), ("seconds", "wall time")):
        low, high = interval(costs, name)
        read, server = (1000 * statistics.fmean(cost[way][name] for cost in costs)
                        for way in ("read", "server"))
        print(f"| {title} | {read:.2f} | {server:.2f} | {100 * overhead(costs, name):+.1f} % "
              f"| {100 * low:+.1f} to {100 * high:+.1f} % |")
