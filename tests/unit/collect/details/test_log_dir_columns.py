import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.protocol.admin import DescribeLogDirsResponse

from lagwatch.collect.details.log_dir_columns import decode_log_dirs, joined
from lagwatch.errors import ProtocolMismatch
from lagwatch.model.details import LogDir

DIRECTORY = DescribeLogDirsResponse.DescribeLogDirsResult
TOPIC = DIRECTORY.DescribeLogDirsTopic
REPLICA = TOPIC.DescribeLogDirsPartition

replicas = st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 2**63 - 1), st.integers(-1, 2**63 - 1), st.booleans())
topics = st.dictionaries(st.text(min_size=1, max_size=300), st.lists(replicas, max_size=4), max_size=4)
directories = st.lists(st.tuples(st.sampled_from([0, 56]), st.text(min_size=1, max_size=20), topics), max_size=3)


def body(found, version, code=0):
    answer = DescribeLogDirsResponse(
        throttle_time_ms=7,
        error_code=code,
        results=[
            DIRECTORY(
                error_code=error,
                log_dir=path,
                topics=[
                    TOPIC(
                        name=name,
                        partitions=[
                            REPLICA(partition_index=p, partition_size=size, offset_lag=lag, is_future_key=future)
                            for p, size, lag, future in rows
                        ],
                    )
                    for name, rows in of.items()
                ],
                total_bytes=100,
                usable_bytes=40,
            )
            for error, path, of in found
        ],
    )
    return bytes(answer.encode(version=version))


@given(found=directories, version=st.integers(2, 5))
def test_columns_say_what_the_answer_says(found, version):
    log_dirs = joined({3: decode_log_dirs(body(found, version), version, 3)})
    sizes = log_dirs.replicas
    rows = [
        (log_dirs.dirs[d].path, sizes.topics[t], int(p), int(size), int(lag), bool(future))
        for d, t, p, size, lag, future in zip(
            sizes.directory, sizes.topic, sizes.partition, sizes.size, sizes.offset_lag, sizes.future, strict=True
        )
    ]
    assert rows == [(path, name, *row) for _, path, of in found for name, each in of.items() for row in each]
    assert (sizes.broker == 3).all()
    told = {"total_bytes": 100, "usable_bytes": 40} if version >= 4 else {}
    errors = {0: "", 56: "KAFKA_STORAGE_ERROR"}
    assert log_dirs.dirs == tuple(LogDir(broker=3, path=path, error=errors[e], **told) for e, path, _ in found)


def test_the_answers_of_all_brokers_are_one_table():
    one = decode_log_dirs(body([(0, "/a", {"orders": [(0, 10, 0, False)]})], 4), 4, 1)
    two = decode_log_dirs(body([(0, "/b", {}), (0, "/c", {"billing": [(1, 5, 2, True)], "orders": []})], 4), 4, 2)
    log_dirs = joined({2: two, 1: one})
    assert log_dirs.brokers == (1, 2)
    assert [(each.broker, each.path) for each in log_dirs.dirs] == [(1, "/a"), (2, "/b"), (2, "/c")]
    assert log_dirs.replicas.topics == ("billing", "orders")
    assert log_dirs.replicas.topic.tolist() == [1, 0]
    assert log_dirs.replicas.directory.tolist() == [0, 2]
    assert log_dirs.replicas.size.dtype == np.int64


def test_an_error_for_the_whole_answer_is_kept():
    assert decode_log_dirs(body([], 3, code=31), 3, 1).error == 31


@given(found=directories, cut=st.integers(1, 60))
def test_a_shortened_answer_is_refused(found, cut):
    whole = body(found, 4)
    with pytest.raises(ProtocolMismatch):
        decode_log_dirs(whole[: max(0, len(whole) - cut)], 4, 1)


def test_bytes_behind_the_answer_are_refused():
    with pytest.raises(ProtocolMismatch):
        decode_log_dirs(body([], 4) + b"\0", 4, 1)
