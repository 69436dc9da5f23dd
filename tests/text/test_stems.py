"""English stems."""

from __future__ import annotations

from tagkit.text.stems import stem, stems


def test_stems():
    assert stem("Networks") == stem("network") == "network"
    assert stem("高跟鞋") == "高跟鞋"
    assert stems("Optical  flows, non-linear models") == stems("optical flow , non-linear model")
