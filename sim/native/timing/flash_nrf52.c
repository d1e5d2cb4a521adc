/* nRF52840 (product specification 4413_417, CPU and NVMC chapters): 2 wait states on flash without the cache; with it, a
 * hit on the I-Code bus has none and a miss has 3. The cache holds 2 KiB; D-Code reads pass it by.
 * Width and geometry are not published. 64 bits at a time, kept until the next read, follow from the delay loop of 7
 * cycles on the sister parts without cache (nrfx, nRF52810 and nRF52811); two ways of 16-byte lines are assumed, after the
 * 16-byte alignment that nrfx gives the loop "so that it can be cached properly". */
#include <stddef.h>

#include "flash.h"

#define UNCACHED_CYCLES 3u
#define MISS_CYCLES 4u

static uint64_t fetch(sl_flash *flash, uint32_t address, uint64_t start)
{
    sl_line *line = &flash->bank->code[0];
    uint32_t number = address >> 3;
    if (sl_line_is(line, number))
        return sl_later(line->ready, start);
    if (flash->icache && sl_flash_holds(flash, SL_TABLE_INSTRUCTIONS, number, true))
        return start;
    uint64_t cycles = flash->icache ? MISS_CYCLES : UNCACHED_CYCLES;
    sl_line_set(line, number, sl_array_read(flash->bank, start, cycles));
    if (flash->icache)
        sl_flash_keep(flash, SL_TABLE_INSTRUCTIONS, number, line->ready);
    return line->ready;
}

static uint64_t data(sl_flash *flash, uint32_t address, uint64_t start)
{
    (void)address;
    return sl_array_read(flash->bank, start, UNCACHED_CYCLES);
}

const sl_flash_controller sl_flash_nrf52 = {.fetch = fetch, .data = data, .sets = 64, .ways = 2, .sectors = 2};
