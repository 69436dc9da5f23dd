"""Trim a tokenizer to the pieces that a corpus uses; a multilingual model then has a tenth of its size."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence, Set
from typing import Any

from tokenizers import Tokenizer

METASPACE = "▁"
CONTINUED = "##"


def kept_ids(tokenizer: Tokenizer, used: Iterable[int], characters: Set[str] = frozenset()) -> list[int] | None:
    """Return the ids to keep, in their old order: those used, special tokens, and all single characters.

    Single characters stay so that any text can still be read. Cutting by the most probable pieces (Unigram) or by the
    longest piece (WordPiece) gives a corpus the same pieces as before, since the pieces it chose are all still there.

    Args:
        tokenizer: A Unigram or WordPiece tokenizer.
        used: Ids that occur in the corpus.
        characters: All pieces made of these characters alone are kept too.

    Returns:
        The ids, or None for a tokenizer that cannot be trimmed (byte-pair merges build on each other).
    """
    body: dict[str, Any] = json.loads(tokenizer.to_str())
    if body["model"]["type"] not in ("Unigram", "WordPiece"):
        return None
    wanted = set(used) | {token["id"] for token in body.get("added_tokens", ())}
    wanted |= set(tokenizer.encode("").ids)
    for piece, id_ in tokenizer.get_vocab(with_added_tokens=False).items():
        bare = piece.removeprefix(METASPACE).removeprefix(CONTINUED)
        if len(bare) <= 1 or characters >= set(bare):
            wanted.add(id_)
    model = body["model"]
    unknown = model.get("unk_id") if model["type"] == "Unigram" else tokenizer.token_to_id(model["unk_token"])
    return sorted(wanted if unknown is None else wanted | {unknown})


def trimmed(tokenizer: Tokenizer, kept: Sequence[int]) -> Tokenizer:
    """Return a tokenizer with only the kept ids, renumbered in their order.

    Args:
        tokenizer: A Unigram or WordPiece tokenizer.
        kept: From `kept_ids`.
    """
    body = json.loads(tokenizer.to_str())
    new = {old: number for number, old in enumerate(kept)}
    model = body["model"]
    if model["type"] == "Unigram":
        size = len(model["vocab"])
        model["vocab"] = [model["vocab"][old] for old in kept if old < size]
        model["unk_id"] = new[model["unk_id"]]
    else:
        model["vocab"] = {piece: new[old] for piece, old in model["vocab"].items() if old in new}
    for token in body.get("added_tokens", ()):
        token["id"] = new[token["id"]]
    _renumber(body.get("post_processor"), new)
    return Tokenizer.from_str(json.dumps(body))


def _renumber(processor: dict[str, Any] | None, new: dict[int, int]) -> None:
    """Give a post-processor's special tokens their new ids."""
    if processor is None:
        return
    if processor["type"] == "Sequence":
        for part in processor["processors"]:
            _renumber(part, new)
    elif processor["type"] == "TemplateProcessing":
        for special in processor["special_tokens"].values():
            special["ids"] = [new[old] for old in special["ids"]]
    else:  # BertProcessing and RobertaProcessing: [token, id] pairs
        for side in ("sep", "cls"):
            if side in processor:
                processor[side][1] = new[processor[side][1]]
