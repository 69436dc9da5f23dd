"""The measures: figures computed by hand, and what holds for all of them."""

import math
import random
from collections import Counter

import numpy as np
import pytest

from tagkit import registry
from tagkit.errors import BadInput, UnknownName
from tagkit.measures import Measure, Run, parse, parse_all
from tagkit.measures.oov_rate import vocabulary_gaps
from tagkit.product import Product, Span, Tag

NAMES = registry.measures.names()
LETTERS = "abcdefghijklmnopqrst"


def rich_run(n=40, seed=3, rows=None):
    """A run with all that any measure may need: scores, types, spans, products, train."""
    rng = random.Random(seed)
    predicted, products = [], []
    for i in range(n):
        title = "".join(rng.choice(LETTERS[:6]) for _ in range(30))
        spans = sorted(rng.sample(range(28), 5))
        gold = tuple(Tag(title[s : s + 2], 1.0, "gold", (Span(s, s + 2),), rng.choice("XY")) for s in spans)
        starts = rng.sample(range(28), rng.randint(0, 8))
        predicted.append(
            [Tag(title[s : s + 2], rng.random(), "x", (Span(s, s + 2),), rng.choice("XYZ")) for s in starts]
        )
        tags = tuple(dict.fromkeys(tag.text for tag in gold)) if i % 9 else ()
        products.append(Product(str(i), title, attributes={"Z": ""}, tags=tags, annotations=gold))
    chosen = range(n) if rows is None else rows
    train = Counter(a + b for a in LETTERS[:6] for b in LETTERS[:4])
    columns = {a + b: i for i, (a, b) in enumerate((a, b) for a in LETTERS[:6] for b in LETTERS[:6])}
    known = {"train_counts": train, "train_size": 50, "columns": columns}
    return Run([predicted[i] for i in chosen], products=[products[i] for i in chosen], **known)


# by hand


TRAIN = {"a": 3, "b": 1, "c": 1, "z": 5}


