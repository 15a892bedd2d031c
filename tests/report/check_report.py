#!/usr/bin/env python3
"""Runs a small sweep and asks of its report what a browser, a screen reader and
a program that reads its files would.

    check_report.py MICROFICHE SOURCE_DIR
"""

import base64
import csv
import html.parser
import io
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

SVG = "{http://www.w3.org/2000/svg}"
VOID = {"meta", "link", "img", "br", "hr", "input"}
CHARTS = {
    "curve", "curve_set_precision", "conditions", "altered_words", "density", "ratio_by_text",
    "heat_map", "bits_told", "calibration", "seconds", "precision_over_time", "kv_cache"}


def sweep(program, source, folder):
    subprocess.run(
        [program, "sweep", f"{source}/configs/sweeps/prior_controls.json", "-o", folder, "--quiet",
         "--set", 'modes=["nano-4","nano-9"]', "--set", "characters_per_token=[5,10]",
         "--set", 'conditions.text=["corpus","random_letters","swapped_letters:20"]',
         "--set", 'conditions.page=["none","blank","blur:1","blur:2"]',
         "--set", "pages_per_cell=2", "--set", "generation.max_new_tokens=60"],
        check=True, stdout=subprocess.DEVNULL, cwd=source)


class Document(html.parser.HTMLParser):
    """Elements that are closed in the order in which they were opened."""

    def __init__(self, text):
        super().__init__()
        self.open = []
        self.elements = []
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> at {self.getpos()} in {self.open}"
        self.open.pop()

    def all(self, *tags):
        return [attributes for tag, attributes in self.elements if tag in tags]


def check_svg(text, where):
    root = ElementTree.fromstring(text)
    assert root.tag == SVG + "svg", where
    assert root.get("role") == "img" and root.get("aria-label"), where
    assert root[0].tag == SVG + "title" and root[0].text, where
    assert root[1].tag == SVG + "desc" and root[1].text, where
    width, height = map(float, root.get("viewBox").split()[2:])
    for element in root.iter():
        for name in ("x", "cx", "x1", "x2"):
            value = element.get(name)
            assert value is None or -1 <= float(value) <= width + 1, (where, element.attrib)
        for name in ("y", "cy", "y1", "y2"):
            value = element.get(name)
            assert value is None or -1 <= float(value) <= height + 1, (where, element.attrib)
    return root


def check_page(document, text):
    assert text.startswith("<!DOCTYPE html>")
    ids = [a["id"] for _, a in document.elements if "id" in a]
    assert len(ids) == len(set(ids)), "an id is there twice"
    for tag, attributes in document.elements:
        for name in ("src", "href"):
            if name in attributes:
                assert re.match(r"data:|#", attributes[name]), attributes
        if attributes.get("class") == "scroll":
            assert attributes["tabindex"] == "0" and attributes["aria-label"], attributes
        if tag == "img":
            assert attributes["alt"], attributes
        if tag == "th":
            assert attributes["scope"] in ("col", "row"), attributes
    for link in document.all("a"):
        if link["href"].startswith("#"):
            assert link["href"][1:] in ids, link
    levels = [int(tag[1]) for tag, _ in document.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1, levels
    assert all(b <= a + 1 for a, b in zip(levels, levels[1:])), levels
    assert {"main", "nav"} <= {tag for tag, _ in document.elements}


def check_downloads(document, folder):
    links = {a["download"]: a["href"] for a in document.all("a") if "download" in a}
    for name in ("summary.csv", "effects.csv", "costs.csv", "information.csv", "reliability.csv"):
        saved = base64.b64decode(links[name].split("base64,")[1])
        assert saved == (folder / name).read_bytes(), name
    return list(csv.DictReader(io.StringIO((folder / "summary.csv").read_text())))


def data(root, name):
    return [float(e.get(name)) for e in root.iter() if e.get(name) is not None]


def check_values(rows, charts):
    plain = [row for row in rows if row["text"] == "corpus"]
    assert len(plain) == 4
    means = sorted(float(row["edit_similarity"]) for row in plain)
    assert sorted(data(charts["heat_map"], "data-value")) == means
    for name in ("data-low", "data-high"):
        ends = {float(row["edit_similarity" + name[4:].replace("-", "_")]) for row in plain}
        assert ends <= set(data(charts["curve"], name)), name
    told = len(data(charts["bits_told"], "data-x"))
    assert told == len(rows), (told, len(rows))
    stages = data(charts["seconds"], "data-x")
    seconds = [1000 * float(row["seconds_" + stage]) for stage in ("encode", "prefill", "decode")
               for row in plain]
    assert all(abs(a - b) < 1e-9 for a, b in zip(stages, seconds, strict=True))


def check(program, source, folder):
    sweep(program, source, folder)
    text = (folder / "report.html").read_text()
    document = Document(text)
    check_page(document, text)
    rows = check_downloads(document, folder)
    charts = {path.stem: check_svg(path.read_text(), path.name)
              for path in (folder / "charts").iterdir()}
    assert set(charts) == CHARTS, set(charts) ^ CHARTS
    check_values(rows, charts)
    inside = re.findall(r"<svg .*?</svg>", text, re.S)
    assert len(inside) == len(charts)
    for svg in inside:
        check_svg(svg, "report.html")
    samples = json.loads(re.search(r'id="rows">(.*?)</script>', text, re.S).group(1))
    assert len(samples) == sum(int(row["pages"]) for row in rows)
    markdown = (folder / "report.md").read_text()
    for name in re.findall(r"\]\((charts/[^)]*)\)", markdown):
        assert (folder / name).exists(), name
    assert markdown.count("](charts/") == len(charts)


def check_comparison(program, folder, other):
    shutil.copytree(folder, other)
    file = folder / "both.html"
    subprocess.run([program, "compare", folder, other, "-o", file, "--quiet"], check=True)
    text = file.read_text()
    document = Document(text)
    check_page(document, text)
    assert "Comparison, page by page" in text


def main():
    program, source = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        first, second = pathlib.Path(folder, "first"), pathlib.Path(folder, "second")
        check(program, source, first)
        check_comparison(program, first, second)
    print("the report is well-formed, shows what was computed, and asks for nothing")


main()
