"""The Hugging Face hub and its cache on this machine, without long waits where the hub cannot be reached."""

from __future__ import annotations

import os
import threading
from functools import cache
from pathlib import Path

SECONDS = 4
"""How long the hub may take to answer at all."""
FILES = ["config.json", "generation_config.json", "chat_template*", "tokenizer*", "special_tokens_map.json"]
FILES += ["added_tokens.json", "vocab*", "merges.txt", "*.model"]
SAFE = ["model*.safetensors", "model.safetensors.index.json"]
PICKLE = ["pytorch_model*.bin", "pytorch_model.bin.index.json"]


class NoHub(Exception):
    """The hub did not bring the model; the message is the reason."""


def cached(repository: str) -> Path | None:
    """Return the folder of the hub cache that holds (a part of) a model, None without one."""
    try:
        from huggingface_hub import try_to_load_from_cache
    except ModuleNotFoundError:
        return None
    try:  # not `snapshot_download`, which refuses a folder without the files that nobody needs
        config = try_to_load_from_cache(repository, "config.json")
    except ValueError:  # no name that the hub would allow
        return None
    return Path(config).parent if isinstance(config, str) else None


def download(repository: str) -> Path:
    """Bring a model into the hub cache and return its folder.

    Raises:
        NoHub: Switched off, unreachable, or no such model; found out within a few seconds.
    """
    if _truth("HF_HUB_OFFLINE") or _truth("TRANSFORMERS_OFFLINE"):
        raise NoHub("switched off by HF_HUB_OFFLINE")
    try:
        from huggingface_hub import snapshot_download
    except ModuleNotFoundError as error:
        raise NoHub('the package huggingface_hub is not installed: pip install "tagkit[models]"') from error
    if reason := _unreachable():
        raise NoHub(reason)
    try:
        for weights in (SAFE, PICKLE):
            folder = Path(
                snapshot_download(
                    repository, allow_patterns=FILES + weights, ignore_patterns=["*/*"], etag_timeout=SECONDS
                )
            )
            if any(path.suffix in (".safetensors", ".bin") for path in folder.iterdir()):
                break
        return folder
    except Exception as error:  # among them those of the HTTP library, which changes with the hub library's version
        raise NoHub(f"{repository}: {str(error).strip().partition(chr(10))[0] or type(error).__name__}") from error


@cache
def _unreachable() -> str:
    """Ask the hub for anything, once per process; return why there was no answer, "" if there was."""
    from huggingface_hub import constants, get_session

    answer: list[str] = []

    def ask() -> None:
        try:
            status = get_session().head(f"{constants.ENDPOINT}/api/models", timeout=SECONDS).status_code
            answer.append(
                "" if status < 500 and status not in (403, 407) else f"{constants.ENDPOINT} answers HTTP {status}"
            )
        except Exception as error:  # as above
            answer.append(f"{constants.ENDPOINT} is unreachable ({error or type(error).__name__})")

    asking = threading.Thread(target=ask, daemon=True)  # a name look-up knows no time-out
    asking.start()
    asking.join(SECONDS + 0.5)
    return answer[0] if answer else f"{constants.ENDPOINT} does not answer within {SECONDS} seconds"


def _truth(variable: str) -> bool:
    return os.environ.get(variable, "").upper() in ("1", "ON", "YES", "TRUE")
