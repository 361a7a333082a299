"""Templates: values as Ansible users expect them, and nothing beyond plain data."""

import tracemalloc

import pytest

from orchestrator.playbooks.template import (
    TemplateError,
    as_written,
    condition_problem,
    evaluate,
    holds,
    render,
    text_problem,
)

WELL = {"changed": True, "failed": False, "skipped": False, "unreachable": False, "rc": 0}
GONE = {**WELL, "changed": False, "unreachable": True}
VARIABLES = {
    "number": 3,
    "text": "linux1.example",
    "items": [{"name": "a", "state": "up"}, {"name": "b", "state": "down"}],
    "well": WELL,
    "gone": GONE,
    "nothing": None,
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ number }}", 3),
        ("{{ number + 1 }}", 4),
        ("n{{ number }}", "n3"),
        ("{{ number }} ", "3 "),
        ("{{ items | map(attribute='name') | list }}", ["a", "b"]),
        ("{{ items | selectattr('state', 'equalto', 'up') | map(attribute='name') }}", ["a"]),
        ("{{ absent | default('there') }}", "there"),
        ("{{ well.absent | default(7) }}", 7),
        ("{{ 'yes' | bool }}", True),
        ("{{ '12' | int }}", 12),
        ("{{ {'a': 1} | to_json }}", '{"a": 1}'),
        ("{{ '[1, 2]' | from_json }}", [1, 2]),
        (r"{{ text | regex_replace('^(\w+)\..*$', '\1') }}", "linux1"),
        ("{{ text | regex_search('e.a') }}", "exa"),
        (r"{{ text | regex_search('(\w+)\.(\w+)', '\2') }}", ["example"]),
        ("{{ text | regex_search('nowhere') }}", None),
        (
            "{{ '/srv/data/file' | basename }} in {{ '/srv/data/file' | dirname }}",
            "file in /srv/data",
        ),
        ("{{ {'a': 1, 'b': 1} | combine({'b': 2}) }}", {"a": 1, "b": 2}),
        ("{{ (number > 2) | ternary('many', 'few') }}", "many"),
        ("{% if number > 2 %}many{% else %}few{% endif %}", "many"),
        ("{{ nothing }}", None),
        ("a{{ nothing }}b", "ab"),
        ("{% raw %}{{ number }}{% endraw %}", "{{ number }}"),
        ("{{ 'a b' | quote }}", "'a b'"),
        ("no template", "no template"),
    ],
)
def test_values(text, value):
    assert render(text, VARIABLES) == value
    assert type(render(text, VARIABLES)) is type(value)


def test_all_texts_in_a_structure_are_rendered():
    args = {"argv": ["echo", "{{ number }}"], "environment": {"A": "{{ text }}"}, "count": 2}

    assert render(args, VARIABLES) == {
        "argv": ["echo", 3],
        "environment": {"A": "linux1.example"},
        "count": 2,
    }


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("true", True),
        ("number == 3 and text is search('example')", True),
        ("well is changed", True),
        ("well is failed", False),
        ("gone is unreachable", True),
        ("gone is succeeded", False),
        ("gone is not failed", True),
        ("absent is defined", False),
        ("absent is undefined or absent > 3", True),
        ("'}}' in text", False),
    ],
)
def test_conditions(condition, answer):
    assert holds(condition, VARIABLES) is answer


def test_all_of_several_conditions_must_hold_and_the_rest_is_not_looked_at():
    assert holds(("number == 3", "well is changed"), VARIABLES)
    assert not holds(("absent is defined", "absent == 3"), VARIABLES)
    assert holds((), VARIABLES)


def test_a_condition_is_true_or_false_and_nothing_like_it():
    with pytest.raises(TemplateError, match="neither true nor false but 'linux1"):
        holds("text", VARIABLES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ nubmer }}", "'nubmer' is undefined; did you mean number"),
        ("{{ [number, nubmer] }}", "'nubmer' is undefined"),
        ("{{ well.stdot }}", "no attribute 'stdot'"),
        ("{{ number / 0 }}", "division by zero"),
        ("{{ text is failed }}", "asks about a registered result"),
        ("{{ '{' | from_json }}", "Expecting property name"),
        ("{{ text | regex_search('(') }}", r"missing \)"),
    ],
)
def test_what_cannot_be_rendered_says_why(text, message):
    with pytest.raises(TemplateError, match=message):
        render(text, VARIABLES)


