{{- /* A part that runs on: (dict "root" . "component" "worker" "args" (list ...) "tag" "" "parts" (list ...) "env" (dict ...)
       "port" 8001 "portName" "metrics" "replicas" 2 "stopSeconds" 20 "patience" 15 "feed" false). */}}
{{- define "rtm.deployment" -}}
{{- $root := .root -}}
{{- $own := index $root.Values .component -}}
{{- $scheme := ternary ", scheme: HTTPS" "" (eq $own.scheme "https") -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "rtm.fullname" $root }}-{{ .component }}
  labels: {{- include "rtm.labels" (list $root .component) | nindent 4 }}
spec:
  {{- if .replicas }}
  replicas: {{ .replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  selector:
    matchLabels: {{- include "rtm.selector" (list $root .component) | nindent 6 }}
  strategy:
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  template:
    metadata:
      labels: {{- include "rtm.labels" (list $root .component) | nindent 8 }}
      annotations:
        {{- include "rtm.checksum" $root | nindent 8 }}
        {{- with $own.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "rtm.pod" (list $root 10001) | nindent 6 }}
      terminationGracePeriodSeconds: {{ .stopSeconds }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "rtm.selector" (list $root .component) | nindent 14 }}
      {{- with $own.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $own.tolerations }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .component }}
          image: {{ include "rtm.image" (list $root .tag) | quote }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          args: {{ toJson .args }}
          env: {{- include "rtm.env" (list $root .parts .env) | nindent 12 }}
          ports:
            - { name: {{ .portName }}, containerPort: {{ .port }} }
          # Until it answers at all, which takes a busy node a while.
          startupProbe:
            httpGet: { path: /healthz, port: {{ .portName }}{{ $scheme }} }
            periodSeconds: 3
            timeoutSeconds: 5
            failureThreshold: 40
          livenessProbe:
            httpGet: { path: /healthz, port: {{ .portName }}{{ $scheme }} }
            periodSeconds: 20
            timeoutSeconds: 5
            failureThreshold: {{ .patience }}
          readinessProbe:
            httpGet: { path: /readyz, port: {{ .portName }}{{ $scheme }} }
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 3
          resources: {{- toYaml $own.resources | nindent 12 }}
          {{- include "rtm.container" . | nindent 10 }}
          volumeMounts:
            {{- include "rtm.mounts" (list $root .parts) | nindent 12 }}
            {{- if .feed }}
            - { name: feed, mountPath: /etc/monitor/feed, readOnly: true }
            {{- end }}
      volumes:
        {{- include "rtm.volumes" (list $root .parts) | nindent 8 }}
        {{- if .feed }}
        {{- include "rtm.feedVolume" $root | nindent 8 }}
        {{- end }}
{{- end }}

{{- define "rtm.feedVolume" -}}
- name: feed
  configMap:
    name: {{ include "rtm.fullname" . }}-feed
    items:
      {{- range $path, $_ := .Values.feed.files }}
      - { key: {{ include "rtm.key" $path | quote }}, path: {{ $path | quote }} }
      {{- end }}
{{- end }}
