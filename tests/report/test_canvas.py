"""Fonts, labels and saving of plots."""

from __future__ import annotations

from itertools import combinations

import pytest

pytest.importorskip("matplotlib")
pytest.importorskip("adjustText")
from matplotlib import font_manager, image

from tagkit.report import canvas


def test_chinese_characters_have_a_font():
    path = font_manager.findfont(canvas.families()[0], fallback_to_default=False)
    covered = font_manager.get_font(path).get_charmap()
    assert all(ord(char) in covered for char in "这是一款蓝色的高跟鞋优雅毛绒玩具")


@pytest.mark.parametrize("text", [r"$\frac{1", "a_b^c", "$100 – $200", "红色 <b> & |", "%s {} \\n"])
def test_text_is_drawn_as_it_is(text, tmp_path):
    with canvas.style():
        figure, axes = canvas.canvas(3)
        axes.set(title=text, xlabel=text, ylabel=text)
        (line,) = axes.plot([0, 1], [0, 1], label=text)
        axes.legend([line], [text])
        axes.set_xticks([0, 1], [text, text])
        canvas.label_points(axes, [(0.5, 0.5)], [text], ["red"])
    pixels = image.imread(canvas.save(figure, tmp_path / "deep/plot.png"))
    assert pixels.shape[1] == 960 and (pixels[..., :3] < 0.5).any()
    assert canvas.svg(figure).startswith("<svg")


@pytest.mark.parametrize(
    "text", ["满$100减$20", "$$", "a\ud800b", "two\r\nlines", "\x1b[31m\x00", "长" * 3000, "a" * 5000]
)
def test_any_text_can_be_drawn_as_one_line(text, tmp_path):
    line = canvas.drawable(text)
    assert 0 < len(line) <= 40 and line.isprintable()
    with canvas.style():
        figure, axes = canvas.canvas(3)
        axes.set_yticks([0, 1], [line, line])
    assert canvas.save(figure, tmp_path / "plot.png").stat().st_size > 1000 and canvas.svg(figure)


def test_wide_characters_count_twice():
    assert canvas.drawable("长" * 20) == "长" * 20 and canvas.drawable("长" * 21) == "长" * 19 + "…"


@pytest.mark.parametrize("gap", [0.0, 0.001, 0.05])
def test_labels_of_near_points_are_apart_and_inside(gap):
    points = [(0.5 + gap * at, 0.3 + gap * at) for at in range(6)] + [(0.9, 0.1), (0.0, 1.0)]
    with canvas.style():
        figure, axes = canvas.canvas(4)
        axes.scatter(*zip(*points, strict=True))
        canvas.label_points(axes, points, [f"strategy {at}" for at in range(8)], ["black"] * 8)
        figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 8 and not any(one.overlaps(two) for one, two in combinations(boxes, 2))
    frame = axes.get_window_extent()
    assert all(frame.x0 - 1 <= box.x0 and box.x1 <= frame.x1 + 1 for box in boxes)
    assert all(frame.y0 - 1 <= box.y0 and box.y1 <= frame.y1 + 1 for box in boxes)


def test_no_points_need_no_labels():
    with canvas.style():
        _, axes = canvas.canvas(3)
        canvas.label_points(axes, [], [], [])
    assert not axes.texts


def test_rows_have_colours_and_markers_of_their_own():
    looks = [tuple(canvas.look(at).values()) for at in range(40)]
    assert len(set(looks)) == 40


def test_svg_needs_no_fonts_and_follows_dark_pages():
    with canvas.style():
        figure, axes = canvas.canvas(3)
        axes.set_title("标题")
    text = canvas.svg(figure)
    assert (
        "<text" not in text and "prefers-color-scheme:dark" in text and canvas.INK not in text.partition("</style>")[2]
    )
    assert text == canvas.svg(figure)
