"""The page: it needs nothing else, and tells what there is."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import pytest

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")
pytest.importorskip("adjustText")

from tagkit import report

PLOTS = 5


class Page(HTMLParser):
    """Collects what a page loads, shows and runs."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.alts: list[str] = []
        self.tags: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append(tag)
        self.loads += [value for name, value in attrs if name in ("src", "srcset", "data", "action")]
        self.links += [found["href"]] if "href" in found else []
        self.ids += [found["id"]] if "id" in found else []
        self.alts += [found["alt"]] if "alt" in found else []


@pytest.fixture(scope="module")
def html(result, tmp_path_factory):
    path = report.to_html(result, tmp_path_factory.mktemp("page") / "deep/report.html")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def several(result, reproduced, tmp_path_factory):
    path = report.to_html([reproduced, result], tmp_path_factory.mktemp("page") / "results.html")
    return path.read_text(encoding="utf-8")


def test_the_page_needs_nothing_else(html):
    page = Page(html)
    assert len(page.loads) == PLOTS == page.tags.count("img") and page.tags.count("script") == 1
    assert all(address.startswith("data:image/svg+xml;base64,") for address in page.loads)
    assert not re.search(r'@import|url\((?!"data:font/woff;base64,)|fetch\(|XMLHttpRequest|<link', html)
    for address in page.loads:
        svg = base64.b64decode(address.partition(",")[2]).decode()
        assert svg.startswith("<svg") and svg.count("<path") > 20 and "<text" not in svg
        assert not re.search(r'(?:href|src)="(?!#)', svg)
    assert any("lexicon: F1@M 0." in alt for alt in page.alts)


@pytest.mark.parametrize("name", ["html", "several"])
def test_links_within_the_page_have_a_target(name, request):
    page = Page(request.getfixturevalue(name))
    assert len(page.ids) == len(set(page.ids))
    assert {address[1:] for address in page.links if address.startswith("#")} <= set(page.ids)


def test_the_page_brings_its_chinese_characters(html):
    pytest.importorskip("pylopdf_fonts_zh_cn", reason="the font comes with tagkit[report]")
    from fontTools.ttLib import TTFont

    data = re.search(r'url\("data:font/woff;base64,([^"]+)"\)', html)
    font = TTFont(io.BytesIO(base64.b64decode(data[1])))
    shown = {ord(char) for char in re.findall(r"[\u4e00-\u9fff]", html)}
    assert len(shown) > 50 and shown <= font.getBestCmap().keys()
    assert len(data[1]) < 400_000


def test_the_page_tells_what_there_is(result, html):
    assert '<meta charset="utf-8">' in html and "Tagging strategies on 小店_1" in html
    for text in (
        "黑色高跟鞋女尖头细跟 新款",
        "没人找到",
        r"空|_empty $\frac{",
        "卡 https://x.org",
        "2 cores of abacus",
    ):
        assert text in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; 红色 &amp; 蓝色" in html and "<script>alert" not in html
    assert "2 of 15 test texts are in train" in html and "dedup: 13 products" in html
    assert "failing failed: it has no_luck &amp; 100 % failure" in html
    assert "not set up: llm (no endpoint)" in html
    assert html.count('<table class="board">') == 3 and html.count("<article>") == 10
    for measure in result.measures:
        assert f"<strong>{measure}</strong>" in html and measure.source.split(",")[0] in html


def test_expected_scores_and_verdicts_are_on_the_same_page(several):
    assert several.count('<span class="verdict') == 4
    assert '<span class="verdict fail">FAIL</span>' in several and "1 OK, 1 OKish, 1 FAIL" in several
    assert "60.00 (SD 0.80)" in several and "<small>±2.00</small>" in several
    assert 'by <code>hand</code> at <a href="https://x.org/a">https://x.org/a</a>' in several
    assert "<code>tagkit reproduce --only worse</code>" in several
    runs = re.search(r"Runs of three seeds.*?</table>", several, flags=re.DOTALL)
    assert re.findall(r"<td[^>]*>([^<]*)</td>", runs[0])[:3] == ["0", "–", "59.00"] and ">61.50<" in runs[0]
    page = Page(several)
    assert page.tags.count("img") == 2 and "<article>" not in several, "several results show one plot each"
    assert "experiment-1-scores" in page.ids and "experiment-2-scores" in page.ids


def test_examples_have_small_lazy_copies_of_their_photos(tmp_path):
    pytest.importorskip("PIL", reason="photos need tagkit[images]")
    from tagkit.contract import PRODUCTS, photographed
    from tagkit.experiment.compare import compare
    from tagkit.product import Dataset, Product

    rows = photographed(PRODUCTS)
    bad = Product("bad", "红色高跟鞋", images=("nowhere.jpg",), tags=("红色",))
    data = Dataset("shop", rows[:14], (), (*rows[14:20], bad))
    result = compare({"dictionary": "dictionary"}, data, ["micro-F1"], samples=10, isolate=False, progress=False)
    html = report.to_html(result, tmp_path / "report.html").read_text(encoding="utf-8")
    photos = [address for address in Page(html).loads if address.startswith("data:image/jpeg;base64,")]
    assert len(photos) == 6 and html.count('<img loading="lazy"') == 6 and len(html) < 10_000_000
    assert html.count("<div") == html.count("</div>")
