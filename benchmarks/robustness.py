"""What was tried to lose data, to leak a secret, to run code or to stop tagkit, and what came of it.

    python benchmarks/robustness.py [--share 1.0] [--only tag --only server]

Each attempt is a process of its own (but those on a server, which are threads), with a limit of memory and of time:
processes are killed at random moments and their commands run again; saved and pre-trained models, experiments, files of
products and servers' answers are hostile or broken; disks are full, folders read-only. An attempt was

    refused  with one sentence
    went on  with exit code 0: the fault did no harm
    lost     products are missing, doubled or mixed, scores differ, a key is shown, or code of others was run
    crashed  with a traceback or a signal
    hung     beyond the limit of time

What was lost, crashed or hung is printed.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import hostile
from attempts import CRASHED, HUNG, LOST, OUTCOMES, REFUSED, SECONDS, SHOP, WENT_ON, Attempts, fork, judge
from hostile_server import faults, loopback
from results_file import write

from tagkit.default import load_tagger
from tagkit.errors import HostedError
from tagkit.taggers import create

FIT = """
import sys
from attempts import SHOP
from tagkit.errors import TagkitError
from tagkit.taggers import create
try:
    create("encoder", model=sys.argv[1]).fit(SHOP)
except TagkitError as error:
    sys.exit(f"tagkit: {error}")
