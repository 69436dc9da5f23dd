"""Photos in the review widget: one on this machine is shown at once, one on the web only after a click."""

from __future__ import annotations

import base64

import pytest
from jupyter_in_browser import ANSWER, Widget, run
from playwright.sync_api import expect

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
"""A PNG of one pixel."""
MAKE = f"""from shop import *
import base64, pathlib
from dataclasses import replace
pathlib.Path("shoe.png").write_bytes(base64.b64decode("{PIXEL}"))
pathlib.Path("no.png").write_bytes(b"no picture")
places = ("shoe.png", "https://shop.example/1.png", "https://shop.example/2.png", "no.png", "", "")
seen = [replace(one, images=(place,) if place else ()) for one, place in zip(unseen, places)]
tagkit.review(seen, tagger, "photos.db", order="given")"""


@pytest.fixture
def asked(page):
    """The addresses on the web that the page asks for, each answered with a photo."""
    found = []

    def answer(route):
        found.append(route.request.url)
        route.fulfill(body=base64.b64decode(PIXEL), content_type="image/png")

    page.route("https://shop.example/**", answer)
    return found


def test_a_photo_on_the_web_is_loaded_only_when_that_is_allowed(page, asked):
    run(page, 1, MAKE)
    widget = Widget(page).ready()
    photo = widget.root.locator(".tr-photo")
    here = photo.get_by_role("img", name="Photo of 红色真皮高跟鞋女新款")
    expect(here).to_be_visible(timeout=ANSWER)
    assert here.evaluate("image => image.naturalWidth") == 1

    widget.press("n")
    widget.product("蓝色帆布鞋")
    button = photo.get_by_role("button", name="Load photos from shop.example")
    expect(button).to_be_visible(timeout=ANSWER)
    assert not asked
    button.click()
    expect(photo.get_by_role("img", name="Photo of 蓝色帆布鞋女夏季")).to_be_visible()
    assert asked == ["https://shop.example/1.png"]

    widget.press("n")
    widget.product("黑色真丝连衣裙")
    expect(photo.get_by_role("img", name="Photo of 黑色真丝连衣裙")).to_be_visible()
    assert asked[1:] == ["https://shop.example/2.png"]

    widget.press("n")
    widget.product("白色运动鞋男")
    expect(photo.get_by_role("img")).to_have_count(0)
    widget.press("a")
    widget.saved()
