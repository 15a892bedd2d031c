"""The measurements that the programs of peers share."""

import json
import random
import resource
import time

WARM_UP_TOKENS = 256


def random_prompt(num_tokens):
    """A first token and random ids of ordinary tokens, the same in every program."""
    draw = random.Random(0)
    return [0] + [draw.randrange(3, 128000) for _ in range(num_tokens - 1)]


def measure(what, num_tokens, run):
    """Prints a JSON line with the time of `run` and the fields that it returns."""
    start, cpu = time.perf_counter(), time.process_time()
    fields = run()
    seconds = time.perf_counter() - start
    line = {
        "what": what,
        "tokens": num_tokens,
        "seconds": seconds,
        "tokens_per_second": num_tokens / seconds,
        "cpu_seconds": time.process_time() - cpu,
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps(line | (fields or {})), flush=True)


def prefill(decoder, num_tokens):
    decoder.clear()
    prompt = random_prompt(num_tokens)
    measure("prefill", num_tokens, lambda: {"next_id": decoder.forward(prompt)})


def decode(decoder, prompt_tokens, num_tokens):
    decoder.clear()
    ids = [decoder.forward(random_prompt(prompt_tokens))]

    def run():
        for _ in range(num_tokens):
            ids.append(decoder.forward(ids[-1:]))
        return {"first_ids": ids[:8]}

    measure("decode", num_tokens, run)


def measure_decoder(decoder, arguments):
    """Measures prefill of each length, then greedy decoding one token at a time.

    `decoder` has `clear()` and `forward(ids)`, which appends the ids to the sequence and
    returns the most probable next one.
    """
    # Uses every expert, so that no measurement waits for the file.
    decoder.forward(random_prompt(WARM_UP_TOKENS))
    for _ in range(arguments.repeat):
        for num_tokens in arguments.prefill_tokens:
            prefill(decoder, num_tokens)
        if arguments.decode_tokens > 0:
            decode(decoder, arguments.prompt_tokens, arguments.decode_tokens)


def add_arguments(parser):
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--prefill-tokens", type=int, nargs="*", default=[256, 1024])
    parser.add_argument("--prompt-tokens", type=int, default=16, help="before decoding")
    parser.add_argument("--decode-tokens", type=int, default=64, help="0: no decoding")
