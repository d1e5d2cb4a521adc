/* STM32F1 (RM0008 3.3.3, PM0075 2.3 and 3.1): the array is read 64 bits at a time, 1 + LATENCY cycles each; the prefetch
 * buffer holds two 64-bit lines: the one the core fetches from and the next one in sequence, which is read as soon as the
 * array is free. A line that has been passed is gone, and a read that has been started is finished. D-Code reads have
 * priority and are not buffered. */
#include "flash.h"

/* Starts the read of the next line where the array was idle before `cycle`: one that asks in `cycle` comes first. */
static void prefetch_before(sl_flash *flash, uint64_t cycle)
{
    sl_flash_bank *bank = flash->bank;
    sl_line *line = bank->code, *next = line + 1;
    if (flash->prefetch && flash->wait_states && line->sectors && !next->sectors) {
        uint64_t begin = sl_later(line->ready + 1, bank->free);
        if (begin < cycle)
            sl_line_set(next, line->number + 1, sl_array_read(bank, begin, (uint64_t)flash->wait_states + 1));
    }
}

static uint64_t fetch(sl_flash *flash, uint32_t address, uint64_t start)
{
    sl_flash_bank *bank = flash->bank;
    sl_line *line = bank->code, *next = line + 1;
    uint32_t number = address >> 3;
    if (flash->wait_states == 0)
        return sl_array_read(bank, start, 1);
    prefetch_before(flash, start);
    if (sl_line_is(next, number)) {
        *line = *next;
        next->sectors = 0;
    } else if (!sl_line_is(line, number)) {
        sl_line_set(line, number, sl_array_read(bank, start, (uint64_t)flash->wait_states + 1));
        next->sectors = 0;
    }
    return sl_later(line->ready, start);
}

/* The array's read is finished, but its line is not kept: fitted, docs/timing/memory.md. */
static uint64_t speculate(sl_flash *flash, uint32_t address, uint64_t start)
{
    sl_flash_bank *bank = flash->bank;
    if (flash->wait_states == 0)
        return sl_array_read(bank, start, 1);
    prefetch_before(flash, start);
    for (int slot = 0; slot < 2; slot++)
        if (sl_line_is(&bank->code[slot], address >> 3))
            return sl_later(bank->code[slot].ready, start);
    return sl_array_read(bank, start, (uint64_t)flash->wait_states + 1);
}

static uint64_t data(sl_flash *flash, uint32_t address, uint64_t start)
{
    (void)address;
    prefetch_before(flash, start);
    return sl_array_read(flash->bank, start, (uint64_t)flash->wait_states + 1);
}

const sl_flash_controller sl_flash_stm32f1 = {.fetch = fetch, .data = data, .speculate = speculate};
