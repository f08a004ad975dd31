"""Which message is next, and which is given up."""

from hypothesis import given
from hypothesis import strategies as st

from lagwatch.publish.notices.payload import Message
from lagwatch.publish.notices.queue import Entry, Queue


def entry(group: str, offered_at: float = 0.0) -> Entry:
    return Entry(Message(("local", group), 1, b"{}"), offered_at)


def filled(*entries: Entry, capacity: int = 100) -> Queue:
    queue = Queue(capacity)
    for each in entries:
        queue.put(each)
    return queue


def test_messages_about_one_group_keep_their_order_while_the_first_waits_to_be_tried_again():
    first, second = entry("billing"), entry("billing")
    queue = filled(first, second)
    assert first is queue.take(0.0)
    first.not_before = 10.0
    queue.put_back(first)
    assert None is queue.take(5.0)
    assert queue.wait_s(5.0) == 5.0
    assert first is queue.take(10.0)
    assert second is queue.take(10.0)


def test_a_message_that_waits_does_not_hold_up_another_group():
    stuck, other = entry("billing"), entry("audit")
    queue = filled(stuck, other)
    queue.take(0.0)
    stuck.not_before, stuck.tries = 10.0, 1
    queue.put_back(stuck)
    assert other is queue.take(0.0)


def test_what_failed_is_tried_behind_what_was_not_tried_yet():
    stuck, other = entry("billing"), entry("audit")
    queue = filled(stuck, other)
    queue.take(0.0)
    stuck.tries = 1
    queue.put_back(stuck)
    assert [other, stuck] == [queue.take(0.0), queue.take(0.0)]


def test_nothing_is_taken_while_the_receiver_wants_to_be_left_alone():
    queue = filled(entry("billing"))
    queue.pause(3.0)
    assert None is queue.take(2.9)
    assert queue.wait_s(2.0) == 1.0
    assert queue.take(3.0) is not None


def test_an_empty_queue_waits_for_ever_and_gives_nothing():
    assert (Queue(1).take(0.0), Queue(1).wait_s(0.0)) == (None, None)


def test_a_full_queue_drops_its_oldest_message_and_says_which():
    first, second, third = entry("a"), entry("b"), entry("c")
    queue = filled(first, second, capacity=2)
    assert first is queue.put(third)
    assert [second, third] == [queue.take(0.0), queue.take(0.0)]


def test_old_messages_expire_wherever_they_stand():
    old, new = entry("a", offered_at=5.0), entry("a", offered_at=50.0)
    queue = filled(new, old)
    assert [old] == queue.expire(offered_before=10.0)
    assert (len(queue), queue.oldest_offered_at()) == (1, 50.0)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=40))
def test_every_message_comes_out_once_and_in_order_about_its_group_whatever_fails(plan):
    entries = [entry(group) for group, _ in plan]
    fails = {id(each): bad for each, (_, bad) in zip(entries, plan, strict=True)}
    queue = filled(*entries)
    now, out = 0.0, []
    while (wait := queue.wait_s(now)) is not None:
        now += wait
        taken = queue.take(now)
        assert taken is not None
        taken.tries += 1
        if fails[id(taken)] and taken.tries < 3:
            taken.not_before = now + taken.tries
            queue.put_back(taken)
        else:
            out.append(taken)
    for group in "abc":
        assert [e for e in entries if e.message.lane[1] == group] == [e for e in out if e.message.lane[1] == group]
