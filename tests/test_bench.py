"""scripts/bench.py: what it measures is a package like the published one."""

from __future__ import annotations

import pytest

import bench


@pytest.mark.slow
def test_large_package_breaks_laws(capsys: pytest.CaptureFixture[str]) -> None:
    """The large package, on which verify is measured, breaks laws or is not large: then finding faults is measured."""
    bench._verify_large(5000)
    measured = capsys.readouterr().out
    assert measured.endswith(", 0 faults\n"), measured
    assert int(measured.split()[2]) > 6000
