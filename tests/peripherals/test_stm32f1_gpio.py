"""Ports: outputs make edges, inputs read levels. RM0008 section 9."""

from support.arm import Program, run

OUTPUT = "poke RCC+0x18, 8\n poke GPIOB+4, 0x44434444\n"  # PB12: push-pull output


def levels(source: str) -> list[int]:
    return [edge.level for edge in Program(source + "\n bx lr").run().edges]


def test_odr_bsrr_and_brr_make_edges():
    source = (
        OUTPUT
        + """
      poke GPIOB+0xC, 0x1000
      poke GPIOB+0x14, 0x1000
      poke GPIOB+0x10, 0x1000
      poke GPIOB+0x10, 0x10000000
    """
    )
    assert levels(source) == [1, 0, 1, 0]


def test_writing_the_same_level_is_no_edge():
    assert levels(OUTPUT + "poke GPIOB+0xC, 0x1000\n poke GPIOB+0xC, 0x1001\n poke GPIOB+0x10, 0x1000\n") == [
        1
    ]


def test_set_wins_over_reset():
    assert levels(OUTPUT + "poke GPIOB+0x10, 0x10001000\n") == [1]


def test_an_input_s_latch_makes_no_edge_until_the_pin_becomes_an_output():
    assert levels("poke RCC+0x18, 8\n poke GPIOB+0xC, 0x1000\n") == []
    assert levels("poke RCC+0x18, 8\n poke GPIOB+0xC, 0x1000\n poke GPIOB+4, 0x44434444\n") == [1]


def test_an_edge_carries_the_cycle_of_its_store_and_the_counters():
    program = Program(OUTPUT + "poke GPIOB+0xC, 0x1000\n poke GPIOB+0xC, 0\n bx lr")
    rise, fall = program.run().edges
    assert 0 < rise.cycle < fall.cycle
    assert rise.pin == "PB12"
    names = program.machine.counter_names
    assert names[0] == "instructions"
    assert len(rise.counters) == len(names)
    assert fall.counters[0] - rise.counters[0] == 3  # two literal loads and the store


def test_until_edges_stops_at_the_edge():
    program = Program(OUTPUT + "1: poke GPIOB+0xC, 0x1000\n poke GPIOB+0xC, 0\n b 1b")
    first = program.machine.run(for_us=1000, until_edges=3)
    assert (first.stop, [e.level for e in first.edges]) == ("edges", [1, 0, 1])
    assert first.cycle - first.edges[-1].cycle < 10
    second = program.machine.run(for_us=1000, until_edges=1)
    assert [e.level for e in second.edges] == [0]


def test_input_data_shows_outputs_pulls_and_what_is_applied_from_outside():
    source = """
      poke RCC+0x18, 8
      poke GPIOB, 0x44448883      // PB0 output, PB1 to PB3 with a pull, PB4 floating
      poke GPIOB+0xC, 0x3         // PB0 high, PB1 pulled up, PB2 pulled down
      peek r1, GPIOB+8
      ldr r2, =values
      str r1, [r2]
      bx lr
    """
    program = Program(source)
    program.machine.core.system.pins.inputs["PB4"] = 1
    program.run()
    assert program.value() & 0x1F == 0b10011


def test_byte_writes_reach_all_lanes_as_on_the_apb():
    program = run(
        "poke RCC+0x18, 8\n ldr r0, =GPIOB+0xC\n movs r1, #0x5A\n strb r1, [r0]\n ldr r1, [r0]\n"
        "ldr r2, =values\n str r1, [r2]\n bx lr"
    )
    assert program.value() == 0x5A5A


def test_locked_pins_keep_their_configuration():
    program = run(
        """
          poke RCC+0x18, 8
          poke GPIOB+0x18, 0x10001
          poke GPIOB+0x18, 0x00001
          poke GPIOB+0x18, 0x10001
          peek r1, GPIOB+0x18
          peek r1, GPIOB+0x18
          ldr r2, =values
          str r1, [r2]
          poke GPIOB, 0x33333333
          peek r1, GPIOB
          str r1, [r2, #4]
          bx lr
        """
    )
    assert program.values(2) == [0x1_0001, 0x3333_3334]
