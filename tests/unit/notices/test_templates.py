"""Words of one's own: what a template sees, what it may not do, and that a message never depends on it."""

import pytest

from lagwatch.model.alerts import State
from lagwatch.publish.notices import texts
from lagwatch.publish.notices.plan import STORM
from lagwatch.publish.notices.templates import SIZE_LIMIT, Template, checked
from lagwatch.publish.notices.texts import Wording
from tests.support.notices import T0, Planner, alert


def told(*alerts):
    (one,) = Planner().look(T0 + 30, *alerts)
    return one


def test_a_template_sees_the_message_and_what_would_be_said_without_it():
    template = checked(
        title="{{ severity | upper }} {{ groupLabels.group }}: {{ firing | length }} of {{ alerts | length }}",
        text="{% for alert in firing %}{{ alert.labels.topic }}:{{ alert.annotations.summary }};{% endfor %} {{ title }}",
    )
    words = template(told(alert(), alert(topic="audit")))
    assert words.title == "CRITICAL billing: 2 of 2"
    assert words.text == (
        "orders:billing is behind on orders;audit:billing is behind on audit; "
        "[firing critical] 2 alerts of local, billing: ConsumerLagHigh"
    )
    assert words.html == ""


def test_an_annotation_that_an_alert_does_not_have_is_empty():
    assert checked(text="[{{ alerts[0].annotations.cause }}]")(told(alert())).text == "[]"


def test_html_is_escaped_and_text_is_not():
    template = checked(text="{{ alerts[0].labels.group }}", html="<b>{{ alerts[0].labels.group }}</b>")
    words = template(told(alert("<script>")))
    assert (words.text, words.html) == ("<script>", "<b>&lt;script&gt;</b>")


def test_a_title_is_one_line():
    assert checked(title="a\n  b")(told(alert())).title == "a b"


@pytest.mark.parametrize(
    "text, part",
    [
        ("{{ nothing }}", "'nothing' is undefined"),
        ("{{ alerts[0].label.group }}", "has no attribute 'label'"),
        ("{% for x in %}", "line 1"),
        ("{{ ''.__class__.__mro__ }}", "is unsafe"),
        ("{{ alerts.append(1) }}", "is unsafe"),
        ("{{ 'x' * 100000000 }}", "numbers only"),
        ("{{ 9 ** 9999999 }}", "exponent"),
        ("{% for x in range(99999) %}{{ text }}{% endfor %}", f"longer than {SIZE_LIMIT}"),
        ("{% for x in range(9999999999) %}{% endfor %}", "Range too big"),
        ("{% include 'x' %}", "no loader"),
    ],
)
def test_a_template_that_cannot_work_is_refused_before_it_is_used(text, part):
    with pytest.raises(ValueError, match=part):
        checked(text=text)


def test_a_template_that_fails_later_costs_no_message_and_is_counted(caplog):
    wording = Wording(Template(title="{{ alerts[1].labels.topic }}"), "second")
    one = told(alert())
    assert wording.words(one) == texts.Words(texts.title(one), texts.text(one), texts.html(one))
    assert wording.errors == 1
    assert [(each.getMessage(), each.fields["template"]) for each in caplog.records] == [
        ("template failed, our own words are sent", "second")
    ]
    assert wording.words(told(alert(), alert(topic="audit"))).title == "audit"


def test_our_own_words_say_what_why_and_where():
    text = texts.text(
        told(
            alert(
                value=120_000.0,
                threshold=100_000.0,
                cause="it stands still",
                next_step="look",
                runbook="consumer-lag-high",
            )
        )
    )
    for part in (
        "[firing critical] ConsumerLagHigh: billing is behind on orders",
        "Value 120000, threshold 100000",
        "Probably: it stands still",
        "Next step: look",
        "Runbook: http://lagwatch:8484/runbooks/consumer-lag-high",
        "kafka_cluster local, group billing, topic orders",
        "Since 2023-11-14T22:13:20.000Z",
        "Page: http://lagwatch:8484/clusters/local/groups/billing",
        "http://lagwatch:8484/alerts/",
    ):
        assert part in text


def test_our_own_words_say_when_it_ended():
    planner = Planner()
    planner.look(T0 + 30, alert())
    (end,) = planner.look(T0 + 400, alert(state=State.RESOLVED))
    assert texts.title(end) == "[resolved] ConsumerLagHigh: billing is behind on orders"
    assert "Since 2023-11-14T22:13:20.000Z until 2023-11-14T22:14:20.000Z" in texts.text(end)


def test_our_own_words_of_a_digest_count_what_they_do_not_name():
    digest = told(*(alert(f"group-{number}") for number in range(STORM + 1)))
    assert texts.title(digest) == "[firing] 51 alerts began at once on local: 51 ConsumerLagHigh about 51 groups"
    assert "... and 31 more: http://lagwatch:8484" in texts.text(digest)


def test_our_own_html_is_escaped():
    assert "<script>" not in texts.html(told(alert("<script>", cause="<b>")))
