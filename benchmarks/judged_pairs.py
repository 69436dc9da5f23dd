"""Do measures agree with judgements? 200 pairs of lists for the same product, judged for variety and for rightness.

    python benchmarks/judged_pairs.py sample FOLDER   # draws the pairs: what is judged, without names of strategies
    python benchmarks/judged_pairs.py                 # writes the tables of agreement

`benchmarks/judged_pairs/README.md` says how the pairs were drawn and judged. A measure agrees with a judgement where it
gives the list that was judged more varied, or more right, the better score for this product; equal scores do not agree.
Only pairs count in which both judges chose the same list. Intervals are Wilson's for a binomial share.
"""

from __future__ import annotations

import csv
import json
import random
import sys
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from kept_tags import DATA, MEASURES, STRATEGIES, products, tags
from results_file import write
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score

from tagkit.errors import TagkitError
from tagkit.measures import Run, parse_all
from tagkit.measures.base import MeanMeasure
from tagkit.text.language import language_of

FOLDER = Path(__file__).parent / "judged_pairs"
PAIRS = FOLDER / "pairs.jsonl"
QUESTIONS = ("varied", "right")
DRAWN = {("catalogue", "zh"): 70, ("openbg", "zh"): 80, ("catalogue", "en"): 30, ("oa_mine", "en"): 20}
WITH_TEXT = ("catalogue", "oa_mine")
"""Data sets whose licence lets their texts be given on."""
TOP = 10


