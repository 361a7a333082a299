"""Lines and blocks in a text, as Ansible's `lineinfile` and `blockinfile` put them there."""

import pytest

from remote_helpers.modules.lines import edited
from remote_helpers.operation import OperationError

BEGIN, END = "# BEGIN", "# END"


def line(text, **how):
    return edited(text, {"edit": "line", "state": "present", **how})


def block(text, words, **how):
    marks = {"begin": BEGIN, "end": END}
    return edited(text, {"edit": "block", "state": "present", "block": words, **marks, **how})


@pytest.mark.parametrize(
    ("text", "how", "after"),
    [
        ("a\nb\n", {"line": "c"}, "a\nb\nc\n"),
        ("a\nb", {"line": "c"}, "a\nb\nc\n"),
        ("", {"line": "c"}, "c\n"),
        ("a\nc\n", {"line": "c"}, "a\nc\n"),
        ("x=1\nx=2\n", {"regexp": "^x=", "line": "x=3"}, "x=1\nx=3\n"),
        ("a\n", {"regexp": "^x=", "line": "x=3"}, "a\nx=3\n"),
        ("a\r\nb\r\n", {"regexp": "^a", "line": "c"}, "c\r\nb\r\n"),
        ("x=12\n", {"regexp": "x=(\\d)(\\d)", "line": r"x=\2\1", "backrefs": True}, "x=21\n"),
        ("a\n", {"regexp": "x=(.)", "line": r"y=\1", "backrefs": True}, "a\n"),
        ("a\nb\na\n", {"line": "c", "insertafter": "^a"}, "a\nb\na\nc\n"),
        ("a\nb\na\n", {"line": "c", "insertafter": "^a", "firstmatch": True}, "a\nc\nb\na\n"),
        ("a\nb\n", {"line": "c", "insertbefore": "^b"}, "a\nc\nb\n"),
        ("a\n", {"line": "c", "insertbefore": "BOF"}, "c\na\n"),
        ("a\n", {"line": "c", "insertafter": "EOF"}, "a\nc\n"),
        ("a\n", {"line": "c", "insertafter": "^nowhere"}, "a\nc\n"),
        ("a [x]\n", {"search_string": "[x]", "line": "b"}, "b\n"),
        ("a\u2028b\n", {"line": "c"}, "a\u2028b\nc\n"),
        ("a\nb\na\n", {"state": "absent", "line": "a"}, "b\n"),
        ("ab\nb\naa\n", {"state": "absent", "regexp": "^a"}, "b\n"),
        ("ab\nb\n", {"state": "absent", "search_string": "a"}, "b\n"),
        ("a\n", {"state": "absent", "regexp": "^x"}, "a\n"),
    ],
)
def test_a_line(text, how, after):
    assert line(text, **how)[0] == after
    if not how.get("backrefs"):
        assert line(after, **how)[0] == after, "done twice it must be as done once"


def test_what_became_of_it_is_said():
    assert line("a\n", line="b")[1] == "line added"
    assert line("a\n", line="b", regexp="a")[1] == "line replaced"
    assert line("a\n", line="a")[1] == ""
    assert line("a\na\n", line="a", state="absent")[1] == "2 line(s) removed"


def test_an_expression_that_is_none_is_refused():
    with pytest.raises(OperationError, match="is no regular expression"):
        line("a\n", regexp="(", line="b")


def test_a_block_comes_changes_and_goes():
    inserted, said = block("a\n", "x\ny")
    updated = block(inserted, "z")[0]

    assert (inserted, said) == ("a\n# BEGIN\nx\ny\n# END\n", "Block inserted")
    assert block(inserted, "x\ny") == (inserted, "")
    assert updated == "a\n# BEGIN\nz\n# END\n"
    assert block(updated, "", state="absent") == ("a\n", "Block removed")
    assert block(updated, "")[0] == "a\n"
    assert block("a\nb\n", "x", insertafter="^a")[0] == "a\n# BEGIN\nx\n# END\nb\n"


def test_half_a_block_is_not_guessed_at():
    with pytest.raises(OperationError, match="its end is not"):
        block("# BEGIN\nx\n", "y")
