"""What Grafana asks: its data sources, by names that dashboards and alert rules rely on."""

from typing import Any, Final

PROMETHEUS_UID: Final = "response-prometheus"
ALERTMANAGER_UID: Final = "response-alertmanager"


def sources() -> dict[str, Any]:
    """Prometheus, and the Alertmanager of those who use it. Addresses come from the environment."""
    return {
        "apiVersion": 1,
        "prune": True,
        "datasources": [
            {
                "name": "Prometheus",
                "uid": PROMETHEUS_UID,
                "type": "prometheus",
                "access": "proxy",
                "url": "$PROMETHEUS_URL",
                "isDefault": True,
                "editable": False,
                "jsonData": {
                    "httpMethod": "POST",
                    "prometheusType": "Prometheus",
                    "timeInterval": "10s",
                    "manageAlerts": False,
                    "alertmanagerUid": ALERTMANAGER_UID,
                },
            },
            {
                "name": "Alertmanager",
                "uid": ALERTMANAGER_UID,
                "type": "alertmanager",
                "access": "proxy",
                "url": "$ALERTMANAGER_URL",
                "editable": False,
                "jsonData": {"implementation": "prometheus", "handleGrafanaManagedAlerts": False},
            },
        ],
    }
