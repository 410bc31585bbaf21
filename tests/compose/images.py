"""What the documentation of each image says of itself: what a setting may be, who runs it, what it can call.

Written from the documentation, not from docker-compose.yml: a value that the image would refuse, or pass over without
a word, is a fault here. Sources: grafana.com/docs (Configure Grafana, Configure a Docker image), the Dockerfiles of
prometheus/prometheus, prometheus/alertmanager, docker-library/redis and apache/kafka.
"""

import re
from collections.abc import Mapping
from typing import Final

BOOLEAN: Final = re.compile(r"true|false")
ADDRESS: Final = re.compile(r"[\w.+-]+@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])?")
"""Grafana looks at the sender whether mail is on or not: the domain has a dot, its last part begins with a letter."""
URL: Final = re.compile(r"https?://[^\s/]+(?:/\S*)?")
HOST_AND_PORT: Final = re.compile(r"[\w.-]+:\d+")
PATH: Final = re.compile(r"/\S+")
TEXT: Final = re.compile(r".+")

GRAFANA: Final[Mapping[str, re.Pattern[str]]] = {
    "GF_SECURITY_ADMIN_USER": TEXT,
    "GF_SECURITY_ADMIN_PASSWORD__FILE": PATH,
    "GF_SECURITY_DISABLE_GRAVATAR": BOOLEAN,
    "GF_SERVER_ROOT_URL": URL,
    "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": PATH,
    "GF_USERS_ALLOW_SIGN_UP": BOOLEAN,
    "GF_AUTH_ANONYMOUS_ENABLED": BOOLEAN,
    "GF_ANALYTICS_REPORTING_ENABLED": BOOLEAN,
    "GF_ANALYTICS_CHECK_FOR_UPDATES": BOOLEAN,
    "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": BOOLEAN,
    "GF_ANALYTICS_FEEDBACK_LINKS_ENABLED": BOOLEAN,
    "GF_NEWS_NEWS_FEED_ENABLED": BOOLEAN,
    "GF_PLUGINS_PREINSTALL_DISABLED": BOOLEAN,
    "GF_PLUGINS_PLUGIN_ADMIN_ENABLED": BOOLEAN,
    "GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED": BOOLEAN,
    "GF_SNAPSHOTS_EXTERNAL_ENABLED": BOOLEAN,
    "GF_LOG_MODE": re.compile(r"(?:console|file|syslog)(?: (?:console|file|syslog))*"),
    "GF_SMTP_ENABLED": re.compile(r"true|false|"),
    "GF_SMTP_HOST": HOST_AND_PORT,
    "GF_SMTP_FROM_ADDRESS": ADDRESS,
}
"""Another name would be passed over without a word. An empty value leaves Grafana's own default in place."""
ASKS_NOBODY: Final[Mapping[str, str]] = {
    "GF_ANALYTICS_REPORTING_ENABLED": "false",
    "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
    "GF_NEWS_NEWS_FEED_ENABLED": "false",
    "GF_PLUGINS_PREINSTALL_DISABLED": "true",
    "GF_PLUGINS_PLUGIN_ADMIN_ENABLED": "false",
    "GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED": "true",
    "GF_SNAPSHOTS_EXTERNAL_ENABLED": "false",
    "GF_SECURITY_DISABLE_GRAVATAR": "true",
}
"""What makes Grafana, or a browser that shows it, ask or tell somebody outside."""
GRAFANA_READS: Final = {"alerting", "dashboards", "datasources", "plugins"}
"""Folders of provisioning; one that is missing is an error in its log."""

USERS: Final[Mapping[str, str]] = {
    "apache/kafka": "",
    "valkey/valkey": "999:999",
    "prom/prometheus": "65534:65534",
    "prom/alertmanager": "65534:65534",
    "grafana/grafana": "472:0",
}
"""Who owns the image's folder of data: "" where the image itself changes to its user."""
DATA: Final[Mapping[str, str]] = {
    "apache/kafka": "/var/lib/kafka/data",
    "valkey/valkey": "/data",
    "prom/prometheus": "/prometheus",
    "prom/alertmanager": "/alertmanager",
    "grafana/grafana": "/var/lib/grafana",
}
"""Folders of the image that belong to that user: a new volume takes over the owner."""
SCRATCH: Final[Mapping[str, set[str]]] = {
    "valkey/valkey": {"/tmp"},  # noqa: S108 - a place in the container; its configuration is written there
    "grafana/grafana": {"/tmp"},  # noqa: S108 - sockets
}
"""What is written beside the data."""
CALLS: Final[Mapping[str, set[str]]] = {
    "apache/kafka": {"sh", "/opt/kafka/bin/kafka-broker-api-versions.sh"},
    "valkey/valkey": {"sh", "cat", "grep", "valkey-cli"},
    "prom/prometheus": {"wget"},
    "prom/alertmanager": {"wget"},
    "grafana/grafana": {"wget"},
    "response-time-monitor": {"python"},
}
"""Programs that a health check may call: busybox's in three of them, Debian's in Valkey and ours."""
