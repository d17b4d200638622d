"""Exchanging two folders in one step, so that readers see the one or the other and nothing between."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path


def exchange_folders(left: Path, right: Path) -> bool:
    """Exchange two folders in one step; False where the system or the file system has no such call."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    at_working_directory, exchange = -100, 2
    result: int = renameat2(at_working_directory, os.fsencode(left), at_working_directory, os.fsencode(right), exchange)
    return result == 0
