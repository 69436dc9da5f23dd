"""Where tagkit keeps what can be made again: downloaded data, fitted default models, unfinished comparisons."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_dir


def cache_folder(kind: str) -> Path:
    """Return a folder of the cache, made if absent.

    Args:
        kind: What it holds, for example "data".

    Returns:
        `$TAGKIT_CACHE/kind`, or the same below the user's cache folder.
    """
    folder = Path(os.environ.get("TAGKIT_CACHE") or user_cache_dir("tagkit")) / kind
    folder.mkdir(parents=True, exist_ok=True)
    return folder
