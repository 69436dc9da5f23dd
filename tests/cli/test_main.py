"""The command `tagkit`: how it fails, and how fast it starts."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

import pytest

import tagkit
from tagkit.console import QUIET

TAGKIT = [sys.executable, "-m", "tagkit"]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("tag 鞋 --tagger nonesuch", "no strategy is called 'nonesuch'; there are: "),
        ("tag 鞋 --data nonesuch", "no data set is called 'nonesuch'; there are: "),
        ("compare --taggers nonesuch", "no strategy is called 'nonesuch'; there are: "),
        ("compare --taggers dictionary --measures nonesuch@5", "no measure is called 'nonesuch'; there are: "),
        ("compare --data nonesuch", "no data set is called 'nonesuch'; there are: "),
        ("compare --taggers dictionary --baseline knn", "the baseline 'knn' does not take part; there are: dictionary"),
        ("compare --set lexicon=1", "--set takes NAME.PARAMETER=VALUE, not 'lexicon=1'"),
        ("compare --taggers dictionary --set knn.k=3", "--set names knn, which does not take part"),
        ("data card nonesuch", "no data set is called 'nonesuch'; there are: "),
        ("data audit nonesuch", "no data set is called 'nonesuch'; there are: "),
        ("data fetch nonesuch", "no data set is called 'nonesuch'; there are: "),
        (f"data card {'长' * 300}", "no data set is called '长长"),
        ("data audit nonesuch.csv", "there is no file nonesuch.csv"),
        ("tag nonesuch.jsonl", "there is no file nonesuch.jsonl"),
        ("tag 鞋 --model nonesuch", "nonesuch holds no saved tagger"),
        ("tag 鞋 --resume", "--resume needs --out"),
        ("tag 鞋 --tagger dictionary --out none/such", "none/such: No such file or directory"),
    ],
)
def test_what_is_not_there_is_one_line(command, message, run):
    found = run(*command.split(), code=2)
    assert found.stdout == ""
    (line,) = found.stderr.splitlines()
    assert line.startswith(f"tagkit: {message}")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("--quite taggers", "there is no option --quite (did you mean '--quiet'?); "),
        ("--json taggers", "there is no option --json here: it goes behind the command, as in "),
        ("taggers -q", "there is no option -q here: it goes before the command, as in "),
        ("compare --tagers x", "there is no option --tagers (did you mean '--taggers'?); "),
        ("comapre", "no such command 'comapre', did you mean 'compare'; "),
        ("data chek", "no such command 'chek', did you mean 'check'; "),
        ("tune", "missing argument 'name'; "),
        ("tag", "missing argument 'source'; "),
        ("fit shop.csv", "missing option '--out' / '-o'; "),
        ("tag 鞋 --limit", "option '--limit' requires an argument"),
        ("tag 鞋 --limit 0", "invalid value for '--limit': it should be greater than or equal to 1; "),
        ("compare --folds two", "invalid value for '--folds': it should be a valid integer"),
        ("compare lexicon", "got unexpected extra argument"),
    ],
)
def test_a_wrong_command_line_is_one_line(command, message, run):
    found = run(*command.split(), code=2)
    (line,) = found.stderr.splitlines()
    assert found.stdout == "" and line.startswith(f"tagkit: {message}")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("compare --data shop.xslx", "there is no file shop.xslx"),
        ("compare --data catalog", "no data set is called 'catalog' (did you mean 'catalogue'?); "),
        ("compare --data .", "the folder . has no file called train"),
        ("compare --data catalogue --title 名", "catalogue has no option title; "),
        ("compare --data titles.txt --encoding nonesuch", "titles.txt cannot be read: unknown encoding: nonesuch"),
        ("compare --data titles.txt --title 货品", "titles.txt: none of 2 rows can be used; the first: line 1"),
        ("compare --data titles.txt --taggers dictionary", "titles has no test products with gold tags"),
        ("compare --taggers dictionry", "no strategy is called 'dictionry' (did you mean 'dictionary'?); "),
        ("compare --taggers dictionary,dictionary", "two strategies are called 'dictionary'"),
        ("compare --taggers dictionary --measures nDGC@10", "no measure is called 'nDGC' (did you mean 'nDCG'?); "),
        ("compare --taggers dictionary --measures F1@", "'F1@' is not a measure; "),
        (
            "compare --taggers dictionary --measures P@ten",
            "k must be a positive whole number or one of M, O, not 'ten'",
        ),
        ("compare --set dictionary.min_char=3", "dictionary has no parameter 'min_char' (did you mean 'min_chars'?)"),
        ("compare --set dictionary.min_chars=two", "dictionary: min_chars must be a whole number, not 'two'"),
        ("compare --taggers dictionary --seeds a,b", "--seeds takes whole numbers, comma-separated, not 'a,b'"),
        ("compare --taggers dictionary --share 2", "`share` must be above 0 and up to 1, not 2.0"),
        ("compare --taggers dictionary --folds 1", "`folds` must be 2 or more, not 1"),
        ("compare --tuned nofile.json", "there is no file nofile.json"),
        ("compare --tuned titles.txt", "titles.txt is not what `tagkit tune` writes"),
        ("tag titles.txt --out out.pdf", "out.pdf: tags are written as .jsonl, "),
        ("tag titles.txt --out titles.txt", "titles.txt: tags are written as .jsonl, "),
        ("tag titles.txt --model titles.txt", "titles.txt holds no saved tagger"),
        ("tag photo.jpg", "there is no file photo.jpg; if it is a text to tag, add --text"),
        ("tag 鞋 --set llm.endpoint=x", "--set goes with --model"),
        ("tune dictionary --trials 0", "`trials` must be 1 or more, not 0"),
        ("tune dictionary --space min_chars", "a space is written as "),
        ("tune dictionary --space min_chars=5..1", "the range of min_chars must run upwards"),
        ("tune dictionary --set min_chars", "--set takes PARAMETER=VALUE, not 'min_chars'"),
        ("fit titles.txt --out m", "titles.txt: no product of train has tags to learn from"),
        ("fit titles.txt --out m --best --tagger knn", "--best chooses the strategy: "),
        ("evaluate nomodel titles.txt", "nomodel holds no saved tagger"),
        ("reproduce nonesuch", "no experiment is called 'nonesuch'; "),
        ("reproduce nofile.yaml", "there is no file nofile.yaml"),
        ("reproduce --folder nofolder", "nofolder holds no experiments"),
        ("reproduce --data-file titles.txt", "--data-file needs --runs-file"),
        ("data check nofile.csv", "there is no file nofile.csv"),
        ("data check .", "the folder . has no file called train"),
        ("models path nonesuch", "the model 'nonesuch' is not on this machine"),
    ],
)
def test_the_mistakes_of_the_first_hour_are_one_line(command, message, run, write):
    write("titles.txt", "红裙", "黑鞋")
    found = run(*command.split(), code=2)
    (line,) = found.stderr.splitlines()
    assert found.stdout == "" and line.startswith(f"tagkit: {message}")


def test_an_empty_text_is_nothing_to_tag(run):
    assert run("tag", " ", code=2).stderr == "tagkit: the text is empty: there is nothing to tag\n"


def complete(words: str, *, heavy: bool = False) -> list[str]:
    """Return what bash is offered for the last of some words; what is heavy is imported only where that is said."""
    known = {"_TAGKIT_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    code = "from tagkit.cli import app; app(prog_name='tagkit')"
    command = [sys.executable, "-X", "importtime", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **known})
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert heavy or not imported & {"torch", "transformers", "sklearn", "pandas", "rich", "scipy"}
    return done.stdout.splitlines()


def test_completion_imports_nothing_heavy(workplace):
    assert complete("tagkit comp") == ["compare"]
    assert complete("tagkit compare --taggers lexicon,hy") == ["lexicon,hybrid"]
    assert complete("tagkit tune --measure nDC") == ["nDCG"]
    assert complete("tagkit data card catal") == ["catalogue"]
    assert complete("tagkit models fetch minil", heavy=True) == ["minilm-l6"]
    assert complete("tagkit compare --set kn") == ["knn."]


def test_parameters_are_completed(workplace):
    assert complete("tagkit compare --set knn.po", heavy=True) == ["knn.power="]
    assert complete("tagkit tune knn --set po", heavy=True) == ["power="]
    assert complete("tagkit fit x.csv --tagger lexicon -s min", heavy=True) == ["min_chars="]
    assert complete("tagkit fit x.csv -s meth", heavy=True) == ["method="]
    assert complete("tagkit compare --set nothing.p", heavy=True) == [""]


def test_quiet_and_short_help(run, monkeypatch):
    monkeypatch.setenv(QUIET, "")
    assert run("compare", "-h").stdout == run("compare", "--help").stdout
    assert run("-q", "taggers").stdout == run("taggers").stdout and os.environ[QUIET] == "1"


def test_version_and_help(run):
    assert run("--version").stdout == f"{tagkit.__version__}\n"
    assert {"tag", "compare", "data", "taggers", "measures"} <= set(run("--help").stdout.split())


def test_help_is_fast_and_imports_nothing_heavy():
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([*TAGKIT[:1], "-X", "importtime", *TAGKIT[1:], "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert b"Tag products" in done.stdout and min(seconds) < 0.5, seconds
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.decode().splitlines()}
    assert "tagkit.cli.main" in imported
    assert not imported & {
        "torch",
        "transformers",
        "mlflow",
        "sklearn",
        "numpy",
        "pandas",
        "matplotlib",
        "jieba",
        "rich",
    }


def test_import_is_light():
    code = "import sys, tagkit; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "tagkit" in modules and not {"torch", "transformers", "mlflow", "numpy"} & set(modules)
