"""Arbitrary input to what every strategy stands on: products, files, cleaning, measures and refinements."""

from __future__ import annotations

import json
import math
import warnings
from inspect import signature

import fuzz
import pytest
from hypothesis import strategies as st

from tagkit import registry
from tagkit.datasets.files import read_file
from tagkit.datasets.items import as_products
from tagkit.errors import BadInput, MissingExtra
from tagkit.measures import Run
from tagkit.product import Dataset, Product, Span, Tag
from tagkit.refine import Chain
from tagkit.text.clean import clean
from tagkit.text.spelling import fold

pytestmark = pytest.mark.fuzz
FACETS, PARENTS = {"红色": "颜色", "高跟鞋": "品类"}, {"高跟鞋": ["鞋子"], "T恤": ["上衣", "women"]}


def test_values_make_a_product_or_are_refused():
    fields = {name: fuzz.values() for name in Product.__dataclass_fields__ if name != "title"}

    def check(item):
        try:
            [product] = as_products([item])
        except BadInput as error:
            assert str(error).startswith("item 0: ") and "\n" not in str(error)
            return
        again = Product.from_dict(json.loads(json.dumps(product.to_dict())))
        assert again == product
        assert all(0 <= s.start < s.end <= len(product.text) for tag in product.annotations for s in tag.spans)

    titles = st.one_of(st.text(max_size=5), fuzz.values())
    fuzz.for_all("values of products", st.fixed_dictionaries({"title": titles}, optional=fields), check)


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "tsv", "json", "parquet", "xlsx"])
def test_a_file_gives_products_or_is_refused(suffix, tmp_path):
    cells = st.one_of(fuzz.texts(50), st.sampled_from(["title", "tags", "id", '"', "1.0", ""]))
    separator = {"csv": ",", "tsv": "\t"}.get(suffix, "\n")
    lines = st.lists(st.lists(cells, max_size=4).map(separator.join), max_size=5).map(
        lambda rows: ["title,tags", *rows]
    )
    if suffix in ("jsonl", "json"):
        row = st.dictionaries(st.sampled_from(["title", "tags", "id", "annotations"]), fuzz.values(), max_size=4)
        lines = st.lists(row.map(lambda row: json.dumps(row, default=str)), max_size=5)
    encodings = st.sampled_from(["utf-8", "gb18030", "utf-16", "big5", "latin-1"])
    encoded = st.builds(lambda rows, name: "\n".join(rows).encode(name, "ignore"), lines, encodings)
    torn = st.builds(
        lambda content, noise, at: content[:at] + noise + content[at:], encoded, st.binary(), st.integers(0)
    )

    def check(content):
        path = tmp_path / f"shop.{suffix}"
        path.write_bytes(content)
        try:
            data = read_file(path)
        except (BadInput, MissingExtra) as error:
            assert "\n" not in str(error).strip()
        else:
            assert data.products and len({product.id for product in data.products}) == len(data.products)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fuzz.for_all(f"files, {suffix}", st.one_of(encoded, torn, st.binary()), check)


def test_cleaning_keeps_the_map_to_the_original():
    def check(text):
        found = clean(text)
        assert clean(found.text).text == found.text or len(clean(found.text).text) <= len(found.text)
        assert found.offsets is None or len(found.offsets) == len(found.text)
        for at in range(min(len(found.text), 200)):
            span = found.to_original(at, at + 1)
            assert 0 <= span.start < span.end <= len(text)
        assert fold(fold(text)) == fold(text)

    fuzz.for_all("cleaning", fuzz.texts(2_000), check)


def ranked() -> st.SearchStrategy[list[Tag]]:
    """Return a strategy of ranked lists."""
    words = st.one_of(st.sampled_from(fuzz.WORDS), fuzz.texts(20).filter(str.strip))
    tags = st.builds(
        Tag, words, st.floats(0, 1), spans=st.sampled_from([(), (Span(0, 1),)]), type=st.sampled_from(["", "x"])
    )
    return st.lists(tags, max_size=6).map(lambda row: sorted(row, key=lambda tag: -tag.score))


def test_the_values_of_measures_lie_in_their_ranges(tiny_model, monkeypatch, tmp_path):
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path))
    measures = {}
    for name in registry.measures.names():
        cls = registry.measures.get(name)
        measures[name] = cls(**({"encoder": str(tiny_model)} if "encoder" in signature(cls).parameters else {}))
    gold = st.lists(st.one_of(st.sampled_from(fuzz.WORDS), fuzz.texts(20).filter(str.strip)), max_size=4)

    def check(drawn):
        products = [
            Product(
                str(n), "红色 T恤", attributes={"x": ""}, tags=tags, annotations=[Tag(tag, type="x") for tag in tags]
            )
            for n, (_, tags) in enumerate(drawn)
        ]
        known = {"train_counts": {"红色": 2, "T恤": 1}, "train_size": 3, "facets": FACETS, "parents": PARENTS}
        run = Run([row for row, _ in drawn], products=products, **known)
        for name, measure in measures.items():
            value = measure(run)
            assert math.isnan(value) or 0 <= value <= measure.bounds[1] + 1e-9, (name, value)

    fuzz.for_all("measures", st.lists(st.tuples(ranked(), gold), min_size=1, max_size=4), check)


def test_refinements_keep_lists_well_formed():
    gold = Product("1", "红色 T恤", tags=("红色", "T恤"))
    data = Dataset("x", (gold,), synonyms={"红色": ("T恤",)}, parents=PARENTS)
    implied = sum(map(len, PARENTS.values()))

    def check(row):
        for name in registry.steps.names():
            chain = Chain([name]).for_data(data)
            if chain.chooses:
                chain.fit([row], [gold])
            [found] = chain([row], [gold])
            assert len(found) <= len(row) + implied * (name == "parents"), name
            assert all(0 <= tag.score <= 1 for tag in found), name

    fuzz.for_all("refinements", ranked(), check)
