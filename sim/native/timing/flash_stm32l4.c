/* STM32L4 (RM0351 3.3.3 to 3.3.5, ART accelerator): the array is read 64 bits at a time, 1 + LATENCY cycles each, into the
 * current instruction line. A line that misses is copied into the instruction cache: 32 lines of four such reads, the
 * least recently used one replaced. With prefetch, the next line in sequence is read while the current one is in use,
 * unless it is cached; a line that was prefetched is no miss and is not copied. D-Code reads come first and have a cache of
 * eight lines. A hit has no wait state. */
#include "flash.h"

#define LINE_SECTORS 4u

static bool same_line(uint32_t a, uint32_t b)
{
    return a / LINE_SECTORS == b / LINE_SECTORS;
}

static bool is_cached(const sl_flash *flash, uint32_t number)
{
    const sl_flash_bank *bank = flash->bank;
    if (!flash->icache || !bank->held || !same_line(number, bank->code->number))
        return flash->icache && sl_flash_holds(flash, SL_TABLE_INSTRUCTIONS, number, false);
    return bank->held >> number % LINE_SECTORS & 1;
}

/* As in flash_stm32f1.c. */
static void prefetch_before(sl_flash *flash, uint64_t cycle)
{
    sl_flash_bank *bank = flash->bank;
    sl_line *line = bank->code, *next = line + 1;
    if (!flash->prefetch || !flash->wait_states || !line->sectors || next->sectors)
        return;
    uint64_t begin = sl_later(line->ready + 1, bank->free);
    if (begin < cycle && !is_cached(flash, line->number + 1))
        sl_line_set(next, line->number + 1, sl_array_read(bank, begin, (uint64_t)flash->wait_states + 1));
}

/* Whether the cache has what no buffer has; a miss puts it there. A line's sectors are asked for once while it is in use. */
static bool hits(sl_flash *flash, uint32_t number)
{
    uint32_t *held = &flash->bank->held, sector = 1u << number % LINE_SECTORS;
    bool known = *held && same_line(number, flash->bank->code->number);
    if (!flash->icache) {
        *held = 0;
        return false;
    }
    if (known && (*held & sector))
        return true;
    uint32_t answer = sl_flash_look_up(flash, number);
    *held = known ? *held | sector : answer;
    return answer;
}

static uint64_t fetch(sl_flash *flash, uint32_t address, uint64_t start)
{
    sl_flash_bank *bank = flash->bank;
    sl_line *line = bank->code, *next = line + 1;
    uint32_t number = address >> 3;
    prefetch_before(flash, start);
    if (sl_line_is(line, number))
        return sl_later(line->ready, start);
    if (sl_line_is(next, number)) {
        if (!same_line(number, line->number))
            bank->held = 0;
        *line = *next;
    } else {
        bool hit = hits(flash, number);
        sl_line_set(line, number, hit ? start : sl_array_read(bank, start, (uint64_t)flash->wait_states + 1));
    }
    next->sectors = 0;
    return sl_later(line->ready, start);
}

static uint64_t data(sl_flash *flash, uint32_t address, uint64_t start)
{
    uint32_t number = address >> 3;
    if (flash->dcache && sl_flash_holds(flash, SL_TABLE_DATA, number, true))
        return start;
    prefetch_before(flash, start);
    uint64_t end = sl_array_read(flash->bank, start, (uint64_t)flash->wait_states + 1);
    if (flash->dcache)
        sl_flash_keep(flash, SL_TABLE_DATA, number, end);
    return end;
}

const sl_flash_controller sl_flash_stm32l4 = {
    .fetch = fetch, .data = data, .sets = 1, .ways = 32, .sectors = LINE_SECTORS, .data_sets = 1, .data_ways = 8,
};
