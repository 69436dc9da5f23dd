"""Plots show the scores of the result."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("matplotlib")
pytest.importorskip("adjustText")
from matplotlib import image

from tagkit.errors import BadInput
from tagkit.report import facts, plots

PLOTS = ["scores", "accuracy-diversity", "accuracy-speed", "tags", "unique-finds"]


def assert_drawn(path):
    pixels = image.imread(path)[..., :3]
    height, width, _ = pixels.shape
    assert width == 960 and height > 250
    border = [pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]
    assert all((edge == 1).all() for edge in border), "something is cut off at the border"
    inked = (pixels < 0.9).any(axis=2)
    assert 0.005 < inked.mean() < 0.5
    assert len(np.unique((pixels[inked] * 255).astype(int), axis=0)) > 20, "it has no colours"


def draw_all(result):
    return {name: draw(result) for name, draw in plots.kinds(result).items()}


@pytest.fixture(scope="module")
def figures(result):
    return draw_all(result)


@pytest.mark.parametrize("name", PLOTS)
def test_every_plot_is_drawn(figures, name, tmp_path):
    assert list(figures) == PLOTS
    assert_drawn(plots.save(figures[name], tmp_path / f"{name}.png"))
    assert figures[name].axes[0].get_title(loc="left").endswith("\n小店_1, test: 15 products")
    texts = [text.get_text() for axes in figures[name].axes for text in [*axes.texts, *axes.get_yticklabels()]]
    assert name == "tags" or {"lexicon", "<longer>"} <= set(texts)


def test_points_are_the_scores(result, figures):
    table = {name: row for name, row in result.scores["test"].items() if row["ILD@10"].value == row["ILD@10"].value}
    assert len(table) == 2, "lists without tags have no diversity"
    points = {tuple(p.get_offsets()[0]) for p in figures["accuracy-diversity"].axes[0].collections}
    assert points == {(row["ILD@10"].value, row["F1@M"].value) for row in table.values()}
    points = {tuple(p.get_offsets()[0]) for p in figures["accuracy-speed"].axes[0].collections}
    speeds = {name: row.items_per_second for name, row in result.rows.items()}
    assert points == {(speeds[name], row["F1@M"].value) for name, row in result.scores["test"].items()}


def test_bars_are_the_counts(result, figures):
    found = facts.finds(result)
    assert [bar.get_width() for bar in figures["unique-finds"].axes[0].patches] == list(found.alone.values())
    labels = {label.get_text() for label in figures["tags"].axes[0].get_yticklabels()}
    assert labels >= {"女性 (6)", "鞋子 (6)"}


def test_expected_scores_and_standard_deviations_are_drawn(reproduced, tmp_path):
    figure = draw_all(reproduced)["scores"]
    assert_drawn(plots.save(figure, tmp_path / "scores.png"))
    (axes,) = figure.axes
    rows = [label.get_text() for label in axes.get_yticklabels()]
    assert rows == ["the_paper's", "slow", "plain", "three seeds", "worse"], "the best first, measured or expected"
    bars = {line.get_xdata()[0] for line in axes.lines if line.get_marker() == "|"}
    assert bars == {71.5, 60.0, 50.0, 80.0, 81.0}
    assert any(np.allclose(line.get_xdata(), [59.4, 61.6]) for line in axes.lines)
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert said == ["95 % interval", "standard deviation over runs", "single run", "expected"]
    assert any(np.allclose(line.get_xdata(), [59.0, 61.0, 61.5]) for line in axes.lines if len(line.get_xdata()) == 3)


def test_a_stored_result_has_the_plots_that_need_no_tags(reproduced):
    assert list(draw_all(reproduced)) == ["scores", "accuracy-speed"]


def test_without_a_measure_of_diversity(result):
    plain = replace(result, experiment=replace(result.experiment, measures=result.measures[:1]))
    assert "accuracy-diversity" not in draw_all(plain)
    with pytest.raises(BadInput, match="add one of semantic-Vendi, Vendi, semantic-ILD, coverage, ILD"):
        plots.accuracy_diversity(plain)


def test_numbers_stand_for_names_that_would_crowd_a_plot(result, monkeypatch, tmp_path):
    monkeypatch.setattr(plots, "NAMED", 1)
    figure = plots.accuracy_diversity(result)
    assert_drawn(plots.save(figure, tmp_path / "crowded.png"))
    (axes,) = figure.axes
    assert {text.get_text() for text in axes.texts} == {"1", "2"}
    entries = [text.get_text() for text in figure.legends[0].get_texts()]
    scores = {
        f"{n} {name}": result.scores["test"][name]["F1@M"].value for n, name in (e.split(" ", 1) for e in entries)
    }
    assert entries == sorted(scores, key=lambda entry: -scores[entry]) and [e[0] for e in entries] == ["1", "2"]
