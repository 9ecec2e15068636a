{{/* What the pods of servers, workers and the migration share. */}}
{{- define "doorward.labels" -}}
app.kubernetes.io/name: doorward
app.kubernetes.io/part-of: doorward
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "doorward.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- define "doorward.pod" -}}
automountServiceAccountToken: false
# Else the Service named doorward would put DOORWARD_PORT and others into the environment, which are no settings.
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
{{- if .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml .Values.image.pullSecrets | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
volumes:
  - name: secrets
    secret:
      secretName: {{ .Values.secretName }}
      defaultMode: 0440
  # Nothing that must last: database and secrets are elsewhere.
  - name: data
    emptyDir:
      sizeLimit: 256Mi
  - name: temporary
    emptyDir:
      sizeLimit: 64Mi
{{- end -}}

{{- define "doorward.container" -}}
name: doorward
image: {{ include "doorward.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
env:
  - name: DOORWARD_SECRETS_FILE
    value: /etc/doorward/secrets/secrets
  - name: DOORWARD_DATABASE__URL_FILE
    value: /etc/doorward/secrets/database-url
  - name: DOORWARD_METRICS__TOKEN_FILE
    value: /etc/doorward/secrets/metrics-token
  {{- range $name, $value := .Values.settings }}
  - name: {{ $name }}
    value: {{ $value | quote }}
  {{- end }}
  {{- if .Values.extraEnv }}
  {{- toYaml .Values.extraEnv | nindent 2 }}
  {{- end }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
volumeMounts:
  - name: secrets
    mountPath: /etc/doorward/secrets
    readOnly: true
  - name: data
    mountPath: /var/lib/doorward
  - name: temporary
    mountPath: /tmp
{{- end -}}
