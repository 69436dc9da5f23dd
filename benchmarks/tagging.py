"""Tagging speed of the sequence labeller against the transformers pipeline at its best batch size: same weights.

    python benchmarks/tagging.py [--epochs 6] [--repeats 4]

One network is trained on OA-Mine and put into both. The pipeline (token-classification, aggregation "simple", fast
tokenizer) is timed at several batch sizes, and its best counts. Ours is timed in 32-bit floats and, where the processor
has it, in bf16; it decodes greedily, as the pipeline does. Both read the 491 test titles several times over, from
strings to tags with places. "Same tags" is the share of titles for which both give the same (start, end, type), and the
F1 of one against the other. F1 against gold is given for the pipeline's spans, ours, and ours decoded by Viterbi.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _report import write
from transformers import AutoModelForTokenClassification, PreTrainedTokenizerFast, pipeline
from transformers.utils import logging

from tagkit.datasets import load
from tagkit.pretrained.tokens import with_word_borders
from tagkit.product import Product
from tagkit.taggers._bio import gold_spans, without_overlaps
from tagkit.taggers.sequence import Sequence
from tagkit.training.recipe import fast_bf16

BATCHES = (1, 8, 32, 128)


def main() -> None:
    """Time both, print the ratios and the agreement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--repeats", type=int, default=4, help="how often the titles are read in one go")
    options = parser.parse_args()
    logging.set_verbosity_error()
    data = load("oa_mine")
    ours = Sequence("minilm-l6", category=False, epochs=options.epochs).fit(data.train)
    titles = [product.title for product in data.test] * options.repeats
    with tempfile.TemporaryDirectory() as folder:
        theirs = as_pipeline(ours, Path(folder))
        rates = {size: rate(lambda size=size: theirs(titles, batch_size=size), len(titles)) for size in BATCHES}
        answers = theirs([product.title for product in data.test], batch_size=32)
    best = max(rates, key=lambda size: rates[size])
    products = [Product(str(number), title, lang="en") for number, title in enumerate(titles)]
    figures: dict[str, Any] = {
        "titles": len(titles),
        "pipeline, titles/s by batch size": {size: round(value) for size, value in rates.items()},
    }
    expected = [spans(row) for row in answers]
    gold = [set(without_overlaps(gold_spans(product))) for product in data.test]
    figures["pipeline, span F1"] = f1(expected, gold)
    for precision in ("fp32", "bf16") if fast_bf16() else ("fp32",):
        ours.set_params(tag_precision=precision, decoding="greedy")
        speed = rate(lambda: ours.predict(products), len(products))
        found = [{(s.start, s.end, t.type) for t in row for s in t.spans} for row in ours.predict(data.test)]
        better = ours.set_params(decoding="viterbi").predict(data.test)
        figures[f"tagkit {precision}, titles/s"] = round(speed)
        figures[f"tagkit {precision} / pipeline at batch {best}"] = round(speed / rates[best], 2)
        figures[f"tagkit {precision}, titles with the same tags"] = share_same(found, expected)
        figures[f"tagkit {precision}, F1 against the pipeline"] = f1(found, expected)
        figures[f"tagkit {precision}, span F1"] = f1(found, gold)
        viterbi = [{(s.start, s.end, t.type) for t in row for s in t.spans} for row in better]
        figures[f"tagkit {precision}, span F1 by Viterbi"] = f1(viterbi, gold)
    write("tagging", figures)


def rate(call: Callable[[], Any], items: int) -> float:
    """Return items per second, the better of two runs after the first."""
    call()
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return items / min(seconds)


def as_pipeline(tagger: Sequence, folder: Path) -> Any:
    """Return the pipeline with the tagger's own network and tokenizer."""
    net = tagger._net
    labels = ["O", *(f"{mark}-{kind}" for kind in tagger.types for mark in "BI")]
    config = net.backbone.model.config
    config.id2label, config.label2id = dict(enumerate(labels)), {label: i for i, label in enumerate(labels)}
    model = AutoModelForTokenClassification.from_config(config)
    model.bert.load_state_dict(net.backbone.model.state_dict())
    model.classifier.load_state_dict(net.head.state_dict())
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=with_word_borders(net.backbone.tokenizer),
        cls_token="[CLS]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        unk_token="[UNK]",
        model_max_length=512,
    ).save_pretrained(folder)
    return pipeline("token-classification", str(folder), aggregation_strategy="simple", device=-1)


def spans(row: list[dict[str, Any]]) -> set[tuple[int, int, str]]:
    """Return the (start, end, type) of a pipeline's answer."""
    return {(group["start"], group["end"], group["entity_group"]) for group in row}


def share_same(found: list[set[Any]], expected: list[set[Any]]) -> float:
    """Return the share of titles with the same spans."""
    return round(sum(a == b for a, b in zip(found, expected, strict=True)) / len(found), 4)


def f1(found: list[set[Any]], expected: list[set[Any]]) -> float:
    """Return the micro F1 of one side's spans against the other's."""
    both = sum(len(a & b) for a, b in zip(found, expected, strict=True))
    return round(2 * both / max(1, sum(map(len, found)) + sum(map(len, expected))), 4)


if __name__ == "__main__":
    main()
