"""Debian packages with text, and how each becomes documents; fetch_text uses it."""

import gzip
import hashlib
import html.parser
import re
import subprocess

HELD_OUT_FRACTION = 0.05
DICTIONARY_DOCUMENT_CHARACTERS = 3000


class Document:
    def __init__(self, id, source, paragraphs, joiner="\n"):
        self.id = id
        self.source = source
        self.paragraphs = paragraphs
        self.joiner = joiner

    def text(self):
        return self.joiner.join(self.paragraphs)

    def held_out(self):
        digest = hashlib.sha256(self.id.encode()).digest()
        return int.from_bytes(digest[:8], "big") < HELD_OUT_FRACTION * 2**64


class MissingPackage(Exception):
    pass


def unpack(package, folder):
    """The folder with the unpacked package, and its version."""
    target = folder / package
    version_file = target / "VERSION"
    if not version_file.exists():
        target.mkdir(parents=True, exist_ok=True)
        download = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package]
        if subprocess.run(download, cwd=target, capture_output=True).returncode != 0:
            return None, None
        archive = next(target.glob("*.deb"))
        subprocess.run(["dpkg-deb", "-x", archive, target], check=True)
        version = subprocess.run(
            ["dpkg-deb", "-f", archive, "Version"], check=True, capture_output=True, text=True
        ).stdout.strip()
        archive.unlink()
        version_file.write_text(version)
    return target, version_file.read_text()


class Prose(html.parser.HTMLParser):
    """Collects the running text of a page: no code, tables, menus or footers."""

    BLOCKS = {"p", "li", "dd", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"}
    SKIPPED = {"pre", "script", "style", "nav", "table", "head", "footer", "form", "button"}
    SKIPPED_CLASSES = re.compile(
        r"\b(nav\w*|sphinxsidebar|related|footer|toc|headerlink|sig|highlight|docnav|screen|programlisting)\b"
    )
    VOID = {"br", "hr", "img", "input", "link", "meta", "wbr", "col", "area", "base"}

    def __init__(self):
        super().__init__()
        self.paragraphs = []
        self.words = []
        self.open = []

    def handle_starttag(self, tag, attributes):
        if tag in self.BLOCKS:
            self.end_paragraph()
        if tag in self.VOID:
            self.words.append(" ")
            return
        skip = tag in self.SKIPPED or self.SKIPPED_CLASSES.search(dict(attributes).get("class") or "")
        self.open.append((tag, bool(skip)))

    def handle_endtag(self, tag):
        if tag in self.BLOCKS or tag in self.SKIPPED or tag == "div":
            self.end_paragraph()
        if any(name == tag for name, _ in self.open):
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data):
        if not any(skip for _, skip in self.open):
            self.words.append(data)

    def end_paragraph(self):
        self.paragraphs.append("".join(self.words))
        self.words = []


def paragraphs_of_html(path):
    parser = Prose()
    parser.feed(path.read_text(encoding="utf-8", errors="replace"))
    parser.end_paragraph()
    return parser.paragraphs


def pages(root, pattern, source):
    """One document per page."""
    for path in sorted(root.glob(pattern)):
        if path.is_file() and path.name not in ("genindex.html", "search.html"):
            yield Document(f"{source}/{path.relative_to(root)}", source, paragraphs_of_html(path))


def read_dictionary(root, source, starts_entry):
    """Runs of entries of a dictd file, each of about DICTIONARY_DOCUMENT_CHARACTERS."""
    path = next((root / "usr/share/dictd").glob("*.dict.dz"))
    text = gzip.decompress(path.read_bytes()).decode("utf-8", errors="replace")
    blocks = [block.strip("\n") for block in re.split(r"\n\s*\n", text)]
    entries = []
    for block in filter(None, blocks):
        if starts_entry(block) or not entries:
            entries.append([])
        entries[-1].append(block)
    run = []
    for entry in entries:
        if not entry[0].startswith("00-database"):
            run.extend(entry)
        if sum(map(len, run)) >= DICTIONARY_DOCUMENT_CHARACTERS or entry is entries[-1]:
            headword = run[0].splitlines()[0][:40].strip()
            yield Document(f"{source}/{headword}", source, run)
            run = []