def sample(folder: Path) -> None:
    """Draw the pairs, and write them once to be kept, and twice to be judged, the second time with sides exchanged."""
    chance = random.Random(0)
    pairs: list[dict[str, Any]] = []
    for (name, language), count in DRAWN.items():
        data = products(name)
        lists = {s: [[tag.text for tag in row[:TOP]] for row in tags(data, s)] for s in STRATEGIES}
        strata = defaultdict(list)
        for at, product in enumerate(data.test):
            if language_of(product) == language:
                for two in combinations(STRATEGIES, 2):
                    a, b = (lists[strategy][at] for strategy in two)
                    shared = len({*a} & {*b}) / max(1, len({*a, *b}))
                    if min(len(a), len(b)) >= 2 and shared < 1:
                        strata[abs(len(a) - len(b)) > 1, min(2, int(shared * 4))].append((at, two))
        used: set[int] = set()
        drawn = 0
        for candidates in strata.values():
            chance.shuffle(candidates)
        for key in sorted(strata) * count:
            fresh = next((c for c in strata[key] if c[0] not in used), None)
            if fresh and drawn < count:
                at, two = fresh
                used.add(at)
                drawn += 1
                a, b = chance.sample(two, 2)
                product = data.test[at]
                pairs.append({"data": name, "id": product.id, "strategies": [a, b]})
                pairs[-1] |= {"text": product.text, "A": lists[a][at], "B": lists[b][at]}
    chance.shuffle(pairs)
    pairs = [{"pair": number} | pair for number, pair in enumerate(pairs, 1)]
    _write(PAIRS, [{k: v for k, v in p.items() if k != "text" or p["data"] in WITH_TEXT} for p in pairs])
    items = [{key: pair[key] for key in ("pair", "text", "A", "B")} for pair in pairs]
    _write(folder / "items.jsonl", items)
    swapped = sorted(chance.sample(range(1, len(items) + 1), len(items) // 2))
    _write(folder / "items2.jsonl", [i | {"A": i["B"], "B": i["A"]} if i["pair"] in swapped else i for i in items])
    (folder / "key2.json").write_text(json.dumps(swapped), encoding="utf-8")


def agreement() -> None:
    """Write how far the judges agree with each other, and each measure with them."""
    pairs = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    judges = [_read(FOLDER / f"judge{number}.tsv") for number in (1, 2)]
    rows = {}
    chosen: dict[str, dict[int, str]] = {}
    for question in QUESTIONS:
        one, two = ([judge[pair["pair"]][question] for pair in pairs] for judge in judges)
        same = {p["pair"]: a for p, a, b in zip(pairs, one, two, strict=True) if a == b != "="}
        chosen[question] = same
        rows[f"more {question}"] = {
            "pairs": len(pairs),
            "same answer, %": round(100 * float(np.mean(np.array(one) == np.array(two)))),
            "Cohen's kappa": round(float(cohen_kappa_score(one, two)), 2),
            "equal, first judge, %": round(100 * one.count("=") / len(one)),
            "equal, second judge, %": round(100 * two.count("=") / len(two)),
            "both choose the same list": len(same),
        }
    write("judges", rows, rows="question", note="Both judges are language models.")
    similar = {pair["pair"] for pair in pairs if abs(len(pair["A"]) - len(pair["B"])) <= 1}
    openbg = {pair["pair"] for pair in pairs if pair["data"] == "openbg"}
    varied, right = (chosen[question] for question in QUESTIONS)
    columns = {
        "more varied": varied,
        "more varied, as long": {number: side for number, side in varied.items() if number in similar},
        "more right": {number: side for number, side in right.items() if number not in openbg},
        "more right, OpenBG": {number: side for number, side in right.items() if number in openbg},
    }
    table = {}
    for name, (better, found) in _scores(pairs).items():
        table[name] = row = {}
        for column, all_answers in columns.items():
            answers = {number: side for number, side in all_answers.items() if number in found}
            if not answers:
                continue
            gains = [better * (found[n][0] - found[n][1]) * (1 if side == "A" else -1) for n, side in answers.items()]
            share = binomtest(sum(gain > 0 for gain in gains), len(gains))
            low, high = share.proportion_ci(method="wilson")
            row[f"{column}: agrees, %"] = f"{100 * share.statistic:.0f} ({100 * low:.0f} to {100 * high:.0f})"
            row[f"{column}: contradicts, %"] = round(100 * sum(gain < 0 for gain in gains) / len(gains))
    counts = ", ".join(f"{column}: {len(answers)} pairs" for column, answers in columns.items())
    note = f"{counts}. In brackets Wilson's 95 % intervals. In the other pairs a measure sees no difference."
    order = sorted(table.items(), key=lambda row: -int(row[1]["more varied: agrees, %"].split()[0]))
    write("judged_pairs", dict(order), rows="measure", note=note)


def _scores(pairs: list[dict[str, Any]]) -> dict[str, tuple[int, dict[int, tuple[float, float]]]]:
    """Return for each measure whether more is better (1 or -1), and its scores of the lists A and B of each pair."""
    lengths = {pair["pair"]: (float(len(pair["A"])), float(len(pair["B"]))) for pair in pairs}
    out: dict[str, tuple[int, dict[int, tuple[float, float]]]] = {"(the longer list)": (1, lengths)}
    for name in DATA:
        some = [pair for pair in pairs if pair["data"] == name]
        if not some:
            continue
        data = products(name)
        test = {product.id: product for product in data.test}
        runs = [Run.of(data, [pair[side] for pair in some], [test[pair["id"]] for pair in some]) for side in "AB"]
        for measure in parse_all(MEASURES):
            if isinstance(measure, MeanMeasure) and measure.name != "distinct-lists":
                try:
                    a, b = (measure.summarise(measure.statistics(one)).tolist() for one in runs)
                except TagkitError as error:
                    print(f"{name}: {measure} is left out: {error}")
                    continue
                found = out.setdefault(str(measure), (1 if measure.better == "higher" else -1, {}))[1]
                found |= dict(zip([pair["pair"] for pair in some], zip(a, b, strict=True), strict=True))
    return out


def _read(path: Path) -> dict[int, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {int(row["pair"]): row for row in csv.DictReader(file, delimiter="\t")}


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["sample"]:
        sample(Path(sys.argv[2]))
    else:
        agreement()
