"""How instants are spoken of: in the firm's zone, to the minute."""

from __future__ import annotations

import numpy as np

from core.sdk import Context, spoken_date


def spoken_instant(instant: np.datetime64, context: Context) -> str:
    """An instant as people write it: ``12 June 2026 at 16:30``."""
    local = str(context.local_times(np.array([instant], "M8[s]"))[0])
    return f"{spoken_date(local[:10])} at {local[11:16]}"
