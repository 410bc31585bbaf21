"""How far the missions of a group hang together: overdispersion of late shares, and intraclass correlation.

Definition: groups (local days, months) have n missions each, of which k were late. `sigma_z` is the standard
deviation of the groups' z values, z = (k/n - p) / sqrt(p (1 - p) / n) with the common share p, freed of one degree of
freedom: 1 where chance alone scatters them (Laney). The intraclass correlation is that of two missions of the same
group, by analysis of variance, (MSB - MSW) / (MSB + (n0 - 1) MSW): 0 where missions are independent; below 0 by
chance.
Assumes that p is common to all groups: between months, seasons and slow drifts are counted in, as they should be.
Source: Laney, Quality Engineering 14 (2002) 531-537; Fleiss, Levin & Paik, Statistical Methods for Rates and
Proportions (2003), section 15.2; Ridout, Demetrio & Firth, Biometrics 55 (1999) 137-148.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Dispersion:
    """None where it cannot be told: fewer than two groups, nobody or everybody late, one mission a group."""

    groups: int
    missions: int
    sigma_z: float | None
    correlation: float | None


def dispersion(judged: ArrayLike, late: ArrayLike) -> Dispersion:
    """Of groups that have so many judged missions each (at least one), and so many late ones.

    >>> dispersion([10, 10, 10, 10], [2, 2, 2, 2]).sigma_z
    0.0
    >>> round(dispersion([4, 4, 4, 4], [4, 0, 4, 0]).correlation, 3)
    1.0
    """
    n, k = np.asarray(judged, dtype=np.float64), np.asarray(late, dtype=np.float64)
    groups, missions, lates = len(n), float(n.sum()), float(k.sum())
    if groups < 2 or not 0 < lates < missions:
        return Dispersion(groups, int(missions), None, None)
    share = lates / missions
    between = float((n * (k / n - share) ** 2).sum()) / (groups - 1)
    sigma_z = (between / (share * (1 - share))) ** 0.5
    if missions == groups:
        return Dispersion(groups, int(missions), sigma_z, None)
    inside = float((k * (1 - k / n)).sum()) / (missions - groups)
    usual = (missions - float((n**2).sum()) / missions) / (groups - 1)
    return Dispersion(groups, int(missions), sigma_z, (between - inside) / (between + (usual - 1) * inside))
