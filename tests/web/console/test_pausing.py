"""The page that pauses and resumes work."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.services


def test_work_is_paused_and_resumed_on_the_console(signed_in):
    person = signed_in("admin")
    page = "/console/settings/pauses"
    assert person.read(page).count("Not paused by hand") == 3
    assert person.send(f"{page}/publishing", hours="soon").status_code == 422
    shown = person.follow(person.send(f"{page}/publishing", hours="2", reason="stocktake <b>"))
    assert "Paused by test until" in shown
    assert "stocktake &lt;b&gt;" in person.get(page).text
    assert person.read(page).count("Not paused by hand") == 2
    person.send(f"{page}/publishing/resume")
    assert person.read(page).count("Not paused by hand") == 3


def test_who_may_only_read_sees_pauses_without_buttons(signed_in):
    reader = signed_in("read")
    assert "Pause<" not in reader.read("/console/settings/pauses")
    assert reader.send("/console/settings/pauses/boeing").status_code == 403
