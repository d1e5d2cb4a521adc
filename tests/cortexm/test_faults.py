"""Every fault: as a HardFault that ends the run with one sentence, and in a handler of its own."""

import pytest

from scopeless.errors import FirmwareFault
from support.arm import Program, run

CASES = {
    "read of nothing": (
        "ldr r0, =0x30000000\n ldr r1, [r0]",
        "it read 0x30000000, where the board has nothing",
        "PRECISERR BFARVALID",
    ),
    "write to nothing": (
        "ldr r0, =0x20005000\n str r1, [r0]",
        "it wrote to 0x20005000, where the board has nothing",
        "PRECISERR BFARVALID",
    ),
    "write to flash": (
        "ldr r0, =0x08000000\n str r1, [r0]",
        "it wrote to 0x08000000, which is flash and cannot be written like memory",
        "PRECISERR BFARVALID",
    ),
    "bit-band alias beyond the RAM": (
        "ldr r0, =0x220A0000\n ldr r1, [r0]",
        "it read 0x220a0000, where the board has nothing",
        "PRECISERR BFARVALID",
    ),
    "jump to nothing": (
        "ldr r0, =0x10000001\n bx r0",
        "it jumped to 0x10000000, where there is no code",
        "IBUSERR",
    ),
    "jump to a peripheral": (
        "ldr r0, =0x40000001\n bx r0",
        "it jumped to 0x40000000, where there is no code",
        "IACCVIOL",
    ),
    "EXC_RETURN in thread mode": (
        "ldr r0, =0xFFFFFFF9\n bx r0",
        "it jumped to 0xfffffff8, where there is no code",
        "IACCVIOL",
    ),
    "undefined instruction": (
        "udf #0",
        "it executed an undefined instruction",
        "UNDEFINSTR",
    ),
    "ARM state": (
        "ldr r0, =0x08000100\n bx r0",
        "it jumped to an even address, which asks for ARM state (Cortex-M runs Thumb only)",
        "INVSTATE",
    ),
    "division by zero": (
        "poke CCR, 0x210\n movs r2, #0\n udiv r1, r1, r2",
        "it divided by zero while CCR.DIV_0_TRP is set",
        "DIVBYZERO",
    ),
    "signed division by zero": (
        "poke CCR, 0x210\n movs r2, #0\n sdiv r1, r1, r2",
        "it divided by zero while CCR.DIV_0_TRP is set",
        "DIVBYZERO",
    ),
    "unaligned read with the trap": (
        "poke CCR, 0x208\n ldr r0, =0x20000101\n ldr r1, [r0]",
        "it made an unaligned access to 0x20000101",
        "UNALIGNED",
    ),
    "unaligned write with the trap": (
        "poke CCR, 0x208\n ldr r0, =0x20000102\n str r1, [r0]",
        "it made an unaligned access to 0x20000102",
        "UNALIGNED",
    ),
    "unaligned exclusive read": (
        "ldr r0, =0x20000102\n ldrex r1, [r0]",
        "it made an unaligned access to 0x20000102",
        "UNALIGNED",
    ),
    "breakpoint": (
        "bkpt #1",
        "it executed a breakpoint (BKPT) while no debugger is connected",
        "-",
    ),
    "SVC with interrupts off": (
        "cpsid i\n svc 0",
        "it executed SVC where its priority does not allow it",
        "-",
    ),
    "stack overflow": (
        "ldr r0, =0x20000010\n mov sp, r0\n push {r0-r7}\n",
        "it wrote to 0x1ffffff0, where the board has nothing",
        "PRECISERR STKERR BFARVALID",
    ),
}


def fault_of(source: str) -> FirmwareFault:
    with pytest.raises(FirmwareFault) as caught:
        run(source)
    return caught.value


@pytest.mark.parametrize("case", CASES)
def test_a_fault_ends_the_run_with_its_cause(case):
    source, cause, status = CASES[case]
    fault = fault_of(source)
    message = str(fault)
    assert message.startswith("The firmware took a HardFault at PC 0x")
    assert message.endswith(f": {cause}.")
    assert f"({status})" in fault.detail
    assert fault.exit_code == 1


def test_the_sentence_names_function_source_line_cycle_and_time():
    program = Program("nop\n udf #0")
    with pytest.raises(FirmwareFault) as caught:
        program.run()
    at = program.symbols["main"] + 2
    location = program.machine._image.locate(at)
    assert location.function == "main"
    assert location.line is not None
    message = str(caught.value)
    assert f"PC {at:#010x} in main ({location.file}:{location.line}), cycle " in message
    assert " us): it executed" in message


def test_the_detail_shows_registers_status_and_the_stacked_frame():
    fault = fault_of("movs r0, #0x77\n movs r5, #0x55\n udf #0")
    assert "r0   00000077" in fault.detail
    assert "r5   00000055" in fault.detail
    assert "HFSR 40000000" in fault.detail
    frame = fault.detail.splitlines()[-1]
    assert frame.startswith("Stacked frame at 20004f")
    assert "r0 00000077" in frame


def test_after_a_fault_every_run_raises_it_again_until_the_reset():
    program = Program("udf #0")
    for _ in range(2):
        with pytest.raises(FirmwareFault, match="undefined instruction"):
            program.run()
    program.machine.reset()
    assert program.machine.notes() == []
    with pytest.raises(FirmwareFault, match="undefined instruction"):
        program.run()


HANDLED = {
    "bus_fault": ("ldr r0, =0x30000004\n ldr r1, [r0]", 0x8200, 0x3000_0004),
    "usage_fault": ("udf #0\n nop", 0x1_0000, None),
}


