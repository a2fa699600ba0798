"""The guide's own lines are carried out, in a throw-away copy of this machine (see `engine.py`)."""

from __future__ import annotations

import re
import shutil

import pytest
from tests.ops.engine import ROOT, Engine, Stage
from tests.ops.unit_files import FOLDER, read

pytestmark = [pytest.mark.tools, pytest.mark.services, pytest.mark.timeout(600)]

GUIDE = (ROOT / "docs" / "systemd.md").read_text()


def block() -> str:
    found = re.search(r"<!-- install -->\n```bash\n(.*?)```\n<!-- /install -->", GUIDE, re.DOTALL)
    assert found
    return found[1]


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """A machine on which somebody has followed the guide, in a clone of the source."""
    source = tmp_path_factory.mktemp("clone") / "source"
    hidden = shutil.ignore_patterns(".*", "__pycache__", "tests")
    shutil.copytree(ROOT, source, ignore=hidden)
    shutil.copy(ROOT / ".env.example", source)
    with Engine(tmp_path_factory.mktemp("engine")) as engine:
        stage = Stage(engine.base(), folder=str(source))
        engine.run(stage, ["/bin/sh", "-euc", f'sudo() {{ "$@"; }}\n{block()}'])
        yield engine, Stage(stage.files)


def test_what_the_units_name_is_where_they_look_for_it(machine):
    engine, stage = machine
    for file in sorted(FOLDER.glob("*.service")):
        unit = read(file, "1")
        program = unit.one("Service", "ExecStart").split()[0]
        engine.run(stage, ["test", "-x", program])
        engine.run(stage, ["test", "-f", f"/etc/systemd/system/{file.name}"])
    assert engine.run(stage, ["id", "-un", "bdh"]) == "bdh\n"
    assert engine.run(stage, ["stat", "-c", "%a %U", "/var/lib/boeing-data-hub"]) == "700 bdh\n"
    assert engine.run(stage, ["stat", "-c", "%a %U", "/etc/boeing-data-hub/hub.env"]) == "600 root\n"


def test_an_operators_bdh_has_the_settings_and_runs_unprivileged(machine, bare_database_url, redis_url):
    engine, stage = machine

    def bdh(*words: str, **given: str) -> str:
        return engine.run(Stage(stage.files, {**stage.environment, **given}), ["/usr/local/bin/bdh", *words])

    settings = f"""DATABASE_URL={bare_database_url}\nREDIS_URL={redis_url}\nBOEING_PASSWORD='a #5 "quoted" $HOME'\n"""
    engine.run(stage, ["/bin/sh", "-c", "printf '%s' \"$0\" >> /etc/boeing-data-hub/hub.env", settings])
    assert bdh("--version").startswith("bdh ")
    with pytest.raises(AssertionError, match="transaction pooler"):
        bdh("db", "upgrade", DATABASE_URL="postgresql://hub@127.0.0.1:6543/postgres")
    bdh("db", "upgrade")
    assert bdh("keys", "create", "operator", "--scope", "admin").startswith("bdh_")
    spy = "#!/bin/sh\nid -un; printf '%s\\n' \"$BOEING_PASSWORD\"; cat /etc/boeing-data-hub/hub.env 2>&1 | head -1\n"
    put = "mkdir -p /opt/spy/bin && printf '%s' \"$0\" > /opt/spy/bin/bdh && chmod 755 /opt/spy/bin/bdh"
    engine.run(stage, ["/bin/sh", "-c", put, spy])
    name, password, file = bdh(BDH_RELEASE="/opt/spy").splitlines()
    assert (name, password) == ("bdh", 'a #5 "quoted" $HOME')
    assert "Permission denied" in file
