"""Experiments from YAML: what they say, and errors that name file and line."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tagkit.errors import BadInput
from tagkit.experiment.expected import Expected, Origin
from tagkit.experiment.load import check_parameters, find, load_experiment

REPOSITORY = Path(__file__).parents[2] / "experiments"


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("protocol:", "protocoll:", 6, r"unknown key 'protocoll' \(did you mean 'protocol'\?\)"),
        ("tolerance: 1\n", "", 1, "the key 'tolerance' is missing"),
        ("measures: [micro-F1, P@2]\n", "", 1, "the key 'measures' is missing"),
        ("[micro-F1, P@2]", "[micro-F9, P@2]", 7, "no measure is called 'micro-F9'"),
        ("{micro-F1: 99.0, P@2: null}", "{micro-F1: 99.0}", 14, "there is no score for the measure P@2"),
        (
            "{micro-F1: 99.0, P@2: null}",
            "{micro-F1: 99.0, P@3: 1}",
            14,
            "no measure of this experiment is called 'P@3'",
        ),
        ("strategy: dictionary", "strategy: dictionery", 11, "no strategy is called 'dictionery'.*; there are: "),
        ("file: shop.jsonl", "name: shop", 5, "no data set is called 'shop'; there are: "),
        (
            "file: shop.jsonl",
            "name: catalogue\n  options: {language: zh}",
            6,
            "unknown key 'language'.*known are: lang",
        ),
        ("data:\n  file: shop.jsonl\n", "data: {}\n", 4, "give either `name`"),
        ("quick: false", "quick: no way", 17, "must be true or false, not 'no way'"),
        ("    origin: published\n", "", 13, "nothing says where the score is from"),
        ("origin: published", "origin: {date: today, machine: x, seconds: 1}", 13, "must be YYYY-MM-DD, not 'today'"),
        (
            "origin: published",
            "origin: {date: 2026-02-30, machine: x, seconds: 1}",
            13,
            "must be YYYY-MM-DD, not '2026-02",
        ),
        ("origin: published", "origin: {date: !!timestamp 2026-99-99, machine: x}", 13, "'2026-99-99' cannot be read"),
        ("origin: published", "origin: {date: , machine: x, seconds: 1}", 13, "must be a text, not nothing"),
        ("protocol:", "protocol: !!int many #", 6, r"'many' cannot be read \(ValueError"),
        ("protocol:", "protocol: !!bool maybe #", 6, "'maybe' cannot be read"),
        ("protocol:", f"protocol: {'9' * 5000} #", 6, "cannot be read"),
        ("protocol:", 'protocol: "\\ud800" #', 6, "cannot be read"),
        ("protocol:", "protocol: !!python/object/apply:os.system [ls] #", 6, "must be a text, not a list"),
        ("protocol:", f"protocol: {'[' * 10_000}", 6, "values are nested too deeply"),
        ("protocol:", f"protocol: {'[' * 50}{']' * 50} #", 6, "values are nested too deeply"),
        ("origin: published", "origin: hearsay", 13, "must be `published`"),
        ("cites: Table 3", "cites: Table 3\n    seeds: [1]", 21, "a row that cites computes nothing"),
        ("cites: Table 3", "note: nothing", 19, "a row has either `strategy`"),
        ("name: slow look-up", "name: look-up", 15, "two rows are called 'look-up'"),
        ("micro-F1: 99.0", "micro-F1: many", 14, "must be a number, not 'many'"),
        ("micro-F1: 99.0", "micro-F1: 9.9e+1", 14, "write the score with digits and a point"),
        ("tolerance: 1", "tolerance: -1", 8, "must be at least 0, not -1"),
        ("tolerance: 1", "tolerance: 1\nbaseline: elsewhere", 9, "no row that runs is called 'elsewhere'"),
        ("title: Dictionary matching on a small shop", "title: [", 3, "expected"),
        ("quick: true\n", "quick: true\nquick: true\n", 4, "the key 'quick' occurs twice"),
        ("{min_chars: 2}", "{min_char: 2}", 12, "dictionary has no parameter 'min_char'"),
    ],
)
def test_an_error_names_file_and_line(old, new, line, message, edit):
    path = edit(old, new)
    with pytest.raises(BadInput, match=rf"small\.yaml, line {line}: .*{message}"):
        check_parameters(load_experiment(path))


@pytest.mark.parametrize(
    ("protocol", "message"),
    [
        ("&a [*a]", r"line 6: values are nested too deeply, or an alias repeats itself"),
        ("&a {b: &b {a: *a, b: *b}}", r"line 6: values are nested too deeply, or an alias repeats itself"),
        ("# " + "x" * 2**20, r"line 1: an experiment has at most 1,048,576 bytes, not 1,049,"),
    ],
)
def test_an_alias_that_repeats_itself_or_a_huge_file_is_one_sentence(protocol, message, edit):
    path = edit("protocol:", f"protocol: {protocol} #")
    with pytest.raises(BadInput, match=rf"small\.yaml, {message}"):
        load_experiment(path)


def test_aliases_of_aliases_are_counted_not_expanded(edit):
    laughs = "\n".join(f"  - &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10))
    path = edit("protocol:", f"protocol:\n  - &a0 [lol]\n{laughs}\nx:")
    start = time.monotonic()
    with pytest.raises(BadInput, match=r"small\.yaml, line \d+: values are more than 100,000, or"):
        load_experiment(path)
    assert time.monotonic() - start < 5


def test_what_a_form_says(experiments):
    found = load_experiment(experiments / "small.yaml")
    lookup, slow, elsewhere = found.rows
    assert (found.name, tuple(map(str, found.measures)), found.unit) == ("small", ("micro-F1", "P@2"), "percent")
    assert found.quick
    assert found.data.file == experiments / "shop.jsonl"
    assert lookup.expected == {"micro-F1": Expected(99.0, 1, 1.0, Origin("published")), "P@2": None}
    assert (lookup.quick, slow.quick, elsewhere.quick) == (True, False, False)
    assert slow.expected == {"micro-F1": None, "P@2": None}
    assert elsewhere.expected["P@2"].origin == Origin("ours", "2026-11-25", "two cores", 3.0)
    assert found.command(lookup) == "tagkit reproduce small --only look-up" and found.command(elsewhere) == ""


@pytest.mark.parametrize(
    ("new", "line", "message"),
    [
        ("share: 0", 13, "must be above 0 and up to 1, not 0"),
        ("share: 0.5", 13, "a share is drawn at random: add `seeds`"),
        ("share: some", 13, "must be a number, not 'some'"),
        ("refine: [limits]", 13, "no refinement is called 'limits'.*; there are: "),
        ("refine: [{limits: {k: 1}}]", 13, "no refinement is called 'limits'.*; there are: "),
        ("refine: [{limit: {k: -1}}]", 13, "limit: k must be at least 0, not -1"),
        ("refine: [{limit: {most: 1}}]", 13, "unexpected keyword argument 'most'"),
        ("refine: [{limit: {k: 1}, thresholds: {}}]", 13, "must be a name, or one name with its parameters"),
        ("folds: 1", 13, "must be at least 2, not 1"),
        ("of: [slow look-up]", 13, "no earlier row that runs is called 'slow look-up'"),
        ("self_training: {by: nothing}", 13, "no earlier row that runs is called 'nothing'"),
        ("sedes: [1]", 13, r"unknown key 'sedes' \(did you mean 'seeds'\?\)"),
    ],
)
def test_an_error_in_what_a_row_varies(new, line, message, edit):
    path = edit("params: {min_chars: 2}", f"params: {{min_chars: 2}}\n    {new}")
    with pytest.raises(BadInput, match=rf"small\.yaml, line {line}: .*{message}"):
        load_experiment(path)


def test_names_with_an_asterisk(experiments):
    text = (experiments / "small.yaml").read_text(encoding="utf-8")
    (experiments / "small_too.yaml").write_text(text, encoding="utf-8")
    (experiments / "other.yaml").write_text(text, encoding="utf-8")
    assert [found.name for found in find(["small*"], experiments)] == ["small", "small_too"]
    with pytest.raises(BadInput, match=r"no experiment is called 'large\*'"):
        find(["large*"], experiments)


def test_all_experiments_of_the_repository_are_well_formed():
    found = find([], REPOSITORY)
    wanted = {"oa_mine_llm", "taobao", "dsner_ec", "openbg", "oa_mine", "the_article", "catalogue"}
    assert wanted <= {experiment.name for experiment in found}
    assert all(experiment.quick for experiment in found if experiment.name in wanted)
