#include "flash.h"

#include "scopeless.h"

void sl_flash_reset(sl_flash *flash)
{
    flash->free = 0;
    flash->valid[0] = flash->valid[1] = false;
}

/* STM32F1 (RM0008 3.3.3, PM0075 2.3 and 3.1): the array is read 64 bits at a time, 1 + LATENCY cycles each; the prefetch
 * buffer holds two 64-bit lines: the one the core fetches from and the next one in sequence, which is read as soon as the
 * array is free. A line that has been passed is gone, and a read that has been started is finished. docs/timing.md has
 * the measured loops that decide these points. */

static uint64_t array_read(sl_flash *flash, uint64_t start)
{
    uint64_t begin = start > flash->free ? start : flash->free;
    flash->free = begin + (uint64_t)flash->wait_states + 1;
    return flash->free - 1;
}

static void set_line(sl_flash *flash, int slot, uint32_t line, uint64_t ready)
{
    flash->line[slot] = line;
    flash->line_ready[slot] = ready;
    flash->valid[slot] = true;
}

/* Starts the read of the next line where the array was idle before `cycle`: one that asks in `cycle` comes first. */
static void prefetch_before(sl_flash *flash, uint64_t cycle)
{
    if (flash->prefetch && flash->wait_states && flash->valid[0] && !flash->valid[1]) {
        uint64_t begin = flash->line_ready[0] + 1;
        if (begin < flash->free)
            begin = flash->free;
        if (begin < cycle)
            set_line(flash, 1, flash->line[0] + 1, array_read(flash, begin));
    }
}

uint64_t sl_flash_fetch(sl_flash *flash, uint32_t address, uint64_t start)
{
    uint32_t line = address >> 3;
    if (flash->model == SL_FLASH_IDEAL)
        return start;
    if (flash->wait_states == 0)
        return array_read(flash, start);
    prefetch_before(flash, start);
    if (flash->valid[1] && flash->line[1] == line) {
        set_line(flash, 0, line, flash->line_ready[1]);
        flash->valid[1] = false;
    } else if (!flash->valid[0] || flash->line[0] != line) {
        set_line(flash, 0, line, array_read(flash, start));
        flash->valid[1] = false;
    }
    return flash->line_ready[0] > start ? flash->line_ready[0] : start;
}

uint64_t sl_flash_data(sl_flash *flash, uint32_t address, uint64_t start)
{
    (void)address;
    if (flash->model == SL_FLASH_IDEAL)
        return start;
    prefetch_before(flash, start);
    return array_read(flash, start);
}
