"""Starts `microfiche serve` on a free port and talks to it over plain sockets."""

import base64
import http.client
import io
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

# Nothing here leaves this machine.
os.environ["NO_PROXY"] = "*"

CHAT = "/v1/chat/completions"

# Long enough to be interrupted, with a model that does not end its text.
LONG = {"messages": [{"role": "user", "content": "aaaa"}], "stream": True, "max_tokens": 4000,
        "microfiche": {"loop_repeats": 0}}


class RunningServer:
    """A server that is stopped at the end. Use as a context manager."""

    def __init__(self, program, *options, environment=None):
        self.start([program, "serve", "--port", "0", "--threads", "1", *options], environment)

    def start(self, command, environment=None):
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **(environment or {})})
        line = self.process.stdout.readline()
        found = re.fullmatch(r"serving \S+ on http://127\.0\.0\.1:(\d+)/\n", line)
        assert found, (line, self.process.stderr.read())
        self.port = int(found.group(1))
        self.log = []
        # A full pipe would stop the server.
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr))
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def stop(self, how=signal.SIGTERM):
        """Sends a signal; returns the exit code."""
        self.process.send_signal(how)
        return self.process.wait(timeout=60)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def exchange(self, method, path, body=None, headers=None):
        """An answer of http.client, and its content."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        all_headers = {"Content-Type": "application/json"} if body is not None else {}
        all_headers.update(headers or {})
        connection.request(method, path, body, all_headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content

    def ask(self, method, path, body=None, headers=None):
        """Status and content of an answer."""
        answer, content = self.exchange(method, path, body, headers)
        return answer.status, content

    def error(self, status, method, path, body=None, headers=None):
        """The error object of an answer with this status."""
        answer, content = self.exchange(method, path, body, headers)
        assert answer.status == status, (answer.status, content)
        # Only where it helps to try again.
        wait = answer.getheader("Retry-After")
        assert wait == ("1" if status in (429, 503) else None), (status, wait)
        error = json.loads(content)["error"]
        assert set(error) == {"message", "type", "param", "code"}, error
        return error

    def metric(self, name):
        status, content = self.ask("GET", "/metrics")
        assert status == 200
        return float(re.search(rf"^{name} (\S+)$", content.decode(), re.MULTILINE).group(1))

    def wait_for_metric(self, name, holds, seconds=20):
        end = time.monotonic() + seconds
        while not holds(self.metric(name)):
            assert time.monotonic() < end, (name, self.metric(name))
            time.sleep(0.05)

    def page(self, text):
        """A page of the text: data URI, as a client sends it."""
        status, content = self.ask("POST", "/playground/page", {"text": text})
        assert status == 200, content
        return json.loads(content)["image"]


def raw_request(path, body, **headers):
    """The bytes of a POST."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json",
             f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def image_part(uri):
    return {"type": "image_url", "image_url": {"url": uri}}


def user(*parts):
    return [{"role": "user", "content": list(parts)}]


def png_file(uri, path):
    path.write_bytes(base64.b64decode(uri.split(",", 1)[1]))


def large_png(side):
    """A PNG whose header states this side; a page of one colour packs well."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
    file = io.BytesIO()
    Image.new("1", (side, side)).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def start_long(server):
    """A connection whose streamed answer has begun."""
    connection = server.connect()
    connection.sendall(raw_request(CHAT, json.dumps(LONG).encode()))
    got = b""
    while b"delta" not in got:
        piece = connection.recv(4096)
        assert piece, got
        got += piece
    assert b"200 OK" in got, got
    return connection


def run_together(tasks):
    """Runs each in a thread, and raises what one of them raised."""
    failures = []

    def run(task):
        try:
            task()
        except BaseException as error:  # a thread's failure is the test's
            failures.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