@pytest.mark.parametrize("handler", HANDLED)
def test_an_enabled_fault_goes_to_its_handler_which_may_step_over_the_instruction(handler):
    source, status, address = HANDLED[handler]
    program = run(
        f"""
          push {{r4, lr}}
          poke SHCSR, 0x70000
          {source}
          log 'm'
          pop {{r4, pc}}
        handler {handler}
          ldr r0, [sp, #24]
          adds r0, #2
          str r0, [sp, #24]
          peek r1, CFSR
          peek r2, BFAR
          ldr r3, =values
          stmia r3, {{r1, r2}}
          log 'f'
          ldr r0, =CFSR
          ldr r1, [r0]
          str r1, [r0]
          ldr r1, [r0]
          ldr r3, =values
          str r1, [r3, #8]
          bx lr
        """
    )
    assert program.log == "fm"
    assert program.value() == status
    assert address is None or program.value(1) == address
    assert program.value(2) == 0


def test_an_enabled_memory_fault_goes_to_its_handler_with_the_address_it_jumped_to():
    program = run(
        """
          push {r4, lr}
          poke SHCSR, 0x70000
          ldr r0, =0x40000001
          blx r0
          log 'm'
          pop {r4, pc}
        handler mem_manage
          ldr r0, [sp, #24]
          ldr r1, =values
          str r0, [r1]
          ldr r0, [sp, #20]        // go on behind the call
          bic r0, #1
          str r0, [sp, #24]
          log 'f'
          bx lr
        """
    )
    assert program.log == "fm"
    assert program.value() == 0x4000_0000


@pytest.mark.parametrize("instruction", ["udiv r6, r6, r5", "sdiv r6, r6, r5"])
def test_a_trapped_division_changes_nothing(instruction):
    program = run(
        f"""
          push {{r4-r7, lr}}
          poke SHCSR, 0x40000
          poke CCR, 0x210
          movs r5, #0
          movs r6, #9
          {instruction}
          ldr r0, =values
          str r6, [r0]
          pop {{r4-r7, pc}}
        handler usage_fault
          ldr r0, [sp, #24]
          adds r0, #4
          str r0, [sp, #24]
          bx lr
        """
    )
    assert program.value() == 9


def test_a_trapped_write_does_not_reach_memory():
    program = run(
        """
          push {r4, lr}
          poke SHCSR, 0x40000
          poke values, 0x11111111
          poke CCR, 0x208
          ldr r4, =values
          ldr r1, =0x22222222
          str r1, [r4, #1]
          nop
          pop {r4, pc}
        handler usage_fault
          ldr r0, [sp, #24]
          adds r0, #4
          str r0, [sp, #24]
          bx lr
        """
    )
    assert program.values(2) == [0x1111_1111, 0]


def test_without_the_traps_division_gives_zero_and_unaligned_accesses_work():
    program = run(
        """
          movs r1, #7
          movs r2, #0
          udiv r1, r1, r2
          ldr r0, =values
          str r1, [r0]
          ldr r1, =0x11223344
          str r1, [r0, #5]
          ldr r1, [r0, #5]
          str r1, [r0, #12]
          bx lr
        """
    )
    assert program.value() == 0
    assert program.value(3) == 0x1122_3344


def test_a_fault_in_a_handler_that_masks_its_own_priority_escalates():
    fault = fault_of(
        """
          poke SHCSR, 0x70000
          udf #0
        handler usage_fault
          udf #1
        """
    )
    assert "in usage_fault" in str(fault)
    assert "HFSR 40000000" in fault.detail


def test_a_fault_with_faultmask_set_is_a_lock_up():
    assert str(fault_of("cpsid f\n udf #0")).startswith("The firmware locked up at ")


@pytest.mark.parametrize("value", [0xFFFF_FFF1, 0xFFFF_FFF5, 0xFFFF_FFE9])
def test_a_wrong_exc_return_is_a_usage_fault(value):
    fault = fault_of(
        f"""
          svc 0
        handler svcall
          ldr lr, ={value:#x}
          bx lr
        """
    )
    assert str(fault).endswith(f": it returned from an exception with the wrong EXC_RETURN {value:#010x}.")
    assert "INVPC" in fault.detail


def test_an_exception_on_a_stack_outside_the_ram_is_a_hard_fault():
    fault = fault_of("ldr r0, =0x20000008\n mov sp, r0\n svc 0")
    assert "ran its stack out of RAM, to 0x1fffffe8" in str(fault)
    assert "STKERR" in fault.detail


def test_a_vector_without_the_thumb_bit_is_a_fault():
    fault = fault_of(
        "ldr r0, =0x20002000\n ldr r1, =0x08000100\n str r1, [r0, #44]\n ldr r2, =VTOR\n str r0, [r2]\n svc 0"
    )
    assert "even address" in str(fault)


def test_an_enabled_debug_monitor_takes_breakpoints():
    program = run(
        """
          push {r4, lr}
          poke DEMCR, 0x10000
          bkpt #0
          log 'm'
          pop {r4, pc}
        handler debug_monitor
          ldr r0, [sp, #24]
          adds r0, #2
          str r0, [sp, #24]
          log 'b'
          bx lr
        """
    )
    assert program.log == "bm"


def test_a_trap_can_be_switched_off_again():
    program = run(
        """
          poke CCR, 0x210
          poke CCR, 0x200
          movs r2, #0
          udiv r1, r1, r2
          ldr r0, =values
          str r1, [r0]
          bx lr
        """
    )
    assert program.value() == 0
