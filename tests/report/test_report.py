"""The forms of a whole result: text, Markdown, LaTeX, DataFrame, terminal and folder."""

from __future__ import annotations

import pytest

from tagkit import report
from tagkit.errors import BadInput

FORMS = [report.to_text, report.to_markdown, report.to_latex, report.to_csv, report.to_frame]


def text_of(lines):
    return "\n".join("".join(text for text, _ in line).rstrip() for line in lines)


@pytest.mark.parametrize("form", FORMS)
def test_a_view_that_does_not_exist(result, form):
    with pytest.raises(BadInput, match="no view 'dev'; there are: test, dedup, seen"):
        form(result, "dev")


def test_the_terminal_shows_all_views_and_ends_with_what_is_not_set_up(result):
    lines = text_of(report.terminal(result)).splitlines()
    assert lines[0].startswith("By F1@M, lexicon is best: ") and lines[2] == ""
    assert lines[3].startswith("小店_1, test: 15 products; * best; ▲ ▼")
    assert sum(line.startswith("lexicon") for line in lines) == 3
    assert lines[-1] == "not set up: llm (no endpoint)"


def test_the_terminal_says_what_became_of_expected_scores(reproduced):
    text = text_of(report.terminal(reproduced))
    assert "60.50▼ OKish (60.00)" in text and "41.0  FAIL (50.0)" in text and "(80.0)" in text
    assert "note: worse: by `hand`" in text


def test_markdown_and_latex_carry_legend_and_notes(result, reproduced):
    text = report.to_markdown(result)
    assert "± half the 95 % bootstrap interval" in text and r"failing failed: it has no\_luck & 100 % failure" in text
    assert "ILD" not in report.to_markdown(result, measures=result.measures[:1])
    assert r"it has no\_luck \& 100 \% failure" in report.to_latex(result)
    assert "OKish: within the stated tolerance" in report.to_markdown(reproduced)


def test_frame(result, reproduced):
    pytest.importorskip("pandas")
    frame = report.to_frame(result)
    assert list(frame.index) == result.order() and frame.index.name == "strategy"
    for name, row in result.scores["test"].items():
        assert frame.loc[name, "F1@M"] == row["F1@M"].value and frame.loc[name, "F1@M low"] == row["F1@M"].low
    assert frame.loc["lexicon", ["wins", "ties", "losses", "F1@M p"]].isna().all()
    assert frame.loc["<longer>", ["wins", "ties", "losses"]].tolist() == [0, 3, 12]
    assert (frame["items/s"] == 60).all() and (frame["fit s"] == 0.5).all() and (frame["peak MB"] == 120).all()
    frame = report.to_frame(reproduced)
    assert frame.loc["worse", ["F1@M expected", "F1@M", "F1@M verdict"]].tolist() == [50.0, 41.0, "FAIL"]
    assert frame.loc["three seeds", "F1@M SD"] == pytest.approx(1.1)


def test_write_gives_all_forms(result, tmp_path):
    for package in ("jinja2", "matplotlib", "adjustText"):
        pytest.importorskip(package)
    files = report.write(result, tmp_path / "out")
    drawn = ("scores", "accuracy-diversity", "accuracy-speed", "tags", "unique-finds")
    tables = [f"leaderboard-{view}{end}" for view in ("test", "dedup", "seen") for end in (".csv", ".md", ".tex")]
    assert [path.name for path in files] == ["report.html", *tables, *(f"{name}.png" for name in drawn)]
    assert sorted(files) == sorted((tmp_path / "out").iterdir())
    csv = (tmp_path / "out/leaderboard-test.csv").read_text(encoding="utf-8").splitlines()
    assert len(csv) == 4 and csv[0].startswith("strategy,F1@M,F1@M low,F1@M high,F1@M p,ILD@10,")
    assert (tmp_path / "out/leaderboard-dedup.tex").read_text(encoding="utf-8") == report.to_latex(result, "dedup")
