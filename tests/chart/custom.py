"""What the chart may say in custom resources: the fields of their published definitions that it uses, strictly.

Written down from the definitions of the Prometheus operator (v1) and KEDA (v1alpha1), which come in no package that
the tests could carry along. The documents were once compared with types made of the whole definitions (operator 0.80,
KEDA 2.16: the packages cloudcoil-models-...), which took every field.
"""

from typing import Any, Final

Schema = dict[str, Any]
TEXT: Final[Schema] = {"type": "string"}
TEXTS: Final[Schema] = {"type": "object", "additionalProperties": TEXT}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
DURATION: Final[Schema] = {"type": "string", "pattern": r"^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$"}  # fmt: skip # noqa: E501 - the operator's own


def _known(required: tuple[str, ...] = (), **fields: Schema) -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": fields, "required": list(required)}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of, "minItems": 1}


def _kind(version: str, spec: Schema) -> Schema:
    return _known(
        ("apiVersion", "kind", "metadata", "spec"),
        apiVersion={"const": version},
        kind=TEXT,
        metadata=_known(("name", "labels"), name=TEXT, labels=TEXTS),
        spec=spec,
    )


_RULE = _known(
    ("expr",), alert=TEXT, record=TEXT, expr=TEXT, labels=TEXTS, annotations=TEXTS,
    **{"for": DURATION, "keep_firing_for": DURATION},
)  # fmt: skip
_KEY = _known(("name", "key"), name=TEXT, key=TEXT)
_ENDPOINT = _known(
    ("port",),
    port=TEXT, path=TEXT, scheme={"enum": ["http", "https"]},
    interval=DURATION, scrapeTimeout=DURATION, honorLabels={"type": "boolean"},
    relabelings=_list(_known(targetLabel=TEXT, replacement=TEXT)),
    authorization=_known(type=TEXT, credentials=_KEY), basicAuth=_known(username=_KEY, password=_KEY),
    tlsConfig=_known(
        ca=_known(secret=_KEY, configMap=_KEY), cert=_known(secret=_KEY, configMap=_KEY), keySecret=_KEY,
        serverName=TEXT, insecureSkipVerify={"type": "boolean"},
    ),
)  # fmt: skip
_WINDOW = _known(stabilizationWindowSeconds={"type": "integer", "minimum": 0, "maximum": 3600})
_HPA = _known(behavior=_known(scaleUp=_WINDOW, scaleDown=_WINDOW))
_TRIGGER = _known(
    ("type", "metadata"), type={"const": "kafka"}, metadata=TEXTS, authenticationRef=_known(("name",), name=TEXT)
)
OPERATOR: Final = "monitoring.coreos.com/v1"
KINDS: Final[dict[str, Schema]] = {
    "ServiceMonitor": _kind(
        OPERATOR,
        _known(
            ("selector", "endpoints"),
            namespaceSelector=_known(matchNames=_list(TEXT)),
            selector=_known(matchLabels=TEXTS),
            endpoints=_list(_ENDPOINT),
        ),
    ),
    "PrometheusRule": _kind(
        OPERATOR, _known(groups=_list(_known(("name",), name=TEXT, interval=DURATION, rules=_list(_RULE))))
    ),
    "ScaledObject": _kind(
        "keda.sh/v1alpha1",
        _known(
            ("scaleTargetRef", "triggers"),
            scaleTargetRef=_known(("name",), name=TEXT),
            minReplicaCount=COUNT,
            maxReplicaCount=COUNT,
            fallback=_known(("failureThreshold", "replicas"), failureThreshold=COUNT, replicas=COUNT),
            advanced=_known(horizontalPodAutoscalerConfig=_HPA),
            triggers=_list(_TRIGGER),
        ),
    ),
}
KAFKA_TRIGGER: Final = {"bootstrapServers", "consumerGroup", "topic", "lagThreshold", "offsetResetPolicy"}
"""What KEDA's scaler for Kafka reads of what the chart says; all of it as text."""
