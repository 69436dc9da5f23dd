"""Fonts with Chinese characters for plots and for the page."""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Iterable
from functools import cache
from typing import Any

from matplotlib import font_manager

log = logging.getLogger(__name__)
INSTALLED = (
    "Noto Sans SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Hiragino Sans GB",
    "Heiti SC",
    "Microsoft YaHei",
    "SimHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Noto Sans CJK JP",
    "Arial Unicode MS",
)
EMBEDDED = "tagkit embedded"
LATIN = "DejaVu Sans"
"""Comes with matplotlib; stands in for characters that the Chinese font lacks."""


@cache
def families() -> list[str]:
    """Return the font families for plots, the one with Chinese characters first.

    That is the font of the package pylopdf-fonts-zh-cn (Noto Sans SC, in the extra `report`), so that plots look alike
    everywhere; without it the first of `INSTALLED` on this machine. Where there is none, one warning is logged and
    Chinese characters come out as boxes.
    """
    try:
        from pylopdf_fonts_zh_cn import sans_path
    except ModuleNotFoundError:
        known = {entry.name for entry in font_manager.fontManager.ttflist}
        name = next((name for name in INSTALLED if name in known), None)
    else:
        path = str(sans_path())
        font_manager.fontManager.addfont(path)
        name = font_manager.FontProperties(fname=path).get_name()
    if name is None:
        log.warning('no font with Chinese characters is installed, plots show boxes: pip install "tagkit[report]"')
    return [LATIN] if name is None else [name, LATIN]


def embedded(characters: Iterable[str]) -> str:
    """Return a CSS rule that brings a font with these characters along, so that a page shows them on any machine.

    Args:
        characters: The Chinese characters of the page.

    Returns:
        One `@font-face` rule of some hundred KiB at most; "" where there is nothing to show or no font to take from.
    """
    wanted = sorted(set(characters))
    try:
        from pylopdf_fonts_zh_cn import sans_path
    except ModuleNotFoundError:
        wanted = []
    if not wanted:
        return ""
    from fontTools import subset, ttLib

    logging.getLogger("fontTools").setLevel(logging.ERROR)
    font: Any = ttLib.TTFont(sans_path())
    cutter = subset.Subsetter(subset.Options(layout_features=[]))
    cutter.populate(text="".join(wanted))
    cutter.subset(font)
    font.flavor = "woff"
    out = io.BytesIO()
    font.save(out)
    data = base64.b64encode(out.getvalue()).decode()
    return f'@font-face {{ font-family: "{EMBEDDED}"; src: url("data:font/woff;base64,{data}") format("woff"); }}'
