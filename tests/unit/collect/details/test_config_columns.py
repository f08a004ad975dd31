import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.protocol.admin import DescribeConfigsResponse

from lagwatch.collect.details.config_columns import configs_of, decode_configs
from lagwatch.errors import ProtocolMismatch

RESULT = DescribeConfigsResponse.DescribeConfigsResult
ENTRY = RESULT.DescribeConfigsResourceResult
SYNONYM = ENTRY.DescribeConfigsSynonym

entries = st.builds(
    ENTRY,
    name=st.text(min_size=1, max_size=150),
    value=st.none() | st.text(max_size=150),
    read_only=st.booleans(),
    config_source=st.integers(0, 6),
    is_sensitive=st.booleans(),
    synonyms=st.lists(
        st.builds(SYNONYM, name=st.just("x"), value=st.none() | st.just("y"), source=st.just(5)), max_size=2
    ),
    config_type=st.integers(0, 9),
    documentation=st.none() | st.just("what it means"),
)
configs = st.lists(entries, max_size=4, unique_by=lambda entry: entry.name)
results = st.lists(
    st.builds(
        RESULT,
        error_code=st.sampled_from([0, 0, 29]),
        error_message=st.none() | st.just("no"),
        resource_type=st.just(2),
        resource_name=st.text(max_size=249),
        configs=configs,
    ),
    max_size=5,
)


def encoded(found, version=4):
    return bytes(DescribeConfigsResponse(throttle_time_ms=0, results=found).encode(version=version))


@given(found=results, version=st.integers(1, 4))
def test_settings_are_those_that_kafka_python_reads(found, version):
    whole = DescribeConfigsResponse[version].decode(memoryview(encoded(found, version)))
    assert configs_of(whole) == configs_of(DescribeConfigsResponse(throttle_time_ms=0, results=found))
    if version == 4:
        assert decode_configs(encoded(found)) == configs_of(whole)


@given(found=configs, count=st.integers(2, 40))
def test_topics_with_the_same_settings_share_one_mapping(found, count):
    many = [
        RESULT(error_code=0, error_message=None, resource_type=2, resource_name=f"t{i}", configs=found)
        for i in range(count)
    ]
    decoded = decode_configs(encoded(many))
    assert [each.name for each in decoded] == [f"t{i}" for i in range(count)]
    assert len({id(each.config.values) for each in decoded}) == 1


def test_sensitive_values_are_never_kept():
    entry = ENTRY(
        name="ssl.key.password", value="hush", read_only=False, config_source=4, is_sensitive=True, synonyms=[]
    )
    found = [RESULT(error_code=0, error_message=None, resource_type=4, resource_name="1", configs=[entry])]
    for decoded in (
        decode_configs(encoded(found)),
        configs_of(DescribeConfigsResponse(throttle_time_ms=0, results=found)),
    ):
        assert "hush" not in repr(decoded)


@given(found=results, cut=st.integers(1, 60))
def test_a_shortened_answer_is_refused(found, cut):
    whole = encoded(found)
    with pytest.raises(ProtocolMismatch):
        decode_configs(whole[: max(0, len(whole) - cut)])
