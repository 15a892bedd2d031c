#!/usr/bin/env python3
"""Writes tests/data/page: what Pillow makes of images, for the tests of page/.

    .venv/bin/python scripts/make_page_goldens.py PARITY_FOLDER

PARITY_FOLDER holds tiles.csv and preprocess/ as the official code made them
(deepseek-ai/DeepSeek-OCR e4ac34e). Of its views only the SHA-256 of the RGB
bytes is kept. The other cases come from the Pillow that runs this script; its
version is in the files.
"""

import hashlib
import json
import pathlib
import random
import shutil
import sys

import numpy
import PIL
from PIL import Image, ImageOps

OUT = pathlib.Path(__file__).parent.parent / "tests" / "data" / "page"
GREY = (127, 127, 127)


def sha256(image):
    return hashlib.sha256(image.convert("RGB").tobytes()).hexdigest()


def noise(width, height, seed):
    """The same bytes as `noise` of tests/page/noise.h."""
    i = numpy.arange(width * height * 3, dtype=numpy.uint32) + numpy.uint32(seed)
    i = i * numpy.uint32(2654435761)
    i = (i ^ (i >> numpy.uint32(15))) * numpy.uint32(2246822519)
    return Image.fromarray((i >> numpy.uint32(24)).astype(numpy.uint8).reshape(height, width, 3))


def write(name, cases):
    OUT.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join("  " + json.dumps(case) for case in cases)
    (OUT / name).write_text(f'{{"pillow": "{PIL.__version__}", "cases": [\n{lines}\n]}}\n')


def views(parity):
    folder = parity / "preprocess"
    cases = []
    for entry in json.loads((folder / "index.json").read_text()):
        tiles = {name.split("tile")[1].split(".")[0]: sha256(Image.open(folder / name)) for name in entry["tiles_kept"]}
        cases.append({
            "page": entry["page"],
            "mode": entry["mode"],
            "grid": entry["tiles"],
            "global_view": sha256(Image.open(folder / entry["global_view"])),
            "tiles": tiles,
        })
    for page in sorted({case["page"] for case in cases}):
        shutil.copyfile(folder / page, OUT / page)
    shutil.copyfile(parity / "tiles.csv", OUT / "tiles.csv")
    write("views.json", cases)


def resizes():
    draw = random.Random(0)
    sizes = [
        (1, 1, 1, 1), (1, 1, 7, 5), (7, 5, 1, 1), (64, 48, 64, 48), (64, 48, 64, 31), (64, 48, 31, 48),
        (2, 900, 64, 64), (900, 2, 64, 64), (40, 300, 30, 20), (300, 40, 20, 30), (100, 100, 250, 330),
        (90, 200, 45, 110), (90, 200, 45, 111), (200, 200, 100, 100),
    ]  # fmt: skip
    sizes += [tuple(draw.randint(1, 300) for _ in range(4)) for _ in range(50)]
    cases = []
    for seed, (width, height, new_width, new_height) in enumerate(sizes):
        resized = noise(width, height, seed).resize((new_width, new_height), Image.Resampling.BICUBIC)
        cases.append({"seed": seed, "size": [width, height], "resized": [new_width, new_height], "sha256": sha256(resized)})
    write("resizes.json", cases)


def pads():
    draw = random.Random(1)
    sizes = [(1, 1, 8), (64, 64, 64), (3000, 1, 64), (1, 3000, 64), (101, 100, 100), (100, 101, 100), (63, 100, 50), (65, 100, 50)]
    sizes += [(draw.randint(1, 200), draw.randint(1, 200), draw.randint(1, 200)) for _ in range(40)]
    cases = []
    for seed, (width, height, side) in enumerate(sizes):
        padded = ImageOps.pad(noise(width, height, seed), (side, side), color=GREY)
        cases.append({"seed": seed, "size": [width, height], "side": side, "sha256": sha256(padded)})
    write("pads.json", cases)


def files():
    folder = OUT / "files"
    folder.mkdir(parents=True, exist_ok=True)
    y, x = numpy.mgrid[0:13, 0:21]
    image = Image.fromarray(numpy.stack([x * 12 % 256, y * 19 % 256, (x + y) * 7 % 256], -1).astype(numpy.uint8))
    translucent = image.copy()
    translucent.putalpha(Image.fromarray((x * 12 % 256).astype(numpy.uint8)))
    image.save(folder / "rgb.png")
    image.save(folder / "rgb.jpg", quality=80)
    image.save(folder / "progressive.jpg", progressive=True)
    image.save(folder / "lossless.webp", lossless=True)
    image.save(folder / "lossy.webp")
    image.save(folder / "lzw.tif", compression="tiff_lzw")
    image.convert("L").save(folder / "grey.png")
    image.convert("L").save(folder / "grey.jpg")
    image.convert("1").save(folder / "black_and_white.tif", compression="group4")
    image.convert("P").save(folder / "palette.png", transparency=3)
    translucent.save(folder / "alpha.png")
    translucent.save(folder / "alpha.webp", lossless=True)
    translucent.convert("LA").save(folder / "grey_alpha.png")
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[274] = orientation
        image.save(folder / f"turned{orientation}.jpg", exif=exif)
    exif[274] = 6
    image.save(folder / "turned6.png", exif=exif)
    image.save(folder / "turned6.webp", exif=exif, lossless=True)
    image.save(folder / "turned6.tif", tiffinfo={274: 6})
    cases = []
    for path in sorted(folder.iterdir()):
        upright = ImageOps.exif_transpose(Image.open(path))
        cases.append({"file": path.name, "size": list(upright.size), "sha256": sha256(upright)})
    write("files.json", cases)
    # Refused: what Pillow reads and imgcodecs reads otherwise.
    refused = OUT / "refused"
    refused.mkdir(exist_ok=True)
    image.convert("CMYK").save(refused / "cmyk.jpg")
    translucent.save(refused / "alpha.tif")
    image.save(refused / "animated.webp", save_all=True, append_images=[image.rotate(180)])
    image.save(refused / "picture.gif")


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    views(pathlib.Path(sys.argv[1]))
    resizes()
    pads()
    files()
