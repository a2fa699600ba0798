from __future__ import annotations

from pathlib import Path

import pytest

from boeing_data_hub.errors import Unavailable
from boeing_data_hub_sandbox.services.binaries import PostgresBinaries
from boeing_data_hub_sandbox.services.readable_copy import readable_copy


@pytest.fixture
def installed(tmp_path) -> PostgresBinaries:
    """The shape of the wheel, installed under a strict umask in a closed folder."""
    site = tmp_path / "closed"
    install = site / "package" / "pginstall"
    for folder in (install / "bin", install / "share", install / "include", site / "package.libs"):
        folder.mkdir(parents=True)
    (install / "bin/postgres").write_text("#!/bin/sh\n")
    (install / "bin/postgres").chmod(0o700)
    (install / "share/zones").write_text("UTC")
    (install / "share/zones").chmod(0o600)
    (install / "include/postgres.h").write_text("for compilers")
    (site / "package.libs/libpq.so").write_text("library")
    site.chmod(0o700)
    return PostgresBinaries(folder=install / "bin", version="16.14", from_wheel=True)


@pytest.fixture
def place(tmp_path) -> Path:
    place = tmp_path / "place"
    place.mkdir()
    return place


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_everyone_can_read_the_copy_and_nobody_else_can_write_it(installed, place):
    copied = readable_copy(installed, place)
    modes = {mode(path) for path in place.rglob("*")}
    assert modes == {0o755, 0o644}
    assert mode(copied.folder / "postgres") == 0o755
    assert mode(copied.folder.parent / "share/zones") == 0o644


def test_the_copy_keeps_the_layout_in_which_the_programs_find_their_libraries(installed, place):
    copied = readable_copy(installed, place)
    assert (copied.folder / "../../../package.libs/libpq.so").read_text() == "library"
    assert not (copied.folder.parent / "include").exists()


def test_the_source_stays_as_closed_as_it_was(installed, place):
    readable_copy(installed, place)
    assert mode(installed.folder.parents[2]) == 0o700
    assert mode(installed.folder / "postgres") == 0o700


def test_a_complete_copy_is_used_again(installed, place):
    first = readable_copy(installed, place).folder.stat().st_ino
    assert readable_copy(installed, place).folder.stat().st_ino == first
    assert len(list(place.iterdir())) == 1


def test_a_copy_that_lost_files_to_a_clean_up_is_created_again(installed, place):
    lost = readable_copy(installed, place).folder.parent / "share/zones"
    lost.unlink()
    readable_copy(installed, place)
    assert lost.read_text() == "UTC"
    assert len(list(place.iterdir())) == 1


def test_a_copy_that_others_may_write_is_not_run(installed, place):
    copied = readable_copy(installed, place)
    copied.folder.parents[2].chmod(0o777)
    with pytest.raises(Unavailable, match="not made by us"):
        readable_copy(installed, place)


def test_a_link_in_place_of_the_copy_is_not_followed(installed, place):
    root = readable_copy(installed, place).folder.parents[2]
    root.rename(place / "elsewhere")
    root.symlink_to(place / "elsewhere")
    with pytest.raises(Unavailable, match="not made by us"):
        readable_copy(installed, place)
