"""TLA+ values as TLC prints them, and counterexamples as ITF and as a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import itf_py
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofs.tla.printed import ValueTextError, parse_state, parse_value
from proofs.tla.trace import ItfError, Step, Trace, changes, from_itf, table, to_itf
from proofs.tla.values import text
from tests.places import TLA_DATA

TRANSCRIPTS = TLA_DATA / "apalache" / "transcripts"


def integer(number: int) -> dict[str, str]:
    """Return an integer as ITF writes it."""
    return {"#bigint": str(number)}


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("0", integer(0)),
        ("-12", integer(-12)),
        ("123456789012345678901234567890", integer(123456789012345678901234567890)),
        ("TRUE", True),
        ("FALSE", False),
        ('"a\\"b\\\\ \\n<<"', 'a"b\\ \n<<'),
        ("c1", "c1"),
        ("2nd", "2nd"),
        ("TRUEish", "TRUEish"),
        ("Nat", {"#unserializable": "Nat"}),
        ("{}", {"#set": []}),
        ("{FALSE}", {"#set": [False]}),
        ("1..3", {"#set": [integer(1), integer(2), integer(3)]}),
        ("<<>>", {"#tup": []}),
        ("<<<<1>>, {<<>>}>>", {"#tup": [{"#tup": [integer(1)]}, {"#set": [{"#tup": []}]}]}),
        ("[a |-> 1, b |-> [c |-> x]]", {"a": integer(1), "b": {"c": "x"}}),
        ("(1 :> a @@ <<2>> :> {3})", {"#map": [[integer(1), "a"], [{"#tup": [integer(2)]}, {"#set": [integer(3)]}]]}),
    ],
)
def test_a_value_is_read_as_it_is_printed(printed: str, value: Any) -> None:
    """Every kind of value that TLC prints becomes the JSON that Apalache would write."""
    assert parse_value(printed) == value


@pytest.mark.parametrize("printed", ["", "{1,", "<<1 2>>", "(1 :> )", "[a |->", "1 2", '"open', "{1}}", "[a -> 1]"])
def test_what_is_no_value_is_refused(printed: str) -> None:
    """A text that is cut short or is something else is an error and never half a value."""
    with pytest.raises(ValueTextError, match="as TLC prints it"):
        parse_value(printed)


def printed(value: Any) -> str:  # noqa: PLR0911 - one for each kind of value
    """Print a value as TLC does."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if "#bigint" in value:
        return str(value["#bigint"])
    if "#set" in value:
        return "{" + ", ".join(map(printed, value["#set"])) + "}"
    if "#tup" in value:
        return "<<" + ", ".join(map(printed, value["#tup"])) + ">>"
    if "#map" in value:
        return "(" + " @@ ".join(f"{printed(k)} :> {printed(v)}" for k, v in value["#map"]) + ")"
    return "[" + ", ".join(f"{k} |-> {printed(v)}" for k, v in value.items()) + "]"


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)
VALUES = st.recursive(
    st.booleans() | st.integers().map(integer) | st.text(st.characters(exclude_categories=["C"]), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: {"#set": items})
        | st.lists(inner, max_size=3).map(lambda items: {"#tup": items})
        | st.lists(st.tuples(inner, inner).map(list), min_size=1, max_size=3).map(lambda pairs: {"#map": pairs})
        | st.dictionaries(NAMES, inner, min_size=1, max_size=3)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_any_value_survives_printing_and_reading(value: Any) -> None:
    """What is printed in TLC's way and read again is the same value."""
    assert parse_value(printed(value)) == value


@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=3))
def test_any_state_survives_printing_and_reading(state: dict[str, Any]) -> None:
    """A state is a conjunction of equations, in whatever layout."""
    assert parse_state("".join(f"/\\ {name} = {printed(value)}\n" for name, value in state.items())) == state


def test_sets_and_functions_are_shown_in_one_order() -> None:
    """Two values that are equal read the same, in whatever order they were written; numbers stand in their order."""
    one, two = ({"#set": [integer(n) for n in order]} for order in ([10, 2, 1], [1, 10, 2]))
    assert text(one) == text(two) == "{1, 2, 10}"
    assert text({"#map": [[integer(10), "b"], [integer(9), "a b"]]}) == "(9 :> a b @@ 10 :> b)".replace("a b", '"a b"')


