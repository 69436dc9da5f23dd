"""The forms of the report: DataFrame, Markdown, LaTeX, terminal, JSON values, the page, the plots."""

from __future__ import annotations

import base64
import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import tagkit
from tagkit import report
from tagkit.errors import BadInput
from tagkit.experiment.result import DEDUP, TEST
from tagkit.product import Dataset, Product
from tagkit.taggers import create
from tagkit.taggers.dictionary import Dictionary

pytest.importorskip("pandas")
pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")
from matplotlib import image

from tagkit.report import plots
from tagkit.report._finds import finds
from tagkit.report._fonts import families

PLOTS = ["accuracy-diversity", "accuracy-speed", "tags", "unique-finds"]
MEASURES = ("F1@M", "ILD@10", "redundancy@10", "OOV-rate", "micro-F1")


class Failing(Dictionary):
    """Cannot learn."""

    name = "failing"

    def _fit(self, train, dev):
        raise BadInput("it has no_luck & 100 % failure")


@pytest.fixture(scope="module")
def comparison(products):
    """Three strategies with awkward names, one that fails, and two test texts that stand in train."""
    odd = Product("odd", "<script>alert(1)</script> 红色 & 蓝色", tags=("红色", "<b>", "没人找到"))
    data = Dataset("小店_1", tuple(products[:12]), (), (*products[:2], *products[12:], odd), "卡 https://x.org", "MIT")
    strategies = {
        "lexicon": create("lexicon"),
        "空|_empty": create("dictionary", min_chars=99),
        "<longer>": create("dictionary", min_chars=3),
        "failing": Failing(),
    }
    return tagkit.compare(strategies, data, MEASURES, samples=50, resume=False, progress=False)


# ---------------------------------------------------------------- tables


@pytest.mark.parametrize("view", [TEST, DEDUP])
def test_frame(comparison, view):
    frame = report.to_frame(comparison, view)
    assert list(frame.index) == comparison.order(view) and frame.index.name == "strategy"
    for name, row in comparison.table[view].items():
        for measure, figure in row.items():
            found = frame.loc[name, [measure, f"{measure} low", f"{measure} high", f"{measure} p"]].astype(float)
            p = np.nan if figure.p is None else figure.p
            assert np.allclose(found, [figure.value, figure.low, figure.high, p], equal_nan=True)
    assert frame.loc["lexicon", ["wins", "ties", "losses"]].isna().all()
    others = frame.drop(index="lexicon")[["wins", "ties", "losses"]]
    assert (others.sum(axis=1) == len(comparison.views[view])).all()
    assert (frame["items/s"] > 0).all() and (frame["fit s"] > 0).all() and (frame["peak MB"] > 20).all()


def test_markdown(comparison):
    text = report.to_markdown(comparison)
    head, rule, *rows = [line for line in text.splitlines() if line.startswith("|")]
    assert head == (
        r"| strategy | F1@M | ILD@10 | redundancy@10 ↓ | OOV-rate ↓ | micro-F1 | W/T/L | items/s | fit s | peak MB |"
    )
    assert rule == "|:--|" + "--:|" * 9
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]
    assert [row[0] for row in cells] == ["lexicon (baseline)", r"\<longer\>", r"空\|\_empty"]
    assert {len(row) for row in cells} == {10}
    figure = comparison.table[TEST]["lexicon"]["F1@M"]
    assert cells[0][1] == f"**{figure.value:.3f}** ±{(figure.high - figure.low) / 2:.3f}"
    empty = comparison.table[TEST]["空|_empty"]["F1@M"]
    assert empty.significant and cells[2][1] == "0.000 ±0.000 ▼"
    assert cells[2][6] == f"{empty.wins}/{empty.ties}/{empty.losses}" and cells[0][6] == "–"
    assert "95 % bootstrap interval (50 samples)" in text and "Holm's correction" in text
    assert r"failing could not run: it has no\_luck & 100 % failure" in text
    assert "stand word for word in train" not in text
    assert "2 of 15 test texts stand word for word in train" in report.to_markdown(comparison, DEDUP)
    only = report.to_markdown(comparison, measures=comparison.measures[:1])
    assert "ILD" not in only and "F1@M" in only


def test_latex(comparison):
    text = report.to_latex(comparison)
    assert text.startswith(r"% needs \usepackage{booktabs,amssymb}")
    assert text.count(r"\begin{") == text.count(r"\end{") == 2
    body = text[text.index(r"\midrule") : text.index(r"\bottomrule")].splitlines()[1:]
    assert len(body) == 3 and all(line.endswith(r" \\") and line.count(" & ") == 9 for line in body)
    assert body[0].startswith(r"lexicon (baseline) & \textbf{0.") and r"$\pm$" in body[0]
    assert body[2].startswith(r"空|\_empty & 0.000") and r"$^{\blacktriangledown}$" in body[2]
    assert r"\caption{小店\_1, test: 15 products." in text
    assert r"it has no\_luck \& 100 \% failure" in text
    assert not re.search(r"(?<!\\)[#_]|(?<!\\)%(?! needs)|[▲▼↓±–]", text)


