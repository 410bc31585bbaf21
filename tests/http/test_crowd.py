"""Places: bounded for all and for one, and given up by those who keep them for nothing."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.http.crowd import Crowd


def test_whoever_is_silent_longest_makes_room_for_the_next_of_its_peer() -> None:
    """The first to come is the first to go, unless it has been heard of since."""
    crowd: Crowd[str] = Crowd(places=10, per_peer=3)
    assert [crowd.enter(guest, "a") for guest in "123"] == [None, None, None]
    crowd.heard("1")
    assert crowd.enter("4", "a") == "2"
    assert crowd.enter("5", "b") is None
    assert len(crowd) == 4


def test_whoever_is_served_stays() -> None:
    """A newcomer is refused where all others are at work, and let in as soon as one is done."""
    crowd: Crowd[str] = Crowd(places=10, per_peer=2)
    for guest in "12":
        crowd.enter(guest, "a")
        crowd.serve(guest)
    assert crowd.enter("3", "a") == "3"
    crowd.served("2")
    assert crowd.enter("3", "a") == "2"
    assert len(crowd) == 2


def test_the_peer_with_most_guests_makes_room_when_everything_is_taken() -> None:
    """Others lose a place only where that peer's are all at work."""
    crowd: Crowd[str] = Crowd(places=4, per_peer=3)
    for guest, peer in (("other", "b"), ("1", "a"), ("2", "a"), ("3", "a")):
        crowd.enter(guest, peer)
    assert crowd.enter("new", "c") == "1"
    for guest in "23":
        crowd.serve(guest)
    assert crowd.enter("newer", "d") == "other"


Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(("enter", "leave", "serve", "served", "heard")), st.integers(0, 9), st.integers(0, 2))
)


@given(STEPS, st.integers(1, 5), st.integers(1, 4))
def test_no_order_of_events_breaks_a_bound(steps: list[Step], places: int, per_peer: int) -> None:
    """Never more than there are places, never one at work sent away, never somebody in twice."""
    crowd: Crowd[int] = Crowd(places=places, per_peer=per_peer)
    present: dict[int, int] = {}
    at_work: set[int] = set()
    for kind, guest, peer in steps:
        if kind == "enter" and guest not in present:
            leaving = crowd.enter(guest, str(peer))
            if leaving != guest:
                present[guest] = peer
            if leaving is not None and leaving != guest:
                assert leaving not in at_work
                del present[leaving]
        elif kind == "leave":
            crowd.leave(guest)
            present.pop(guest, None)
            at_work.discard(guest)
        elif kind == "serve":
            crowd.serve(guest)
            at_work |= {guest} & present.keys()
        elif kind == "served":
            crowd.served(guest)
            at_work.discard(guest)
        else:
            crowd.heard(guest)
        assert len(crowd) == len(present) <= places
        for one in range(3):
            assert list(present.values()).count(one) <= per_peer