# Each source below takes a function that maps a package name to its unpacked folder.


def king_james(package):
    program = package("bible-kjv") / "usr/bin/bible"
    data = package("bible-kjv-text") / "usr/lib"
    text = subprocess.run(
        [program, "-p", data, "-l0", "gen1:1-rev22:21"], check=True, capture_output=True, text=True
    ).stdout
    chapter, verses = None, []
    for line in text.splitlines() + ["End 0"]:
        verse = re.match(r"\s+\d+ (.*)", line)
        if verse:
            verses.append(verse.group(1))
        elif line.strip():
            if verses:
                yield Document(f"king_james/{chapter}", "king_james", verses, joiner=" ")
            chapter, verses = line.strip(), []


def devils_dictionary(package):
    return read_dictionary(package("dict-devil"), "devils_dictionary", lambda block: re.match(r"[A-Z][A-Z' -]+,", block))


def jargon_file(package):
    return read_dictionary(package("dict-jargon"), "jargon_file", lambda block: re.match(r"\S", block))


def foldoc(package):
    return read_dictionary(package("dict-foldoc"), "foldoc", lambda block: re.match(r"\S", block))


def debian_handbook(package, language="en"):
    root = package("debian-handbook") / "usr/share/doc/debian-handbook/html"
    return pages(root, f"{language}-*/*.html", "debian_handbook")


def debian_reference(package, language="en"):
    root = package(f"debian-reference-{language}") / "usr/share/debian-reference"
    return pages(root, "*.html", f"debian_reference_{language}")


def debian_policy(package):
    root = package("debian-policy") / "usr/share/doc/debian-policy"
    return pages(root, "**/*.html", "debian_policy")


def developers_reference(package):
    root = package("developers-reference") / "usr/share/developers-reference"
    return pages(root, "*.html", "developers_reference")


def debian_faq(package):
    root = package("debian-faq") / "usr/share/doc/debian/FAQ"
    return pages(root, "*.en.html", "debian_faq")


def aptitude(package):
    return pages(package("aptitude-doc-en") / "usr/share/doc/aptitude/html/en", "*.html", "aptitude")


def python(package):
    try:
        root = package("python3.11-doc")  # Debian 12
    except MissingPackage:
        root = package("python3.12-doc")  # Ubuntu 24.04
    return pages(root, "usr/share/doc/python3*/html/**/*.html", "python")


def fortunes(package):
    root = package("fortunes") / "usr/share/games/fortunes"
    for path in sorted(root.iterdir()):
        if path.is_file() and not path.suffix and not path.is_symlink():
            run, number = [], 0
            for fortune in path.read_text(encoding="utf-8", errors="replace").split("\n%\n"):
                run.append(fortune)
                if sum(map(len, run)) >= DICTIONARY_DOCUMENT_CHARACTERS:
                    yield Document(f"fortunes/{path.name}/{number}", "fortunes", run)
                    run, number = [], number + 1
            yield Document(f"fortunes/{path.name}/{number}", "fortunes", run)


def licences(package):
    for path in sorted((package("base-files") / "usr/share/common-licenses").iterdir()):
        if not path.is_symlink():
            text = path.read_text(encoding="utf-8", errors="replace")
            yield Document(f"licences/{path.name}", "licences", re.split(r"\n\s*\n", text))


def installation_guide(package):
    root = package("installation-guide-amd64") / "usr/share/doc/installation-guide-amd64/en"
    return pages(root, "*.html", "installation_guide")


PUBLIC_DOMAIN = [king_james, devils_dictionary, jargon_file]
ENGLISH = PUBLIC_DOMAIN + [
    foldoc, debian_handbook, debian_reference, debian_policy, developers_reference, debian_faq,
    aptitude, python, fortunes, licences,
]  # fmt: skip

# Text that no training config names, to evaluate on.
UNSEEN = [installation_guide]
