"""Images whose headers, chunks or pixels are wrong."""

import struct
import zlib

from case import NANO, ROOT, Case, written

GOOD = ROOT / "tests/data/page/files"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB = 0, 2


def png_chunk(name, data=b"", length=None):
    length = len(data) if length is None else length
    return struct.pack(">I", length) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_header(width, height, depth=8, colour=GREY, interlaced=0):
    fields = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return png_chunk(b"IHDR", fields)


def png(width, height, pixels=b"", chunks=b"", **header):
    return (PNG_SIGNATURE + png_header(width, height, **header) + chunks
            + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND"))


def zeros(count):
    """`count` zero bytes, deflated to a thousandth."""
    deflate = zlib.compressobj(9)
    block = bytes(1 << 20)
    packed = b"".join(deflate.compress(block) for _ in range(count >> 20))
    return packed + deflate.compress(bytes(count & (1 << 20) - 1)) + deflate.flush()


def segment(marker, data):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def frame(width, height, marker=0xC0, components=1, sampling=0x11):
    parts = b"".join(bytes([i + 1, sampling, 0]) for i in range(components))
    return segment(marker, struct.pack(">BHHB", 8, height, width, components) + parts)


def scan(data=b"", components=1, last=63):
    parts = b"".join(bytes([i + 1, 0]) for i in range(components))
    return segment(0xDA, bytes([components]) + parts + bytes([0, last, 0])) + data


def jpeg(*segments):
    """A grey JPEG; each block of its pixels takes two bits, which are zeros."""
    one_code = bytes([1] + [0] * 15)
    tables = segment(0xDB, bytes([0]) + bytes([1] * 64))
    tables += segment(0xC4, b"\x00" + one_code + b"\x00") + segment(0xC4, b"\x10" + one_code + b"\0")
    return b"\xff\xd8" + tables + b"".join(segments) + b"\xff\xd9"


def tiff(tags, data=b"", kind="<", directory_at=8):
    """Little-endian TIFF: `tags` are (tag, type, count, value); `data` starts at byte 1024."""
    order = b"II*\0" if kind == "<" else b"MM\0*"
    entries = b"".join(
        struct.pack(kind + "HHI", tag, number, count)
        + (struct.pack(kind + "HH", value, 0) if number == 3 else struct.pack(kind + "I", value))
        for tag, number, count, value in sorted(tags))
    directory = struct.pack(kind + "H", len(tags)) + entries + bytes(4)
    return (order + struct.pack(kind + "I", directory_at) + directory).ljust(1024, b"\0") + data


def grey_tiff(width, height, data=b"", compression=1, **more):
    changed = {"rows_per_strip": height, "size": len(data), "samples": 1, "bits": 8} | more
    return tiff([(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, changed["bits"]),
                 (259, 3, 1, compression), (262, 3, 1, 1), (273, 4, 1, 1024),
                 (277, 3, 1, changed["samples"]), (278, 4, 1, changed["rows_per_strip"]),
                 (279, 4, 1, changed["size"])], data)


def chained_tiff(links):
    """Directories of one tag each, one after the other; each links to the byte given."""
    entry = struct.pack("<HHII", 256, 4, 1, 9)
    return b"II*\0\x08\0\0\0" + b"".join(
        struct.pack("<H", 1) + entry + struct.pack("<I", link) for link in links)


def overlapping_tiff(pages, tags):
    """Directories that begin 2 bytes apart, each of as many tags as its first two bytes say."""
    return b"II*\0\x08\0\0\0" + struct.pack("<H", tags) * (pages + 6 * tags + 10)


def tiled_tiff(width, height, tile_width, tile_height, data=b""):
    return tiff([(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 8),
                 (262, 3, 1, 1), (277, 3, 1, 1), (322, 4, 1, tile_width), (323, 4, 1, tile_height),
                 (324, 4, 1, 1024), (325, 4, 1, len(data))], data)


def webp_chunk(name, data):
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def webp(*chunks):
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def vp8x(width, height):
    sides = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return webp_chunk(b"VP8X", bytes(4) + sides)


def vp8l(width, height, data=bytes(16)):
    sides = (width - 1) | (height - 1) << 14
    return webp_chunk(b"VP8L", b"\x2f" + struct.pack("<I", sides) + data)


def vp8(width, height):
    # A key frame that is shown, with a first partition of the rest.
    start = struct.pack("<I", 0x10 | 64 << 5)[:3] + b"\x9d\x01\x2a"
    return webp_chunk(b"VP8 ", start + struct.pack("<HH", width, height) + bytes(80))


SIDES = {"1 x 2^31": (1, 1 << 31), "2^16 x 2^16": (1 << 16, 1 << 16),
         "20,000^2": (20_000, 20_000), "no pixel": (0, 10)}


def bombs():
    """Headers that state more pixels than the limit, or none."""
    for name, (width, height) in SIDES.items():
        yield f"PNG of {name}", "bad.png", png(width, height), "pixel"
        yield f"TIFF of {name}", "bad.tif", grey_tiff(width, height), "pixel"
        if max(width, height) < 1 << 16:
            yield f"JPEG of {name}", "bad.jpg", jpeg(frame(width, height), scan()), "pixel"
    yield "JPEG of 65,535^2", "bad.jpg", jpeg(frame(65535, 65535), scan()), "pixel"
    yield "WebP of 2^24 x 2^24", "bad.webp", webp(vp8x(1 << 24, 1 << 24), vp8l(9, 9)), "pixel"
    yield "WebP of 16,384^2, lossless", "bad.webp", webp(vp8l(1 << 14, 1 << 14)), "pixel"
    yield "WebP of 16,383^2, lossy", "bad.webp", webp(vp8(16383, 16383)), "pixel"
    yield "WebP of no pixel", "bad.webp", webp(vp8(0, 9)), "pixel"
    yield "WebP without an image", "bad.webp", webp(), "pixel"


def contradictions():
    """Images whose parts contradict each other, or whose pixels are missing."""
    big = zeros(1 << 30)
    row = zeros((8192 + 1) * 8192)
    text = png_chunk(b"zTXt", b"Comment\0\0" + big)
    profile = png_chunk(b"iCCP", b"profile\0\0" + big)
    damaged = "damaged"
    whole = {name: (GOOD / name).read_bytes()
             for name in ("rgb.png", "rgb.jpg", "progressive.jpg", "lossless.webp", "lossy.webp",
                          "lzw.tif")}

    yield "PNG of 10^2 in 1 GiB of deflate", "bad.png", png(10, 10, big[:-4]), ""
    yield "PNG of 8,192^2 without pixels", "bad.png", png(8192, 8192), damaged
    yield "PNG of 8,192^2 with half of them", "bad.png", png(
        8192, 8192, row[:len(row) // 2]), damaged
    yield "PNG of 8,192^2, interlaced, half of it", "bad.png", png(
        8192, 8192, row[:len(row) // 2], interlaced=1), damaged
    yield "PNG of 8,192^2 in RGB of 16 bits, without pixels", "bad.png", png(
        8192, 8192, zeros(1 << 20), depth=16, colour=RGB), damaged
    yield "PNG with two headers", "bad.png", png(10, 10, chunks=png_header(20000, 20000)), ""
    yield "PNG with 1 GiB of text in 1 MB, no pixels", "bad.png", png(10, 10, chunks=text), damaged
    for keyword in (b"XML:com.adobe.xmp", b"Raw profile type exif"):
        yield f"PNG with 1 GiB of {keyword.decode()}, no pixels", "bad.png", png(
            10, 10, chunks=png_chunk(b"zTXt", keyword + b"\0\0" + big)), damaged
        yield f"PNG with 10^6 chunks of {keyword.decode()}, no pixels", "bad.png", png(
            10, 10, chunks=png_chunk(b"zTXt", keyword + b"\0\0" + zeros(1000)) * 10**6), damaged
    yield "PNG with a profile of 1 GiB, no pixels", "bad.png", png(10, 10, chunks=profile), damaged
    yield "PNG with a chunk of 2^32-1 bytes", "bad.png", (
        PNG_SIGNATURE + png_header(9, 9) + png_chunk(b"IDAT", b"", (1 << 32) - 1)), "ends at byte"
    yield "PNG of a depth that does not exist", "bad.png", png(10, 10, depth=77), damaged
    yield "PNG with a palette index but no palette", "bad.png", png(
        10, 10, zeros(110), colour=3), damaged

    yield "JPEG of 8,191^2 without pixels", "bad.jpg", jpeg(frame(8191, 8191), scan()), damaged
    yield "JPEG of 8,191^2, three components", "bad.jpg", jpeg(
        frame(8191, 8191, components=3), scan(components=3)), damaged
    yield "progressive JPEG of 8,191^2 without pixels", "bad.jpg", jpeg(
        frame(8191, 8191, 0xC2), scan(last=0)), damaged
    yield "arithmetic JPEG of 8,191^2 without pixels", "bad.jpg", jpeg(
        frame(8191, 8191, 0xC9), scan()), None
    yield "progressive JPEG of 10,000 scans", "bad.jpg", jpeg(
        frame(4000, 4000, 0xC2), scan(bytes(70_000), last=0), *[scan(last=0)] * 10_000), ""
    yield "JPEG with a second, larger frame", "bad.jpg", jpeg(
        frame(8, 8), scan(b"\0"), frame(30000, 30000)), ""
    yield "JPEG with a second, smaller frame", "bad.jpg", jpeg(
        frame(30000, 30000), frame(8, 8), scan(b"\0")), ""
    yield "JPEG with a smaller frame after its scan", "bad.jpg", jpeg(
        frame(30000, 30000), scan(b"\0"), frame(8, 8)), ""
    yield "JPEG without a frame", "bad.jpg", jpeg(scan()), ""

    yield "TIFF of 8,192^2 without pixels", "bad.tif", grey_tiff(8192, 8192, size=0), damaged
    yield "TIFF of 8,192^2 in a strip of 4 bytes", "bad.tif", grey_tiff(
        8192, 8192, bytes(4)), damaged
    yield "TIFF of 9^2 with strips of 2^32-1 rows", "bad.tif", grey_tiff(
        9, 9, bytes(4), rows_per_strip=(1 << 32) - 1), damaged
    yield "TIFF of 65,535 samples per pixel", "bad.tif", grey_tiff(
        9, 9, bytes(81), samples=65535), damaged
    yield "TIFF of 65,535 bits per sample", "bad.tif", grey_tiff(
        9, 9, bytes(81), bits=65535), "samples of 65535 bits"
    yield "TIFF of 64 bits per sample, 8,192^2", "bad.tif", grey_tiff(
        8192, 8192, bytes(81), bits=64), "samples of 64 bits"
    yield "a BigTIFF", "bad.tif", b"II+\0\x08\0\0\0\x10" + bytes(7), "BigTIFF"
    yield "TIFF whose pages run in a circle", "bad.tif", chained_tiff([8]), "in a circle"
    yield "TIFF of 20,000 pages", "bad.tif", chained_tiff(
        [8 + 18 * page for page in range(1, 20_000)] + [0]), "more than 10000 pages"
    yield "TIFF of 9,000 overlapping pages with 60,000 tags", "bad.tif", overlapping_tiff(
        9_000, 60_000), "tags"
    yield "TIFF with a tile of 2^31 x 2^31", "bad.tif", tiled_tiff(
        9, 9, 1 << 31, 1 << 31, zeros(100)), "in tiles of"
    yield "TIFF with a tile of 30,000^2", "bad.tif", tiled_tiff(
        9, 9, 30_000, 30_000, zeros(900_000_000)), "in tiles of"
    yield "TIFF with a strip of 1 GiB of deflate", "bad.tif", grey_tiff(
        20_000, 53_687, big, compression=8), "pixel"
    yield "TIFF whose strip lies past the end", "bad.tif", grey_tiff(9, 9, size=81), "ends at"
    yield "TIFF whose directory lies past the end", "bad.tif", tiff([], directory_at=1 << 30), ""
    yield "TIFF with 65,535 tags", "bad.tif", b"II*\0\x08\0\0\0\xff\xff", "ends at"
    yield "TIFF with 2^32-1 widths", "bad.tif", tiff(
        [(256, 4, (1 << 32) - 1, 1024), (257, 4, 1, 9)]), ""

    yield "WebP of 9^2 that holds 16,384^2", "bad.webp", webp(
        vp8x(9, 9), vp8l(1 << 14, 1 << 14)), damaged
    yield "WebP of 8,191^2 without pixels", "bad.webp", webp(vp8l(8191, 8191)), damaged
    yield "lossy WebP of 8,191^2 without pixels", "bad.webp", webp(vp8(8191, 8191)), damaged
    yield "WebP with a chunk of 2^32-1 bytes", "bad.webp", webp(
        b"VP8 \xff\xff\xff\xff"), "ends at"

    for name, content in whole.items():
        for share in (0.3, 0.9):
            yield (f"{name}, {share:.0%} of it", "bad." + name.split(".")[1],
                   content[:int(share * len(content))], "")
    for name in ("rgb.jpg", "progressive.jpg"):
        content = whole[name]
        middle = content.index(b"\xff\xda") + 20
        yield (f"{name} that ends within its pixels", "bad.jpg",
               content[:middle] + b"\xff\xd9", None)
    yield "a GIF", "bad.png", (ROOT / "tests/data/page/refused/picture.gif").read_bytes(), "expected"
    yield "a BMP", "bad.png", b"BM" + bytes(60), "expected"
    yield "an OpenEXR", "bad.png", b"\x76\x2f\x31\x01" + bytes(60), "expected"


def cases():
    arguments = ["--model", str(NANO), "--max-new-tokens", "1", "--quiet"]
    for make in (bombs, contradictions):
        for name, file, content, rule in make():
            # None: OpenCV hides libjpeg's warnings and fills missing pixels with grey.
            yield Case("image: " + name, ["read", file, *arguments],
                       [] if rule is None else [file, rule], written(file, content),
                       may_pass=rule is None)