F = "#map"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (integer(1), integer(2), ["v: 1 -> 2"]),
        ({F: [["a", True], ["b", True]]}, {F: [["b", False], ["a", True]]}, ["v[b]: TRUE -> FALSE"]),
        ({F: [["a", {"x": "p", "y": "q"}]]}, {F: [["a", {"x": "p", "y": "r"}]]}, ["v[a].y: q -> r"]),
        ({F: [["a", True]]}, {F: [["b", True]]}, ["v: (a :> TRUE) -> (b :> TRUE)"]),
        ({"#set": ["a", "b"]}, {"#set": ["b", "c"]}, ["v: loses a and gains c"]),
        ({"#set": ["a", "b"]}, {"#set": ["b", "a"]}, []),
        ({"#tup": ["a", "b"]}, {"#tup": ["a", "c"]}, ["v[2]: b -> c"]),
        (["a", "b"], ["a"], ["v: <<a, b>> -> <<a>>"]),
        ({"#tup": []}, {"#set": []}, ["v: <<>> -> {}"]),
    ],
)
def test_only_what_changed_is_told(before: Any, after: Any, told: list[str]) -> None:
    """A change is told at the leaf; equal values, however they are written, are no change."""
    assert changes({"v": before, "w": "same"}, {"v": after, "w": "same"}) == told


def lasso() -> Trace:
    """Return a behaviour that goes round."""
    values = [{"x": integer(n), "N": integer(9)} for n in (0, 1, 2)]
    steps = [Step(values[0]), Step(values[1], "Up", "M.tla:7"), Step(values[2], "Up", "M.tla:7")]
    return Trace(steps, loop=1, loop_action="Down", params=("N",))


def test_the_table_says_who_did_what() -> None:
    """The table has the first state whole, then each action with its place and what it changed, and where a loop goes."""
    assert table(lasso()) == [
        "   #  action   where    changed",
        "   1  (start)           x = 0",
        "   2  Up       M.tla:7  x: 0 -> 1",
        "   3  Up       M.tla:7  x: 1 -> 2",
        "      Down              and back to 2, again and again",
    ]


def test_stuttering_is_a_loop_on_the_last_state() -> None:
    """A behaviour in which nothing happens any more says so, and its ITF loops on its last state."""
    trace = Trace(lasso().steps, stuttering=True)
    assert table(trace)[-1].endswith("and nothing happens any more")
    assert to_itf(trace, {})["loop"] == 2


def test_a_saved_trace_is_read_by_another_library() -> None:
    """What is saved is ITF: an independent reader finds the same states, variables, loop and actions."""
    data = json.loads(json.dumps(to_itf(lasso(), {"description": "d"})))
    read = itf_py.trace_from_json(data)
    assert (read.vars, read.params, read.loop) == (["x"], ["N"], 1)
    assert [state.values for state in read.states] == [{"x": n, "N": 9} for n in (0, 1, 2)]
    assert read.states[1].meta == {"index": 1, "action": "Up", "place": "M.tla:7"}
    assert from_itf(json.dumps(data)).steps == lasso().steps


@pytest.mark.parametrize("path", sorted(TRANSCRIPTS.glob("*.itf.json")), ids=lambda path: str(path.name))
def test_a_recorded_trace_is_read(path: Path) -> None:
    """Every trace that Apalache wrote is read, with all its states; constants are no variables."""
    trace = from_itf(path.read_text(encoding="utf-8"))
    assert len(trace.steps) == len(json.loads(path.read_text(encoding="utf-8"))["states"])
    assert trace.params == ("Frame",)
    assert "Frame" not in trace.variables()


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("{", "not JSON"),
        ("[]", "no list of states"),
        ('{"states": [1]}', "no object"),
        ('{"states": [{}], "loop": 3}', "loop 3"),
    ],
)
def test_what_is_no_trace_is_refused(source: str, told: str) -> None:
    """A file that is no ITF trace, or only a part of one, is an error that says why."""
    with pytest.raises(ItfError, match=told):
        from_itf(source)
