"""Metrics of text pairs by other libraries, and random pairs to compare.

Edit distances come from rapidfuzz, set precision and recall, BLEU and METEOR from NLTK,
chrF from sacrebleu.
"""

import collections
import re
import warnings

import sacrebleu
from nltk.metrics.scores import f_measure, precision, recall
from nltk.translate.bleu_score import sentence_bleu
from nltk.translate.meteor_score import meteor_score
from rapidfuzz.distance import Levenshtein

ENGLISH = """In the beginning God created the heaven and the earth. And the earth
was without form, and void; and darkness was upon the face of the deep. And the
Spirit of God moved upon the face of the waters. And God said, Let there be light:
and there was light. And God saw the light, that it was good: and God divided the
light from the darkness. And God called the light Day, and the darkness he called
Night. And the evening and the morning were the first day.""".split()
MIXED = list("abc \t\nÄß漢字かな한글😀é\u0301ﬁＡ１，.\u00a0\u2003\u3000\u0085\x1c_-/tn")


def damage(text, rate, rng, alphabet):
    out = []
    for character in text:
        draw = rng.random()
        if draw < rate / 3:
            continue
        if draw < 2 * rate / 3:
            out.append(rng.choice(alphabet))
        if rate <= draw or draw >= 2 * rate / 3:
            out.append(character if draw >= rate else rng.choice(alphabet))
    return "".join(out)


def random_pairs(rng):
    yield "", ""
    yield "", "a b"
    yield "a b", ""
    yield "same text", "same text"
    for alphabet in ("ab", "abcdefgh ", MIXED):
        for _ in range(350):
            # Multiples of 64 are the block borders of our bit vectors.
            size = rng.choice([1, 2, 5, 20, 63, 64, 65, 127, 128, 129, 200])
            text = "".join(rng.choice(alphabet) for _ in range(size))
            other = "".join(rng.choice(alphabet) for _ in range(rng.randrange(150)))
            near = damage(text, rng.choice([0.02, 0.1, 0.4]), rng, alphabet)
            yield text, rng.choice([other, near])
    for _ in range(600):
        start = rng.randrange(len(ENGLISH))
        words = (ENGLISH + ENGLISH)[start : start + rng.randrange(1, 70)]
        text = rng.choice([" ", "\n"]).join(words)
        rate = rng.choice([0.0, 0.01, 0.05, 0.2])
        wrong = damage(text, rate, rng, "abcdefghijklmnopqrstuvwxyz ")
        if rng.random() < 0.1:
            wrong += " and the light" * rng.randrange(2, 9)
        yield text, wrong


def omnidoc(text):
    half = "".join(
        chr(ord(c) - 0xFF01 + 0x21) if "\uff01" <= c <= "\uff5e" else " " if c == "\u3000" else c
        for c in text
    )
    for gone in ("\t", "\n", "/t", "/n"):
        half = half.replace(gone, "")
    return re.sub(r"[^\w\u4e00-\u9fff]", "", half)


class NoWordNet:
    """METEOR's third stage finds no synonym."""

    def synsets(self, word):
        return []


def characters(reference, prediction):
    def lower(text):
        return " ".join(text.lower().split())

    distance = Levenshtein.normalized_distance(lower(reference), lower(prediction))
    edits = Levenshtein.distance(reference, prediction)
    return {
        "edits": edits,
        "normalized_edit_distance": Levenshtein.normalized_distance(reference, prediction),
        "cer": edits / len(reference) if reference else None,
        "chrf": sacrebleu.sentence_chrf(prediction, [reference]).score / 100,
        "anls": 1 - distance if distance < 0.5 else 0,
    }


def bags(g, p):
    common = sum((collections.Counter(g) & collections.Counter(p)).values())
    return {
        "bag_precision": common / len(p),
        "bag_recall": common / len(g),
        "bag_f1": 2 * common / (len(g) + len(p)),
    }


def words(reference, prediction):
    g, p = reference.split(), prediction.split()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            "word_edits": Levenshtein.distance(g, p),
            "wer": Levenshtein.distance(g, p) / len(g) if g else None,
            "set_precision": precision(set(g), set(p)),
            "set_recall": recall(set(g), set(p)),
            "set_f1": f_measure(set(g), set(p)),
            "bleu": sentence_bleu([g], p) if p else None,
            "meteor": meteor_score([g], p, wordnet=NoWordNet()),
        } | (bags(g, p) if g and p else {})


def scores(reference, prediction):
    """Each metric of a pair by other libraries; None where a library has no value."""
    # Chinese words depend on the dictionary, so no library is an oracle for them.
    chinese = has_han(reference + prediction)
    return characters(reference, prediction) | ({} if chinese else words(reference, prediction))


def has_han(text):
    return any("\u4e00" <= c <= "\u9fa5" for c in text)