@pytest.mark.parametrize(
    ("name", "predicted", "gold", "figure"),
    [
        ("P@4", [["a", "b"], ["c", "x", "d", "y"]], [["a"], ["c", "d"]], (1 / 4 + 2 / 4) / 2),
        ("P", [["a", "b"], []], [["a"], ["c"]], (1 / 2 + 0) / 2),
        ("P@O", [["x", "a", "b"]], [["a", "b"]], 1 / 2),
        ("R@1", [["a", "b"], ["x"]], [["a", "b"], ["c"]], (1 / 2 + 0) / 2),
        ("F1@M", [["a", "b", "x"]], [["a", "b", "c", "d"]], 2 * (2 / 3) * (1 / 2) / (2 / 3 + 1 / 2)),
        ("F1@2", [["a"]], [["a", "b", "c"]], 2 * 1 / (2 + 3)),
        ("nDCG@3", [["x", "a"]], [["a", "b"]], (1 / math.log2(3)) / (1 + 1 / math.log2(3))),
        ("MAP", [["a", "x", "b"], ["x"]], [["a", "b", "c"], ["a"]], ((1 + 2 / 3) / 3 + 0) / 2),
        ("MAP@2", [["a", "x", "b"]], [["a", "b", "c"]], 1 / 3),
        ("MRR", [["x", "y", "a"], ["a"], []], [["a"], ["a"], ["a"]], (1 / 3 + 1 + 0) / 3),
        ("MRR@2", [["x", "y", "a"], ["a"]], [["a"], ["a"]], 1 / 2),
        ("micro-P", [["a", "x"], ["b"]], [["a"], ["b", "c"]], 2 / 3),
        ("micro-R@1", [["x", "a"], ["b"]], [["a"], ["b", "c"]], 1 / 3),
        ("micro-F1", [["a", "x"], ["b"]], [["a"], ["b", "c"]], 2 * 2 / (3 + 3)),
        # a: 2·1/(2+1), b: 1, c: 0 (gold only), x: 0 (predicted only)
        ("macro-F1", [["a", "x"], ["b", "a"]], [["a"], ["b", "c"]], (2 / 3 + 1 + 0 + 0) / 4),
        ("OOV-rate", [["a", "x"], ["y"], []], [["a"], ["b"], []], 2 / 3),
        ("OOV-rate@1", [["a", "x"], ["y"]], [["a"], ["b"]], 1 / 2),
        ("coverage", [["a", "x"], ["a", "b"]], [["a"], []], 2 / 4),
        ("coverage@1", [["a", "x"], ["a", "b"]], [["a"], []], 1 / 4),
        ("distinct", [["a", "b"], ["a"], ["a"]], [["a"], [], []], 2 / 4),
        ("entropy", [["a", "b"], ["a"], ["c"]], [["a"], [], []], 0.5 + 2 * 0.25 * 2),
        # counts 0, 0, 1, 3 in ascending order: (-3·0 - 1·0 + 1·1 + 3·3) / (4·4)
        ("Gini", [["a", "b", "x"], ["a"], ["a"]], [["a"], [], []], 10 / 16),
        # bigrams: {ab, bc}, {ab}, {x}: similarities 1/2, 0, 0
        ("ILD", [["abc", "AB", "x"], ["a"]], [["a"], ["a"]], (1 / 2 + 1 + 1) / 3),
        ("ILD@2", [["abc", "ab", "x"]], [["a"]], 1 / 2),
        # abcd and bcde share 2 of 4 bigrams, and a Latin letter inside a word is not contained in it
        ("redundancy", [["abcd", "bcde", "a"], ["a"]], [["a"], ["a"]], 0.0),
        ("redundancy", [["高跟鞋", "鞋", "红色"]], [[]], 1 / 3),
        ("redundancy", [["red shoe", "red", "bored"]], [[]], 1 / 3),
        ("redundancy(threshold=0.5)", [["红色", "酒红色", "鞋"]], [[]], 1 / 3),
        # the first shares 3 of 5 bigrams with either of the others, these two share 2 of 6
        ("redundancy", [["abcde", "abcdf", "bcdef"]], [[]], 2 / 3),
        ("redundancy(threshold=0.61)", [["abcde", "abcdf", "bcdef"]], [[]], 0.0),
        # similarity 0: two of two; the same bigrams: eigenvalues 2 and 0
        ("Vendi", [["ab", "cd"], ["aba", "bab"], []], [["a"], ["a"], ["a"]], (2 + 1) / 2),
        # 红色 covers itself and 酒红色 (1/2); then 酒红色 earns half of both; 鞋 stands in neither
        (
            "alpha-nDCG@3",
            [["红色", "鞋", "酒红色"]],
            [["红色", "酒红色"]],
            (2 + 1 / math.log2(4)) / (2 + 1 / math.log2(3)),
        ),
        ("alpha-nDCG(threshold=2)@2", [["x", "a"]], [["a", "b"]], (1 / math.log2(3)) / (1 + 1 / math.log2(3))),
    ],
)
def test_by_hand(name, predicted, gold, figure):
    assert parse(name)(predicted, gold, train_counts=TRAIN) == pytest.approx(figure, abs=1e-12)


def test_vendi_of_a_half_similar_pair():
    # K / 2 has the eigenvalues 3/4 and 1/4
    figure = math.exp(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))
    assert parse("Vendi")([["红色", "酒红色"]], [[]]) == pytest.approx(figure, abs=1e-12)


def test_psp():
    predicted, gold = [["a", "x", "b"], ["q"]], [["a", "b", "c"], ["q", "z"]]
    scale = (math.log(100) - 1) * 2.5**0.55

    def weight(count):
        return 1 + scale * (count + 1.5) ** -0.55

    found = weight(3) + weight(0)  # x is wrong; q is unseen in train
    best = weight(1) + weight(1) + weight(0) + weight(5)  # b and c weigh more than a
    known = {"train_counts": TRAIN, "train_size": 100}
    assert parse("PSP@2")(predicted, gold, **known) == pytest.approx(found / best, abs=1e-12)
    assert parse("PSP@3")([["c", "b", "a"]], gold[:1], **known) == pytest.approx(1)
    # where propensity does not depend on frequency, it is P relative to the best P
    assert parse("PSP@2")(predicted, gold, train_counts=TRAIN, train_size=1) == pytest.approx(2 / 4)


