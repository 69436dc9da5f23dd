"""Several results as one Markdown document."""

from __future__ import annotations

from tagkit.report import document


def test_a_document_has_a_section_for_each_result(result, reproduced):
    text = document([reproduced, result], "Scores", "Written by `make`.")
    assert text.startswith("# Scores\n\nWritten by `make`.\n\n- OK: equal at the printed precision.\n")
    assert "All cells: 1 OK, 1 OKish, 1 FAIL, " in text
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# Scores",
        "## shop",
        "## 小店\\_1",
        "### 小店\\_1, test",
        "### 小店\\_1, dedup",
        "### 小店\\_1, seen",
    ]
    assert "| row | F1@M expected | F1@M | SD | W/T/L | p |" in text
    assert "| three seeds | 60.00 (SD 0.80) | 60.50 ±2.00 ▲ OKish | 1.10 |" in text or "60.50 ±2.00" in text
    assert "- worse: by `hand` at https://x.org/a." in text
    assert text.rstrip().endswith("- not set up: llm (no endpoint)")


def test_without_expected_scores_there_are_no_verdicts(result):
    assert "OKish" not in document([result])
