/* Kinetis flash memory controller (K20P64M72SF1RM and K64P144M120SF5RM, chapter FMC): the array runs on the flash clock; a
 * read starts on its next edge and takes one of its periods, so that a miss costs N to 2N - 1 core cycles. A line is 64 bits
 * on the K20, 128 on the K64. What has been read stays in a single-entry buffer and in a four-way cache of 256 bytes, least
 * recently used replaced; after each read the next line in sequence is read into the one speculation buffer, as soon as
 * nothing else asks for the array. Whether the edges are those of cycle 0 is not known: their phase is assumed. */
#include <stddef.h>

#include "flash.h"

static uint64_t read(sl_flash *flash, uint64_t start)
{
    uint64_t period = (uint64_t)flash->ratio, begin = sl_later(start, flash->bank->free);
    return sl_array_read(flash->bank, (begin + period - 1) / period * period, period);
}

static uint64_t access(sl_flash *flash, uint32_t number, uint64_t start, bool cache, bool speculate)
{
    sl_flash_bank *bank = flash->bank;
    sl_line *buffer = &bank->code[0], *ahead = &bank->ahead, *due = &bank->code[1]; /* due: to be read ahead */
    if (due->sectors && sl_later(due->ready + 1, bank->free) < start) {
        sl_line_set(ahead, due->number, read(flash, due->ready + 1));
        due->sectors = 0;
    }
    if (flash->line_buffer && sl_line_is(buffer, number))
        return sl_later(buffer->ready, start);
    uint64_t cached = cache ? sl_flash_cached(flash, number, true, start) : 0;
    if (cached)
        return cached;
    uint64_t end = sl_line_is(ahead, number) ? sl_later(ahead->ready, start) : read(flash, start);
    due->sectors = 0;
    sl_line_set(buffer, number, end);
    if (speculate)
        sl_line_set(due, number + 1, end);
    if (cache)
        sl_flash_keep(flash, SL_TABLE_INSTRUCTIONS, number, end);
    return end;
}

static uint64_t k20_fetch(sl_flash *flash, uint32_t address, uint64_t start)
{
    return access(flash, address >> 3, start, flash->icache, flash->prefetch);
}

static uint64_t k20_data(sl_flash *flash, uint32_t address, uint64_t start)
{
    return access(flash, address >> 3, start, flash->dcache, flash->data_prefetch);
}

static uint64_t k64_fetch(sl_flash *flash, uint32_t address, uint64_t start)
{
    return access(flash, address >> 4, start, flash->icache, flash->prefetch);
}

static uint64_t k64_data(sl_flash *flash, uint32_t address, uint64_t start)
{
    return access(flash, address >> 4, start, flash->dcache, flash->data_prefetch);
}

/* The fetch for a branch that is not taken is dropped before the array is read for it: fitted, docs/timing/memory.md. */
static uint64_t speculate(sl_flash *flash, uint32_t address, uint64_t start)
{
    (void)flash;
    (void)address;
    return start;
}

const sl_flash_controller sl_flash_k20 = {
    .fetch = k20_fetch, .data = k20_data, .speculate = speculate, .sets = 8, .ways = 4, .sectors = 1, .shared_port = true,
};
const sl_flash_controller sl_flash_k64 = {
    .fetch = k64_fetch, .data = k64_data, .speculate = speculate, .sets = 4, .ways = 4, .sectors = 1, .shared_port = true,
};
