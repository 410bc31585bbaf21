"""Anytime-valid test of "at least p of the missions are within target", for a period watched as it goes.

Definition: the e-value after n missions is the likelihood ratio of a mixture of too low shares against the target,
E_n = ∫_{q<p} (q/p)^within ((1-q)/(1-p))^late dπ(q),  π = Beta(κp, κ(1-p)) cut off at q < p.
Why it may be looked at after every mission: under a true share s, each factor has the mean
s q/p + (1-s)(1-q)/(1-p). That is 1 at s = p and falls with s because q < p. So for *every* share s >= p, even one
that changes from mission to mission, E is a non-negative supermartingale that starts at 1, and by Ville's
inequality the chance that it ever reaches 1/alpha is at most alpha. Without the cut-off this fails: a district far
better than its target would "reject" too.
Formula: E_n = B(a+w, b+l) I_p(a+w, b+l) / (B(a, b) I_p(a, b) p^w (1-p)^l); B the beta function, I the regularised
incomplete one. E depends on the counts only; how high it has ever been depends on the order of the missions.
Assumes missions independent given the past. One test per period: it starts anew with each period.
Source: Ville, "Étude critique de la notion de collectif" (1939); Robbins, "Statistical methods related to the law
of the iterated logarithm", Ann. Math. Statist. 41 (1970) 1397-1409; Howard, Ramdas, McAuliffe & Sekhon,
"Time-uniform, nonparametric, nonasymptotic confidence sequences", Ann. Statist. 49 (2021) 1055-1080; Ramdas,
Grünwald, Vovk & Shafer, "Game-theoretic statistics and safe anytime-valid inference", Statist. Sci. 38 (2023).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaln

from monitor.core.percent import Percent, share

CONCENTRATION: Final = 20.0
"""κ: how close to the target the alternatives are sought. Chosen by simulation, see docs/statistics.md."""


@dataclass(frozen=True, slots=True)
class Watched:
    """The evidence against compliance now, and at its highest since the period began."""

    e_value: float
    highest: float

    @property
    def p_value(self) -> float:
        """Valid however often it is looked at: at most alpha with probability at most alpha, if the target is met."""
        return min(1.0, 1.0 / self.highest)


NOTHING_YET: Final = Watched(1.0, 1.0)


def log_e_values(within: ArrayLike, late: ArrayLike, percent: Percent) -> NDArray[np.float64]:
    """Natural logarithm of E for counts, element by element (-inf where E is too small for a float)."""
    p = share(percent)
    a, b = CONCENTRATION * p, CONCENTRATION * (1 - p)
    w, l = np.asarray(within, dtype=np.float64), np.asarray(late, dtype=np.float64)  # noqa: E741  the formula's name
    with np.errstate(divide="ignore"):
        mixture = betaln(a + w, b + l) + np.log(betainc(a + w, b + l, p))
        prior = betaln(a, b) + np.log(betainc(a, b, p))
    result: NDArray[np.float64] = mixture - prior - w * np.log(p) - l * np.log1p(-p)
    return result


def e_value(within: int, n: int, percent: Percent) -> float:
    """E for the counts alone: 1 at the start, high where the target can hardly be met.

    >>> e_value(0, 0, 80)
    1.0
    >>> round(e_value(60, 84, 80), 2), round(e_value(210, 300, 80)), e_value(95, 100, 80) < 0.1
    (3.44, 1361, True)
    """
    with np.errstate(over="ignore"):
        return float(np.exp(log_e_values(within, n - within, percent)))


def watch(late: ArrayLike, percent: Percent) -> Watched:
    """E over the missions of a period in time order (True = late), now and at its highest.

    After a correction call it again with the corrected missions: nothing is carried over.

    >>> seen = watch([True] * 9 + [False] * 40, 80)
    >>> seen.highest > 100, seen.e_value < 3
    (True, True)
    """
    outcomes = np.asarray(late, dtype=bool)
    if not outcomes.size:
        return NOTHING_YET
    # A mission in time always lowers E: its highest is behind a late one, so only these are looked at, and the last.
    places = np.flatnonzero(outcomes)
    if not outcomes[-1]:
        places = np.append(places, outcomes.size - 1)
    lates = np.cumsum(outcomes)[places]
    logs = log_e_values(places + 1 - lates, lates, percent)
    with np.errstate(over="ignore"):
        return Watched(float(np.exp(logs[-1])), float(np.exp(max(0.0, logs.max()))))
