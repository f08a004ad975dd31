"""One poll of a cluster into a Snapshot; the only room that speaks kafka-python."""
