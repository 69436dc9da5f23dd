"""Entities and attribute values beside annotations: scores by hand, and published ones."""

import gzip
import json

import pytest

from tagkit.datasets.attribute_rows import gold_source
from tagkit.errors import BadInput
from tagkit.measures import Run, parse
from tagkit.product import Product, Span, Tag


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
    # Brand is wrong, Color correct, Sport has no gold value, Seller was not requested, Size is missing
    predicted = [[Tag("Puma", type="Brand"), Tag("Nike", type="Brand"), Tag(" rot ", type="Color")]]
    predicted[0] += [Tag("golf", type="Sport"), Tag("me", type="Seller")]
    run = Run(predicted, products=[product])
    assert parse("attribute-P").statistics(run).tolist() == [[1, 3, 3]]
    assert parse("attribute-P")(run) == pytest.approx(1 / 3)
    assert parse("attribute-R")(run) == pytest.approx(1 / 3)
    assert parse("attribute-F1")(run) == pytest.approx(2 / 6)
    assert parse("attribute-P")(Run([predicted[0][2:]], products=[product])) == pytest.approx(1 / 2)


@pytest.mark.parametrize(
    ("names_first", "none", "answer", "scores"),
    [
        ("none", "first", {}, (1, 1)),
        ("none", "either", {}, (1, 1)),
        ("none", "value", {}, (1, 1 / 2)),
        ("value", "first", {}, (1, 1 / 2)),
        ("value", "either", {}, (1, 1)),
        ("none", "first", {"Description": "Swim Boxer Trunks"}, (1 / 2, 1)),
        ("none", "either", {"Description": "Swim Boxer Trunks"}, (1, 1)),
        ("value", "first", {"Description": "Swim Boxer Trunks"}, (1, 1)),
        ("none", "either", {"Description": "swim"}, (1 / 2, 1)),
        ("none", "value", {"Description": "swim"}, (1 / 2, 1 / 2)),
    ],
)
def test_no_value_beside_a_value(names_first, none, answer, scores):
    allowed = ["n/a", "Swim Boxer Trunks"][:: 1 if names_first == "none" else -1]
    source = gold_source(allowed)
    gold = (Tag("Acme", source="gold", type="Brand"), Tag("Swim Boxer Trunks", source=source, type="Description"))
    product = Product("1", "Acme swim boxer trunks", attributes={"Brand": "", "Description": ""}, annotations=gold)
    predicted = [[Tag(value, type=name) for name, value in ({"Brand": "Acme"} | answer).items()]]
    run = Run(predicted, products=[product])
    found = tuple(parse(f"attribute-{letter}(none={none})")(run) for letter in "PR")
    assert found == pytest.approx(scores)


@pytest.mark.parametrize("name", ["entity-F1", "attribute-F1"])
def test_needs_products_and_tags(name):
    with pytest.raises(BadInput, match="string 'a'"):
        parse(name)([["a"]], products=[Product("1", "a")])
    with pytest.raises(BadInput, match="needs `products`"):
        parse(name)([[Tag("a")]], [["a"]])


PUBLISHED = {
    "list-oa-mine-10-shots_2023-10-08_12-31-04": (78.86, 69.73, 74.01),
    "schema_oa_mine_gpt_4_0613_shots_10_SemanticSimilarity_0_2___json_schema_2023-10-10_15-04-06": (
        (82.55, 77.97, 80.19)
    ),
    "schema_oa_mine_gpt_4_0613_shots_10_SemanticSimilarity_1_0___json_schema_2023-10-10_16-58-05": (
        (83.98, 80.42, 82.16)
    ),
    "schema_oa_mine_gpt_4_0613_10_SemanticSimilarity_0_2___json_schema_ensembling_shuffle_2024-01-10_17-14-40": (
        (83.99, 80.05, 81.97)
    ),
    "schema_oa_mine_gpt_4_0613_10_SemanticSimilarity_1_0___json_schema_ensembling_shuffle_2024-01-17_11-34-21": (
        (85.26, 81.68, 83.43)
    ),
}


@pytest.mark.data
@pytest.mark.parametrize("name", PUBLISHED)
def test_attributes_reproduce_published_scores(name, public_data):
    """The answers of five published runs on OA-Mine, scored anew: fifteen scores to two decimals."""
    path = public_data / "extractgpt" / "past_runs" / f"{name}.gz"
    if not path.is_file():
        pytest.skip("the stored runs of ExtractGPT are not in TAGKIT_DATA")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        examples = json.load(file)["examples"]
    products, predicted = [], []
    for number, row in enumerate(examples):
        gold = tuple(Tag(value, type=name) for name, values in row["target_scores"].items() for value in values)
        products.append(Product(str(number), row["input"], annotations=gold))
        answers = json.loads(row["pred"]).items()
        predicted.append([Tag(value, type=name) for name, value in answers if value and value != "n/a"])
    run = Run(predicted, products=products)
    scores = tuple(round(100 * parse(f"attribute-{letter}")(run), 2) for letter in ("P", "R", "F1"))
    assert len(examples) == 491
    assert scores == PUBLISHED[name]
