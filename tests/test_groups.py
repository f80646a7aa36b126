"""In parallel, a file's tests share a process."""

import os

import pytest


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="runs in one process")
def test_groups_are_kept(request: pytest.FixtureRequest) -> None:
    """xdist reads the group from here; a pytest that names its tests in another way makes it lose every group in silence."""
    assert request.node.nodeid.endswith("@tests test_groups.py")
