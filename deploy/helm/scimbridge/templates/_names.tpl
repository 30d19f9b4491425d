{{- define "scimbridge.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "scimbridge.selector" -}}
app.kubernetes.io/name: scimbridge
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "scimbridge.labels" -}}
{{ include "scimbridge.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "scimbridge.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
