"""The queue of timed events."""

from scopeless.peripherals.events import NEVER, EventQueue


def test_events_come_by_cycle_then_by_order_of_scheduling():
    queue, seen = EventQueue(), []
    for name, cycle in (("b", 20), ("a", 10), ("c", 20), ("late", 21)):
        queue.schedule(cycle, lambda name=name: seen.append(name))
    assert queue.next_cycle() == 10
    queue.run_due(20)
    assert seen == ["a", "b", "c"]
    assert queue.next_cycle() == 21


def test_a_cancelled_event_does_not_come():
    queue, seen = EventQueue(), []
    queue.schedule(5, lambda: seen.append(1)).cancel()
    assert queue.next_cycle() == NEVER
    queue.run_due(10)
    assert seen == []


def test_an_event_may_schedule_another_that_is_due_as_well():
    queue, seen = EventQueue(), []
    queue.schedule(5, lambda: queue.schedule(6, lambda: seen.append(6)))
    queue.run_due(7)
    assert seen == [6]


def test_an_event_before_the_horizon_interrupts_the_run():
    calls = []
    queue = EventQueue(lambda: calls.append(1))
    queue.horizon = 100
    queue.schedule(100, lambda: None)
    assert calls == []
    queue.schedule(99, lambda: None)
    assert calls == [1]
