"""One sentence on a quote's state. Pure."""

from __future__ import annotations

from boeing_data_hub.quotes.quote import LineState, Quote, QuoteState
from boeing_data_hub.values.counted import counted

_MESSAGES = {
    QuoteState.PENDING: "Waiting for Boeing: {pending} of {lines}. The quote is completed automatically.",
    QuoteState.QUOTED: "All lines are quoted.",
    QuoteState.PARTLY_QUOTED: "{quoted} of {lines} quoted. The notes say why the others are not.",
    QuoteState.NO_QUOTE: "No lines could be quoted. The notes say why.",
    QuoteState.UNANSWERED: "No answer for {unanswered} of {lines}. The notes say why. Retry the quote.",
}


def message(quote: Quote) -> str:
    """One sentence on the quote's state."""
    counts = {str(state): quote.count(state) for state in LineState}
    return _MESSAGES[quote.state].format(lines=counted(len(quote.lines), "line"), **counts)
