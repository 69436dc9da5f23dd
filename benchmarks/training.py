"""Training time of `sequence` against the stock Hugging Face Trainer: the same settings, one run, both scored.

    python benchmarks/training.py [--epochs 15] [--seed 0]

Same model (minilm-l6), windows, labels, learning rate, batch size and epochs on OA-Mine's full train part. The Trainer
has its other settings as they come (32-bit floats, random batches padded to their longest, all weights trained); ours
are bf16 where the processor has it, length buckets, frozen word embeddings, eager attention. Both models are decoded
and scored by the same code. The Trainer goes second, when the machine is warm.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from typing import Any

import numpy as np
import torch
from results_file import write
from transformers import AutoModelForTokenClassification, Trainer, TrainingArguments, set_seed

from tagkit import weights
from tagkit.datasets import load
from tagkit.measures import Run, parse_all
from tagkit.neural import Backbone, bio
from tagkit.neural.token_classifier import TokenClassifier
from tagkit.product import Dataset
from tagkit.taggers.sequence import SequenceTagger

RATE = 5e-4


def main() -> None:
    """Train with both, print times, ratio and F1 on test."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    data = load("oa_mine")
    plain: dict[str, Any] = {"learning_rate": RATE, "average": 0.0, "epochs": options.epochs, "seed": options.seed}
    ours = SequenceTagger(model="minilm-l6", **plain)
    start = time.perf_counter()
    ours.fit(data.train)
    our_seconds = time.perf_counter() - start
    print(f"tagkit: {our_seconds:.0f} s, F1 {score(ours, data):.2f}", flush=True)
    theirs = SequenceTagger(model="minilm-l6", **plain)
    their_seconds = fit_with_trainer(theirs, data)
    write(
        "training",
        {
            "data": "oa_mine, full train (1452 titles)",
            "model": "minilm-l6",
            "epochs": options.epochs,
            "batch size": ours.batch_size,
            "learning rate": RATE,
            "seed": options.seed,
            "tagkit, seconds": round(our_seconds, 1),
            "Trainer, seconds": round(their_seconds, 1),
            "Trainer / tagkit": round(their_seconds / our_seconds, 2),
            "tagkit, attribute-F1 on test": round(score(ours, data), 2),
            "Trainer, attribute-F1 on test": round(score(theirs, data), 2),
        },
    )


def score(tagger: SequenceTagger, data: Dataset) -> float:
    """Return attribute-F1 on test, in percent."""
    (measure,) = parse_all(["attribute-F1"])
    run = Run(tagger.predict(data.test), products=data.test)
    return 100 * float(measure.summarise(measure.statistics(run).sum(0)))


def fit_with_trainer(tagger: SequenceTagger, data: Dataset) -> float:
    """Train the tagger's network by the Trainer; return the seconds, loading and tokenising included."""
    start = time.perf_counter()
    gold = [bio.without_overlaps(bio.gold_spans(product)) for product in data.train]
    tagger.types_ = sorted({kind for spans in gold for _, _, kind in spans})
    tagger.level_ = "word"
    backbone = Backbone.load(tagger.model)
    windows = tagger._windows(backbone, data.train)
    rows: list[dict[str, Any]] = [
        {"input_ids": w.ids, "labels": bio.token_labels(gold[w.row], tagger.types_, w.starts, w.ends)} for w in windows
    ]
    set_seed(tagger.seed)
    model = AutoModelForTokenClassification.from_pretrained(
        weights.path(tagger.model), num_labels=1 + 2 * len(tagger.types_)
    )
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            num_train_epochs=tagger.epochs,
            per_device_train_batch_size=tagger.batch_size,
            learning_rate=RATE,
            seed=tagger.seed,
            report_to="none",
            disable_tqdm=True,
        )
        Trainer(model=model, args=arguments, train_dataset=rows, data_collator=collate).train()
    seconds = time.perf_counter() - start
    tagger._net = TokenClassifier(backbone, 1 + 2 * len(tagger.types_), 0.0, crf=False)
    backbone.model.load_state_dict(model.bert.state_dict())
    tagger._net.head.load_state_dict(model.classifier.state_dict())
    tagger._net.eval()
    tagger.fitted_ = True
    return seconds


def collate(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """Pad a batch to its longest, as the Trainer's collator for token classification does."""
    width = max(len(row["input_ids"]) for row in rows)
    ids = np.zeros((len(rows), width), dtype=np.int64)
    mask, labels = np.zeros_like(ids), np.full_like(ids, -100)
    for at, row in enumerate(rows):
        size = len(row["input_ids"])
        ids[at, :size], mask[at, :size], labels[at, :size] = row["input_ids"], 1, row["labels"]
    return {key: torch.from_numpy(v) for key, v in {"input_ids": ids, "attention_mask": mask, "labels": labels}.items()}


if __name__ == "__main__":
    main()
