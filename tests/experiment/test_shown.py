from dataclasses import replace

import pandas as pd
import pytest
from matplotlib.figure import Figure

from tagkit.errors import BadInput
from tagkit.experiment.compare import compare
from tagkit.product import Dataset


@pytest.fixture(scope="module")
def result(products):
    data = Dataset("shop", tuple(products[:16]), (), tuple(products[16:]))
    return compare(["lexicon", "knn"], data, ["F1@M", "ILD@10"], samples=50, progress=False, isolate=False)


def test_the_best_row_is_named_and_gives_its_pipeline(result):
    assert result.best == result.order()[0] == result.frame.index[0]
    assert result.tagger(result.best).name == result.best
    with pytest.raises(BadInput, match="no row was measured"):
        replace(result, scores={}).best  # noqa: B018


def test_the_table_is_a_frame_and_plots_have_names(result):
    assert isinstance(result.frame, pd.DataFrame) and {"F1@M", "F1@M p"} <= set(result.frame)
    assert isinstance(result.plot(), Figure) and isinstance(result.plot("tags"), Figure)
    with pytest.raises(BadInput, match=r"no plot 'score' \(did you mean 'scores'\?\)"):
        result.plot("score")


def test_a_result_is_one_line_and_a_card(result):
    assert repr(result).startswith("Result('shop', 2 of 2 rows measured, best: ") and "\n" not in repr(result)
    html = result._repr_html_()
    assert html.count("<table") == 1 and result.summary.split(":")[0] in html and "baseline" in html


@pytest.mark.parametrize("ask", ["tagger", "tags", "run", "products"])
def test_a_wrong_row_says_what_was_meant(result, ask):
    with pytest.raises(BadInput, match=r"'lexicn'.*did you mean 'lexicon'"):
        result.products(row="lexicn") if ask == "products" else getattr(result, ask)("lexicn")
    with pytest.raises(BadInput, match="did you mean 'knn'"):
        result.experiment.row("knnn")


def test_products_are_shown_beside_the_gold(result):
    assert len(result.show(2)) == 2 and {row.row for item in result.show(2) for row in item.rows} == {result.best}
    assert {row.row for row in result.hardest(1)[0].rows} == set(result.rows)
    assert "lexicon is better on" in result.compare_products("lexicon", "knn").note
    with pytest.raises(BadInput, match="did you mean 'knn'"):
        result.compare_products("lexicon", "knnn")