def test_a_variable_of_the_author_is_a_template_an_answer_of_a_server_never_is():
    variables = {
        "number": 3,
        **as_written(
            {"url": "http://{{ host }}/", "host": "web{{ number }}", "list": ["{{ host }}"]}
        ),
        "answer": {"stdout": "{{ number }}"},
    }

    assert render("{{ url }}", variables) == "http://web3/"
    assert render("{{ list }}", variables) == ["web3"]
    assert render("{{ answer.stdout }} {{ answer }}", variables) == (
        "{{ number }} {'stdout': '{{ number }}'}"
    )


def test_a_variable_in_its_own_template_ends():
    with pytest.raises(TemplateError, match="stands in its own template"):
        render("{{ a }}", as_written({"a": "{{ b }}", "b": "{{ a }}"}))


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ well.__init__.__globals__ }}",
        "{{ items.append(1) }}",
        "{{ well.update({}) }}",
        "{{ well['__class__'].x }}",
        "{{ text | attr('__class__') }}",
        "{{ text.encode() }}",
        "{{ self.__init__ }}",
        "{{ lipsum.__globals__ }}",
        "{{ cycler }}",
        "{{ namespace() }}",
        "{% import 'os' as os %}",
        "{% include '/etc/passwd' %}",
        "{% set a %}{{ number }}{% endset %}",
        "{% for a in items recursive %}{{ a }}{% endfor %}",
        "{% for a in items %}{{ loop.__class__ }}{% endfor %}",
        "{{ lookup('file', '/etc/passwd') }}",
        "{{ now() }}",
        "{% macro a() %}{% endmacro %}",
        "{{ range }}",
        "{{ text.join }}",
        "{{ items | random }}",
    ],
)
def test_there_is_no_way_out_of_plain_data(text):
    before = repr(VARIABLES)

    with pytest.raises(TemplateError):
        render(text, VARIABLES)

    assert repr(VARIABLES) == before


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'a' * 1000000000 }}",
        "{{ 1000000000 * 'a' }}",
        "{{ [1] * 1000000000 }}",
        "{{ [[[1] * 1000] * 1000] * 1000 }}",
        "{{ 10 ** 1000000000 }}",
        "{{ range(1000000000) | list }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ 'a'.ljust(1000000000) }}",
        "{{ 'a' | center(1000000000) }}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ 'a' | indent(1000000000) }}",
        "{{ ('a' * 900000) | replace('a', 'b' * 1000) }}",
        "{{ ('a' * 900000) | regex_replace('a', 'b' * 1000) }}",
        "{{ range(10000) | join('a' * 900000) }}",
        "{% for a in range(10000) %}{{ 'a' * 900000 }}{% endfor %}",
        "{% set a = 'a' * 900000 %}{{ a ~ a }}",
        "{% set a = 'a' * 900000 %}{{ [a, a, a] }}",
        "{% set a = [1] * 900000 %}{{ [a, a, a] | sum(start=[]) }}",
        "{{ [1] * 1000 | product([1] * 1000, [1] * 1000) }}",
        "{{ 'a' | batch(1000000000, 'x') }}",
        "{{ [1] | slice(1000000000) }}",
        "{{ '%*d' | format(1000000000, 1) }}",
        "{{ range(10000) | to_json(indent=1000000) }}",
        "{{ '&a [1, 1, 1, 1, 1, 1]' | from_yaml }} {{ '[*a, *a]' | from_yaml }}",
        "{{ 'a' * 900000 }}{{ 'a' * 900000 }}",
        "{{ range(10000) | map('center', 100000) | list }}",
        "{{ ('a' * 900000) + ('a' * 900000) }}",
    ],
)
def test_no_template_eats_the_memory(text):
    tracemalloc.start()
    try:
        with pytest.raises(TemplateError):
            render(text, VARIABLES)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
        "{% for a in range(9999) %}{% if range(9999) | unique %}{% endif %}{% endfor %}",
    ],
)
def test_no_template_takes_the_processor_for_long(text):
    with pytest.raises(TemplateError, match="takes too long"):
        render(text, VARIABLES)


def test_what_is_not_there_says_what_to_write():
    assert "vars_files" in text_problem("{{ lookup('env', 'HOME') }}").message
    assert "date" in condition_problem("now() > 5").message


def test_mistakes_are_known_before_there_are_values():
    assert text_problem("{{ a }} {% if b %}c{% endif %}") is None
    assert text_problem("{{ a | nowhere }}") is not None
    assert text_problem("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}") is not None
    assert condition_problem("a is defined") is None
    assert condition_problem("{{ a }}") is not None
    assert condition_problem("a }} {{ b") is not None


def test_a_bare_expression_has_a_value():
    assert evaluate("well.rc", VARIABLES) == 0
