"""The classes of Renode that our platforms use, with their parameters.

Each was read in the C# source of renode/renode-infrastructure at add012af003a (the commit that Renode 1.16.1
is built from, submodule ``src/Infrastructure`` of renode/renode), in the file that ``source`` names, below
``src/Emulator``; the constructors are the same at 0c7d076201b5 (August 2026), but for a new option of PL011.
Our own classes, in ``renode/peripherals``, have their parameters in their source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

PERIPHERALS = "Peripherals/Peripherals"


@dataclass(frozen=True)
class PeripheralClass:
    """``parameters`` maps the name of each constructor parameter and of each settable property we use to its
    type; ``size`` is the number of bytes it occupies: a number, the parameter that says it, or "" when each
    registration must."""

    source: str
    parameters: dict[str, str] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    size: int | str = ""
    outputs: frozenset[str] = frozenset()


IRQ = frozenset({"IRQ"})
NONE: frozenset[str] = frozenset()

CLASSES = {
    "CPU.CortexM": PeripheralClass(
        "Cores/Arm-M/CortexM.cs",
        {"cpuType": "string", "nvic": "reference", "PerformanceInMips": "number"},
        frozenset({"cpuType", "nvic"}),
        size=0,
    ),
    "IRQControllers.NVIC": PeripheralClass(
        "Cores/Arm-M/NVIC.cs",
        {"systickFrequency": "number", "priorityMask": "byte", "haltSystickOnDeepSleep": "bool"},
        size=0x1000,
        outputs=IRQ,
    ),
    "Memory.MappedMemory": PeripheralClass(
        "Main/Peripherals/Memory/MappedMemory.cs",
        {"size": "number", "segmentSize": "number", "sharedMemoryFileRoot": "string"},
        frozenset({"size"}),
        size="size",
    ),
    "Memory.ArrayMemory": PeripheralClass(
        "Main/Peripherals/Memory/ArrayMemory.cs",
        {"size": "number", "initialValue": "byte"},
        frozenset({"size"}),
        size="size",
    ),
    "Python.PythonPeripheral": PeripheralClass(
        "Main/Peripherals/Python/PythonPeripheral.cs",
        {"size": "number", "initable": "bool", "script": "string", "filename": "string"},
        frozenset({"size"}),
        size="size",
    ),
    "Miscellaneous.BitBanding": PeripheralClass(
        f"{PERIPHERALS}/Miscellaneous/BitBanding.cs",
        {"peripheralBase": "number"},
        frozenset({"peripheralBase"}),
    ),
    "Miscellaneous.NRF_CLOCK": PeripheralClass(
        f"{PERIPHERALS}/Miscellaneous/NRF_CLOCK.cs", size=0x1000, outputs=IRQ
    ),
    "GPIOPort.STM32F1GPIOPort": PeripheralClass(
        f"{PERIPHERALS}/GPIOPort/STM32F1GPIOPort.cs", {"invertedAFPins": "list"}
    ),
    "GPIOPort.STM32_GPIOPort": PeripheralClass(
        f"{PERIPHERALS}/GPIOPort/STM32_GPIOPort.cs",
        {
            "modeResetValue": "number",
            "outputSpeedResetValue": "number",
            "pullUpPullDownResetValue": "number",
            "numberOfAFs": "number",
            "invertedAFPins": "list",
        },
    ),
    "GPIOPort.SAM4S_PIO": PeripheralClass(
        f"{PERIPHERALS}/GPIOPort/SAM4S_PIO.cs", {"statusRegisterResetVal": "number"}, size=0x168, outputs=IRQ
    ),
    "GPIOPort.NXPGPIOPort": PeripheralClass(
        f"{PERIPHERALS}/GPIOPort/NXPGPIOPort.cs",
        {"numberOfPins": "number"},
        frozenset({"numberOfPins"}),
        outputs=IRQ,
    ),
    "GPIOPort.NRF52840_GPIO": PeripheralClass(f"{PERIPHERALS}/GPIOPort/NRF52840_GPIO.cs", size=0x300),
    "UART.STM32_UART": PeripheralClass(
        f"{PERIPHERALS}/UART/STM32_UART.cs",
        {"frequency": "number"},
        outputs=frozenset({"IRQ", "DMARequest"}),
    ),
    "UART.STM32F7_USART": PeripheralClass(
        f"{PERIPHERALS}/UART/STM32F7_USART.cs",
        {"frequency": "number", "lowPowerMode": "bool"},
        frozenset({"frequency"}),
        size=0x400,
        outputs=frozenset({"IRQ", "ReceiveDmaRequest"}),
    ),
    "UART.SAM_USART": PeripheralClass(
        f"{PERIPHERALS}/UART/SAM_USART.cs",
        {"clockFrequency": "number", "uartOnlyMode": "bool", "enablePdc": "bool"},
        size=0x128,
        outputs=IRQ,
    ),
    "UART.NRF52840_UART": PeripheralClass(
        f"{PERIPHERALS}/UART/NRF52840_UART.cs", {"easyDMA": "bool"}, size=0x1000, outputs=IRQ
    ),
    "UART.PL011": PeripheralClass(
        f"{PERIPHERALS}/UART/PL011.cs",
        {"fifoSize": "number", "frequency": "number"},
        size=0x1000,
        outputs=IRQ,
    ),
}

_NAMESPACE = re.compile(r"namespace Antmicro\.Renode\.Peripherals\.(\w+)")
_CLASS = re.compile(r"public class (\w+)")
_SIZE = re.compile(r"public long Size => (0x[0-9a-fA-F]+);")
_TYPES = {"bool": "bool", "string": "string", "byte": "byte"}


def own_class(source: Path) -> tuple[str, PeripheralClass]:
    """Name and description of the class in one of our C# files. Raises ValueError for a file without one."""
    text = source.read_text(encoding="utf-8")
    namespace, name = _NAMESPACE.search(text), _CLASS.search(text)
    constructor = name and re.search(rf"public {name[1]}\((.*?)\)", text, re.S)
    if namespace is None or name is None or not constructor:
        raise ValueError(f"{source.name} has no class of Renode's namespaces with a public constructor")
    parameters, required = {}, set()
    for declaration in constructor[1].split(","):
        kind, parameter, *default = declaration.replace("=", " ").split()
        if kind != "IMachine":
            parameters[parameter] = _TYPES.get(kind, "number")
            if not default:
                required.add(parameter)
    size = _SIZE.search(text)
    outputs = frozenset(re.findall(r"public GPIO (\w+) \{", text))
    return f"{namespace[1]}.{name[1]}", PeripheralClass(
        source.name, parameters, frozenset(required), int(size[1], 0) if size else "", outputs
    )
