{{- define "parley.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- define "parley.labels" -}}
app.kubernetes.io/name: parley
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* What pods are found by: never the version, which changes. Takes (dict "root" $ "part" "web"). */}}
{{- define "parley.selector" -}}
app.kubernetes.io/name: parley
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{/* Takes (dict "root" $ "image" .Values.image.web). */}}
{{- define "parley.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "parley.account" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "parley.name" .) }}
{{- else -}}
{{ .Values.serviceAccount.name | default "default" }}
{{- end -}}
{{- end }}

{{/* Secrets as files: NAME_FILE for each key. Takes a list of keys. */}}
{{- define "parley.secretFiles" -}}
{{- range . }}
- {name: {{ . }}_FILE, value: /run/secrets/parley/{{ . }}}
{{- end }}
{{- end }}

{{/* Only the keys that a process needs. Takes (dict "root" $ "keys" (list ...) "optional" (list ...)). */}}
{{- define "parley.secretVolume" -}}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      - secret:
          name: {{ .root.Values.existingSecret }}
          items:
            {{- range .keys }}
            - {key: {{ . }}, path: {{ . }}}
            {{- end }}
{{- end }}

{{- define "parley.webKeys" -}}
PARLEY_SECRET_KEY PARLEY_WORKER_TOKEN PARLEY_SEALING_KEYS PARLEY_METRICS_TOKEN DATABASE_URL REDIS_URL
{{- end }}

{{/* The environment of web, Celery, beat and the migration. */}}
{{- define "parley.webEnv" -}}
- {name: PARLEY_VAR, value: /data}
- {name: HOME, value: /tmp}
- {name: PARLEY_PUBLIC_URL, value: {{ .Values.publicUrl | quote }}}
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
# Workers call the service by its name, Prometheus a pod by its address.
- {name: PARLEY_ALLOWED_HOSTS, value: {{ join "," (concat (list (printf "%s-web" (include "parley.name" .)) "$(POD_IP)") .Values.allowedHosts) | quote }}}
- {name: PARLEY_PROXIES, value: {{ .Values.proxies | quote }}}
# There is no list of workers: each says where it is.
- {name: PARLEY_WORKERS, value: announced}
- {name: PARLEY_DRAIN_SECONDS, value: {{ .Values.web.drainSeconds | quote }}}
{{- include "parley.secretFiles" (splitList " " (include "parley.webKeys" .)) }}
{{- range $name, $value := .Values.env }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}

{{- define "parley.webVolumes" -}}
{{ include "parley.secretVolume" (dict "root" . "keys" (splitList " " (include "parley.webKeys" .))) }}
- name: data
  emptyDir: {}
- name: tmp
  emptyDir: {}
- name: recordings
  {{- if .Values.recordings.enabled }}
  persistentVolumeClaim: {claimName: {{ .Values.recordings.existingClaim | default (printf "%s-recordings" (include "parley.name" .)) }}}
  {{- else }}
  emptyDir: {}
  {{- end }}
{{- end }}

{{- define "parley.webMounts" -}}
- {name: secrets, mountPath: /run/secrets/parley, readOnly: true}
- {name: data, mountPath: /data}
- {name: recordings, mountPath: /data/recordings}
- {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "parley.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "parley.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}
