"""psql, pg_dump and pg_restore, as people use them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.support.patience import allow

from boeing_data_hub_sandbox.services.binaries import find_postgres

_EACH_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+00|^\\(un)?restrict .*$", re.MULTILINE)


class Tools:
    """The programs that come with Postgres."""

    def __init__(self) -> None:
        self._folder = find_postgres().folder

    def _run(self, name: str, *arguments: str, text: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(self._folder / name), *arguments],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=allow(120),
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    def psql(self, url: str, text: str) -> subprocess.CompletedProcess[str]:
        """As at a prompt: it goes on after an error."""
        return self._run("psql", "--no-psqlrc", "--quiet", url, text=text, check=False)

    def dump(self, url: str) -> str:
        """The schema hub as SQL, less what is different each time."""
        return _EACH_TIME.sub("", self._run("pg_dump", "--schema=hub", "--enable-row-security", url).stdout)

    def back_up(self, url: str, file: Path) -> None:
        """As docs/database.md says."""
        self._run("pg_dump", "--schema=hub", "--enable-row-security", "--format=custom", f"--file={file}", url)

    def restore(self, url: str, file: Path, *, policies: bool = True) -> None:
        """As docs/database.md says: in place of what is there, or (without policies) for another user."""
        self._run("psql", "--no-psqlrc", "--quiet", url, "--command=DROP SCHEMA IF EXISTS hub CASCADE")
        wanted = [line for line in self._run("pg_restore", "--list", str(file)).stdout.splitlines()
                  if policies or " POLICY " not in line]  # fmt: skip
        listed = file.with_suffix(".list")
        listed.write_text("\n".join(wanted))
        options = ["--exit-on-error", "--single-transaction", "--no-owner", f"--use-list={listed}"]
        self._run("pg_restore", *options, f"--dbname={url}", str(file))