def test_terminal(comparison):
    text = report.leaderboard(comparison)
    lines = text.splitlines()
    assert lines[0].startswith("小店_1, test: 15 products;") and len(lines) == 7
    assert "*0." in lines[4] and "▼" in lines[6]
    from tagkit.report._tables import columns

    for width in (60, 80, 100):
        table = report.leaderboard(comparison, width=width).splitlines()[2:]
        assert max(map(columns, table)) <= width
        assert "F1@M" in table[0]


def test_a_view_that_is_not_there(comparison):
    for form in (report.to_frame, report.to_markdown, report.to_latex, report.leaderboard):
        with pytest.raises(BadInput, match="no view 'dev'; there are: test, dedup"):
            form(comparison, "dev")


def test_insert(comparison, tmp_path):
    path = tmp_path / "README.md"
    path.write_text("# 前\n<!-- leaderboard -->\nold table\n<!-- /leaderboard -->\n后\n", encoding="utf-8")
    report.insert(comparison, path, measures=2)
    text = path.read_text(encoding="utf-8")
    assert text.startswith(
        "# 前\n<!-- leaderboard -->\n\n小店_1, test (15 products):\n\n| strategy | F1@M | ILD@10 | W"
    )
    assert text.endswith("\n\n<!-- /leaderboard -->\n后\n") and "old table" not in text
    assert "小店_1, dedup (13 products):" in text
    report.insert(comparison, path, measures=2)
    assert path.read_text(encoding="utf-8") == text
    path.write_text("no lines")
    with pytest.raises(BadInput, match="has no lines <!-- leaderboard -->"):
        report.insert(comparison, path)


def test_dict_is_json(comparison):
    found = report.to_dict(comparison)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["data"] == {"name": "小店_1", "digest": comparison.data.digest, "licence": "MIT"}
    assert (found["baseline"], found["samples"]) == ("lexicon", 50)
    assert found["measures"]["redundancy@10"] == "lower" and found["measures"]["F1@M"] == "higher"
    assert {view: rows["products"] for view, rows in found["views"].items()} == {TEST: 15, DEDUP: 13}
    figure = comparison.table[TEST]["<longer>"]["F1@M"]
    assert found["views"][TEST]["figures"]["<longer>"]["F1@M"] == vars(figure)
    assert found["views"][TEST]["figures"]["空|_empty"]["ILD@10"]["value"] is None
    assert found["strategies"]["<longer>"]["params"] == {"min_chars": 3}
    assert found["failed"] == comparison.failed and found["notes"] == report.notes(comparison)


# ---------------------------------------------------------------- plots


def assert_drawn(path):
    pixels = image.imread(path)[..., :3]
    height, width, _ = pixels.shape
    assert width == 960 and height > 300
    border = [pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]
    assert all((edge == 1).all() for edge in border), "something is cut off at the border"
    inked = (pixels < 0.9).any(axis=2)
    assert 0.005 < inked.mean() < 0.5
    assert len(np.unique((pixels[inked] * 255).astype(int), axis=0)) > 20, "it has no colours"


def test_every_plot_is_drawn(comparison, tmp_path):
    figures = plots.draw_all(comparison)
    assert list(figures) == PLOTS
    for name, figure in figures.items():
        assert_drawn(plots.save(figure, tmp_path / f"{name}.png"))
        texts = " ".join(text.get_text() for axes in figure.axes for text in axes.texts + axes.get_yticklabels())
        assert name == "tags" or {"lexicon", "<longer>"} <= set(texts.split())
        assert figure.axes[0].get_title(loc="left").endswith("\n小店_1, test: 15 products")


def test_plots_show_the_figures(comparison):
    figures = plots.draw_all(comparison)
    table = comparison.table[TEST]
    points = {tuple(p.get_offsets()[0]) for p in figures["accuracy-diversity"].axes[0].collections}
    known = {name: row for name, row in table.items() if name != "空|_empty"}  # lists without tags have no diversity
    assert points == {(row["ILD@10"].value, row["F1@M"].value) for row in known.values()}
    points = {tuple(p.get_offsets()[0]) for p in figures["accuracy-speed"].axes[0].collections}
    assert points == {(comparison.result(name).items_per_second, row["F1@M"].value) for name, row in table.items()}
    found = finds(comparison)
    widths = [bar.get_width() for bar in figures["unique-finds"].axes[0].patches]
    assert widths == [found.alone[name] for name in comparison.order()] and found.alone["lexicon"] > 0
    assert found.nobody > 0 and found.total == sum(len(product.tags) for product in comparison.data.test)
    bars = figures["tags"].axes[0]
    assert {label.get_text() for label in bars.get_yticklabels()} >= {"女性 (6)", "鞋子 (6)"}


