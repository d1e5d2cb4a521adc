"""Whatever legal instructions come, the core counts them and changes nothing, however the run is cut."""

import itertools
import re

from hypothesis import given, settings
from hypothesis import strategies as st
from unicorn import arm_const as arm

from scopeless.cortexm.cpu import CORES_WITH_FPU, Cpu
from scopeless.native import NativeStop, Setting
from support.micro import CODE_RAM, FLASH, RAM, REGISTERS, SIZE, Rig, assemble
from timing.sequences import F103

DATA = RAM + 0x400
EVERY = settings(max_examples=100, deadline=None)

LOW = st.integers(0, 6).map("r{}".format)  # r7 keeps the data's address
ANY = st.sampled_from([f"r{number}" for number in (*range(7), 8, 9, 10, 11, 12)])
SMALL = st.integers(0, 7)
WORDS = st.integers(0, 15).map(lambda n: 4 * n)
REGISTER_LIST = st.sets(st.integers(0, 6), min_size=1).map(
    lambda numbers: "{" + ", ".join(f"r{number}" for number in sorted(numbers)) + "}"
)


def line(form: str, **parts: st.SearchStrategy[object]) -> st.SearchStrategy[str]:
    return st.fixed_dictionaries(parts).map(lambda values: form.format(**values))


PAIR = st.permutations(range(7)).map(lambda order: (f"r{order[0]}", f"r{order[1]}"))
INTEGER = st.one_of(
    line("adds {a}, {b}, {c}", a=LOW, b=LOW, c=LOW),
    line("adc.w {a}, {b}, {c}, lsl #3", a=ANY, b=ANY, c=ANY),
    line("eors {a}, {b}", a=LOW, b=LOW),
    line("movs {a}, #{n}", a=LOW, n=st.integers(0, 255)),
    line("movw {a}, #{n}", a=ANY, n=st.integers(0, 65535)),
    line("ubfx {a}, {b}, #3, #9", a=ANY, b=ANY),
    line("muls {a}, {b}, {a}", a=LOW, b=LOW),
    line("mla {a}, {b}, {c}, {d}", a=ANY, b=ANY, c=ANY, d=ANY),
    line("umull {p[0]}, {p[1]}, {a}, {b}", p=PAIR, a=ANY, b=ANY),
    line("smlal {p[0]}, {p[1]}, {a}, {b}", p=PAIR, a=ANY, b=ANY),
    line("udiv {a}, {b}, {c}", a=ANY, b=ANY, c=ANY),
    line("sdiv {a}, {b}, {c}", a=ANY, b=ANY, c=ANY),
    line("mrs {a}, apsr", a=ANY),
    st.just("nop"),
    st.just("dmb"),
)
MEMORY = st.one_of(
    line("ldr {a}, [r7, #{n}]", a=LOW, n=WORDS),
    line("ldr.w {a}, [r7, #{n}]", a=ANY, n=st.integers(0, 60)),
    line("ldrsh.w {a}, [r7, #{n}]", a=ANY, n=SMALL),
    line("str {a}, [r7, #{n}]", a=LOW, n=WORDS),
    line("strb {a}, [r7, #{n}]", a=LOW, n=SMALL),
    line("movs {a}, #{n}; ldr {b}, [r7, {a}]", a=LOW, b=LOW, n=WORDS),
    line("movs {a}, #{n}; strh.w {b}, [r7, {a}, lsl #1]", a=LOW, b=LOW, n=SMALL),
    line("str {a}, [r7], #4; ldr {b}, [r7, #-4]!", a=LOW, b=LOW),
    line("ldrd {p[0]}, {p[1]}, [r7, #8]", p=PAIR),
    line("strd {p[0]}, {p[1]}, [r7, #16]", p=PAIR),
    line("push {r}; pop {r}", r=REGISTER_LIST),
    line("stm.w r7, {r}", r=REGISTER_LIST),
    line("ldr.w {a}, 9f", a=ANY),
)
BRANCHING = st.one_of(
    line("b 1f; {pad}; 1:", pad=st.sampled_from(["nop", "nop; nop", "add.w r1, r1, r2"])),
    line("cmp {a}, {b}; b{c} 1f; adds {a}, #1; 1:", a=LOW, b=LOW, c=st.sampled_from(["eq", "hi", "lt"])),
    line("cbz {a}, 1f; adds {a}, #1; 1:", a=LOW),
    line("bl 8f"),
    line("movs {a}, #{n}; 1: subs {a}, #1; bhi 1b", a=LOW, n=st.integers(1, 9)),
    line("cmp {a}, {b}; ite {c[0]}; add{c[0]} {a}, #1; sub{c[1]}.w {b}, {b}, #7", a=LOW, b=LOW,
         c=st.sampled_from([("eq", "ne"), ("hi", "ls"), ("lt", "ge")])),
    line("cmp {a}, #9; itt ls; ldrls {b}, [r7]; udivls {a}, {a}, {b}", a=LOW, b=LOW),
)  # fmt: skip
S = st.integers(0, 15).map("s{}".format)
FLOATING = st.one_of(
    line(
        "v{op}.f32 {a}, {b}, {c}",
        op=st.sampled_from(["add", "sub", "mul", "mla", "fma", "div"]),
        a=S,
        b=S,
        c=S,
    ),
    line("v{op}.f32 {a}, {b}", op=st.sampled_from(["sqrt", "abs", "neg"]), a=S, b=S),
    line("vcvt.f32.s32 {a}, {b}", a=S, b=S),
    line("vmov {a}, {b}", a=S, b=ANY),
    line("vldr {a}, [r7, #{n}]", a=S, n=WORDS),
    line("vstr {a}, [r7, #{n}]", a=S, n=WORDS),
    line("vcmp.f32 {a}, {b}; vmrs apsr_nzcv, fpscr", a=S, b=S),
)
CHIPS = st.sampled_from([{}, F103])


