"""A real Kafka on this computer, with traffic: for newcomers, tests and benchmarks."""