def test_chinese_characters_have_a_font(comparison):
    from matplotlib import font_manager

    path = font_manager.findfont(families()[0], fallback_to_default=False)
    covered = font_manager.get_font(path).get_charmap()
    assert all(ord(char) in covered for char in "这是一款蓝色的高跟鞋优雅毛绒玩具")


def test_without_a_measure_of_diversity(comparison):
    plain = tagkit.Comparison(comparison.data, comparison.results, comparison.measures[:1], "lexicon", samples=20)
    assert list(plots.draw_all(plain)) == PLOTS[1:]
    with pytest.raises(BadInput, match="measure one of ILD, Vendi, coverage"):
        plots.accuracy_diversity(plain)


# ---------------------------------------------------------------- the page and the folder


class Page(HTMLParser):
    """Collects what a page loads, shows and runs."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.alts: list[str] = []
        self.tags: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append(tag)
        self.loads += [value for name, value in attrs if name in ("src", "href", "srcset", "data", "action")]
        self.ids.add(found.get("id", ""))
        self.alts += [found["alt"]] if "alt" in found else []


def test_the_page_needs_nothing_else(comparison, tmp_path):
    html = report.to_html(comparison, tmp_path / "deep/report.html").read_text(encoding="utf-8")
    page = Page(html)
    images = [address for address in page.loads if not address.startswith("#")]
    assert len(images) == len(PLOTS) == page.tags.count("img")
    assert all(address.startswith("data:image/svg+xml;base64,") for address in images)
    assert {address[1:] for address in page.loads if address.startswith("#")} <= page.ids
    assert not re.search(r'@import|url\((?!"data:font/woff;base64,)|fetch\(|XMLHttpRequest', html)
    assert page.tags.count("script") == 1
    for address in images:
        svg = base64.b64decode(address.partition(",")[2]).decode()
        assert svg.startswith("<svg") and svg.count("<path") > 20 and "<text" not in svg
        assert not re.search(r'(?:href|src)="(?!#)', svg)
    assert len(page.alts) == len(PLOTS) and any("lexicon: F1@M 0." in alt for alt in page.alts)


def test_the_page_brings_its_chinese_characters(comparison, tmp_path):
    pytest.importorskip("pylopdf_fonts_zh_cn", reason="the font comes with tagkit[report]")
    from fontTools.ttLib import TTFont

    html = report.to_html(comparison, tmp_path / "report.html").read_text(encoding="utf-8")
    data = re.search(r'url\("data:font/woff;base64,([^"]+)"\)', html)
    font = TTFont(io.BytesIO(base64.b64decode(data[1])))
    shown = {ord(char) for char in re.findall(r"[\u4e00-\u9fff]", html)}
    assert len(shown) > 50 and shown <= font.getBestCmap().keys()
    assert len(data[1]) < 400_000


def test_the_page_tells_what_there_is(comparison, tmp_path):
    html = report.to_html(comparison, tmp_path / "report.html").read_text(encoding="utf-8")
    assert '<meta charset="utf-8">' in html
    for text in (
        "小店_1",
        "黑色高跟鞋女尖头细跟 新款",
        "没人找到",
        "空|_empty",
        comparison.data.digest,
        "卡 https://x.org",
    ):
        assert text in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; 红色 &amp; 蓝色" in html and "<script>alert" not in html
    assert "2 of 15 test texts stand word for word in train" in html and "dedup: 13 products" in html
    assert "failing could not run: it has no_luck &amp; 100 % failure" in html
    assert html.count('<table class="board">') == 2 and html.count("<article>") == 10
    for measure in comparison.measures:
        assert f"<strong>{measure}</strong>" in html and measure.source.split(",")[0] in html


def test_write_gives_all_forms(comparison, tmp_path):
    files = report.write(comparison, tmp_path / "out")
    tables = [f"leaderboard-{view}{end}" for view in (TEST, DEDUP) for end in (".csv", ".md", ".tex")]
    assert [path.name for path in files] == ["report.html", *(f"{name}.png" for name in PLOTS), *tables]
    assert sorted(files) == sorted((tmp_path / "out").iterdir())
    csv = (tmp_path / "out/leaderboard-test.csv").read_text(encoding="utf-8").splitlines()
    assert len(csv) == 4 and csv[0].startswith("strategy,F1@M,F1@M low,F1@M high,F1@M p,ILD@10,")
    assert (tmp_path / "out/leaderboard-dedup.tex").read_text(encoding="utf-8") == report.to_latex(comparison, DEDUP)
