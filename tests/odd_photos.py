"""Photos as they should not be, but are: made here, so that the tests hold no damaged files."""

from __future__ import annotations

import base64
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (40, 30)
"""Width and height of the photos that can be read, unless the name says otherwise."""


def scene(mode: str = "RGB", size: tuple[int, int] = SIZE) -> Image.Image:
    """A picture whose upper left quarter is red, and the rest of it blue."""
    pixels = np.zeros((size[1], size[0], 3), dtype=np.uint8)
    pixels[..., 2] = 200
    pixels[: max(1, size[1] // 2), : max(1, size[0] // 2)] = (200, 0, 0)
    return Image.fromarray(pixels).convert(mode)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """Return the content of an image file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG file with its checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    """Return a PNG file that claims a size, whatever its chunks hold."""
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + png_chunk(b"IEND", b"")


def turned(orientation: int) -> bytes:
    """Return a JPEG that says in its EXIF how the camera was held."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(scene(), "JPEG", exif=exif)


def frames(kind: str) -> bytes:
    """Return an animation of which the first frame is the scene."""
    more = [Image.new("RGB", SIZE, "green"), Image.new("RGB", SIZE, "white")]
    return encoded(scene(), kind, save_all=True, append_images=more)


def deep() -> Image.Image:
    """A picture of 16 bits: light on the left, dark on the right."""
    row = np.where(np.arange(SIZE[0]) < SIZE[0] // 2, 60_000, 3_000).astype(np.uint16)
    return Image.fromarray(np.tile(row, (SIZE[1], 1)))


def transparent(mode: str) -> Image.Image:
    """A picture that is transparent but for its upper left quarter."""
    image = scene("RGBA")
    image.putalpha(Image.fromarray(((np.asarray(scene())[..., 0] > 100) * 255).astype(np.uint8)))
    return image.quantize(16) if mode == "P" else image.convert(mode)


READABLE: dict[str, Callable[[], bytes]] = {
    "plain.jpg": lambda: encoded(scene(), "JPEG"),
    "progressive.jpg": lambda: encoded(scene(), "JPEG", progressive=True),
    "plain.png": lambda: encoded(scene(), "PNG"),
    "plain.gif": lambda: encoded(scene(), "GIF"),
    "plain.bmp": lambda: encoded(scene(), "BMP"),
    "plain.webp": lambda: encoded(scene(), "WEBP", lossless=True),
    "png with the wrong name.jpg": lambda: encoded(scene(), "PNG"),
    "照片 with blanks.jpg": lambda: encoded(scene(), "JPEG"),
    "no suffix": lambda: encoded(scene(), "JPEG"),
    "grey.jpg": lambda: encoded(scene("L"), "JPEG"),
    "cmyk.jpg": lambda: encoded(scene("CMYK"), "JPEG"),
    "palette.png": lambda: encoded(scene().quantize(8), "PNG"),
    "one bit.png": lambda: encoded(scene("1"), "PNG"),
    "16 bits.png": lambda: encoded(deep(), "PNG"),
    "transparent.png": lambda: encoded(transparent("RGBA"), "PNG"),
    "transparent grey.png": lambda: encoded(transparent("LA"), "PNG"),
    "transparent palette.png": lambda: encoded(transparent("P"), "PNG"),
    "turned.jpg": lambda: turned(6),
    "mirrored.jpg": lambda: turned(2),
    "impossible orientation.jpg": lambda: turned(99),
    "broken exif.jpg": lambda: encoded(scene(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff broken"),
    "broken profile.jpg": lambda: encoded(scene(), "JPEG", icc_profile=b"no profile" * 20),
    "animated.gif": lambda: frames("GIF"),
    "animated.png": lambda: frames("PNG"),
    "animated.webp": lambda: frames("WEBP"),
    "one pixel.png": lambda: encoded(scene(size=(1, 1)), "PNG"),
    "thin.png": lambda: encoded(scene(size=(3000, 1)), "PNG"),
}
"""Files that give a picture, by name."""

UNREADABLE: dict[str, Callable[[], bytes]] = {
    "empty.jpg": lambda: b"",
    "half.jpg": lambda: encoded(noise(), "JPEG")[:2000],
    "beginning.jpg": lambda: encoded(scene(), "JPEG")[:30],
    "half.png": lambda: encoded(noise(), "PNG")[:2000],
    "damaged.png": lambda: damaged(encoded(noise(), "PNG")),
    "random.jpg": lambda: b"\xff\xd8\xff\xe0" + np.random.default_rng(0).bytes(4000),
    "page.jpg": lambda: b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
    "text.png": lambda: "没有照片".encode(),
    "drawing.svg": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "postscript.eps": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 40 30\nshowpage\n%%EOF\n",
    "paper.pdf": lambda: b"%PDF-1.4\n%%EOF\n",
    "no pixels.png": lambda: png(0, 0, png_chunk(b"IDAT", zlib.compress(b""))),
    "bomb.png": lambda: png(50_000, 50_000, png_chunk(b"IDAT", zlib.compress(b"\0" * 10_000_000, 9))),
    "too large.png": lambda: png(9000, 9000, png_chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000, 9))),
    "bomb.gif": lambda: b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + b"\x2c" + bytes(20) + b";",
    "bomb of text.png": lambda: png(
        2,
        2,
        png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"\0" * 200_000_000, 9)),
        png_chunk(b"IDAT", zlib.compress(b"\0" * 14)),
    ),
}
"""Files that give a reason, by name."""


def noise() -> Image.Image:
    """A picture that does not compress."""
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (100, 100, 3), dtype=np.uint8))


