"""Reduces documents to running text without repeats; fetch_text uses it."""

import re
import unicodedata

SHINGLE_WORDS = 8
SHORTEST_PARAGRAPH = 40
SHORTEST_DOCUMENT = 200

# The shipped sample appears in reports that people share.
CRUDE = re.compile(r"fuck|shit|nigg|cunt|\brape|\bass(hole)?\b|\btits?\b", re.IGNORECASE)

ASCII = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u201a": ",", "\u201c": '"', "\u201d": '"', "\u201e": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": " - ", "\u2026": "...",
    "\u00a9": "(C)", "\u00ab": '"', "\u00bb": '"', "\u2192": "->", "\u00d7": "x", "\u00b7": "-",
    "\u00df": "ss", "\u00e6": "ae", "\u00f8": "o", "\u2022": "-", "\u00b6": "", "\u00ad": "",
})  # fmt: skip


def clean_paragraph(text, ascii_only):
    """One line of plain text; empty if the paragraph is not running text."""
    text = re.sub(r"\{\s*([^{}]*?)\s*\}", r"\1", text)  # dictionary links
    text = "".join(c for c in text if c in "\t\n\r" or unicodedata.category(c)[0] != "C")
    if ascii_only:
        text = unicodedata.normalize("NFKD", text.translate(ASCII))
        text = "".join(c for c in text if not unicodedata.combining(c))
        if not text.isascii():
            return ""
    text = " ".join(text.split())
    letters = sum(c.isalpha() or c == " " for c in text)
    if len(text) < SHORTEST_PARAGRAPH or letters < 0.8 * len(text) or CRUDE.search(text):
        return ""
    return text


def shingles(paragraph):
    """Hashes of all runs of eight words; of a shorter paragraph, of its whole text."""
    words = re.findall(r"\w+", paragraph.lower())
    last = max(1, len(words) - SHINGLE_WORDS + 1)
    return [hash(tuple(words[i : i + SHINGLE_WORDS])) for i in range(last)]


def clean(documents, ascii_only, seen):
    """Documents reduced to running text that is not in `seen` yet."""
    for document in documents:
        paragraphs = []
        for raw in document.paragraphs:
            paragraph = clean_paragraph(raw, ascii_only)
            key = hash(paragraph.lower())
            if paragraph and key not in seen:
                seen.add(key)
                paragraphs.append(paragraph)
        document.paragraphs = paragraphs
        if len(document.text()) >= SHORTEST_DOCUMENT:
            yield document


def without(paragraphs, held_out):
    """The paragraphs that share no run of eight words with held-out text, alone or together
    with the end of the paragraph before."""
    kept, before = [], ""
    for paragraph in paragraphs:
        if held_out.isdisjoint(shingles(before + paragraph)):
            kept.append(paragraph)
            before = " ".join(re.findall(r"\w+", paragraph)[-(SHINGLE_WORDS - 1) :]) + " "
    return kept
