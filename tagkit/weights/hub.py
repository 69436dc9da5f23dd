"""The Hugging Face hub and its cache on this machine, without long waits if the hub is unreachable."""

from __future__ import annotations

import os
import threading
from functools import cache
from pathlib import Path

SECONDS = 4
"""How long to wait for the hub's first answer."""
FILES = ["config.json", "generation_config.json", "chat_template*", "tokenizer*", "special_tokens_map.json"]
FILES += ["added_tokens.json", "vocab*", "merges.txt", "*.model", "preprocessor_config.json"]
SAFE = ["model*.safetensors", "model.safetensors.index.json"]


class NoHub(Exception):
    """The model could not be downloaded from the hub; the message is the reason."""


def cached(repository: str) -> Path | None:
    """Return the folder of the hub's cache that contains a model or a part of it, None if there is none."""
    try:
        from huggingface_hub import try_to_load_from_cache
    except ModuleNotFoundError:
        return None
    try:  # not `snapshot_download`, which requires files that are not needed
        config = try_to_load_from_cache(repository, "config.json")
    except ValueError:  # not a valid name on the hub
        return None
    return Path(config).parent if isinstance(config, str) else None


def download(repository: str) -> Path:
    """Download a model into the hub's cache and return its folder.

    Raises:
        NoHub: The hub is switched off or unreachable, or has no such model; raised within a few seconds.
    """
    if _is_true("HF_HUB_OFFLINE") or _is_true("TRANSFORMERS_OFFLINE"):
        raise NoHub("switched off by HF_HUB_OFFLINE")
    try:
        from huggingface_hub import constants, snapshot_download
    except ModuleNotFoundError as error:
        raise NoHub('the package huggingface_hub is not installed: pip install "tagkit[models]"') from error
    if reason := _unreachable(constants.ENDPOINT):
        raise NoHub(reason)
    try:
        return Path(
            snapshot_download(repository, allow_patterns=FILES + SAFE, ignore_patterns=["*/*"], etag_timeout=SECONDS)
        )
    except Exception as error:  # including those of the HTTP library, which depends on the version of the hub library
        raise NoHub(f"{repository}: {str(error).strip().partition(chr(10))[0] or type(error).__name__}") from error


@cache
def _unreachable(endpoint: str) -> str:
    """Send one request to the hub per process, and return the reason if there is no answer, else ""."""
    from huggingface_hub import get_session

    answer: list[str] = []

    def ask() -> None:
        try:
            status = get_session().head(f"{endpoint}/api/models", timeout=SECONDS).status_code
            answer.append("" if status < 500 and status not in (403, 407) else f"{endpoint} answers HTTP {status}")
        except Exception as error:  # as above
            answer.append(f"{endpoint} is unreachable ({error or type(error).__name__})")

    asking = threading.Thread(target=ask, daemon=True)  # resolving a host name has no timeout
    asking.start()
    asking.join(SECONDS + 0.5)
    return answer[0] if answer else f"{endpoint} does not answer within {SECONDS} seconds"


def _is_true(variable: str) -> bool:
    return os.environ.get(variable, "").upper() in ("1", "ON", "YES", "TRUE")