def damaged(content: bytes) -> bytes:
    """Return a file in whose middle some bytes are wrong."""
    half = len(content) // 2
    return content[:half] + bytes(50) + content[half + 50 :]


def write_all(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Write all of them.

    Returns:
        What products would name as their photo, by what it is: those that can be read, and those that cannot.
    """
    for name, make in (READABLE | UNREADABLE).items():
        (folder / name).write_bytes(make())
    good, bad = ({name: str(folder / name) for name in names} for names in (READABLE, UNREADABLE))
    (folder / "folder.jpg").mkdir()
    (folder / "loop.jpg").symlink_to(folder / "loop.jpg")
    os.mkfifo(folder / "pipe.jpg")
    with zipfile.ZipFile(folder / "photos.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in/a.jpg", encoded(scene(), "JPEG"))
        archive.writestr("broken.jpg", b"no photo")
        archive.writestr("bomb.jpg", b"\xff\xd8\xff" + bytes(300_000_000))
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 and nothing else")
    content = base64.b64encode(encoded(scene(), "PNG")).decode()
    good |= {
        "a file of an archive": f"zip://{folder}/photos.zip!in/a.jpg",
        "a data address": f"data:image/png;base64,{content}",
    }
    bad |= {name: str(folder / name) for name in ("missing.jpg", "folder.jpg", "loop.jpg", "pipe.jpg")}
    bad |= {
        "missing in an archive": f"zip://{folder}/photos.zip!missing.jpg",
        "broken in an archive": f"zip://{folder}/photos.zip!broken.jpg",
        "bomb in an archive": f"zip://{folder}/photos.zip!bomb.jpg",
        "broken archive": f"zip://{folder}/broken.zip!a.jpg",
        "missing archive": f"zip://{folder}/missing.zip!a.jpg",
        "archive without a name in it": f"zip://{folder}/photos.zip",
        "damaged data address": "data:image/png;base64,%%%",
        "data address of a page": "data:text/html,<script>alert(1)</script>",
        "web address": "https://example.invalid/a.jpg",
        "other address": "ftp://example.invalid/a.jpg",
        "very long name": "a" * 5000,
        "zero byte": "a\0b.jpg",
        "endless": "/dev/zero",
    }
    return good, bad
