"""The outbox that the other tests stand on: order of each key, what is due, dead letters."""

from dataclasses import replace

from lagwatch.model.notices import Told
from tests.support.notices import T0, message
from tests.support.outbox import MemoryOutbox


def put(*messages) -> MemoryOutbox:
    outbox = MemoryOutbox()
    outbox.put(messages, ())
    return outbox


def due(outbox: MemoryOutbox, now: float = T0) -> list[str]:
    return [each.message.id for each in outbox.due("hook", now)]


def test_the_first_of_every_key_is_due_and_the_next_when_it_was_sent():
    outbox = put(message("a", 1), message("a", 2), message("b", 1), message("c", 1, receiver="other"))
    assert due(outbox) == ["a-1", "b-1"]
    outbox.sent("a-1", T0)
    assert due(outbox) == ["a-2", "b-1"]
    assert outbox.pending_keys("hook") == {"a", "b"}


def test_what_failed_waits_for_its_time_and_holds_up_only_its_own_key():
    outbox = put(message("a", 1), message("a", 2), message("b", 1))
    outbox.again("a-1", T0 + 10, "500")
    assert due(outbox) == ["b-1"]
    assert outbox.next_due("hook") == T0
    assert due(outbox, T0 + 10) == ["a-1", "b-1"]
    (entry, _) = outbox.due("hook", T0 + 10)
    assert (entry.attempts, entry.last_error) == (1, "500")


def test_a_message_that_is_put_twice_is_there_once():
    outbox = put(message("a", 1))
    outbox.put([message("a", 1)], ())
    assert outbox.health("hook").pending == 1


def test_a_dead_letter_holds_up_nothing_and_can_be_sent_again_as_if_it_were_new():
    outbox = put(message("a", 1), message("a", 2))
    outbox.dead("a-1", T0 + 5, "400")
    assert due(outbox) == ["a-2"]
    assert (outbox.health("hook").dead, outbox.health("hook").last_error) == (1, "400")
    assert outbox.resend("a-1", T0 + 60)
    assert not outbox.resend("a-1", T0 + 60)
    assert not outbox.resend("a-3", T0 + 60)
    assert due(outbox, T0 + 60) == ["a-2"]
    outbox.sent("a-2", T0 + 61)
    (entry,) = outbox.due("hook", T0 + 61)
    assert (entry.message.id, entry.attempts, entry.message.created_at) == ("a-1", 0, T0 + 60)


def test_its_health_tells_of_what_waits_and_of_what_was_last():
    outbox = put(message("a", 1, at=T0), message("b", 1, at=T0 + 5))
    assert (outbox.health("hook").pending, outbox.health("hook").oldest_pending_at) == (2, T0)
    outbox.sent("a-1", T0 + 7)
    health = outbox.health("hook")
    assert (health.pending, health.oldest_pending_at, health.last_sent_at) == (1, T0 + 5, T0 + 7)
    assert outbox.health("nobody").pending == 0


def test_what_was_told_is_replaced_and_without_content_forgotten():
    outbox = MemoryOutbox()
    told = Told(receiver="hook", cluster="local", key="a", at=T0, content={"x": 1})
    outbox.put((), [told, replace(told, key="b"), replace(told, cluster="other")])
    outbox.put((), [replace(told, at=T0 + 1), replace(told, key="b", content={})])
    assert outbox.told("local") == [replace(told, at=T0 + 1)]


def test_what_happens_to_a_message_that_is_not_there_is_nothing():
    outbox = MemoryOutbox()
    outbox.sent("x", T0)
    outbox.again("x", T0, "e")
    outbox.dead("x", T0, "e")
    assert outbox.next_due("hook") is None
