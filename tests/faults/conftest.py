"""What several faults need and what takes long to make."""

from __future__ import annotations

import pytest

from tests.make.versions import Version, before_the_newest_revision, before_this_commit, build


@pytest.fixture(scope="session")
def previous_version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """The newest version that was made for another schema."""
    return build(before_the_newest_revision(), tmp_path_factory.mktemp("previous"))


@pytest.fixture(scope="session")
def last_commit(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """The version of the commit before the present one."""
    return build(before_this_commit(), tmp_path_factory.mktemp("last"))
