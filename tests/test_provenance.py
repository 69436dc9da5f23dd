"""What a pipeline was fitted on is saved with it, and its texts are found again however they are written."""

from __future__ import annotations

from tagkit.pipeline import Pipeline
from tagkit.product import Dataset, Product
from tagkit.provenance import Provenance
from tagkit.taggers import create


def test_it_is_saved_with_the_pipeline(products, tmp_path):
    data = Dataset("shop", tuple(products[:12]), tuple(products[12:16]), tuple(products[16:]))
    pipeline = Pipeline.fit(create("lexicon"), data)
    saved = Pipeline.load(pipeline.save(tmp_path)).provenance
    for found in (pipeline.provenance, saved):
        assert (found.data, found.train, found.dev) == ("shop", 12, 4)
        assert found.tag_counts["高跟鞋"] == 2 and found.tag_counts["鞋子"] == 4
        assert found.holds(products).tolist() == [True] * 16 + [False] * 8
    create("lexicon").fit(products).save(tmp_path)
    assert Pipeline.load(tmp_path).provenance is None


def test_a_tag_may_have_any_name(tmp_path):
    data = Dataset("odd", (Product("a", "红色 $array", tags=("$array", "红色")),))
    Pipeline.fit(create("lexicon"), data).save(tmp_path)
    assert Pipeline.load(tmp_path).provenance.tag_counts == {"$array": 1, "红色": 1}


def test_texts_are_compared_but_for_how_they_are_written():
    known = Provenance.of(Dataset("shop", (Product("a", "蓝色高跟鞋 Nike １２３"),)))
    written = ["藍色高跟鞋 NIKE 123", "<b>nike</b> 123 蓝色高跟鞋", "蓝色高跟鞋 Nike 124", ""]
    assert known.holds([Product(str(i), text) for i, text in enumerate(written)]).tolist() == [True, True, False, False]
