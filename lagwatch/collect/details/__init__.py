"""
What changes slowly and costs more to learn, each part on a cadence of its own: log directories, transactions, reassignments,
eligible leader replicas, features, settings.

They are asked for once the poll's main facts are there, within a share of its time, and cost it nothing else: what fails is a
Gap, and its last value stays with the time when it was read.
"""

from lagwatch.collect.details.options import DetailOptions
from lagwatch.collect.details.reader import DetailReader
from lagwatch.collect.details.topic_settings import TopicSettings

__all__ = ["DetailOptions", "DetailReader", "TopicSettings"]