"""
LONGEST = 2 * SECONDS
"""Seconds for what starts processes of its own, or loads torch."""


def kill_often(
    run: Attempts, kind: str, number: int, whole: float, command: Callable[[float], tuple[str, str]], is_right: Any
) -> None:
    """Kill a command at random moments and start it again until it ends by itself, and then look at its result.

    Args:
        run: Takes the outcomes, one for each kill.
        kind: What they are counted under.
        number: So many kills at least.
        whole: The seconds that the command takes.
        command: Runs it, and kills it after some seconds; returns the outcome, "hung" if it was killed.
        is_right: Returns whether the result is right, and prepares the next one.
    """
    done = 0
    while done < number:
        kills = 0
        while (found := command(random.uniform(0, 1.2 * whole) if kills < 9 else LONGEST))[0] == HUNG and kills < 10:
            kills += 1
        outcome, said = found
        right = is_right()
        for _ in range(kills):
            run.note(kind, f"{kills} kills", LOST if outcome == WENT_ON and not right else outcome, said)
        done += kills


def kill_tag(run: Attempts) -> None:
    """Kill `tagkit tag`, resume it, and compare the output with that of a run that was not killed."""
    source, out = run.folder / "many.jsonl", run.folder / "tagged.jsonl"
    lines = [json.dumps({"id": str(n), "title": f"红色高跟鞋{n}"}, ensure_ascii=False) for n in range(5_000)]
    source.write_text("\n".join(lines), encoding="utf-8")
    words = ["tag", source, "--model", run.models["lexicon"], "--out", out, "--resume"]

    def taken() -> str:
        text = out.read_text(encoding="utf-8") if out.exists() else ""
        for path in out.parent.glob(f"*{out.name}*"):
            path.unlink()
        return text

    start = time.monotonic()
    run.command(*words)
    whole, expected = time.monotonic() - start, taken()
    if expected.count("\n") != len(lines):
        run.note("kill and resume `tag`", "without a kill", LOST)
    kill_often(run, "kill and resume `tag`", run.times(60), whole, lambda seconds: run.command(*words, seconds=seconds),
               lambda: taken() == expected)  # fmt: skip


def kill_save(run: Attempts) -> None:
    """Kill the saving of one strategy over another, and see which of them the folder holds."""
    place = run.folder / "replaced"
    both = [create("lexicon").fit([product for product in SHOP if word in product.title]) for word in ("红色", "蓝色")]
    answers = [tagger.predict(SHOP) for tagger in both]
    both[0].save(place)

    def save_for_ever() -> None:
        while True:
            for tagger in both:
                tagger.save(place)

    for number in range(run.times(100)):
        process = fork.Process(target=save_for_ever)
        process.start()
        time.sleep(random.uniform(0, 0.1))
        process.kill()
        process.join()
        found = _guarded(lambda: load_tagger(place).predict(SHOP))
        outcome = WENT_ON if found in answers else LOST
        run.note("kill `save` over another model", f"kill {number}", outcome, str(found)[:200])


def kill_compare(run: Attempts) -> None:
    """Kill `tagkit compare`, resume it, and compare the scores with those of a run that was not killed."""
    words = [sys.executable, "-m", "tagkit", "compare", "--taggers", "dictionary,lexicon,knn,tfidf", "--samples", "20"]
    words += ["--no-track", "--json", "--data", str(run.shop)]
    printed = ""

    def command(seconds: float) -> tuple[str, str]:
        nonlocal printed
        process = subprocess.Popen(words, cwd=run.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   start_new_session=True)  # fmt: skip
        try:
            printed, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return HUNG, ""
        return judge(process.returncode, said), said

    start = time.monotonic()
    command(LONGEST)
    whole, expected = time.monotonic() - start, json.loads(printed)["scores"]
    kill_often(run, "kill and resume `compare`", run.times(8), whole, command,
               lambda: json.loads(printed)["scores"] == expected)  # fmt: skip


def saved_models(run: Attempts) -> None:
    """Tag with saved strategies that are hostile or damaged."""
    for of in ("linear", "knn"):
        place = run.folder / f"hostile-{of}"
        place.mkdir()
        for name, make in run.some(hostile.saved_models(run.models[of], place, run.canary)):
            run.note("saved model", f"{of}, {name}", *run.command("tag", "红色高跟鞋", "--model", make()))


def pretrained_models(run: Attempts) -> None:
    """Fit a strategy on pre-trained models that are hostile."""
    place = run.folder / "pretrained"
    place.mkdir()
    for name, model in run.some(hostile.pretrained_models(place, run.canary)):
        command = [sys.executable, "-c", FIT, str(model)]
        paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False, input="y\n",
                                  env=os.environ | {"PYTHONPATH": paths})  # fmt: skip
            run.note("pre-trained model", name, judge(done.returncode, done.stderr), done.stderr)
        except subprocess.TimeoutExpired as error:
            run.note("pre-trained model", name, HUNG, str(error.stderr))


def experiments(run: Attempts) -> None:
    """Check experiment files that are none."""
    for number, (name, text) in enumerate(run.some(hostile.experiments())):
        path = run.folder / f"experiment{number}.yaml"
        path.write_text(text, encoding="utf-8")
        run.note("experiment file", name, *run.command("reproduce", path, "--dry-run", "--no-track"))


def inputs(run: Attempts) -> None:
    """Tag broken files; each good product has to be in the output once."""
    for number, (name, suffix, content, good) in enumerate(run.some(hostile.files_of_products())):
        path, out = run.folder / f"input{number}{suffix}", run.folder / f"output{number}.jsonl"
        path.write_bytes(content)
        outcome, said = run.command("tag", path, "--model", run.models["lexicon"], "--out", out)
        found = out.read_text(encoding="utf-8", errors="replace").count("高跟鞋") if out.exists() else 0
        is_short = outcome == WENT_ON and good is not None and found < good
        if is_short or path.read_bytes() != content:
            outcome, said = LOST, f"{found} of {good} products are in the output"
        run.note("file of products", name, outcome, said)


def disks(run: Attempts) -> None:
    """Tag, save and compare on a full disk and in read-only folders, which only this process sees."""
    mount = "mount -t tmpfs -o size=200k none small; head -c 190k /dev/zero > small/full 2>/dev/null; "
    read_only = "mount -t tmpfs none small; cp shop.jsonl small; mount -o remount,ro small; "
    tag = f"{sys.executable} -m tagkit tag --model lexicon"
    compare = (
        f"{sys.executable} -m tagkit compare --data shop.jsonl --taggers dictionary,lexicon --samples 20 --no-track"
    )
    over = (
        "from tagkit.default import load_tagger; from tagkit.errors import TagkitError\n"
        "old, new = load_tagger('lexicon'), load_tagger('linear'); text = ['红色高跟鞋']\n"
        "old.save('small/model'); open('small/full', 'wb').write(bytes(10**6))"
    )
    cases = {
        "output of `tag` on a full disk": (mount + f"{tag} many.jsonl --out small/out.jsonl", REFUSED),
        "report of `compare` on a full disk": (mount + f"{compare} --out small/report", ""),
        "cache on a full disk": (mount + f"TAGKIT_CACHE=small {compare}", WENT_ON),
        "output of `tag` in a read-only folder": (read_only + f"{tag} shop.jsonl --out small/out.jsonl", REFUSED),
        "rejects in a read-only folder": (read_only + f"{tag} small/shop.jsonl --out out-ro.jsonl", WENT_ON),
        "report of `compare` in a read-only folder": (read_only + f"{compare} --out small/r", ""),
        "cache in a read-only folder": (read_only + f"TAGKIT_CACHE=small {compare}", WENT_ON),
        "`save` over a model on a full disk": ("mount -t tmpfs -o size=200k none small; "
            f"{sys.executable} -c \"{over}\" 2>/dev/null; {tag.replace('lexicon', 'small/model')} 红色高跟鞋", WENT_ON),
    }  # fmt: skip
    (run.folder / "small").mkdir()
    if not (run.folder / "many.jsonl").exists():
        (run.folder / "many.jsonl").write_bytes(run.shop.read_bytes() * 99)

    def run_apart(script: str) -> subprocess.CompletedProcess[str] | None:
        command = ["unshare", "-m", "sh", "-c", f"mount --make-rprivate / && {script}"]
        cache = {"TAGKIT_CACHE": tempfile.mkdtemp(dir=run.folder)}
        try:
            return subprocess.run(command, cwd=run.folder, env=os.environ | cache, capture_output=True, text=True,
                                  timeout=LONGEST, check=False)  # fmt: skip
        except subprocess.TimeoutExpired:
            return None

    chosen = list(run.some(cases.items()))
    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(run_apart, [script for _, (script, _) in chosen]))
    for (name, (script, right)), done in zip(chosen, ended, strict=True):
        if done is None:
            run.note("full disk, read-only folder", name, HUNG)
            continue
        outcome, said = judge(done.returncode, done.stderr), done.stderr
        if (right and outcome not in (right, CRASHED)) or ("compare" in script and "lexicon" not in done.stdout):
            outcome, said = (CRASHED if outcome == CRASHED else LOST), f"{outcome}, not {right or 'scores'}: {said}"
        run.note("full disk, read-only folder", name, outcome, said)


def server(run: Attempts) -> None:
    """Ask a server on this machine that does everything but answer."""
    from tagkit.llm import client

    client.FIRST_PAUSE = 0.01
    os.environ["TAGKIT_LLM_KEY"] = loopback.KEY
    logging.getLogger("tagkit").setLevel(logging.CRITICAL)
    asked = loopback.Loopback()
    taggers = create(
        "llm", endpoint=asked.url, model="small", timeout=1.0, retries=1, vocabulary="open", price_in=1, price_out=1
    )
    for number, (name, fault) in enumerate(run.some(faults(loopback.KEY))):
        asked.faults = [fault] * 2
        tagger = taggers.set_params(max_tokens=500 + number).fit(SHOP)
        found: list[Any] = []
        thread = threading.Thread(
            target=lambda t=tagger, f=found: f.append(_guarded(lambda: t.predict(["红色鞋"]))), daemon=True
        )
        thread.start()
        thread.join(SECONDS)
        if thread.is_alive():
            run.note("answer of a server", name, HUNG)
            continue
        refused = any(row.kind != "ok" for row in tagger.outcomes_) or isinstance(found[0], HostedError)
        outcome = REFUSED if refused else WENT_ON
        if isinstance(found[0], Exception) and not isinstance(found[0], HostedError):
            outcome = CRASHED
        stored = b"".join(path.read_bytes() for path in (run.folder / "cache").rglob("*") if path.is_file())
        if loopback.KEY in f"{found} {tagger.outcomes_}" or loopback.KEY.encode() in stored:
            outcome = LOST
        run.note("answer of a server", name, outcome, f"{found} {tagger.outcomes_}")
    asked.close()


def _guarded(call: Callable[[], Any]) -> Any:
    """Return what a call returns, or raises."""
    try:
        return call()
    except Exception as error:
        return error


KINDS: dict[str, Callable[[Attempts], None]] = {
    "tag": kill_tag, "save": kill_save, "compare": kill_compare, "models": saved_models, "disks": disks,
    "pretrained": pretrained_models, "experiments": experiments, "inputs": inputs, "server": server,
}  # fmt: skip


def attempt(kinds: Iterable[str], share: float) -> Attempts:
    """Make the attempts of some kinds, in a folder that is then removed."""
    with tempfile.TemporaryDirectory() as folder:
        run = Attempts(share, Path(folder))
        for kind in kinds:
            start = time.monotonic()
            KINDS[kind](run)
            print(f"{kind}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    return run


def main() -> None:
    """Print what was lost, crashed or hung, and write how often."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=1.0, help="which share of the attempts to make")
    parser.add_argument("--only", action="append", choices=KINDS, help="kinds of attempts; can be repeated")
    options = parser.parse_args()
    run = attempt(options.only or KINDS, options.share)
    print("\n".join(run.failures))
    figures = {}
    for kind, counts in run.counts.items():
        figures[kind] = {"tried": counts.total()} | {outcome: counts[outcome] for outcome in OUTCOMES}
    write("robustness", figures, rows="what was tried")
    sys.exit(bool(run.failures))


if __name__ == "__main__":
    main()
