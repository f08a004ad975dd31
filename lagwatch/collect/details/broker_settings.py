"""The settings of brokers: DescribeConfigs, each broker about itself (it takes DESCRIBE_CONFIGS on the cluster)."""

from collections.abc import Mapping

from lagwatch.collect.details.asking import Asking
from lagwatch.collect.details.topic_settings import BROKER_RESOURCE, describe_configs
from lagwatch.collect.errors import refused


async def read_broker_settings(asking: Asking) -> Mapping[int, Mapping[str, str]]:
    """By broker; those that do not answer are missing. Raises NoAnswer if none does."""

    async def ask(node: int) -> Mapping[str, str]:
        ((found,),) = await describe_configs(asking.exchange, node, BROKER_RESOURCE, [[str(node)]], None)
        if found.error:
            raise refused(found.error, "DescribeConfigs was refused")
        return found.config.values

    return await asking.of_all(asking.brokers, ask)
