"""The fields of Grafana's provisioning files, as its documentation lists them: what is not here is a typo.

A field's form is a type, a tuple of allowed values, a list with the form of its items, or a mapping with the forms of
its fields (names ending in `?` may be missing). `FREE` accepts anything.
"""

from typing import Any, Final

FREE: Final = object()

DATA_SOURCES: Final = {
    "apiVersion": (1,),
    "prune?": bool,
    "deleteDatasources?": [{"name": str, "orgId?": int}],
    "datasources": [
        {
            "name": str, "type": ("prometheus", "alertmanager"), "access": ("proxy",), "orgId?": int, "uid": str,
            "url": str, "isDefault?": bool, "editable?": bool, "version?": int, "secureJsonData?": FREE,
            "jsonData": {
                "httpMethod?": ("POST", "GET"), "prometheusType?": ("Prometheus", "Mimir", "Cortex", "Thanos"),
                "prometheusVersion?": str, "timeInterval?": str, "queryTimeout?": str, "manageAlerts?": bool,
                "alertmanagerUid?": str, "cacheLevel?": str, "implementation?": ("prometheus", "mimir", "cortex"),
                "handleGrafanaManagedAlerts?": bool,
            },
        }
    ],
}  # fmt: skip
DASHBOARDS: Final = {
    "apiVersion": (1,),
    "providers": [
        {
            "name": str, "orgId?": int, "folder?": str, "folderUid?": str, "type": ("file",),
            "disableDeletion?": bool, "allowUiUpdates?": bool, "updateIntervalSeconds?": int,
            "options": {"path": str, "foldersFromFilesStructure?": bool},
        }
    ],
}  # fmt: skip
_MODEL: Final = {
    "refId": str, "datasource": {"type": str, "uid": str}, "editorMode?": ("code",), "expr?": str, "instant?": bool,
    "range?": bool, "intervalMs?": int, "maxDataPoints?": int, "type?": ("threshold",), "expression?": str,
    "conditions?": [{"evaluator": {"type": ("gt", "lt"), "params": [int]}}],
}  # fmt: skip
RULES: Final = {
    "apiVersion": (1,),
    "groups": [
        {
            "orgId": int, "name": str, "folder": str, "interval": str,
            "rules": [
                {
                    "uid": str, "title": str, "condition": str,
                    "data": [
                        {
                            "refId": str, "datasourceUid": str, "model": _MODEL, "queryType?": str,
                            "relativeTimeRange?": {"from": int, "to": int},
                        }
                    ],
                    "noDataState": ("NoData", "Alerting", "OK", "KeepLast"),
                    "execErrState": ("Error", "Alerting", "OK", "KeepLast"),
                    "for": str, "keepFiringFor?": str, "annotations": FREE,
                    "labels": {"severity": ("page", "ticket")},
                    "isPaused": bool, "dashboardUid?": str, "panelId?": int, "missing_series_evals_to_resolve?": int,
                }
            ],
        }
    ],
}  # fmt: skip
_CONTACT_POINT: Final = {
    "orgId": int, "name": str,
    "receivers": [
        {
            "uid": str, "type": ("webhook", "email"), "disableResolveMessage?": bool,
            "settings": {
                "url?": str, "httpMethod?": ("POST", "PUT"), "maxAlerts?": str, "username?": str,
                "title?": str, "addresses?": str, "singleEmail?": bool, "message?": str, "subject?": str,
            },
        }
    ],
}  # fmt: skip
_PACE: Final[dict[str, Any]] = {
    "receiver": str, "group_by": [str], "group_wait": str, "group_interval": str, "repeat_interval": str,
}  # fmt: skip
_ROUTE: Final[dict[str, Any]] = {
    **_PACE, "object_matchers?": [[str]], "continue?": bool, "mute_time_intervals?": [str],
    "active_time_intervals?": [str],
}  # fmt: skip
RECEIVERS: Final = {
    "apiVersion": (1,),
    "contactPoints": [_CONTACT_POINT],
    "muteTimes?": [
        {"orgId": int, "name": str, "time_intervals": [{"times?": [{"start_time": str, "end_time": str}]}]}
    ],
    # Neither matchers nor mute timings: the root policy may have none.
    "policies": [{"orgId": int, **_PACE, "routes?": [_ROUTE]}],
}
TEMPLATES: Final = {"apiVersion": (1,), "templates": [{"orgId": int, "name": str, "template": str}]}
PLUGINS: Final = {"apiVersion": (1,), "apps": [{"type": str, "disabled?": bool}]}

FORMS: Final[dict[str, dict[str, Any]]] = {
    "provisioning/datasources/prometheus.yml": DATA_SOURCES,
    "provisioning/dashboards/dashboards.yml": DASHBOARDS,
    "provisioning/plugins/plugins.yml": PLUGINS,
    "provisioning/alerting/rules.yml": RULES,
    "provisioning/alerting/messages.yml": TEMPLATES,
    "provisioning/alerting/receivers.yml": RECEIVERS,
    "choices/rules-en.yml": RULES,
    "choices/rules-nb.yml": RULES,
    "choices/rules-sv.yml": RULES,
    "choices/receivers.yml": RECEIVERS,
    "choices/receivers_webhook.yml": RECEIVERS,
    "choices/receivers_mail.yml": RECEIVERS,
    "choices/receivers_webhook_mail.yml": RECEIVERS,
}


def faults(value: Any, form: Any, where: str = "") -> list[str]:
    """What does not fit its form, with its place."""
    if form is FREE:
        return []
    if isinstance(form, dict):
        return _faults_of_fields(value, form, where)
    if isinstance(form, list):
        if not isinstance(value, list):
            return [f"{where}: {value!r} is no list"]
        return [fault for place, one in enumerate(value) for fault in faults(one, form[0], f"{where}[{place}]")]
    if isinstance(form, tuple):
        return [] if value in form else [f"{where}: {value!r} is none of {form}"]
    return [] if type(value) is form else [f"{where}: {value!r} is no {form.__name__}"]


def _faults_of_fields(value: Any, form: dict[str, Any], where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: {value!r} is no mapping"]
    fields = {name.removesuffix("?"): inner for name, inner in form.items()}
    found = [f"{where}.{name}: no such field" for name in value.keys() - fields.keys()]
    found += [f"{where}.{name}: missing" for name in form if not name.endswith("?") and name not in value]
    for name in value.keys() & fields.keys():
        found += faults(value[name], fields[name], f"{where}.{name}")
    return found
