from dataclasses import replace

from tagkit.experiment.result import Score
from tagkit.report import findings
from tagkit.report.findings import summary


def scored(result, **cells):
    """Return a result in which each row has a score and a p-value on test."""
    scores = {name: {"F1@M": Score(value, value - 0.02, value + 0.02, p=p)} for name, (value, p) in cells.items()}
    return replace(result, scores={"test": scores})


def test_the_best_row_and_the_baseline_are_compared(result):
    found = scored(result, lexicon=(0.6, None), hybrid=(0.7, 0.0004), knn=(0.4, 0.004), tfidf=(0.59, 0.4))
    assert summary(found) == (
        "By F1@M, hybrid is best: 0.700 ±0.020. It is significantly better than the baseline lexicon "
        "(0.600 ±0.020; p < 0.001). Significantly worse than lexicon: knn. Not distinguishable from lexicon: tfidf."
    )


def test_a_difference_by_chance_is_called_so(result):
    found = scored(result, lexicon=(0.6, None), hybrid=(0.61, 0.3), linear=(0.605, 0.2), knn=(0.604, 0.01))
    assert summary(found) == (
        "By F1@M, hybrid is best: 0.610 ±0.020. It is not distinguishable from the baseline lexicon "
        "(0.600 ±0.020; p = 0.300). Significantly better than lexicon: knn. Not distinguishable from lexicon: linear."
    )


def test_a_baseline_may_be_best_alone_or_untested(result, reproduced, monkeypatch):
    found = scored(result, lexicon=(0.6, None), a=(0.5, 0.01), b=(0.4, 0.01), c=(0.3, 0.01))
    assert summary(found).endswith("lexicon is best: 0.600 ±0.020. Significantly worse than it: a, b and c.")
    monkeypatch.setattr(findings, "NAMED", 2)
    assert summary(found).endswith("than it: a, b and 1 other.")
    alone = scored(result, lexicon=(0.6, None))
    assert summary(alone) == "lexicon has F1@M 0.600 ±0.020; there is no other row to compare it with."
    assert summary(reproduced) == summary(replace(result, scores={})) == ""
