/* Apollo3 Blue (register documentation of AmbiqSuite 2.4.2, CACHECTRL): I-Code and D-Code each have a line buffer of 128
 * bits ("line hits" of IMON3 and DMON3), behind them one cache of 16 KiB with 128-bit lines, two ways of 512 or direct
 * mapped, replacing the least recently used or the least recently replaced line. A line is read in 1 + FLASHCFG.RD_WAIT
 * cycles of the 48 MHz clock. Assumed: a hit in the cache has no wait state, the look-up that misses costs a cycle. */
#include <stddef.h>

#include "flash.h"

static uint64_t access(sl_flash *flash, sl_line *buffer, bool cache, uint32_t number, uint64_t start)
{
    if (sl_line_is(buffer, number))
        return sl_later(buffer->ready, start);
    uint64_t cached = cache ? sl_flash_cached(flash, number, !flash->replace_oldest, start) : 0;
    if (!cached) {
        uint64_t cycles = ((uint64_t)flash->wait_states + 1) * (uint64_t)flash->ratio;
        sl_line_set(buffer, number, sl_array_read(flash->bank, start + cache, cycles));
        if (cache)
            sl_flash_keep(flash, SL_TABLE_INSTRUCTIONS, number, buffer->ready);
    } else {
        sl_line_set(buffer, number, cached);
    }
    return buffer->ready;
}

static uint64_t fetch(sl_flash *flash, uint32_t address, uint64_t start)
{
    return access(flash, &flash->bank->code[0], flash->icache, address >> 4, start);
}

static uint64_t data(sl_flash *flash, uint32_t address, uint64_t start)
{
    return access(flash, &flash->bank->data[0], flash->dcache, address >> 4, start);
}

const sl_flash_controller sl_flash_apollo3 = {.fetch = fetch, .data = data, .sets = 512, .ways = 2, .sectors = 1};
