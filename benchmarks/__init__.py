"""What lagwatch costs, beside the floor and beside its peers, on a real Kafka. `make benchmark`; README.md explains."""
