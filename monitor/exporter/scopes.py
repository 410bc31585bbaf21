"""Who may see what: every route of the exporter, with its scope. It starts with no route that is missing here."""

from collections.abc import Mapping
from typing import Final

from monitor.http.access import Scope

METRICS: Final = "/metrics"
SCOPES: Final[Mapping[str, Scope]] = {
    "/healthz": Scope.OPEN,
    "/readyz": Scope.OPEN,
    "/static/{name}": Scope.OPEN,
    METRICS: Scope.FIGURES,
    "/": Scope.FIGURES,
    "/board.xlsx": Scope.FIGURES,
    "/area/{area}": Scope.FIGURES,
    "/why/{area}": Scope.FIGURES,
    "/api/v1/compliance": Scope.FIGURES,
    "/api/v1/areas/{area}": Scope.FIGURES,
    "/api/v1/periods/{period}": Scope.FIGURES,
    "/api/v1/why/{area}": Scope.FIGURES,
    "/api/v1/missions": Scope.MISSIONS,
    "/api/v1/openapi.json": Scope.FIGURES,
    "/api/v1/stream": Scope.FIGURES,
}
METRICS_ALONE: Final[Mapping[str, Scope]] = {METRICS: SCOPES[METRICS]}
"""Of the port that is for them."""
