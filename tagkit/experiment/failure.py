"""Say in one line why something failed; the traceback of an error that nobody expected goes to a file."""

from __future__ import annotations

import re
import tempfile
import traceback

from tagkit.errors import TagkitError


def explain(error: BaseException, what: str) -> str:
    """Return in one line why something failed.

    Args:
        error: What was raised. The traceback of one that tagkit does not raise on purpose is written to a temporary
            file, which the line names.
        what: What failed, for the name of the file.
    """
    text = " ".join(str(error).split())
    if isinstance(error, (TagkitError, OSError)):
        return text
    line = f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__
    name = re.sub(r"\W+", "-", what)[:60]
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="replace", prefix=f"tagkit-{name}-", suffix=".txt", delete=False
        ) as file:
            file.writelines(traceback.format_exception(error))
    except OSError:
        return line
    return f"{line} (traceback: {file.name})"
