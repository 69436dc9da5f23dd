"""Tags that mostly do not stand in the text: strategies with and without pre-trained encoders, paired tests.

    python experiments/inferred_tags.py openbg|catalogue [--seeds 0]

Thresholds, calibration and fusion are chosen on dev; test is scored once. The baseline is `hybrid` as it is (lexicon,
neighbours, linear), the best strategy without an encoder. The table goes to `experiments/results/inferred_NAME.md`, all
figures to the JSON file beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tagkit import compare, load_data, report
from tagkit.taggers import Tagger, create

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from _report import machine

CLASSIC = ["lexicon", "knn", "linear"]
MEASURES = ["micro-F1", "nDCG@5", "F1@M", "R(tags=absent)@10", "macro-F1", "ECE"]


def main() -> None:
    """Run the comparison on one data set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=["openbg", "catalogue"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    options = parser.parse_args()
    taggers: dict[str, Tagger] = {name: create(name) for name in ["hybrid", *CLASSIC, "semantic"]}
    taggers["hybrid+semantic"] = create("hybrid", members=[*CLASSIC, "semantic"])
    for seed in options.seeds:
        taggers[f"encoder, seed {seed}"] = create("encoder", epochs=6, seed=seed)
    result = compare(taggers, load_data(options.name), MEASURES, baseline="hybrid")
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    command = f"python experiments/inferred_tags.py {options.name} --seeds {' '.join(map(str, options.seeds))}"
    table = report.to_markdown(result)
    (folder / f"inferred_{options.name}.md").write_text(f"`{command}`\n\n{table}", encoding="utf-8")
    body = {"command": command, "machine": machine(), **report.to_dict(result)}
    text = json.dumps(body, ensure_ascii=False, indent=1) + "\n"
    (folder / f"inferred_{options.name}.json").write_text(text, encoding="utf-8")
    print(report.leaderboard(result))


if __name__ == "__main__":
    main()
