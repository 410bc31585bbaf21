{{- define "rtm.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* Room for -history, -exporter and the number of a CronJob's Job. */}}
{{- define "rtm.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "rtm.name" .) .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "rtm.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- /* Of a component of the release: (list . "worker") */}}
{{- define "rtm.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "rtm.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "rtm.labels" -}}
{{- $root := index . 0 -}}
{{ include "rtm.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* "true" or "false": (list . choice "keda.sh/v1alpha1") */}}
{{- define "rtm.wanted" -}}
{{- $choice := toString (index . 1) -}}
{{- if eq $choice "auto" }}{{ (index . 0).Capabilities.APIVersions.Has (index . 2) }}{{ else }}{{ $choice }}{{ end }}
{{- end }}

{{- define "rtm.scaled" -}}
{{ include "rtm.wanted" (list . .Values.worker.scaling.enabled "keda.sh/v1alpha1") }}
{{- end }}

{{- /* (list . tag): the tag only where no digest is named. */}}
{{- define "rtm.image" -}}
{{- $root := index . 0 -}}
{{- $image := $root.Values.image -}}
{{- $tag := index . 1 -}}
{{- if and $image.digest (not $tag) -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ coalesce $tag $image.tag $root.Chart.AppVersion }}
{{- end }}
{{- end }}

{{- define "rtm.slug" -}}
{{- default .Values.service.name .Values.service.slug }}
{{- end }}

{{- /* A path in a folder as the key of a ConfigMap, which knows no slash. */}}
{{- define "rtm.key" -}}
{{- replace "/" "__" . }}
{{- end }}

{{- /* Fails where two paths would be one key: (list "feed.files" files) */}}
{{- define "rtm.requireKeys" -}}
{{- $seen := dict -}}
{{- range $path, $_ := index . 1 -}}
{{- $key := include "rtm.key" $path -}}
{{- if hasKey $seen $key }}{{ fail (printf "%s: %s and %s would be one key of a ConfigMap, %s: name one of them otherwise" (index $ 0) (get $seen $key) $path $key) }}{{ end -}}
{{- $_ := set $seen $key $path -}}
{{- end -}}
{{- end }}

{{- /* Fails on what the chart would render and a cluster could not run. */}}
{{- define "rtm.require" -}}
{{- $values := .Values -}}
{{- include "rtm.requireKeys" (list "service.files" $values.service.files) -}}
{{- include "rtm.requireKeys" (list "feed.files" $values.feed.files) -}}
{{- range $name, $value := $values.env -}}
{{- if regexMatch "^MONITOR_(ACCESS__.*_TOKENS_FILE|.*WEB_CONFIG_FILE)$" $name }}{{ fail (printf "env.%s: nothing is mounted there; keys of exporter, worker and feed say which key of their existingSecret it is" $name) }}{{ end -}}
{{- end -}}
{{- if regexMatch "(?m)^[^#\n]*(web_config_file|_tokens_file)[\"' \t]*=" $values.configuration }}{{ fail "configuration names a web configuration file or a file of tokens: nothing is mounted there; keys of exporter, worker and feed say which key of their existingSecret it is" }}{{ end -}}
{{- if ne (toString (get $values.env "MONITOR_EXPORTER__METRICS_PORT" | default "0")) "0" }}{{ fail "env.MONITOR_EXPORTER__METRICS_PORT: the chart opens no port of its own for the board's /metrics, which stays on 8080" }}{{ end -}}
{{- if and $values.networkPolicy.enabled (or (hasKey $values.env "MONITOR_ALERTMANAGER__URL") (regexMatch "(?m)^[ \t]*(\\[[ \\t]*alertmanager[ \\t]*\\]|alertmanager[ \\t]*[.=])" $values.configuration)) }}{{ fail "Alertmanager stands in env or configuration: name it in monitoring.alertmanagerUrl, by which the exporter may go out to it" }}{{ end -}}
{{- $scraped := eq (include "rtm.wanted" (list . $values.monitoring.serviceMonitors "monitoring.coreos.com/v1")) "true" -}}
{{- range $part := list "exporter" "worker" "feed" -}}
{{- $own := index $values $part -}}
{{- if and (eq $own.scheme "https") (not (and $own.existingSecret $own.keys.webConfig)) }}{{ fail (printf "%s.scheme is https: %s.existingSecret and %s.keys.webConfig are needed" $part $part $part) }}{{ end -}}
{{- if and $scraped (eq $own.scheme "https") (not $own.scrape.tlsConfig) }}{{ fail (printf "%s.scheme is https: %s.scrape.tlsConfig is needed, by whose authority and under which name Prometheus believes it" $part $part) }}{{ end -}}
{{- end -}}
{{- $closed := or (and $values.exporter.existingSecret $values.exporter.keys.figuresTokens) (hasKey $values.env "MONITOR_ACCESS__FIGURES_TOKENS") (hasKey $values.env "MONITOR_ACCESS__PROXIES") (regexMatch "(?m)^[ \t]*(\\[[ \\t]*access[ \\t]*\\]|access[ \\t]*[.=])" $values.configuration) -}}
{{- if and $scraped $closed (not (or $values.exporter.scrape.authorization $values.exporter.scrape.basicAuth)) }}{{ fail "figures are not open to everybody: exporter.scrape.authorization is needed, the token by which Prometheus sees /metrics" }}{{ end -}}
{{- end }}

{{- /* The port of an address: (list "http://host:port/path" default) */}}
{{- define "rtm.port" -}}
{{- regexReplaceAll "^[^:]*://" (index . 0) "" | splitList "/" | first | regexFind ":[0-9]+$" | trimPrefix ":" | default (index . 1 | toString) }}
{{- end }}

{{- /* Where Redis is reached, by commas: the ports that are named, and those of sentinels. */}}
{{- define "rtm.redisPorts" -}}
{{- $ports := list -}}
{{- range .Values.networkPolicy.redis.ports }}{{ $ports = append $ports (int . | toString) }}{{ end -}}
{{- if contains "+sentinel://" .Values.redis.url -}}
{{- range regexReplaceAll "^[^:]*://" .Values.redis.url "" | splitList "/" | first | splitList "@" | last | splitList "," -}}
{{- $ports = append $ports (include "rtm.port" (list (printf "redis://%s" .) 26379)) -}}
{{- end -}}
{{- end -}}
{{- $ports | uniq | join "," -}}
{{- end }}

{{- /* The environment of a container: (list . (list "kafka" "redis") (dict "NAME" "value")). What the user says wins. */}}
{{- define "rtm.env" -}}
{{- $root := index . 0 -}}
{{- $values := $root.Values -}}
{{- $parts := index . 1 -}}
{{- $env := dict
  "MONITOR_CONFIG" "/etc/monitor/configuration/monitor.toml"
  "MONITOR_SERVICE" (ternary (printf "/etc/monitor/services/%s" $values.service.name) $values.service.name (not (empty $values.service.files)))
  "MONITOR_KAFKA__TOPIC" $values.kafka.topic
  "MONITOR_KAFKA__DEAD_LETTER_TOPIC" $values.kafka.deadLetterTopic
  "MONITOR_KAFKA__GROUP" $values.kafka.group
-}}
{{- if has "kafka" $parts }}
{{- $kafka := $values.kafka }}
{{- $_ := set $env "MONITOR_KAFKA__BOOTSTRAP" (required "kafka.bootstrap is needed: host:port of your brokers" $kafka.bootstrap) }}
{{- $_ := set $env "MONITOR_KAFKA__SECURITY_PROTOCOL" $kafka.securityProtocol }}
{{- if hasPrefix "SASL" $kafka.securityProtocol }}
{{- $_ := set $env "MONITOR_KAFKA__SASL_MECHANISM" $kafka.saslMechanism }}
{{- end }}
{{- with $kafka.saslUsername }}{{ $_ := set $env "MONITOR_KAFKA__SASL_USERNAME" . }}{{ end }}
{{- if $kafka.existingSecret }}
{{- range $what, $variable := dict "password" "SASL_PASSWORD_FILE" "token" "SASL_TOKEN_FILE" "ca" "CA_FILE" "certificate" "CERTIFICATE_FILE" "key" "KEY_FILE" }}
{{- with index $kafka.keys $what }}{{ $_ := set $env (printf "MONITOR_KAFKA__%s" $variable) (printf "/etc/monitor/secrets/kafka/%s" .) }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- if has "redis" $parts }}
{{- $redis := $values.redis }}
{{- $_ := set $env "MONITOR_REDIS__URL" (required "redis.url is needed: redis://host:port/0 or rediss://..." $redis.url) }}
{{- with $redis.username }}{{ $_ := set $env "MONITOR_REDIS__USERNAME" . }}{{ end }}
{{- with $redis.sentinelUsername }}{{ $_ := set $env "MONITOR_REDIS__SENTINEL_USERNAME" . }}{{ end }}
{{- if $redis.existingSecret }}
{{- range $what, $variable := dict "password" "PASSWORD_FILE" "sentinelPassword" "SENTINEL_PASSWORD_FILE" "ca" "CA_FILE" "certificate" "CERTIFICATE_FILE" "key" "KEY_FILE" }}
{{- with index $redis.keys $what }}{{ $_ := set $env (printf "MONITOR_REDIS__%s" $variable) (printf "/etc/monitor/secrets/redis/%s" .) }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- range $part, $variables := dict
  "exporter" (dict "webConfig" "EXPORTER__WEB_CONFIG_FILE" "figuresTokens" "ACCESS__FIGURES_TOKENS_FILE" "missionsTokens" "ACCESS__MISSIONS_TOKENS_FILE")
  "worker" (dict "webConfig" "WORKER__METRICS_WEB_CONFIG_FILE")
  "feed" (dict "webConfig" "FEED__METRICS_WEB_CONFIG_FILE")
}}
{{- $own := index $values $part }}
{{- if and (has $part $parts) $own.existingSecret }}
{{- range $what, $variable := $variables }}
{{- with index $own.keys $what }}{{ $_ := set $env (printf "MONITOR_%s" $variable) (printf "/etc/monitor/secrets/%s/%s" $part .) }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- range $name, $value := merge (dict) $values.env (index . 2) $env }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end }}

