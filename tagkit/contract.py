"""The contract of every strategy, as functions that need no test framework: `tagkit check`, and our own tests.

Each check takes a `Subject` and raises `Broken`, with a sentence on what is wrong, where the strategy breaks it.
"""

from __future__ import annotations

import base64
import copy
import inspect
import json
import math
import struct
import tempfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from tagkit.creation import create
from tagkit.errors import BadInput, NotFitted
from tagkit.product import Product, Tag, Tags
from tagkit.state import FILE
from tagkit.tagger import Tagger

ROWS = (
    ("黑色高跟鞋女尖头细跟", ("高跟鞋", "鞋子", "黑色", "女性", "优雅")),
    ("红色高跟鞋婚礼新娘鞋", ("高跟鞋", "鞋子", "红色", "女性", "婚礼")),
    ("蓝色帆布鞋学生平底百搭", ("帆布鞋", "鞋子", "蓝色", "学生", "百搭")),
    ("白色运动鞋男透气跑步鞋", ("运动鞋", "鞋子", "白色", "男性", "透气")),
    ("纯棉短袖T恤男夏季宽松", ("T恤", "男装", "纯棉", "夏季", "男性")),
    ("碎花连衣裙女夏季收腰", ("连衣裙", "女装", "碎花", "夏季", "女性")),
    ("蓝色牛仔裤女高腰显瘦", ("牛仔裤", "女装", "蓝色", "女性", "显瘦")),
    ("纯牛奶 250ml*24盒 早餐奶", ("牛奶", "饮料", "早餐", "健康")),
    ("无糖乌龙茶 500ML 整箱", ("茶", "饮料", "无糖", "清爽")),
    ("Blue running shoes for men, breathable mesh", ("shoes", "blue", "men", "running", "breathable")),
    ("Red cotton dress for women, summer", ("dress", "red", "women", "cotton", "summer")),
    ("Stainless steel water bottle 500 ml, insulated", ("water bottle", "stainless steel", "insulated")),
)
PRODUCTS = tuple(
    Product(f"p{at}", title + tail, tags=tags)
    for at, (title, tags, tail) in enumerate((*row, tail) for tail in ("", " 新款") for row in ROWS)
)
"""Tagged products, each title twice with small changes so that tags repeat."""
TRAIN = 18
"""So many of them are learned from; the others are dev."""
ODD = (
    Product("empty", ""),
    Product("blank", "   \n"),
    Product("emoji", "👠❤️！！！→ 包邮"),
    Product("mixed", "👠 blue 高跟鞋 <b>&amp;</b> １２３"),
    Product("long", "高跟鞋 蓝色 女性 透气 " * 769 + "无糖乌龙茶 饮料"),
)
"""Products as they should not be, but are."""
NEAR = 1e-4
"""How far scores may differ that should be equal."""
COLOURS = ((30, 30, 30), (190, 20, 30), (50, 90, 180))
"""What is on the photos of `photographed`, one after the other."""


class Broken(AssertionError):
    """A strategy does not keep the contract; the message says in one sentence what is wrong."""


@dataclass(frozen=True)
class Subject:
    """A strategy that is checked.

    Attributes:
        tagger: The strategy, unfitted, with the parameters that make it small enough to be fitted in a moment.
        settings: What no file chooses, for loading it (see `tagkit.load_tagger`).
    """

    tagger: Tagger
    settings: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def products(self) -> tuple[Product, ...]:
        """Tagged products; with photos for a strategy that reads photos."""
        return photographed(PRODUCTS) if self.tagger.reads_photos else PRODUCTS

    @cached_property
    def fitted(self) -> Tagger:
        """The strategy, fitted once."""
        tagger = self.tagger.clone()
        found = tagger.fit(self.products[:TRAIN], dev=self.products[TRAIN:])
        _require(found is tagger, "`fit` does not return the strategy itself")
        return tagger


def parameters_round_trip(subject: Subject) -> None:
    """Parameters are got, set and cloned as they were given."""
    kind = type(subject.tagger)
    params = create(kind).get_params()
    _require(set(params) == set(inspect.signature(kind).parameters), "`get_params` and `__init__` differ")
    _require(create(kind).clone().get_params() == params, "a clone has other parameters")
    for key, value in params.items():
        _require(create(kind, **{key: value}).get_params()[key] == value, f"{key} is not kept as it was set")
    _require_error(BadInput, "no_such_parameter", lambda: create(kind, no_such_parameter=1))


