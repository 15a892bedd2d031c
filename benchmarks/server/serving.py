"""Servers under load: ours and llama.cpp's, asked by clients with a connection each."""

import base64
import http.client
import io
import json
import os
import pathlib
import random
import re
import resource
import socket
import statistics
import subprocess
import threading
import time

CHAT = "/v1/chat/completions"

# Nothing here leaves this machine.
os.environ["NO_PROXY"] = "*"


class Server:
    """A process that answers OpenAI's chat completions. Use as a context manager."""

    def __init__(self, command, port=None):
        output = None if port else subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdout=output or subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
        self.port = port or int(re.search(r":(\d+)/", self.process.stdout.readline()).group(1))
        self.wait_until_ready()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port)

    def wait_until_ready(self):
        while self.process.poll() is None:
            try:
                connection = self.connect()
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.2)
        raise SystemExit(f"the server ended: {self.process.args}")

    def processor_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        pages = pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def our_server(program, batch, threads, options=()):
    return Server([program, "serve", "--port", "0", "--threads", str(threads), "--quiet",
                   "--batch", str(batch), "--queue", "1000", "--time-limit", "86400", *options])


def llama_server(program, decoder, vision, batch, threads, positions):
    """llama.cpp's server with its own defaults, except for threads, rows and their length."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, "--host", "127.0.0.1", "--port", str(port), "--model", str(decoder),
               "--threads", str(threads), "--threads-batch", str(threads),
               "--parallel", str(batch), "--ctx-size", str(batch * positions),
               "--temp", "0", "--cache-ram", "0", "--no-webui"]
    if vision:
        command += ["--mmproj", str(vision), "--no-mmproj-offload"]
    return Server(command, port)


def post(connection, path, body):
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status == 200, content
    return json.loads(content)


def stream(connection, body):
    """Counts of the answer, and seconds to its first text. Each request has a connection of its
    own: llama.cpp's server closes it after a stream, and does not say so in a header."""
    start = time.monotonic()
    first, usage = None, None
    body = {**body, "stream": True, "stream_options": {"include_usage": True}}
    connection.request("POST", CHAT, json.dumps(body),
                       {"Content-Type": "application/json", "Connection": "close"})
    answer = connection.getresponse()
    if answer.status != 200:
        raise SystemExit(f"status {answer.status}: {answer.read()[:500]}")
    for line in answer:
        if not line.startswith(b"data: {"):
            continue
        event = json.loads(line[len(b"data: "):])
        assert "error" not in event, event
        if first is None and event["choices"] and event["choices"][0]["delta"].get("content"):
            first = time.monotonic() - start
        usage = event.get("usage") or usage
    # Half a character is no text.
    return usage, first if first is not None else time.monotonic() - start


def load(server, bodies, clients, ask):
    """Sends each body once; seconds, processor seconds, tokens of prompts and answers, and
    seconds to the first token, of all clients together."""
    waiting = iter(bodies)
    lock = threading.Lock()
    prompts, tokens, first, failures = [], [], [], []

    def client():
        connection = server.connect()
        while not failures:
            with lock:
                body = next(waiting, None)
            if body is None:
                return
            try:
                usage, seconds = ask(connection, body)
            except BaseException as error:  # a thread's failure is the run's
                failures.append(error)
                return
            with lock:
                prompts.append(usage["prompt_tokens"])
                tokens.append(usage["completion_tokens"])
                first.append(seconds)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    processor, start = server.processor_seconds(), time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(f"a request to {server.process.args[0]} failed") from failures[0]
    return {"seconds": time.monotonic() - start,
            "processor": server.processor_seconds() - processor,
            "pages": len(tokens), "prompt_tokens": statistics.median(prompts),
            "tokens": sum(tokens), "first_token": statistics.median(first)}


def ask_whole(connection, body):
    """An answer of our server that is not streamed: it states its own first token."""
    answer = post(connection, CHAT, body)
    return answer["usage"], answer["microfiche"]["seconds"]["first_token"]


def body_of(uri, text=None, **fields):
    parts = [{"type": "image_url", "image_url": {"url": uri}}]
    if text:
        parts.append({"type": "text", "text": text})
    return {"messages": [{"role": "user", "content": parts}], **fields}


def noise_page(number, side):
    """A page of grey bars, another one for each number: no server can reuse an earlier one."""
    from PIL import Image, ImageDraw

    draw = random.Random(number)
    image = Image.new("RGB", (side, side), "white")
    lines = ImageDraw.Draw(image)
    for y in range(20, side - 20, 16):
        x = 20
        while x < side - 60:
            width = draw.randrange(10, 60)
            lines.rectangle((x, y, x + width, y + 8), fill=(draw.randrange(120),) * 3)
            x += width + 8
    file = io.BytesIO()
    image.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def run_read(program, folder, batch, threads):
    """`read --batch` over a folder; seconds and processor seconds, with its start."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(
        [program, "read", str(folder), "--batch", str(batch), "--threads", str(threads),
         "--quiet"], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"seconds": time.monotonic() - start,
            "processor": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}
