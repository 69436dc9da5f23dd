"""The strategy `distil`: what is labelled, what is learned of it, and what is kept, on a tiny model."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.errors import BadInput  # noqa: E402
from tagkit.product import Product  # noqa: E402
from tagkit.taggers import Tagger, create  # noqa: E402
from tagkit.taggers.distil import exchanged  # noqa: E402

OTHERS = [
    Product(f"u{at}", f"{colour}女{name}百搭")
    for at, (colour, name) in enumerate(
        [("黑色", "短裤"), ("红色", "短裤"), ("绿色", "高跟鞋"), ("绿色", "帆布鞋"), ("蓝色", "短裤")]
    )
]


@pytest.fixture
def small(tiny_model):
    """The parameters of a `sequence` that learns a few titles by heart."""
    return {"model": str(tiny_model), "epochs": 25, "learning_rate": 5e-3, "category": False, "precision": "fp32"} | {
        "average": 0.0,
        "batch_size": 4,
    }


@pytest.fixture
def answers(tmp_path):
    """Write stored answers: for each title values by type."""

    def write(rows) -> list:
        path = tmp_path / "answers.jsonl"
        lines = [json.dumps({"title": title, "tags": tags}, ensure_ascii=False) for title, tags in rows]
        path.write_text("\n".join(lines), encoding="utf-8")
        return ["replay", {"answers": str(path)}]

    return write


def values(row) -> set[tuple[str, str]]:
    return {(tag.type, tag.text) for tag in row}


def test_a_student_learns_from_answers_what_gold_does_not_tell(tiny, small, annotated, answers):
    rows = [(p.title, [{"text": p.title[3:-2], "type": "品"}, {"text": p.title[:3], "type": "色"}]) for p in OTHERS]
    tagger = create("distil", teacher=answers(rows), student=["sequence", small]).fit([*annotated, *OTHERS])
    assert tagger.n_labelled_ == len(OTHERS) and tagger.threshold_ == 0
    plain = create("sequence", **small).fit(annotated)
    wanted = {("色", "绿色女"), ("品", "短裤")}
    assert values(tagger.predict("绿色女短裤百搭")) == wanted != values(plain.predict("绿色女短裤百搭"))


def test_answers_that_are_all_wrong_teach_nothing(annotated, answers):
    teacher = answers([(p.title, ["百搭"]) for p in (*annotated, *OTHERS)])
    with pytest.raises(BadInput, match=r"no tag that replay gives to \d+ held-out products with gold tags is right"):
        create("distil", teacher=teacher, student="dictionary").fit([*annotated, *OTHERS])


def test_labels_below_the_threshold_are_not_learned(tiny, small, annotated, answers):
    right = [
        (p.title, [{"text": tag.text, "type": tag.type, "score": 0.9} for tag in p.annotations]) for p in annotated
    ]
    wrong = [(title, [*tags, {"text": "女", "type": "品", "score": 0.3}]) for title, tags in right]
    more = [
        (p.title, [{"text": "百搭", "type": "色", "score": 0.2}, {"text": p.title[:2], "type": "色", "score": 0.95}])
        for p in OTHERS
    ]
    tagger = create("distil", teacher=answers([*wrong, *more]), student=["sequence", small])
    tagger.fit([*annotated[:8], *OTHERS], dev=annotated[8:])
    assert 0.3 < tagger.threshold_ <= 0.9
    found = [tag.text for row in tagger.predict(OTHERS) for tag in row]
    assert "百搭" not in found and "女" not in found and "绿色" in found


def test_a_student_that_does_not_label_characters_learns_tags(products, answers):
    untagged = [Product("x1", "紫色雨伞"), Product("x2", "紫色雨伞 新款"), Product("x3", "无答案的产品")]
    teacher = answers([(p.title, ["雨伞", "紫色"]) for p in untagged[:2]])
    tagger = create("distil", teacher=teacher, student="dictionary").fit([*products, *untagged])
    assert tagger.n_labelled_ == 2 and not tagger.needs_threshold
    assert {tag.text for tag in tagger.predict("紫色雨伞")} == {"紫色", "雨伞"}


def test_an_average_of_labellers_teaches_its_probabilities(tiny, small, annotated, tmp_path):
    pair = [["sequence", {**small, "seed": seed, "epochs": 8, "learning_rate": 1e-3}] for seed in (1, 2)]  # unsure ones
    tagger = create("distil", teacher=["ensemble", {"taggers": pair}], student=["sequence", small])
    tagger.fit([*annotated, *OTHERS])
    assert tagger.threshold_ is None and tagger.n_labelled_ == len(OTHERS)
    teacher = create("ensemble", taggers=pair).fit(annotated)
    plain = create("sequence", **small).fit(annotated)

    def distance(one) -> float:
        pairs = zip(one.character_probabilities(OTHERS), teacher.character_probabilities(OTHERS), strict=True)
        return float(np.mean([np.abs(a - b).mean() for a, b in pairs]))

    assert distance(tagger.student_) < 0.5 * distance(plain)
    again = Tagger.load(tagger.save(tmp_path))
    assert again.predict(OTHERS) == tagger.predict(OTHERS) and again.n_labelled_ == len(OTHERS)


def test_a_crf_learns_well_formed_labels(tiny, small, annotated):
    student = ["sequence", {**small, "crf": True}]
    tagger = create("distil", teacher=["sequence", small], student=student).fit([*annotated, *OTHERS])
    assert tagger.student_.history_[-1]["epoch_loss"] < 0.5
    assert values(tagger.predict(annotated[0])) == {(tag.type, tag.text) for tag in annotated[0].annotations}


def test_without_products_without_tags_texts_are_made(annotated):
    annotated = annotated[::2]
    made = exchanged(annotated, 2, 0)
    texts = [product.text for product in made]
    assert made and len(set(texts)) == len(texts) and not any(product.tags for product in made)
    assert not {product.text for product in annotated} & set(texts), "a text that is known is no new one"
    assert exchanged(annotated, 2, 0) == made


def test_unlabelled_products_come_from_a_file_without_its_tags(tiny, small, annotated, tmp_path):
    path = tmp_path / "more.jsonl"
    rows = [{"id": p.id, "title": p.title} for p in (*OTHERS, replace(annotated[0], id="known"))]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    params = {"teacher": ["sequence", small], "student": ["sequence", {**small, "epochs": 1}], "unlabelled": str(path)}
    assert create("distil", **params).fit(annotated).n_labelled_ == len(OTHERS), "a title of train is known"
    tagged = [{**row, "tags": ["百搭"], "split": "train" if at < 2 else "test"} for at, row in enumerate(rows)]
    path.write_text("\n".join(json.dumps(row) for row in tagged), encoding="utf-8")
    assert create("distil", **params).fit(annotated).n_labelled_ == 2, "of a file with tags train alone"
    assert create("distil", **params, ratio=1).fit(annotated[:1]).n_labelled_ == 1


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"student": ["lexicon", {}, 3]}, "a name or a pair of name and parameters"),
        ({"unlabelled": ["a", {}, 3]}, "a name or a pair of name and options"),
        ({"teacher": "dictionary", "student": "lexicon"}, "distil has nothing to label"),
    ],
)
def test_what_is_wrong_is_named(params, message):
    rows = [Product("1", "红色", tags=("女性",)), Product("2", "蓝色", tags=("男性",))]
    with pytest.raises(BadInput, match=message):
        create("distil", **{"teacher": "dictionary", "student": "lexicon", **params}).fit(rows)


def test_train_without_any_tags_and_a_teacher_that_says_nothing():
    with pytest.raises(BadInput, match="distil needs products with gold tags"):
        create("distil", teacher="dictionary", student="lexicon").fit(OTHERS)
    with pytest.raises(BadInput, match="dictionary tags none of the 5 products"):
        create("distil", teacher="dictionary", student="lexicon").fit([Product("1", "紫色", tags=("紫色",)), *OTHERS])


def test_it_learns_more_by_its_student_and_asks_no_teacher(products, answers, tmp_path):
    untagged = [Product("x1", "紫色雨伞"), Product("x2", "紫色雨伞 新款")]
    path = answers([(p.title, ["雨伞"]) for p in untagged])
    tagger = create("distil", teacher=path, student="dictionary").fit([*products, *untagged])
    loaded = Tagger.load(tagger.save(tmp_path / "model"))
    (tmp_path / "answers.jsonl").unlink()
    new = [Product("y", "木质书架", tags=("书架",))]
    for one, old in ((tagger, None), (loaded, [*products, *untagged])):
        one.learn(new, old=old)
        assert [tag.text for tag in one.predict("木质书架")] == ["书架"]
    assert [tag.text for tag in tagger.predict("紫色雨伞")] == ["雨伞"], "what the teacher said is still known"
