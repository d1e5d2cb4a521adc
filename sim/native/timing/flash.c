/* The settings of the flash controllers. */
#include "flash.h"

#include <string.h>

#include "scopeless.h"

static uint64_t no_wait(sl_flash *flash, uint32_t address, uint64_t start)
{
    (void)flash;
    (void)address;
    return start;
}

static const sl_flash_controller ideal = {.fetch = no_wait, .data = no_wait};

static const sl_flash_controller *const controllers[SL_FLASH_MODEL_COUNT] = {
    [SL_FLASH_IDEAL] = &ideal,          [SL_FLASH_STM32F1] = &sl_flash_stm32f1, [SL_FLASH_STM32L4] = &sl_flash_stm32l4,
    [SL_FLASH_SAM3X] = &sl_flash_sam3x, [SL_FLASH_K20] = &sl_flash_k20,         [SL_FLASH_K64] = &sl_flash_k64,
    [SL_FLASH_NRF52] = &sl_flash_nrf52, [SL_FLASH_APOLLO3] = &sl_flash_apollo3,
};

static void shape(sl_lines *cache, unsigned sets, unsigned ways, unsigned sectors)
{
    if (cache->sets != sets || cache->ways != ways || cache->sectors != sectors)
        sl_lines_shape(cache, sets, ways, sectors);
}

void sl_flash_configure(sl_flash *flash, const int64_t *settings)
{
    int64_t model = settings[SL_FLASH_MODEL];
    flash->controller = model > 0 && model < SL_FLASH_MODEL_COUNT && controllers[model] ? controllers[model] : &ideal;
    flash->wait_states = (int)settings[SL_FLASH_WAIT_STATES];
    flash->ratio = settings[SL_FLASH_RATIO] > 0 ? (int)settings[SL_FLASH_RATIO] : 1;
    flash->width = settings[SL_FLASH_WIDTH] > 0 ? (int)settings[SL_FLASH_WIDTH] : 16;
    flash->prefetch = settings[SL_FLASH_PREFETCH] != 0;
    flash->data_prefetch = settings[SL_FLASH_DATA_PREFETCH] != 0;
    flash->line_buffer = settings[SL_FLASH_LINE_BUFFER] != 0;
    flash->icache = settings[SL_FLASH_ICACHE] != 0;
    flash->dcache = settings[SL_FLASH_DCACHE] != 0;
    flash->replace_oldest = settings[SL_FLASH_REPLACE_OLDEST] != 0;
    const sl_flash_controller *controller = flash->controller;
    unsigned ways = controller->ways;
    if (settings[SL_FLASH_CACHE_WAYS] > 0 && settings[SL_FLASH_CACHE_WAYS] <= ways)
        ways = (unsigned)settings[SL_FLASH_CACHE_WAYS];
    unsigned sets = controller->sets;
    if (settings[SL_FLASH_CACHE_SETS] > 0 && settings[SL_FLASH_CACHE_SETS] * ways <= SL_MAX_LINES)
        sets = (unsigned)settings[SL_FLASH_CACHE_SETS];
    shape(&flash->icache_lines, sets, ways, controller->sectors);
    shape(&flash->dcache_lines, controller->data_sets, controller->data_ways, controller->sectors);
}

void sl_flash_invalidate(sl_flash *flash, bool instructions, bool data)
{
    for (sl_flash_bank *bank = flash->bank; bank < flash->bank + 2; bank++) {
        if (instructions)
            bank->held = bank->code[0].sectors = bank->code[1].sectors = bank->ahead.sectors = 0;
        if (data)
            bank->data[0].sectors = bank->data[1].sectors = 0;
    }
    if (instructions)
        sl_lines_clear(&flash->icache_lines);
    if (data)
        sl_lines_clear(&flash->dcache_lines);
}

void sl_flash_reset(sl_flash *flash)
{
    flash->port_free = 0;
    memset(flash->bank, 0, sizeof flash->bank);
    sl_lines_clear(&flash->icache_lines);
    sl_lines_clear(&flash->dcache_lines);
}