{{- /* What is mounted: (list . (list "kafka" "redis")) */}}
{{- define "rtm.mounts" -}}
{{- $values := (index . 0).Values -}}
{{- $parts := index . 1 -}}
- { name: tmp, mountPath: /tmp }
- { name: configuration, mountPath: /etc/monitor/configuration, readOnly: true }
{{- if $values.service.files }}
- { name: service, mountPath: /etc/monitor/services/{{ $values.service.name }}, readOnly: true }
{{- end }}
{{- range $part := list "kafka" "redis" "worker" "exporter" "feed" }}
{{- if and (has $part $parts) (index $values $part).existingSecret }}
- { name: {{ $part }}-secret, mountPath: /etc/monitor/secrets/{{ $part }}, readOnly: true }
{{- end }}
{{- end }}
{{- end }}

{{- define "rtm.volumes" -}}
{{- $root := index . 0 -}}
{{- $values := $root.Values -}}
{{- $parts := index . 1 -}}
- name: tmp
  emptyDir: { medium: Memory, sizeLimit: 64Mi }
- name: configuration
  configMap: { name: {{ include "rtm.fullname" $root }}-configuration }
{{- if $values.service.files }}
- name: service
  configMap:
    name: {{ include "rtm.fullname" $root }}-service
    items:
      {{- range $path, $_ := $values.service.files }}
      - { key: {{ include "rtm.key" $path | quote }}, path: {{ $path | quote }} }
      {{- end }}
{{- end }}
{{- range $part := list "kafka" "redis" "worker" "exporter" "feed" }}
{{- $of := index $values $part }}
{{- if and (has $part $parts) $of.existingSecret }}
- name: {{ $part }}-secret
  secret:
    secretName: {{ $of.existingSecret }}
    # Read by the group of the pod alone.
    defaultMode: 0440
    items:
      {{- range $_, $key := $of.keys }}
      {{- if $key }}
      - { key: {{ $key | quote }}, path: {{ $key | quote }} }
      {{- end }}
      {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Of every pod, by the restricted Pod Security Standard: (list . user) */}}
{{- define "rtm.pod" -}}
{{- $root := index . 0 -}}
{{- $user := index . 1 -}}
automountServiceAccountToken: false
# Kubernetes would set MONITOR_..._PORT beside a Service of that name.
enableServiceLinks: false
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ $user }}
  runAsGroup: {{ $user }}
  fsGroup: {{ $user }}
  seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "rtm.container" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{- /* What a pod is started anew for. */}}
{{- define "rtm.checksum" -}}
{{- $values := .Values -}}
checksum/configuration: {{ list $values.configuration $values.service $values.feed.files | toJson | sha256sum }}
{{- end }}
