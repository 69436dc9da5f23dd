"""Settings of decoding, and the choices for the next token."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="decoding needs tagkit[models]")
from toy_decoder import END, Table  # noqa: E402

from tagkit.errors import BadInput  # noqa: E402
from tagkit.generation import Search, decode  # noqa: E402
from tagkit.generation.hypothesis import choices  # noqa: E402


def test_wrong_values_are_named():
    for bad, message in [
        ({"method": "guess"}, "greedy, beam, diverse, sample, not 'guess'"),
        ({"returns": 0}, "returns"),
        ({"tokens": 0}, "tokens"),
        ({"returns": 2}, "greedy"),
        ({"method": "beam", "returns": 4, "beams": 2}, "2 beams cannot return 4"),
        ({"method": "diverse", "returns": 4, "groups": 3}, "groups"),
        ({"temperature": 0.0}, "temperature"),
        ({"top_p": 0.0}, "top_p"),
        ({"min_p": 2.0}, "min_p"),
        ({"penalty": -1.0}, "penalty"),
    ]:
        with pytest.raises(BadInput, match=message):
            Search(**bad)
    with pytest.raises(BadInput, match="keys"):
        decode(Table(), [[1]], Search(method="sample"), END)
    assert decode(Table(), [], Search(), END) == []


def test_choices_are_the_allowed_tokens():
    logits = torch.tensor([[0.0, 1.0, 2.0], [3.0, 2.0, 1.0]])
    found = choices(logits, [np.array([0, 2]), np.array([1])])
    expected = logits.log_softmax(-1)
    assert torch.allclose(found.log_probs[0], expected[0, [0, 2]])
    assert found.log_probs[1, 0] == expected[1, 1] and found.log_probs[1, 1] == -math.inf
    assert found.tokens(torch.tensor([[1], [0]])).tolist() == [[2], [1]]
