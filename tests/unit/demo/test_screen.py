"""What the demo shows, from what the REST interface says."""

from io import StringIO

from rich.console import Console

from lagwatch.demo.screen import Steps, picture
from lagwatch.demo.watch import configuration


def group(name: str, **changes: object) -> dict[str, object]:
    facts = {"type": "classic", "state": "Stable", "members": 1, "lag": 0, "growth_per_minute": 0.0}
    return {"name": name, **facts, **changes}


def alert(group: str, severity: str, **changes: object) -> dict[str, object]:
    facts = {"state": "firing", "rule": f"Rule-{severity}", "summary": f"{group} is behind", "inhibited_by": []}
    return {"group": group, "severity": severity, **facts, **changes}


def shown(*picture_of: object) -> list[str]:
    console = Console(file=StringIO(), width=140)
    console.print(picture(*picture_of))
    return console.file.getvalue().splitlines()


def line(lines: list[str], word: str) -> list[str]:
    (found,) = [text.split() for text in lines if text.split()[:1] == [word]]
    return found


def test_a_group_is_one_line_with_the_loudest_alert_that_fires():
    lines = shown(
        [group("billing", lag=123456, growth_per_minute=1234.4), group("mail", type="share")],
        [alert("billing", "warning"), alert("billing", "emergency"), alert("mail", "critical", state="pending")],
    )
    assert line(lines, "billing") == ["billing", "classic", "Stable", "1", "123,456", "+1,234", "emergency"]
    assert line(lines, "mail") == ["mail", "share", "Stable", "1", "0", "+0"]


def test_what_is_unknown_is_called_so_and_never_zero():
    lines = shown([group("billing", type=None, state=None, members=None, lag=None, growth_per_minute=None)], [])
    assert ["billing", *["unknown"] * 5] == line(lines, "billing")


def test_an_alert_that_a_louder_one_speaks_for_says_so():
    lines = shown([], [alert("billing", "warning", inhibited_by=["ConsumerLagHigh"])])
    assert any("billing is behind (not sent: ConsumerLagHigh speaks for it)" in text for text in lines)


def test_no_alert_is_said_and_notes_are_shown():
    lines = shown([], [], ["Kafka node 2 does not run."])
    assert any(text.startswith("No alert yet") for text in lines)
    assert "Kafka node 2 does not run." in lines


def test_steps_are_lines_where_there_is_no_terminal():
    console = Console(file=StringIO(), width=80)
    steps = Steps(console)
    with steps.step("Starting Kafka"):
        steps.say("news within the first seconds are passed over")
    began, done = console.file.getvalue().splitlines()
    assert began == "Starting Kafka ..."
    assert done.startswith("Starting Kafka: done in ")


def test_the_demo_changes_when_rules_fire_and_never_at_which_threshold():
    rules = configuration("127.0.0.1:9092", 8484)["rules"]
    assert {"ConsumerLagGrowing", "ConsumerLagHigh", "ConsumerLagRunaway"} == set(rules)
    assert {"for", "keep"} == {key for rule in rules.values() for key in rule}
