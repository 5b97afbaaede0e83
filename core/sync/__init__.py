"""The read path: vendor records into source records, crosswalk and golden records."""

from core.sync.remap import remap
from core.sync.report import ConnectionSetup, Notify, Progress, RemapReport, StreamReport, SyncReport, keep_silent
from core.sync.run import sync_connection

__all__ = [
    "ConnectionSetup",
    "Notify",
    "Progress",
    "RemapReport",
    "StreamReport",
    "SyncReport",
    "keep_silent",
    "remap",
    "sync_connection",
]
