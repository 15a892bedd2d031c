"""PDF files that are damaged, encrypted or far too large."""

import random
import zlib

from case import NANO, Case, written
from images import zeros

MUTATED = 10


def pdf(objects, trailer=""):
    """A PDF by hand: objects 1, 2, ..., of which 1 is the catalog."""
    content, table = b"%PDF-1.4\n", b"0000000000 65535 f \n"
    for number, entry in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(content)
        entry = entry if isinstance(entry, bytes) else entry.encode()
        content += b"%d 0 obj\n" % number + entry + b"\nendobj\n"
    size = len(objects) + 1
    return content + (f"xref\n0 {size}\n".encode() + table + f"trailer\n<</Size {size}/Root 1 0 R"
                      f"{trailer}>>\nstartxref\n{len(content)}\n%%EOF\n".encode())


def stream(data, fields=""):
    return f"<</Length {len(data)}{fields}>>\nstream\n".encode() + data + b"\nendstream"


def one_page(contents=b"0 0 50 50 re f", media="0 0 200 100", fields="", more=()):
    content = contents if contents.startswith(b"<<") else stream(contents)
    return ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            f"<</Type/Page/Parent 2 0 R/MediaBox[{media}]/Contents 4 0 R{fields}>>", content, *more]


def image_page(width, height, data):
    picture = stream(data, f"/Type/XObject/Subtype/Image/Width {width}/Height {height}"
                     "/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode")
    return one_page(b"200 0 0 100 0 0 cm /I Do", fields="/Resources<</XObject<</I 5 0 R>>>>",
                    more=[picture])


def files():
    whole = pdf(one_page())
    lock = f"<</Filter/Standard/V 1/R 2/P -4/O({'A' * 32})/U({'B' * 32})>>"
    catalog = "<</Type/Catalog/Pages 2 0 R>>"
    yield "encrypted", pdf([*one_page(), lock], "/Encrypt 5 0 R/ID[<00><00>]"), "password"
    yield "half of it", whole[:len(whole) // 2], ""
    yield "its first line", whole[:9], "damaged"
    yield "without pages", pdf([catalog, "<</Type/Pages/Kids[]/Count 0>>"]), "no pages"
    yield "pages that hold themselves", pdf(
        [catalog, "<</Type/Pages/Kids[2 0 R]/Count 1>>"]), ""
    yield "a count of 2^31-1 pages", pdf(
        [catalog, "<</Type/Pages/Kids[3 0 R]/Count 2147483647>>",
         "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"]), "pages"
    yield "100,000 pages", pdf(
        [catalog, "<</Type/Pages/Kids[" + "3 0 R " * 100_000 + "]/Count 100000>>",
         "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"]), "pages"
    yield "a page of 14,400 x 20,000 points", pdf(one_page(media="0 0 20000 14400")), "pixels"
    yield "a page of 10^30 points", pdf(one_page(media="0 0 1e30 1e30")), None
    yield "a page of no point", pdf(one_page(media="0 0 0 0")), None
    yield "10^6 nested lists", pdf([catalog, "[" * 10**6]), ""
    yield "a table of objects that leads back to itself", (
        b"%PDF-1.4\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1/Root 1 0 R/Prev 9>>\n"
        b"startxref\n9\n%%EOF\n"), ""
    yield "a table of 2^31 objects", whole.replace(b"xref\n0 5", b"xref\n0 2147483647"), None
    yield "a picture of 2^31 x 2^31", pdf(image_page(1 << 31, 1 << 31, zeros(100))), None
    yield "a picture of 30,000^2 in 1 MB", pdf(image_page(30000, 30000, zeros(9 * 10**8))), None
    yield "a drawing of 1 GiB in 1 MB", pdf(one_page(
        stream(zeros(1 << 30), "/Filter/FlateDecode"))), None
    yield "a drawing deflated twice, 10^6 to one", pdf(one_page(
        stream(zlib.compress(zeros(1 << 32), 9), "/Filter[/FlateDecode/FlateDecode]"))), None
    yield "a form that draws itself", pdf(one_page(
        b"/F Do", fields="/Resources<</XObject<</F 5 0 R>>>>",
        more=[stream(b"/F Do", "/Type/XObject/Subtype/Form/BBox[0 0 9 9]"
                     "/Resources<</XObject<</F 5 0 R>>>>")])), None
    chance = random.Random(1)
    for number in range(MUTATED):
        content = bytearray(whole)
        for _ in range(chance.randrange(1, 9)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        yield f"mutation {number}", bytes(content), None


def cases():
    """Without a rule (None) Poppler may draw what it can."""
    arguments = ["--model", str(NANO), "--max-new-tokens", "1", "--quiet"]
    for name, content, rule in files():
        yield Case("PDF: " + name, ["read", "bad.pdf", *arguments],
                   [] if rule is None else ["bad.pdf", rule], written("bad.pdf", content),
                   may_pass=rule is None)
