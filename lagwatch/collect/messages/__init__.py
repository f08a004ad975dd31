"""
Requests that kafka-python does not ship, by its own means: message classes made from Apache Kafka's JSON schemas.

The schemas are those of Apache Kafka 4.3.1 (`common/message/` in kafka-clients.jar), unchanged, Apache-2.0. Making a
response class registers it with kafka-python, as its own are.
"""

import types
from typing import Any

from kafka.protocol.api_message import ApiMessage


def _message(name: str) -> Any:
    return types.new_class(name, (ApiMessage,), {"load_json": __name__})


# Groups of the new consumer protocol (KIP-848), Kafka 3.7 and later: epochs, members, current and target assignment.
ConsumerGroupDescribeRequest = _message("ConsumerGroupDescribeRequest")
ConsumerGroupDescribeResponse = _message("ConsumerGroupDescribeResponse")

# Share groups (KIP-932), Kafka 4.1 and later: epochs, members, assignment.
ShareGroupDescribeRequest = _message("ShareGroupDescribeRequest")
ShareGroupDescribeResponse = _message("ShareGroupDescribeResponse")

# Groups of the streams protocol (KIP-1071), Kafka 4.2 and later: epochs, topology, members with their tasks.
StreamsGroupDescribeRequest = _message("StreamsGroupDescribeRequest")
StreamsGroupDescribeResponse = _message("StreamsGroupDescribeResponse")

# The start offset of each share partition, Kafka 4.1 and later; version 1 (4.2) adds its lag (KIP-1226).
DescribeShareGroupOffsetsRequest = _message("DescribeShareGroupOffsetsRequest")
DescribeShareGroupOffsetsResponse = _message("DescribeShareGroupOffsetsResponse")
