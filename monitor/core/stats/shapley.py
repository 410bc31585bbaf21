"""What each of several causes adds to a difference, averaged over the orders in which they may be put in.

Of k causes some are as they are later and the others as they were before; `values` tells what is so found for every
choice. A cause that changes nothing has exactly 0, and the parts add up to the difference. Of two causes, rate and
mix, that is Kitagawa's decomposition.
Sources: Shapley, "A value for n-person games", Contributions to the Theory of Games 2 (1953) 307-317; Kitagawa,
"Components of a difference between two rates", JASA 50 (1955) 1168-1194; Das Gupta, Standardization and Decomposition
of Rates (1993).
"""

from collections.abc import Sequence
from math import comb

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def parts(values: Sequence[Floats], causes: int) -> Floats:
    """One row for each cause. `values[choice]`: bit i of the choice says that cause i is as it is later.

    >>> parts([np.array(one) for one in (1.0, 3.0, 2.0, 6.0)], 2).tolist()
    [3.0, 2.0]
    """
    found = np.zeros((causes, *np.shape(values[0])))
    for cause in range(causes):
        for before in range(1 << causes):
            if not before >> cause & 1:  # how many orders put in just these before this one
                orders = causes * comb(causes - 1, before.bit_count())
                found[cause] += (values[before | 1 << cause] - values[before]) / orders
    return found
