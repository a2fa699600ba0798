"""nginx shows the hub under a path, with the very lines that we hand out: passed on, and stripped."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from tests.ops.engine import ROOT
from tests.ops.test_proxy import MAIN
from tests.ops.trial import answers, until
from tests.support.patience import allow

from boeing_data_hub.cli.machine.children import end_all, spawn
from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub.db import api_keys

pytestmark = [pytest.mark.tools, pytest.mark.services]


@pytest.mark.parametrize("passed", ["http://boeing_data_hub;", "http://boeing_data_hub/;"])
def test_pages_and_the_command_line_find_the_hub_under_the_path(tmp_path, hub, database_url, redis_url, passed):
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    assert nginx, "`make test-tools` brings what these tests need"
    front, behind = free_port(), free_port()
    lines = (ROOT / "ops/nginx-under-a-path.conf").read_text()
    assert "proxy_pass http://boeing_data_hub;" in lines
    lines = lines.replace("proxy_pass http://boeing_data_hub;", f"proxy_pass {passed}")
    lines = lines.replace("/var/log/nginx/access.log", f"{tmp_path}/access.log")
    (tmp_path / "site.conf").write_text(
        f"upstream boeing_data_hub {{ server 127.0.0.1:{behind}; }}\nserver {{ listen 127.0.0.1:{front};\n{lines}\n}}"
    )
    (tmp_path / "nginx.conf").write_text(MAIN.format(folder=tmp_path))
    public = f"http://127.0.0.1:{front}/hub"
    settings = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "HUB_PUBLIC_URL": f"{public}/",
        "PATH": "/usr/bin:/bin",
    }
    bdh = str(Path(sys.executable).with_name("bdh"))
    api = spawn([bdh, "serve", "--port", str(behind)], env=settings, cwd=tmp_path, stdout=tmp_path / "api.log")
    words = [nginx, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    proxy = spawn(words, stdout=tmp_path / "nginx.log")
    key = hub.database.run(lambda work: api_keys.create(work, name="test", scopes=["admin"]))[1]
    try:
        until(lambda: answers(f"{public}/health"), "the API behind nginx")
        origin = {"Origin": f"http://127.0.0.1:{front}", "Sec-Fetch-Site": "same-origin"}
        with httpx2.Client(follow_redirects=True, timeout=allow(10), trust_env=False) as browser:
            assert browser.get(f"http://127.0.0.1:{front}/hub").url.path == "/hub/sign-in"
            assert browser.get(f"{public}/sign-in/secret-token").status_code == 410
            page = browser.post(f"{public}/sign-in", data={"key": key}, headers=origin)
            assert (page.status_code, page.url.path) == (200, "/hub/console")
            style = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
            assert style.startswith("/hub/static/")
            assert browser.get(f"http://127.0.0.1:{front}{style}").status_code == 200
        logged = (tmp_path / "access.log").read_text()
        assert "GET /hub/sign-in?" in logged
        assert "secret-token" not in logged
        ours = {**settings, "HUB_API_URL": public, "HUB_API_KEY": key}
        told = subprocess.run(
            [bdh, "batches", "list"], env=ours, cwd=tmp_path, check=False, capture_output=True, text=True
        )
        assert told.returncode == 0, told.stderr
    finally:
        end_all([proxy, api], timeout=allow(10))
