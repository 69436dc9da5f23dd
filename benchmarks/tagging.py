"""Tagging speed of the sequence labeller against the transformers pipeline at its best batch size: same weights.

    python benchmarks/tagging.py [--epochs 6] [--repeats 4] [--rounds 5]

One network is trained on OA-Mine and put into both. The pipeline (token-classification, aggregation "simple", fast
tokenizer) is timed at several batch sizes, and its best counts. Ours is timed in 32-bit floats and, where the processor
has it, in bf16; it decodes greedily, as the pipeline does. Both read the 491 test titles several times over, from
strings to tags with places, in turns, so that both meet the same disturbances; the ratio is the median over the rounds.
In bf16 it is timed without and with a second reading, in 32-bit floats, of titles with close calls (`recheck`).
"Same tags" is the share of titles for which both give the same (start, end, type), and the F1 of one against the other.
F1 against gold is given for the pipeline's spans, ours, and ours decoded by Viterbi.
"""

from __future__ import annotations

import argparse
import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import torch
from results_file import seconds, write
from transformers import AutoModelForTokenClassification, PreTrainedTokenizerFast, pipeline
from transformers.utils import logging

from tagkit.datasets import load
from tagkit.neural.bio import gold_spans, without_overlaps
from tagkit.neural.hardware import fast_bf16
from tagkit.neural.tokens import with_word_borders
from tagkit.product import Product, Tag
from tagkit.taggers.sequence import SequenceTagger

BATCHES = (1, 8, 32, 128, 512)


def main() -> None:
    """Time both, print the ratios and the agreement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--repeats", type=int, default=4, help="how often the titles are read in one go")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is timed, in turns")
    options = parser.parse_args()
    logging.set_verbosity_error()
    data = load("oa_mine")
    ours = SequenceTagger(model="minilm-l6", category=False, epochs=options.epochs).fit(data.train)
    titles = [product.title for product in data.test] * options.repeats
    with tempfile.TemporaryDirectory() as folder:
        theirs = as_pipeline(ours, Path(folder))
        few = titles[: len(data.test)]
        rates = {size: len(few) / seconds(partial(theirs, few, batch_size=size)) for size in BATCHES}
        best = max(rates, key=lambda size: rates[size])
        answers = theirs(few, batch_size=32)
        products = [Product(str(number), title, lang="en") for number, title in enumerate(titles)]
        settings: dict[str, dict[str, Any]] = {"fp32": {"tag_precision": "fp32"}}
        if fast_bf16("cuda" if torch.cuda.is_available() else "cpu"):
            settings["bf16"] = {"tag_precision": "bf16", "recheck": 0.0}
            settings["bf16, close calls again"] = {"tag_precision": "bf16", "recheck": ours.recheck}
        times: list[list[float]] = []
        for _ in range(options.rounds):
            times.append([seconds(lambda: theirs(titles, batch_size=best))])
            for setting in settings.values():
                ours.set_params(decoding="greedy", **setting)
                times[-1].append(seconds(lambda: ours.predict(products)))
    figures: dict[str, Any] = {
        "titles": len(titles),
        "pipeline, titles/s by batch size": {size: round(value) for size, value in rates.items()},
        f"pipeline at batch {best}, titles/s by round": [round(len(titles) / row[0]) for row in times],
    }
    expected = [spans(row) for row in answers]
    gold = [set(without_overlaps(gold_spans(product))) for product in data.test]
    figures["pipeline, span F1"] = f1(expected, gold)
    for column, (name, setting) in enumerate(settings.items(), start=1):
        ours.set_params(decoding="greedy", **setting)
        found = [places(row) for row in ours.predict(data.test)]
        viterbi = [places(row) for row in ours.set_params(decoding="viterbi").predict(data.test)]
        figures[f"tagkit {name}, titles/s by round"] = [round(len(titles) / row[column]) for row in times]
        ratio = median(row[0] / row[column] for row in times)
        figures[f"tagkit {name} / pipeline at batch {best}"] = round(ratio, 2)
        figures[f"tagkit {name}, titles with the same tags"] = share_same(found, expected)
        figures[f"tagkit {name}, F1 against the pipeline"] = f1(found, expected)
        figures[f"tagkit {name}, span F1"] = f1(found, gold)
        figures[f"tagkit {name}, span F1 by Viterbi"] = f1(viterbi, gold)
    write("tagging", figures)


def as_pipeline(tagger: SequenceTagger, folder: Path) -> Any:
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
    place = 0 if torch.cuda.is_available() else -1
    return pipeline("token-classification", str(folder), aggregation_strategy="simple", device=place)


def places(row: list[Tag]) -> set[tuple[int, int, str | None]]:
    """Return the (start, end, type) of our tags."""
    return {(span.start, span.end, tag.type) for tag in row for span in tag.spans}


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