def test_calibration():
    predicted = [[Tag("a", 0.95), Tag("x", 0.9), Tag("a", 0.1)], [Tag("b", 0.3), Tag("y", 0.3)], [Tag("a", 0.5)]]
    gold = [["a"], ["b"], []]
    assert parse("Brier")(predicted, gold) == pytest.approx((0.05**2 + 0.9**2 + 0.7**2 + 0.3**2) / 4)
    # 0.9 belongs to (0.8, 0.9], 0.3 to (0.2, 0.3]
    assert parse("ECE")(predicted, gold) == pytest.approx((0.05 + 0.9 + abs(0.6 - 1)) / 4)
    assert parse("ECE(bins=1)")(predicted, gold) == pytest.approx(abs(0.95 + 0.9 + 0.3 + 0.3 - 2) / 4)
    assert parse("ECE")([["a", "b"]], [["a"]]) == pytest.approx(0.5)  # strings have the score 1


def test_vocabulary_gaps():
    run = Run([["a", "x"], ["y", "x", "x"]], [["a"], []], train_counts=TRAIN)
    assert vocabulary_gaps(run) == [("x", 2), ("y", 1)]


def test_entities():
    gold = (Tag("红色", spans=(Span(0, 2), Span(5, 7)), type="C"), Tag("鞋", spans=(Span(2, 3),), type="P"))
    product = Product("1", "红色鞋 配红色包", annotations=gold, tags=("红色", "鞋"))
    other = Product("2", "包")
    predicted = [
        [Tag("红色", spans=(Span(0, 2),), type="C"), Tag("鞋", spans=(Span(2, 3),), type="C"), Tag("包")],
        [Tag("包", spans=(Span(0, 1),), type="P")],
    ]
    run = Run(predicted, products=[product, other])
    assert parse("entity-P")(run) == pytest.approx(1 / 3)
    assert parse("entity-R")(run) == pytest.approx(1 / 3)
    assert parse("entity-F1")(run) == pytest.approx(2 / 6)
    assert parse("entity-P(typed=False)")(run) == pytest.approx(2 / 3)
    assert parse("entity-F1(typed=False)")(run) == pytest.approx(4 / 6)


def test_attributes():
    gold = (Tag("Nike", type="Brand"), Tag("red", type="Color"), Tag("rot", type="Color"), Tag("L", type="Size"))
    product = Product("1", "x", attributes={"Sport": "", "Age": "", "Seller": "me"}, annotations=gold)
    predicted = [[Tag("Puma", type="Brand"), Tag("Nike", type="Brand"), Tag(" rot ", type="Color")]]
    predicted[0] += [Tag("golf", type="Sport"), Tag("me", type="Seller")]
    run = Run(predicted, products=[product])  # right: Color; wrong: Brand; needless: Sport; missing: Size
    assert parse("attribute-P")(run) == pytest.approx(1 / 3)
    assert parse("attribute-R")(run) == pytest.approx(1 / 3)
    assert parse("attribute-F1")(run) == pytest.approx(2 / 6)


def test_present_and_absent_tags_apart():
    products = [Product("1", "red shoe", tags=("red", "elegant"))]
    run = Run([["red", "shoe", "elegant", "cheap"]], products=products)
    assert parse("R(tags=present)@M")(run) == 1
    assert parse("P(tags=present)@M")(run) == pytest.approx(1 / 2)
    assert parse("F1(tags=absent)@M")(run) == pytest.approx(2 / 3)
    assert parse("R(tags=absent)@1")(run) == 1


# what holds for all


@pytest.mark.parametrize("name", NAMES)
def test_declares_itself(name):
    measure = registry.measures.get(name)()
    again = parse(measure.name)
    assert type(again) is type(measure)
    assert again == measure
    assert parse(str(measure)) == measure
    assert str(parse(str(measure))) == str(measure)
    assert measure.better in ("higher", "lower")
    assert measure.needs in ("", "spans", "attributes", "train_counts")
    assert measure.source
    assert measure.summary.endswith(".")
    assert "Protocol:" in type(measure).__doc__
    assert registry.measures.summary(name).startswith(measure.name)


