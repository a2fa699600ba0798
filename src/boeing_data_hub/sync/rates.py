"""Learns from Boeing's answers how often a part changes. Pure.

An answer that differs from the previous one shows at least one change, not how many (Cho & Garcia-Molina, "Estimating
frequency of change", 2003). So it counts as the number of changes expected if there was at least one: this is
the expectation step of the maximum likelihood estimate, taken answer by answer. The catalogue's parts together give
the prior, a gamma distribution, by the method of moments.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import expm1
from typing import Final

_LEAST_SHAPE: Final = 0.5  # the long tail of rates would make the prior from moments too weak to be useful
_MOST_SHAPE: Final = 20.0
_LEAST_MEAN: Final = 1e-4  # changes a day: once in 27 years
_TINY: Final = 1e-9
_TELLING: Final = 50.0  # changes in the whole catalogue below which the default prior is used


@dataclass(frozen=True, slots=True)
class Prior:
    """The distribution of a part's rate before any answer: a gamma distribution.

    Attributes:
        changes: its shape, equivalent to that many observed changes
        days: equivalent to that many observed days; `changes / days` is the mean rate.
    """

    changes: float
    days: float


# 40 % of stock figures and about one price in twenty changed within a week (a production hub's answers).
STOCK_PRIOR: Final = Prior(0.5, 5.0)
PRICE_PRIOR: Final = Prior(0.5, 50.0)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What answers have shown about one part.

    Attributes:
        changes: expected number of changes.
        days: covered by its answers.
    """

    changes: float = 0.0
    days: float = 0.0


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over the evidence of the whole catalogue: of `changes` (c) and `days` (d), their squares and product."""

    c: float = 0.0
    d: float = 0.0
    cc: float = 0.0
    cd: float = 0.0
    dd: float = 0.0


def rate(prior: Prior, evidence: Evidence) -> float:
    """The expected rate, in changes a day: the mean of the posterior gamma distribution."""
    return (prior.changes + evidence.changes) / (prior.days + evidence.days)


def learn(evidence: Evidence, prior: Prior, *, age: float, changed: bool) -> Evidence:
    """The evidence after one more answer.

    Args:
        evidence: before this answer.
        prior: the catalogue's.
        age: days since the previous answer; with 0 or less the evidence is unchanged.
        changed: True if the two answers differ.
    """
    if age <= 0.0:
        return evidence
    seen = expected_changes(rate(prior, evidence), age) if changed else 0.0
    return Evidence(evidence.changes + seen, evidence.days + age)


def expected_changes(rate: float, age: float) -> float:
    """Changes expected within `age` days if there was at least one: `r*t / (1 - exp(-r*t))`, never below 1."""
    mean = rate * age
    return mean / -expm1(-mean) if mean > _TINY else 1.0


def fit(sums: Sums, otherwise: Prior) -> Prior:
    """The prior that the catalogue's own evidence gives.

    The variance of counts is that of their Poisson distribution plus that of the rates, which gives the gamma
    distribution's two parameters.

    Args:
        sums: over all parts with an answer.
        otherwise: returned while there is too little evidence.
    """
    if sums.c < _TELLING or sums.d <= 0.0:
        return otherwise
    mean = max(_LEAST_MEAN, sums.c / sums.d)
    spread = sums.cc - 2 * mean * sums.cd + mean * mean * sums.dd - mean * sums.d
    shape = mean * mean * sums.dd / spread if spread > 0 else _MOST_SHAPE
    shape = min(_MOST_SHAPE, max(_LEAST_SHAPE, shape))
    return Prior(shape, shape / mean)
