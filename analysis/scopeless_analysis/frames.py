"""Data frames as files."""

from __future__ import annotations

import importlib.util
import io

import pandas as pd


def frame_files(name: str, frame: pd.DataFrame) -> dict[str, bytes]:
    """``frame`` as files by name: CSV, and Parquet where pyarrow is installed."""
    files = {f"{name}.csv": frame.to_csv(index=False, lineterminator="\n").encode()}
    if importlib.util.find_spec("pyarrow"):
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False, engine="pyarrow")
        files[f"{name}.parquet"] = buffer.getvalue()
    return files
