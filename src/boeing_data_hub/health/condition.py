"""A condition that people are notified about, and its kind with placeholders in its texts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition that holds now.

    Attributes:
        code: stable; the API's `reason` where a run waits for it.
        level: `info` is ordinary waiting; `warning` needs attention eventually; `error` needs a person now.
        message: what happened, in a sentence or two.
        remedy: what to do, as a sentence; the label of `link` where there is one; may be empty.
        about: the queue or upstream concerned; may be empty.
        since: when it began, if known.
        until: when it ends, or when the next attempt follows, if known.
        link: a path in the console; may be empty.
        urgent: people are notified at once, not only in the next digest.
    """

    code: str
    level: Level
    message: str
    remedy: str = ""
    about: str = ""
    since: datetime | None = None
    until: datetime | None = None
    link: str = ""
    urgent: bool = False

    @property
    def text(self) -> str:
        """The message, and what to do."""
        return f"{self.message} {self.remedy}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of condition, with placeholders in its texts.

    Attributes:
        meaning: when it holds, as a phrase for the documentation.
    """

    code: str
    level: Level
    meaning: str
    message: str
    remedy: str = ""
    link: str = ""
    urgent: bool = False

    def found(
        self, about: str = "", *, since: datetime | None = None, until: datetime | None = None, **words: object
    ) -> Condition:
        """The condition, with its placeholders filled in; `about` is one of them."""
        filled: dict[str, Any] = {"about": about, "About": about.capitalize(), **words}
        return Condition(
            code=self.code,
            level=self.level,
            message=self.message.format(**filled).rstrip(),
            remedy=self.remedy.format(**filled),
            about=about,
            since=since,
            until=until,
            link=self.link.format(**filled),
            urgent=self.urgent,
        )
