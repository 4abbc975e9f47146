"""What things are called on AWS; the names that the predecessor's commands know stand here once."""

STACK = "IOpsDashboard-CoreStack"
TABLE = "iops-dashboard-metrics"
INDEX = "EntityTypeIndex"
STREAM = "iops-dashboard-events-stream"
ENDPOINT = "marketplace-health-endpoint"
BUS = "iops-dashboard-alerts"
NAMESPACE = "IOpsDashboard"
"""Of the metrics."""

PARTITION_KEY = "entity_id"
SORT_KEY = "entity_type"
INDEX_SORT_KEY = "timestamp"

SEVERITIES = ("critical", "warning", "info")
EMAIL_VARIABLES = {severity: f"{severity.upper()}_ALERT_EMAILS" for severity in SEVERITIES}
"""Environment variables with the receivers of each severity, separated by commas."""