@pytest.mark.parametrize("name", NAMES)
def test_degenerate_runs(name):
    measure = registry.measures.get(name)()
    known = {"train_counts": {}, "train_size": 0}
    figures = [measure(Run([], products=[], **known))]
    bare = Product("1", "x")
    figures += [measure(Run([row], products=[bare], **known)) for row in ([], [Tag("x")])]
    figures += [measure(Run([[]], products=[Product("1", "x", tags=("a",))], **known))]
    for figure in figures:
        assert isinstance(figure, float)
        assert math.isnan(figure) or 0 <= figure < 10


@pytest.mark.parametrize("name", NAMES)
def test_additive_and_blind_to_order(name):
    measure = registry.measures.get(name)()
    rows = list(range(40))
    whole = measure.statistics(rich_run())
    parts = [measure.statistics(rich_run(rows=half)) for half in (rows[:17], rows[17:])]
    total = np.asarray(whole.sum(axis=0), dtype=float).ravel()
    halves = sum(np.asarray(part.sum(axis=0), dtype=float).ravel() for part in parts)
    assert whole.shape == (40, len(total))
    np.testing.assert_allclose(halves, total, atol=1e-12)
    figure = measure(rich_run())
    assert math.isfinite(figure)
    random.Random(5).shuffle(rows)
    assert measure(rich_run(rows=rows)) == pytest.approx(figure, abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_summarises_many_totals_at_once(name):
    measure = registry.measures.get(name)()
    statistics = measure.statistics(rich_run())
    dense = statistics.toarray() if hasattr(statistics, "toarray") else statistics
    weights = np.random.default_rng(0).multinomial(40, np.full(40, 1 / 40), size=(2, 3)).astype(float)
    totals = weights @ dense
    figures = measure.summarise(totals)
    assert figures.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            assert figures[i, j] == pytest.approx(float(measure.summarise(totals[i, j])), abs=1e-12)


@pytest.mark.parametrize(
    "text", ["F1(tags=absent)@5", "P@O", "ECE(bins=15)", "MAP@3", "alpha-nDCG(alpha=0.7)@5", "PSP@3"]
)
def test_names_survive_the_round_trip(text):
    assert str(parse(text)) == text
    assert parse(parse(text)) == parse(text)


def test_parse_all_drops_repetitions():
    assert [str(m) for m in parse_all(["P@5", "MAP", "P@5"])] == ["P@5", "MAP"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("nope", UnknownName),
        ("run", UnknownName),
        *((text, BadInput) for text in ("P@", "P@0", "MAP@M", "P(q=1)", "P(tags=some)", "ECE(bins=0)", "ECE(bins)")),
        *((text, BadInput) for text in ("entity-F1(typed=x)", "alpha-nDCG(alpha=2)", "redundancy(threshold=x)")),
        *((text, BadInput) for text in ("PSP(B=0)", "alpha-nDCG(threshold=-1)", "ECE(bins=x)")),
    ],
)
def test_refuses_wrong_names(text, error):
    with pytest.raises(error):
        parse(text)


@pytest.mark.parametrize("name", NAMES)
def test_says_what_is_missing(name):
    measure = registry.measures.get(name)()
    if not measure.needs:
        assert isinstance(measure([["a"]], [["a"]]), float)
    else:
        with pytest.raises(BadInput, match="needs"):
            measure([["a"]], [["a"]])


def test_needs_tags_where_strings_do_not_do():
    for name in ("entity-F1", "attribute-F1"):
        with pytest.raises(BadInput, match="string"):
            parse(name)([["a"]], products=[Product("1", "a")])


def test_a_repeated_tag_counts_once():
    for name in ("P@2", "MAP", "micro-P", "distinct", "ILD"):
        assert parse(name)([["a", "a", "b"]], [["b"]]) == parse(name)([["a", "b"]], [["b"]])


def test_similarities_do_not_depend_on_blocks(monkeypatch):
    from tagkit.measures import _similarity

    names = ["ILD", "Vendi", "redundancy", "alpha-nDCG"]
    whole = {name: parse(name)(rich_run()) for name in names}
    monkeypatch.setattr(_similarity, "CELLS", 150)
    for name in names:
        assert parse(name)(rich_run()) == pytest.approx(whole[name], abs=1e-12)


def test_all_measures_descend_from_measure():
    assert len(NAMES) >= 25
    assert all(issubclass(registry.measures.get(name), Measure) for name in NAMES)
