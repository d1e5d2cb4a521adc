/* SAM3X (SAM3X/SAM3A datasheet 11057, chapter EEFC, read operations): each of the two planes of 256 KiB has its own
 * controller, which reads 128 bits at a time (64 with FMR.FAM) in FWS + 1 cycles, into two buffers for code and one for
 * data. During the second read from a line, of its second word, the next line in sequence is started (code: unless
 * FMR.SCOD): sequential code takes FWS - 2 cycles for the first word of each further line, as the datasheet says. A read
 * out of sequence takes one cycle more on its way to the core: fitted, docs/timing/memory.md. */
#include "flash.h"

#define PATH_CYCLES 1u

static sl_flash_bank *plane(sl_flash *flash, uint32_t address)
{
    return &flash->bank[address >> 18 & 1]; /* EFC0 at 0x0008_0000, EFC1 at 0x000C_0000 */
}

/* A line that no buffer holds. */
static void read_line(sl_flash *flash, sl_flash_bank *bank, sl_line *line, uint32_t number, uint64_t start)
{
    sl_line_set(line, number, sl_array_read(bank, start, (uint64_t)flash->wait_states + 1));
    if (flash->wait_states)
        line->ready += PATH_CYCLES;
}

/* `next` gets the line after `line` when the access is to the second word of it. */
static void read_ahead(sl_flash *flash, sl_flash_bank *bank, const sl_line *line, sl_line *next, uint32_t address,
                       uint64_t start)
{
    if (address % (uint32_t)flash->width / 4 == 1 && !sl_line_is(next, line->number + 1) && line->ready < start)
        sl_line_set(next, line->number + 1, sl_array_read(bank, start, (uint64_t)flash->wait_states + 1));
}

static uint64_t fetch(sl_flash *flash, uint32_t address, uint64_t start)
{
    sl_flash_bank *bank = plane(flash, address);
    uint32_t number = address / (uint32_t)flash->width;
    sl_line *line = &bank->code[bank->current], *other = &bank->code[!bank->current];
    if (sl_line_is(line, number)) {
        if (flash->prefetch)
            read_ahead(flash, bank, line, other, address, start);
        return sl_later(line->ready, start);
    }
    bank->current = !bank->current;
    if (!sl_line_is(other, number))
        read_line(flash, bank, other, number, start);
    return sl_later(other->ready, start);
}

static uint64_t data(sl_flash *flash, uint32_t address, uint64_t start)
{
    sl_flash_bank *bank = plane(flash, address);
    uint32_t number = address / (uint32_t)flash->width;
    sl_line *line = bank->data, *next = line + 1;
    if (sl_line_is(line, number)) {
        read_ahead(flash, bank, line, next, address, start);
        return sl_later(line->ready, start);
    }
    if (sl_line_is(next, number))
        *line = *next;
    else
        read_line(flash, bank, line, number, start);
    next->sectors = 0;
    return sl_later(line->ready, start);
}

const sl_flash_controller sl_flash_sam3x = {.fetch = fetch, .data = data, .shared_port = true};
