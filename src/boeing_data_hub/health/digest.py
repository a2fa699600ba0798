"""The daily digest: builds a document from the facts, and renders it as text and as HTML. Pure.

The document is stored, so that every attempt sends the same. Outside text is shortened, stripped of control characters,
and escaped in HTML.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from html import escape
from typing import Final
from urllib.parse import quote

from boeing_data_hub.batches.failure_groups import what_to_do
from boeing_data_hub.health.digest_facts import Facts
from boeing_data_hub.health.digest_rows import PriceMove
from boeing_data_hub.health.notice import Document, Line, Message, Section
from boeing_data_hub.health.pauses import upstream_name
from boeing_data_hub.work.batch import Batch

_LONGEST: Final = 300


def document(facts: Facts, *, console: str) -> Document:
    """The digest of a period.

    Args:
        facts: of the period.
        console: base URL of links, e.g. `https://hub.example.com/console`.
    """
    period = facts.period
    parts = facts.outcomes
    failed = sum(ended.failed for ended in facts.ended)
    sections = [
        Section("Changed", list(_changed(facts, console))),
        Section("Failed", list(_failed(facts))),
        Section("Needs attention", list(_waiting(facts, console))),
        Section("Finished runs", [run_line(one, console) for one in facts.worst]),
    ]
    return Document(
        kind="digest",
        day=period.day.isoformat(),
        since=period.since.isoformat(),
        until=period.until.isoformat(),
        title=f"Boeing Data Hub, {period.day.isoformat()}: {_headline(facts, failed)}",
        console=console,
        sections=[section for section in sections if section.lines],
        figures={
            "products_created": facts.changed.get("created", 0),
            "products_updated": facts.changed.get("updated", 0),
            "parts_unchanged": parts.get("unchanged", 0),
            "parts_found": parts.get("found:fetched", 0),
            "parts_blocked": parts.get("found:blocked", 0),
            "price_moves": facts.price_moves,
            "sold_out": facts.sold_out_count,
            "parts_failed": failed,
            "parts_not_for_sale": sum(ended.not_for_sale for ended in facts.ended),
            "batches_ended": sum(ended.batches for ended in facts.ended),
            "boeing_answers": facts.answers,
            "boeing_calls_possible": facts.possible,
            "conflicts": facts.waiting.conflicts,
            "orphans": facts.waiting.orphans,
            "plans": facts.waiting.plans,
            "adoption_plans": int(facts.waiting.adoption is not None),
            "differences": sum((facts.waiting.differing or {}).values()),
            "needs_review": facts.waiting.reviews,
            "held_changes": facts.waiting.held,
            "products_in_doubt": facts.waiting.in_doubt,
        },
    )


def _headline(facts: Facts, failed: int) -> str:
    phrases: list[str] = []
    if facts.pauses:
        phrases.append(f"{' and '.join(upstream_name(one.about) for one in facts.pauses)} paused")
    if changed := sum(facts.changed.values()):
        phrases.append(f"{_many(changed, 'product')} changed")
    if failed:
        phrases.append(f"{_many(failed, 'part')} failed")
    waiting = facts.waiting
    plans = waiting.plans + (waiting.adoption is not None)
    if waits := waiting.conflicts + waiting.orphans + plans + waiting.held + waiting.in_doubt:
        phrases.append(f"{_many(waits, 'item')} {'needs' if waits == 1 else 'need'} attention")
    return ", ".join(phrases) or "nothing to report"


def _changed(facts: Facts, console: str) -> Iterator[Line]:
    created, updated = facts.changed.get("created", 0), facts.changed.get("updated", 0)
    unchanged = facts.outcomes.get("unchanged", 0)
    if created or updated or unchanged:
        yield _line(
            f"In the store: {_many(created, 'product')} created, {updated:,} updated; {_many(unchanged, 'part')} "
            "published without changes."
        )
    found = {name.removeprefix("found:"): count for name, count in facts.outcomes.items() if name.startswith("found:")}
    if found:
        yield _line(
            f"From Boeing: {_many(found.get('fetched', 0), 'part')} ready to sell, "
            f"{found.get('blocked', 0):,} that can't be sold, {found.get('needs_review', 0):,} that need review."
        )
    if unsold := sum(ended.not_for_sale for ended in facts.ended):
        yield _line(f"{_many(unsold, 'part')} in publish runs {'was' if unsold == 1 else 'were'} not for sale.")
    if facts.price_moves:
        yield _line(f"{_many(facts.price_moves, 'price')} changed in the store; the largest changes:")
        for move in facts.moved:
            yield _line(_move(move), f"{console}/part/{quote(move.sku, safe='')}")
    if facts.sold_out_count:
        yield _line(f"{_many(facts.sold_out_count, 'product')} sold out: {', '.join(facts.sold_out)}.")
    if differing := facts.waiting.differing:
        kinds = ", ".join(f"{field.replace('_', ' ')} {count:,}" for field, count in differing.items())
        yield _line(f"Products that differ in your store, by kind: {kinds}.", f"{console}/differences")
    used = f" of {facts.possible:,} that the limit allows" if facts.possible is not None else ""
    yield _line(f"Boeing answered {_many(facts.answers, 'call')}{used}.")


def _move(move: PriceMove) -> str:
    percent = move.percent
    sign = "" if percent is None or percent.startswith("-") else "+"
    return f"{move.sku}: {move.old} to {move.new}" + (f" ({sign}{percent} %)" if percent else "")


def _failed(facts: Facts) -> Iterator[Line]:
    for group in facts.failures:
        said = f" {group.error}" if group.error else ""
        sample, advice = ", ".join(group.sample), what_to_do(group.code)
        yield _line(f"{_many(group.parts, 'part')} ({group.code}), e.g. {sample}.{said} What to do: {advice}")


def _waiting(facts: Facts, console: str) -> Iterator[Line]:
    for pause in facts.pauses:
        since = f" since {pause.since:%Y-%m-%d %H:%M} UTC" if pause.since else ""
        yield _line(f"{upstream_name(pause.about)} is paused{since} ({pause.code}). {pause.text}", console)
    for one in facts.waiting.conditions():
        yield _line(one.message, console + one.link) if one.link else _line(one.text)


def run_line(batch: Batch, console: str) -> Line:
    """How a run ended, with its page."""
    kind = "Search" if batch.batch_type == "search" else "Publishing"
    name = batch.options.source
    named = f" {name}" if isinstance(name, str) and name else ""
    failed = f", {batch.failed_count:,} failed" if batch.failed_count else ""
    outcome = (batch.outcome or batch.status).replace("_", " ")
    return _line(f"{kind}{named}: {_many(batch.total_items, 'part')}, {outcome}{failed}.", f"{console}/runs/{batch.id}")


def _line(text: str, link: str | None = None) -> Line:
    return Line(plain(text), link)


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def plain(text: str) -> str:
    """Outside text as one short line without control characters."""
    seen = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text)
    line = " ".join(seen.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}\u2026"


def message_of(notice_id: str, document: Document) -> Message:
    """The message for a channel. Its payload contains the text as `text`, which chat systems display."""
    text = as_text(document)
    return Message(
        id=notice_id,
        subject=plain(document.title),
        text=text,
        html=as_html(document),
        payload={"id": notice_id, **document.as_json(), "text": text},
        document=document,
    )


def as_text(document: Document) -> str:
    """The document as plain text, for a terminal, a chat or an e-mail."""
    lines = [document.title]
    if document.since:
        lines.append(f"From {document.since} to {document.until}.")
    for section in document.sections:
        lines += ["", section.title]
        lines += [f"- {line.text}" + (f" {line.link}" if line.link else "") for line in section.lines]
    return "\n".join([*lines, "", document.console, ""])


def as_html(document: Document) -> str:
    """The document as HTML, without scripts or external resources."""
    title = escape(document.title)
    out = [f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>", f"<h1>{title}</h1>"]
    if document.since:
        out.append(f"<p>From {escape(document.since)} to {escape(document.until or '')}.</p>")
    for section in document.sections:
        out.append(f"<h2>{escape(section.title)}</h2><ul>")
        for line in section.lines:
            linked = f' <a href="{escape(line.link, quote=True)}">Show</a>' if line.link else ""
            out.append(f"<li>{escape(line.text)}{linked}</li>")
        out.append("</ul>")
    out.append(f'<p><a href="{escape(document.console, quote=True)}">Open the console</a></p></html>')
    return "".join(out)
