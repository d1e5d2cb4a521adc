"""Baselines with chosen figures, for the tests of what compares and reports them."""

from scopeless.guard.baseline import SCHEMA, Baseline, ModelCost, Origin, Places

ORIGIN = Origin(
    elf_sha256="0" * 64,
    compiler="GCC 12.2.1",
    flags=("GNU C11 12.2.1 -mthumb -O2", "GNU AS 2.39"),
    scopeless="0.1.0",
    engine="unicorn 2.1.4",
    timing_model="cortex-m3 core + stm32f1 flash",
    board_sha256="1" * 64,
)
SYMBOLS: dict[str, Places] = {
    "flash": {"dot": {"network.c:14": 80}, "sigmoid": {"network.c:23": 40}, "weights": {"no source": 2304}},
    "ram": {"line": {"no source": 64}},
}
FUNCTIONS: Places = {"dot": {"network.c:16": 300, "network.c:17": 600}, "sigmoid": {"network.c:24": 284}}


def make_cost(
    name: str = "app",
    predict: int = 1184,
    *,
    flash: int = 10_000,
    ram: int = 3_000,
    functions: Places = FUNCTIONS,
    origin: Origin = ORIGIN,
    symbols: dict[str, Places] = SYMBOLS,
) -> Baseline:
    """What a firmware with one model costs."""
    models = {"simple1": ModelCost(36, predict, 444, functions)}
    return Baseline(SCHEMA, name, "stm32f103", 72, "recorded", "", origin, flash, ram, models, symbols)
