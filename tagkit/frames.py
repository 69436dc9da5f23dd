"""Tables of plain values as pandas DataFrames, for those who have pandas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tagkit.errors import MissingExtra

if TYPE_CHECKING:
    import pandas as pd


def frame(rows: Sequence[Sequence[Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Return rows as a DataFrame.

    Args:
        rows: The values of each row, as many as columns.
        columns: The names of the columns.

    Raises:
        MissingExtra: pandas is not installed.
    """
    try:
        import pandas as pd
    except ModuleNotFoundError as error:
        raise MissingExtra('the DataFrame needs the package pandas: pip install "tagkit[report]"') from error
    return pd.DataFrame(rows, columns=list(columns))
