"""Arbitrary products and files for Hypothesis, and the run over them, which `make fuzz` lengthens and records."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("TAGKIT_FUZZ", "50"))
"""How many examples each subject gets; more than the default ones are drawn at random and recorded."""
AT_LENGTH = "TAGKIT_FUZZ" in os.environ
LONGEST = 100_000 if AT_LENGTH else 300
"""The longest text, in characters."""
FIGURES = Path(__file__).parents[1] / "benchmarks" / "results" / "fuzz.json"

WORDS = ("红色", "高跟鞋", "T恤", "纯棉", "250ml*24盒", "Blue running shoes", "women", "100%", "1.5L", "C++", "wi-fi")
ODD = (
    *(
        "\u200d",
        "\u200b",
        "\ufe0f",
        "\u20e3",
        "\u0301",
        "\u3099",
        "\u202e",
        "\ufeff",
        "\x00",
        "\x1b[31m",
        "\x85",
        "\u2028",
    ),
    *("👨‍👩‍👧", "❤️", "1️⃣", "🇨🇳", "İ", "ß", "ﬁ", "㎏", "①", "Ａ", "ｶﾞ", "각", "𠮷", "瞭解", "\ufffd", "\U0010ffff"),
    *(
        "<!--",
        "<script>",
        "&amp;",
        "&#x1f460;",
        "</",
        "{",
        "}",
        '"',
        "\\u0000",
        "[",
        "、",
        "；",
        "|",
        "\t",
        "\r\n",
        "\n",
    ),
    *("http://a.b/c", "a@b.cn", "www.", "！！！", "~~~", "$", "包邮", "正品", "-1e999", "NaN", "null", " ", "\u3000"),
)
CHARACTERS = st.characters(exclude_categories=["Cs"])
"""All of Unicode but lone surrogates, which every product refuses."""


def texts(longest: int = LONGEST) -> st.SearchStrategy[str]:
    """Return a strategy of texts: known words, odd pieces and any characters, a few of them repeated to any length."""
    pieces = st.one_of(st.sampled_from(WORDS), st.sampled_from(ODD), CHARACTERS)
    short = st.lists(pieces, max_size=12).map("".join)
    repeat = st.integers(0, 29).map(lambda roll: roll == 13)
    return st.builds(_repeated, short, repeat, st.integers(0, longest))


def _repeated(text: str, is_long: bool, length: int) -> str:
    return (text * length)[:length] if is_long else text


def items() -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy of mappings that are valid products."""
    short = texts(100)
    optional = {
        "description": short,
        "category": short,
        "lang": st.sampled_from(["zh", "en", "", "de"]),
        "attributes": st.dictionaries(short, short, max_size=3),
        "images": st.lists(short.filter(str.strip), max_size=2),
    }
    return st.fixed_dictionaries({"title": texts()}, optional=optional)


def batches(size: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Return a strategy of lists of so many products."""
    return st.lists(items(), min_size=size, max_size=size)


def values() -> st.SearchStrategy[Any]:
    """Return a strategy of whatever JSON, Python or a table may hold, lone surrogates included."""
    any_text = st.text(max_size=8)
    plain = st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), any_text, st.text(st.characters(), max_size=3)
    )
    plain |= st.sampled_from(["\ud83d", "红\udc80", b"x", float("inf")])
    return st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3))


def for_all(subject: str, strategy: st.SearchStrategy[Any], check: Callable[[Any], None], size: int = 1) -> None:
    """Check what a strategy draws; a long run is recorded in `benchmarks/results/fuzz.json`.

    Args:
        subject: What is tried, for the record.
        strategy: Draws an input.
        check: Raises where something is wrong.
        size: How many examples one input holds.
    """
    tried = 0

    @settings(
        max_examples=max(1, EXAMPLES // size),
        deadline=None,
        database=None,
        derandomize=not AT_LENGTH,
        print_blob=False,
        phases=[Phase.generate],  # shrinking ten products for a strategy that takes a second would take hours
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def run(value: Any) -> None:
        nonlocal tried
        tried += size
        check(value)

    start, failures = time.perf_counter(), 1
    try:
        run()
        failures = 0
    finally:
        if AT_LENGTH:
            record(subject, {"examples": tried, "failures": failures, "seconds": round(time.perf_counter() - start, 1)})


def record(subject: str, found: dict[str, Any]) -> None:
    """Write the figures of a subject beside those of the others."""
    from tagkit.experiment import environment

    body = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.is_file() else {"figures": {}}
    body |= {
        "benchmark": "fuzz",
        "command": "make fuzz",
        "date": datetime.now(UTC).date().isoformat(),
        "machine": environment.machine(),
        "rows": "subject",
        "figures": dict(sorted((body["figures"] | {subject: found}).items())),
    }
    FIGURES.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