@st.composite
def programs(draw: st.DrawFn) -> tuple[str, str]:
    """A core, and a program for it."""
    core = draw(st.sampled_from(["cortex-m3", "cortex-m4f"]))
    kinds = [INTEGER, MEMORY, BRANCHING, *([FLOATING] if core in CORES_WITH_FPU else [])]
    body = draw(st.lists(st.one_of(kinds), min_size=1, max_size=40))
    return core, "\n".join([*body, "end: wfi", "8: adds r3, #1", "bx lr", ".p2align 2", "9: .word 12345"])


def prepared(core: str, code: str, chip: dict[Setting, int], address: int = FLASH) -> Rig:
    rig = Rig(core, chip)
    rig.set({7: DATA})
    rig.load(code, address)
    return rig


def cycles_by_cause(rig: Rig) -> list[int]:
    names = rig.timing.counter_names
    return [count for name, count in rig.counters.items() if names.index(name) >= names.index("issue")]


@EVERY
@given(programs(), CHIPS, st.sampled_from([FLASH, RAM + 0x1000, CODE_RAM]))
def test_no_instruction_is_free_but_a_folded_it(program, chip, address):
    rig = prepared(*program, chip, address)
    assert rig.run(address) is NativeStop.SLEEP
    executed = rig.counters["instructions"] + rig.counters["it_skipped"]
    foldable = len(re.findall(r"\bit[te]* ", program[1]))
    assert executed - foldable <= rig.counters["issue"] <= executed
    assert rig.counters["issue"] <= rig.cycles


@EVERY
@given(programs(), CHIPS)
def test_causes_never_decrease_and_add_up_to_the_cycles(program, chip):
    rig = prepared(*program, chip)
    before, stop = cycles_by_cause(rig), NativeStop.INSTRUCTION
    for count in range(1, 10_000):
        if stop is NativeStop.SLEEP:
            break
        stop = rig.run(FLASH if count == 1 else None, instructions=count)
        after = cycles_by_cause(rig)
        assert all(now >= then for now, then in zip(after, before, strict=True))
        assert sum(after) == rig.cycles
        before = after
    assert stop is NativeStop.SLEEP


@EVERY
@given(programs(), CHIPS, st.lists(st.integers(1, 60), min_size=1))
def test_totals_do_not_depend_on_how_a_run_is_cut(program, chip, steps):
    whole, cut = prepared(*program, chip), prepared(*program, chip)
    assert whole.run(FLASH) is NativeStop.SLEEP
    limit, pc = 0, FLASH
    for step in itertools.cycle(steps):
        limit += step
        if cut.run(pc, cycles=limit) is NativeStop.SLEEP:
            break
        pc = cut.timing.pc
    assert cut.counters == whole.counters
    assert cut.cycles == whole.cycles
    assert cut.registers() == whole.registers()


@EVERY
@given(programs())
def test_results_are_those_of_unicorn_alone(program):
    core, source = program
    timed = prepared(core, source, {})
    assert timed.run(FLASH) is NativeStop.SLEEP
    code, symbols = assemble(source, FLASH)
    alone = Cpu(core)
    for base in (FLASH, RAM):
        alone.uc.mem_map(base, SIZE)
    alone.uc.mem_write(FLASH, code)
    alone.reset(REGISTERS[13])
    alone.uc.reg_write(arm.UC_ARM_REG_FPEXC, 1 << 30)
    for number, value in {**REGISTERS, 7: DATA}.items():
        alone.uc.reg_write(arm.UC_ARM_REG_SP if number == 13 else arm.UC_ARM_REG_R0 + number, value)
    alone.uc.emu_start(FLASH | 1, symbols["end"], count=100_000)
    assert alone.uc.reg_read(arm.UC_ARM_REG_PC) == symbols["end"]
    assert [alone.register(number) for number in range(15)] == timed.registers()[:15]
    assert alone.fp_registers() == timed.cpu.fp_registers()
    assert alone.xpsr == timed.cpu.xpsr
    assert alone.uc.mem_read(RAM, SIZE) == timed.cpu.uc.mem_read(RAM, SIZE)