def creating_only_stores(subject: Subject) -> None:
    """Creating a strategy stores its parameters and does nothing else."""
    made = create(type(subject.tagger))
    _require(vars(made) == made.get_params(), f"`__init__` sets more than parameters: {sorted(vars(made))}")


def unfitted_use_is_refused(subject: Subject) -> None:
    """A strategy that is not fitted says so."""
    made = create(type(subject.tagger))
    _require_error(NotFitted, made.name, lambda: made.predict(["蓝色高跟鞋"]))
    _require_error(NotFitted, made.name, lambda: made.save("nowhere"))


def nothing_to_learn_from_is_refused(subject: Subject) -> None:
    """Fitting on no products at all is refused."""
    _require_error(BadInput, "no products", lambda: create(type(subject.tagger)).fit([]))


def tags_are_well_formed(subject: Subject) -> None:
    """Tags are ranked, unique, within the text, with scores from 0 to 1."""
    rows = subject.fitted.predict(subject.products)
    _require(sum(map(bool, rows)) > len(subject.products) // 4, "hardly any product of its own train part gets tags")
    for product, row in zip(subject.products, rows, strict=True):
        scores = [tag.score for tag in row]
        where = f"for {product.title!r}"
        _require(scores == sorted(scores, reverse=True), f"scores do not fall {where}")
        _require(len({(tag.text, tag.type) for tag in row}) == len(row), f"a tag is given twice {where}")
        for tag in row:
            _require(0 <= tag.score <= 1, f"{tag.text!r} has the score {tag.score} {where}")
            begins = tag.source.startswith(subject.tagger.name)
            _require(begins, f"the source of {tag.text!r} is {tag.source!r}, not the strategy's name")
            inside = all(0 <= span.start < span.end <= len(product.text) for span in tag.spans)
            _require(inside, f"a span of {tag.text!r} is outside of the text {where}")


def a_saved_one_gives_the_same_tags(subject: Subject) -> None:
    """A strategy that was saved and loaded gives the same tags."""
    tagger = subject.fitted
    with tempfile.TemporaryDirectory() as folder:
        saved = tagger.save(Path(folder, "model"))
        _require([path.name for path in saved.iterdir()] == [FILE], f"it saves more than {FILE}")
        again = Tagger.load(saved, subject.settings)
    _require(type(again) is type(tagger), f"what is loaded is a {type(again).__name__}")
    params = [json.dumps(one.get_params()) for one in (again, tagger)]
    _require(params[0] == params[1], "the loaded one has other parameters")
    _require_same(again.predict(subject.products + ODD), tagger.predict(subject.products + ODD), "loaded")


def company_and_order_do_not_matter(subject: Subject) -> None:
    """One product, a batch and a shuffled batch give the same tags."""
    rows = subject.products + ODD
    batch = subject.fitted.predict(rows)
    _require_same([subject.fitted.predict([product])[0] for product in rows], batch, "tagged one by one")
    order = [(7 * i) % len(rows) for i in range(len(rows))]
    shuffled = subject.fitted.predict([rows[i] for i in order])
    _require_same(shuffled, [batch[i] for i in order], "in another order")


def odd_texts_are_taken(subject: Subject) -> None:
    """Nothing, blanks, symbols and very long texts are taken; without a letter there are no tags."""
    _require(subject.fitted.predict([]) == [], "no products give something")
    rows = subject.fitted.predict(ODD)
    _require(rows[:3] == [[], [], []], "a text without a letter or digit gets tags")
    _require(all(isinstance(row, list) for row in rows), "not every product has a list of tags")


def bad_items_are_named(subject: Subject) -> None:
    """What is no product is refused, with its position."""
    _require_error(BadInput, "item 1", lambda: subject.fitted.predict(["fine", 3]))
    _require_error(BadInput, "item 1", lambda: subject.fitted.predict(["fine", "红色\ud83d"]))


def a_single_item_gives_a_single_list(subject: Subject) -> None:
    """A single text, product or mapping gives a single list."""
    batch = subject.fitted.predict(["蓝色高跟鞋"])
    for item in ("蓝色高跟鞋", Product("蓝色高跟鞋"), {"title": "蓝色高跟鞋"}):
        _require_same([subject.fitted.predict(item)], batch, f"given as a {type(item).__name__}")


def unread_text_is_counted(subject: Subject) -> None:
    """Text that is not read is counted."""
    truncated = subject.fitted.n_truncated_chars(ODD)
    _require(truncated[:4] == [0, 0, 0, 0], "short texts are said not to be read whole")
    long = ODD[-1].title
    kept = long[: len(long) - truncated[4]]
    _require(kept != "" and subject.fitted.n_truncated_chars([kept]) == [0], "what was read is said not to be read")


def learning_more_keeps_the_contract(subject: Subject) -> None:
    """A strategy that learned more gives the same tags alone, in any order, and saved; its copy stays as it was."""
    before = subject.fitted.predict(subject.products)
    corrected = replace(subject.products[0], tags=(*subject.products[0].tags, "细跟"))
    tagger = copy.copy(subject.fitted)
    more = [*subject.products[TRAIN:], corrected]
    _require(tagger.learn(more, dev=subject.products[:4]) is tagger, "`learn` does not return itself")
    learned = Subject(subject.tagger, subject.settings)
    vars(learned)["fitted"] = tagger
    for check in (a_saved_one_gives_the_same_tags, company_and_order_do_not_matter):
        check(learned)
    _require_same(subject.fitted.predict(subject.products), before, "after a copy learned more")


def it_is_described(subject: Subject) -> None:
    """It has a name, a summary, and a source."""
    kind = type(subject.tagger)
    doc = inspect.getdoc(kind) or ""
    _require(bool(kind.name), "the class states no `name`")
    _require(len(doc.partition("\n")[0]) > 20, "the docstring's first line is no summary")
    _require("Source" in doc, "the docstring names no `Source:` of the method")


CHECKS: tuple[Callable[[Subject], None], ...] = (
    parameters_round_trip,
    creating_only_stores,
    unfitted_use_is_refused,
    nothing_to_learn_from_is_refused,
    tags_are_well_formed,
    a_saved_one_gives_the_same_tags,
    company_and_order_do_not_matter,
    odd_texts_are_taken,
    bad_items_are_named,
    a_single_item_gives_a_single_list,
    unread_text_is_counted,
    learning_more_keeps_the_contract,
    it_is_described,
)
"""All checks; the first line of each one's docstring says what is promised."""


def check(tagger: Tagger) -> dict[str, str]:
    """Return for each promise what breaks it, "" where it is kept.

    Args:
        tagger: The strategy, unfitted.
    """
    subject, found = Subject(tagger), {}
    for one in CHECKS:
        reason = ""
        try:
            one(subject)
        except Exception as error:  # whatever a strategy raises breaks the contract
            reason = str(error) if isinstance(error, Broken) else f"{type(error).__name__}: {error}"
        found[(one.__doc__ or "").partition("\n")[0]] = reason
    return found


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise Broken(sentence)


def _require_error(kind: type[Exception], part: str, work: Callable[[], Any]) -> None:
    try:
        work()
    except kind as error:
        _require(part in str(error), f"the message {str(error)!r} does not say {part!r}")
    else:
        raise Broken(f"no {kind.__name__} is raised")


def _require_same(first: Tags, second: Tags, how: str) -> None:
    for row, other in zip(first, second, strict=True):
        _require(_plain(row) == _plain(other), f"{how}, it gives {_texts(row)} instead of {_texts(other)}")
        near = all(math.isclose(a.score, b.score, abs_tol=NEAR) for a, b in zip(row, other, strict=True))
        _require(near, f"{how}, it gives other scores to {_texts(row)}")


def _plain(row: Sequence[Tag]) -> list[Any]:
    return [(tag.text, tag.type, tag.spans) for tag in row]


def _texts(row: Sequence[Tag]) -> list[str]:
    return [tag.text for tag in row]


def photographed(products: Sequence[Product]) -> tuple[Product, ...]:
    """Return products with a photo each, as a data address: a square of one of `COLOURS` on white."""
    return tuple(replace(product, images=(_photo(COLOURS[at % len(COLOURS)]),)) for at, product in enumerate(products))


def _photo(colour: tuple[int, int, int]) -> str:
    """Return the data address of a PNG of 24 × 24 pixels."""
    white, inside = bytes((255, 255, 255)), bytes(colour)
    rows = [white * 24] * 6 + [white * 6 + inside * 12 + white * 6] * 12 + [white * 24] * 6
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 24, 24, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))),
        (b"IEND", b""),
    )
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"
