/* SAM3X (SAM3X/SAM3A datasheet 11057, chapter EEFC, read operations): each of the two planes of 256 KiB has its own
 * controller, which reads 128 bits at a time (64 with FMR.FAM) in FWS + 1 cycles, into two buffers for code and one for
 * data. The second read from a line starts the read of the next one in sequence (code: unless FMR.SCOD): sequential code
 * thus takes FWS + 1 cycles for the first word and FWS - 2 for the first of each further line, as the datasheet says. */
#include "flash.h"

static sl_flash_bank *plane(sl_flash *flash, uint32_t address)
{
    return &flash->bank[address >> 18 & 1]; /* EFC0 at 0x0008_0000, EFC1 at 0x000C_0000 */
}

static uint64_t fetch(sl_flash *flash, uint32_t address, uint64_t start)
{
    sl_flash_bank *bank = plane(flash, address);
    uint64_t cycles = (uint64_t)flash->wait_states + 1;
    uint32_t number = address / (uint32_t)flash->width;
    sl_line *line = &bank->code[bank->current], *other = &bank->code[!bank->current];
    if (sl_line_is(line, number)) {
        if (flash->prefetch && !sl_line_is(other, number + 1) && line->ready < start)
            sl_line_set(other, number + 1, sl_array_read(bank, start, cycles));
        return sl_later(line->ready, start);
    }
    bank->current = !bank->current;
    if (!sl_line_is(other, number))
        sl_line_set(other, number, sl_array_read(bank, start, cycles));
    return sl_later(other->ready, start);
}

static uint64_t data(sl_flash *flash, uint32_t address, uint64_t start)
{
    sl_flash_bank *bank = plane(flash, address);
    uint64_t cycles = (uint64_t)flash->wait_states + 1;
    uint32_t number = address / (uint32_t)flash->width;
    sl_line *line = bank->data, *next = line + 1;
    if (sl_line_is(line, number)) {
        if (!sl_line_is(next, number + 1) && line->ready < start)
            sl_line_set(next, number + 1, sl_array_read(bank, start, cycles));
        return sl_later(line->ready, start);
    }
    if (sl_line_is(next, number))
        *line = *next;
    else
        sl_line_set(line, number, sl_array_read(bank, start, cycles));
    next->sectors = 0;
    return sl_later(line->ready, start);
}

const sl_flash_controller sl_flash_sam3x = {.fetch = fetch, .data = data, .shared_port = true};
