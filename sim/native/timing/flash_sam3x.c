/* SAM3X (SAM3X/SAM3A datasheet 11057, chapter EEFC, read operations): each of the two planes of 256 KiB has its own
 * controller, which reads 128 bits at a time (64 with FMR.FAM) in FWS + 1 cycles, into two buffers for code and one for
 * data. During the second read from a line, the next one in sequence is read ahead (code: unless FMR.SCOD): sequential
 * code takes FWS - 2 cycles for the first word of each further line, as the datasheet says.
 * That the line read ahead waits in the array's own output, so that both buffers keep what was executed last, follows
 * from measured code: docs/timing/memory.md. */
#include "flash.h"

static sl_flash_bank *plane(sl_flash *flash, uint32_t address)
{
    return &flash->bank[address >> 18 & 1]; /* EFC0 at 0x0008_0000, EFC1 at 0x000C_0000 */
}

/* Access to a line that is buffered: not the first one, once it has been read. */
static uint64_t read_again(const sl_flash *flash, sl_flash_bank *bank, const sl_line *line, bool ahead, uint64_t start)
{
    if (ahead && line->ready < start && !sl_line_is(&bank->ahead, line->number + 1))
        sl_line_set(&bank->ahead, line->number + 1, sl_array_read(bank, start, (uint64_t)flash->wait_states + 1));
    return sl_later(line->ready, start);
}

static uint64_t first_read(const sl_flash *flash, sl_flash_bank *bank, sl_line *line, uint32_t number, uint64_t start)
{
    if (sl_line_is(&bank->ahead, number)) {
        *line = bank->ahead;
        bank->ahead.sectors = 0;
    } else {
        sl_line_set(line, number, sl_array_read(bank, start, (uint64_t)flash->wait_states + 1));
    }
    return sl_later(line->ready, start);
}

static uint64_t fetch(sl_flash *flash, uint32_t address, uint64_t start)
{
    sl_flash_bank *bank = plane(flash, address);
    uint32_t number = address / (uint32_t)flash->width;
    if (!sl_line_is(&bank->code[bank->current], number)) {
        bank->current = !bank->current;
        if (!sl_line_is(&bank->code[bank->current], number))
            return first_read(flash, bank, &bank->code[bank->current], number, start);
    }
    const sl_line *line = &bank->code[bank->current];
    bool ahead = flash->prefetch && !sl_line_is(&bank->code[!bank->current], number + 1);
    return read_again(flash, bank, line, ahead, start);
}

static uint64_t data(sl_flash *flash, uint32_t address, uint64_t start)
{
    sl_flash_bank *bank = plane(flash, address);
    uint32_t number = address / (uint32_t)flash->width;
    if (!sl_line_is(bank->data, number))
        return first_read(flash, bank, bank->data, number, start);
    return read_again(flash, bank, bank->data, true, start);
}

/* The fetch for a branch that is not taken is dropped before the array is read for it: docs/timing/memory.md. */
static uint64_t speculate(sl_flash *flash, uint32_t address, uint64_t start)
{
    (void)flash;
    (void)address;
    return start;
}

const sl_flash_controller sl_flash_sam3x = {
    .fetch = fetch, .data = data, .speculate = speculate, .shared_port = true,
};
