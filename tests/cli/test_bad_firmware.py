"""Firmware that misbehaves, through the command: one clear sentence with PC, symbol, source line, cycle."""

import re

import pytest

from commands import scopeless
from support.arm import assemble

FOR_EVER = "look for an endless loop there, or raise the limit|check that it is the benchmark firmware"
KINDS = {
    "sleeps with no wake-up source": (
        "cpsid i\n sleep: wfi\n b sleep",
        "asleep, and nothing but an input",
    ),
    "loops for ever": ("loop: b loop", FOR_EVER),
    "faults in its fault handler": (
        "poke SHCSR, 0x40000\n udf #0\n handler usage_fault\n udf #1",
        "undefined instruction",
    ),
    "overflows its stack": (
        "deeper: push {r0-r7, lr}\n bl deeper",
        "wrote to 0x1fff.*, where the board has",
    ),
    "jumps to nowhere": ("ldr r0, =0x60000001\n bx r0", "it jumped to 0x60000000, where there is no code"),
    "writes flash": ("ldr r0, =0x08000000\n str r0, [r0]", "which is flash and cannot be written"),
    "divides by zero": ("poke CCR, 0x210\n movs r2, #0\n udiv r1, r1, r2", "it divided by zero"),
    "executes an undefined instruction": ("udf #0", "it executed an undefined instruction"),
    "asks for ARM state": ("ldr r0, =0x08000100\n bx r0", "which asks for ARM state"),
    "asks the host for a file": ("movs r0, #1\n bkpt #0xab", r"it executed a breakpoint \(BKPT\)"),
    "floods the UART": (
        """
          poke RCC + 0x18, 0x4005       // USART1, port A and AFIO clocks
          poke 0x40010804, 0x888444B4   // PA9: alternate function
          poke USART1 + 8, 0x45
          poke USART1 + 12, 0x2008      // UE, TE
          ldr r0, =USART1
          movs r1, #'x'
        flood:
          str r1, [r0, #4]
          movs r2, #250                 // longer than a byte takes
        wait:
          subs r2, #1
          bne wait
          b flood
        """,
        FOR_EVER,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_it_ends_with_one_sentence_that_says_where(kind):
    source, complaint = KINDS[kind]
    result = scopeless("sim", "stm32f103", "--elf", assemble(source))
    assert (result.returncode, result.stdout) == (1, "")
    sentence = result.stderr.splitlines()[0]
    assert re.search(complaint, sentence)
    place = r"PC 0x[0-9a-f]{8} in \w+ \(\w+\.s:\d+\)"
    assert re.search(rf"^scopeless: The firmware .*{place}, cycle \d+ \([\d.]+ us\)", sentence), sentence
