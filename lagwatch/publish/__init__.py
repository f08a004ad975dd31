"""What users read: metrics, API, notices. Never Kafka."""
