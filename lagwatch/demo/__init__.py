"""
A real Kafka on this computer, with traffic: for newcomers, tests and benchmarks.

>>> from lagwatch.demo import KafkaCluster
>>> with KafkaCluster(nodes=3) as cluster:
...     print(cluster.bootstrap)
"""

from lagwatch.demo.cluster import KafkaCluster
from lagwatch.demo.security import Certificates, Security, unsecured_token

__all__ = ["Certificates", "KafkaCluster", "Security", "unsecured_token"]
