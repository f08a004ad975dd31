"""Single records, by confluent-kafka: their timestamps."""
