"""What failed tests leave to look at."""

LOGS: list[str] = []  # directories with the logs of Kafka nodes
